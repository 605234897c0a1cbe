import { deepEqual, equal, match } from "node:assert/strict";

import {
  CERTIFICATE_WARN_MS,
  COLLECT_AFTER_TOMBSTONES,
  LEAST_DISK_ROOM_BYTES,
} from "../../src/base/limits.ts";
import { freeBytes } from "../../src/io/disk_room.ts";
import { memberId, type MemberRole } from "../../src/model/member.ts";
import { SUPPORT } from "../../src/model/support.ts";
import {
  certificateFindings,
  roomFindings,
  rosterFindings,
  silentFindings,
  tombstoneFindings,
} from "../../src/service/check.ts";
import type { CollectiveView, MemberState } from "../../src/service/member_service.ts";

/** Voters in these states, m1 the first. */
function seen(...states: readonly MemberState[]): CollectiveView {
  const members = states.map((state, i) => ({
    name: `m${i + 1}`,
    id: String(i),
    state,
    role: "voter" as MemberRole,
    addresses: [],
    fingerprint: "",
    index: state === "down" ? null : 7,
    lag: 0,
    self: i === 0,
    certificateExpires: null,
    rotating: false,
    support: SUPPORT,
    nodes: 0,
    drained: false,
  }));
  const rest = { leader: "m1", missing: [], notices: [], collective: "c", index: 7, level: 1 };
  return { quorum: true, members, ...rest };
}

function voters(count: number): Parameters<typeof rosterFindings>[0] {
  const members = Array.from({ length: count }, (_, i) => ({
    id: memberId(String(i).padStart(16, "0")),
    name: `m${i + 1}`,
    fingerprint: "",
    addresses: [],
    role: "voter" as MemberRole,
    support: SUPPORT,
  }));
  return { members, removed: [], level: 1 };
}

Deno.test("silent members are named, and how near that is to the loss of quorum", () => {
  deepEqual(silentFindings(seen("alive", "alive", "alive")), []);
  const [silent = "", edge = "", ...more] = silentFindings(seen("alive", "suspect", "alive"));
  match(silent, /^m2 does not answer \(last heard at index 7\): start its service, /);
  equal(
    edge,
    "2 of 3 voting members answer: with one less nothing can be changed; bring the silent ones " +
      "back",
  );
  deepEqual(more, []);
  // Of five, one silent is not the edge; of two, and without quorum, the notices say it.
  equal(silentFindings(seen("alive", "down", "alive", "alive", "alive")).length, 1);
  equal(silentFindings(seen("alive", "down")).length, 1);
  equal(silentFindings({ ...seen("alive", "alive", "down"), quorum: false }).length, 1);
  match(silentFindings(seen("alive", "down"))[0] ?? "", /last heard at index none/);
});

Deno.test("an even number of voters bears no more than the odd one below it", () => {
  for (const count of [1, 2, 3, 5, 7]) deepEqual(rosterFindings(voters(count)), []);
  match(rosterFindings(voters(4))[0] ?? "", /^4 voting members bear the loss of 1, no more than 3/);
  match(rosterFindings(voters(6))[0] ?? "", /^6 voting members bear the loss of 2, no more than 5/);
});

Deno.test("tombstones are told of where somebody away holds them up", () => {
  const many = COLLECT_AFTER_TOMBSTONES;
  deepEqual(tombstoneFindings(seen("alive", "alive"), many), []);
  deepEqual(tombstoneFindings(seen("alive", "down"), many - 1), []);
  match(tombstoneFindings(seen("alive", "down"), many)[0] ?? "", /^4096 traces .* for m2, away: /);
});

Deno.test("a certificate is told of before it ends, and after", () => {
  const now = Date.UTC(2026, 0, 1);
  deepEqual(certificateFindings("m1", now + CERTIFICATE_WARN_MS, now), []);
  match(
    certificateFindings("m1", now + CERTIFICATE_WARN_MS - 1, now)[0] ?? "",
    /^the certificate of m1 expires on 2026-03-31, in 89 days/,
  );
  match(certificateFindings("m1", now - 1, now)[0] ?? "", /m1 expired on 2025-12-31/);
});

Deno.test("room on the disk is told of once it is little", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const [finding] = await roomFindings(folder);
    equal(finding === undefined, await freeBytes(folder) >= LEAST_DISK_ROOM_BYTES);
  } finally {
    await Deno.remove(folder);
  }
});
