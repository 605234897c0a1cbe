/**
 * A data folder that version 1 of the program wrote, opened, checked and read by the program as it
 * is now. FROM RELEASE 0.1.0 ON THE FOLDER IS NEVER EDITED: whoever changes the store keeps
 * reading this one, and puts a folder of the new form beside it.
 */
import { deepEqual, equal, ok as holds } from "node:assert/strict";

import { systemClock } from "../../src/io/clock.ts";
import { tlsLinks } from "../../src/io/link_tls.ts";
import { lockFolder } from "../../src/io/lock.ts";
import { systemRandom } from "../../src/io/random.ts";
import { openKvStore } from "../../src/io/store_kv.ts";
import { findMember } from "../../src/model/member.ts";
import { nodeRow, ROW_MARK } from "../../src/model/operation.ts";
import { identityFolder, readIdentity, readKept } from "../../src/service/identity.ts";
import type { RunningMember } from "../../src/service/running_member.ts";
import { startMember } from "../../src/service/start.ts";
import { valueOf } from "../contract/link_bench.ts";
import { NODES, OTHER, SELF, STORE_V1 } from "./store_v1.ts";

const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** A copy of the folder: opening a store writes to it. */
async function folderTest(act: (data: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "confluent-golden-" });
  try {
    await copyFolder(STORE_V1, `${root}/d`);
    await act(`${root}/d`);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { mode: 0o700 });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyFolder(`${from}/${name}`, `${to}/${name}`);
    else await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}

/** Runs its member, and holds everything it says against what was written then. */
async function withMember(
  data: string,
  act: (member: RunningMember) => Promise<void>,
): Promise<void> {
  const lock = valueOf(await lockFolder(data));
  const member = valueOf(
    await startMember({
      data,
      lock,
      peer: { host: "127.0.0.1", port: 0 },
      advertise: ["127.0.0.1:13001", "m1.example:13001"],
      hints: new Map(),
      wrapping: { by: "generated" },
      name: SELF.name,
      hostName: "another",
    }, {
      links: tlsLinks({ clock: systemClock }),
      clock: systemClock,
      random: systemRandom,
      log: SILENT,
      openStore: (folder, held) => openKvStore(folder, { lock: held }),
      hostAddresses: () => [],
    }),
  );
  try {
    // The newest entry is known to be committed only once it leads.
    const leads = (): boolean => member.collective().leader === SELF.name && member.ready().ok;
    holds(await member.until(leads, 20_000), "it goes on by itself");
    valueOf(await member.consistentIndex());
    await act(member);
  } finally {
    await member.close();
    lock.release();
  }
}

function nodesOf({ state }: RunningMember): Record<string, Record<string, string>> {
  const rows = [...state.rows(nodeRow(""))].sort();
  return Object.fromEntries(rows.map((row) => {
    const values = [...state.valuesOf(row)].filter(([attribute]) => attribute !== ROW_MARK);
    return [row.slice(nodeRow("").length), Object.fromEntries(values)];
  }));
}

Deno.test("the folder of version 1: who it is, and whom it knows, beside the store", async () => {
  await folderTest(async (data) => {
    const identity = await readIdentity(identityFolder(data));
    deepEqual([identity?.id, identity?.name, identity?.next], [SELF.id, SELF.name, undefined]);
    const kept = await readKept(identityFolder(data));
    equal(kept?.chain[0]?.random, "c0ffee00".repeat(4));
    deepEqual(kept?.roster.members.map(({ name }) => name), ["m1", "m2"]);
    equal(findMember(kept!.roster, SELF.id)?.fingerprint, identity?.fingerprint);
  });
});

Deno.test("the store of version 1: all is there, it goes on, and it is there again", async () => {
  await folderTest(async (data) => {
    await withMember(data, async (member) => {
      deepEqual(nodesOf(member), NODES);
      const { level, members, removed } = member.roster;
      equal(level, 1);
      deepEqual(members.map(({ name, role }) => `${name} ${role}`), ["m1 voter", "m2 nonvoting"]);
      const rotated = members.find(({ id }) => id === OTHER.id);
      deepEqual([rotated?.former?.isPinned, rotated?.addresses], [true, ["[::1]:1"]]);
      deepEqual(removed.map(({ name, fingerprints }) => [name, fingerprints]), [
        ["m3", ["3".repeat(64)]],
      ]);
      const cells = [["info.note", "of today"]] as const;
      valueOf(await member.write([{ kind: "set", rows: [nodeRow("n2")], cells }]));
    });
    await withMember(data, (member) => {
      deepEqual(nodesOf(member), { ...NODES, n2: { "info.note": "of today" } });
      return Promise.resolve();
    });
  });
});
