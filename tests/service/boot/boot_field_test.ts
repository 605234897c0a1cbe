/** What members tell each other of where they hear machines, without links and interfaces. */
import { deepEqual, equal } from "node:assert/strict";

import { MAX_INTERFACES, RELAY_KEPT_MS } from "../../../src/base/boot_limits.ts";
import type { Interface4 } from "../../../src/model/ipv4.ts";
import { type Member, type MemberId, memberId } from "../../../src/model/member.ts";
import { SUPPORT } from "../../../src/model/support.ts";
import { BootField } from "../../../src/service/boot/boot_field.ts";
import { type BootNow, decodeBootFrame } from "../../../src/wire/boot_frame.ts";
import { ManualClock } from "../../contract/link_bench.ts";
import { interface4, ip } from "../../netboot/boot_stage.ts";

const M1 = memberId("0000000000000001"), M2 = memberId("0000000000000002");
const M3 = memberId("0000000000000003");
const CAN = { dhcp: true, tftp: true, httpPort: 80, loaders: ["x86_64/snponly.efi"] };
const ETH0 = interface4("10.0.0.1/24");
const RELAY = ip("10.9.0.1");

class Bench {
  readonly clock = new ManualClock();
  readonly #told: { readonly to: MemberId; readonly now: BootNow }[] = [];
  readonly live = new Set<MemberId>([M2]);
  members: readonly MemberId[] = [M1, M2];
  self = M1;
  readonly field = new BootField({
    clock: this.clock,
    self: () => this.self,
    roster: () => ({ level: 0, members: this.members.map(memberOf), removed: [] }),
    isLive: (id) => this.live.has(id),
    send: (to, frame) => {
      const said = decodeBootFrame(frame);
      if (said.type === "bootNow") this.#told.push({ to, now: said.now });
    },
  });

  /** What was told since this was last asked. */
  toldNow(): { readonly to: MemberId; readonly now: BootNow }[] {
    return this.#told.splice(0);
  }
}

function memberOf(id: MemberId): Member {
  const name = `m${id.slice(-1)}`;
  return { id, name, fingerprint: "", addresses: [], role: "voter", support: SUPPORT };
}

function interfaces(count: number): Interface4[] {
  return Array.from({ length: count }, (_, i) => interface4(`10.1.${i >> 8}.${i & 255}/32`));
}

Deno.test("a peer is told all when its link comes up, and what changes while it is up", () => {
  const bench = new Bench(), { field } = bench;
  field.is([ETH0], CAN);
  deepEqual(bench.toldNow(), [], "nobody is linked");
  field.linked(M2, true);
  deepEqual(bench.toldNow(), [{ to: M2, now: { interfaces: [ETH0], relays: [], ...CAN } }]);
  field.is([ETH0], CAN);
  deepEqual(bench.toldNow(), [], "nothing is new");
  field.is([ETH0], { ...CAN, tftp: false });
  deepEqual(bench.toldNow().map(({ now }) => now.tftp), [false]);
  field.linked(M2, false);
  field.is([], CAN);
  deepEqual(bench.toldNow(), []);
});

Deno.test("whoever joins tells those that its roster does not list yet", () => {
  const bench = new Bench();
  bench.members = [M1];
  bench.field.linked(M3, true);
  bench.toldNow();
  bench.field.is([ETH0], CAN);
  deepEqual(bench.toldNow().map(({ to, now }) => [to, now.interfaces]), [[M3, [ETH0]]]);
});

Deno.test("a relay that fell silent is told not to be heard any more", () => {
  const bench = new Bench(), { field, clock } = bench;
  field.linked(M2, true);
  const relays = (): unknown => bench.toldNow().map(({ now }) => now.relays);
  bench.toldNow();
  clock.advance(1_000);
  equal(field.heardRelay(RELAY), 1_000);
  deepEqual(relays(), [[RELAY]]);
  clock.advance(RELAY_KEPT_MS - 1);
  equal(field.heardRelay(RELAY), 1_000, "it was heard all the while");
  clock.advance(RELAY_KEPT_MS - 1);
  field.forgetRelays();
  deepEqual(relays(), []);
  clock.advance(1);
  field.forgetRelays();
  deepEqual(relays(), [[]]);
  deepEqual(field.members[0]?.relays, []);
  equal(field.heardRelay(RELAY), clock.now().monoMs, "it is a new one");
});

Deno.test("no more interfaces are told than peers take", () => {
  const bench = new Bench();
  bench.field.linked(M2, true);
  bench.toldNow();
  bench.field.is(interfaces(MAX_INTERFACES + 1), CAN);
  equal(bench.toldNow()[0]?.now.interfaces.length, MAX_INTERFACES);
});

Deno.test("members are as they told, also those that are gone; a join gives another id", () => {
  const bench = new Bench(), { field } = bench;
  field.is([ETH0], CAN);
  const far = { interfaces: [interface4("10.0.0.2/24")], relays: [RELAY], ...CAN, dhcp: false };
  field.told(M2, far);
  const seen = (): unknown =>
    field.members.map(({ name, isLive, interfaces, can }) => [
      name,
      isLive,
      interfaces.length,
      can.dhcp,
    ]);
  deepEqual(seen(), [["m1", true, 1, true], ["m2", true, 1, false]]);
  bench.live.delete(M2);
  field.linked(M2, false);
  deepEqual(seen(), [["m1", true, 1, true], ["m2", false, 1, false]]);
  bench.self = M3;
  bench.members = [M2, M3];
  field.linked(M2, true);
  deepEqual(seen(), [["m2", false, 1, false], ["m3", true, 1, true]]);
});
