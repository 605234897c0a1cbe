/** Several members that tell each other where they hear machines. */
import { deepEqual, equal } from "node:assert/strict";

import { BOOT_FIELD_KEPT_MS, MAX_RELAYS, RELAY_KEPT_MS } from "../../../src/base/boot_limits.ts";
import { networkOf } from "../../../src/model/ipv4.ts";
import type { MemberId } from "../../../src/model/member.ts";
import type { BootAbilities } from "../../../src/netboot/boot_view.ts";
import { BootField } from "../../../src/service/boot/boot_field.ts";
import { decodeBootFrame } from "../../../src/wire/boot_frame.ts";
import { ManualClock } from "../../contract/link_bench.ts";
import { id, rosterOf } from "../../replica/entries.ts";

const CAN: BootAbilities = {
  dhcp: true,
  tftp: true,
  httpPort: 80,
  loaders: ["x86_64/snponly.efi"],
};
const NOTHING: BootAbilities = { dhcp: false, tftp: false, httpPort: 0, loaders: [] };
const RELAY = 0x0a09_0001, OTHER_RELAY = 0x0a09_0002;

function interfaceOf(n: number): { address: number; network: ReturnType<typeof networkOf> } {
  const address = 0x0a00_000a + n;
  return { address, network: networkOf(address, 24) };
}

/** Members that all talk to each other, as long as they are linked. */
class Fields {
  readonly clock = new ManualClock();
  readonly fields = new Map<MemberId, BootField>();
  readonly down = new Set<MemberId>();
  /** How many frames were sent. */
  sent = 0;

  constructor(...members: number[]) {
    for (const n of members) {
      this.fields.set(
        id(n),
        new BootField({
          clock: this.clock,
          self: () => id(n),
          roster: () => rosterOf(...members),
          isLive: (peer) => !this.down.has(peer),
          send: (to, frame) => this.#send(id(n), to, frame),
        }),
      );
    }
    for (const [one, field] of this.fields) {
      for (const other of this.fields.keys()) if (other !== one) field.linked(other, true);
    }
    this.sent = 0;
  }

  #send(from: MemberId, to: MemberId, frame: Uint8Array): void {
    this.sent++;
    const read = decodeBootFrame(frame);
    if (read.type !== "bootNow" || this.down.has(from) || this.down.has(to)) return;
    this.fields.get(to)?.told(from, read.now);
  }

  of(n: number): BootField {
    return this.fields.get(id(n)) as BootField;
  }

  /** What a member thinks of another: `m2 live 10.0.0.12 relays 1 dhcp`. */
  seen(by: number, of: number): string {
    const member = this.of(by).members.find((one) => one.id === id(of));
    if (member === undefined) return "nobody";
    const { name, isLive, interfaces, relays, can } = member;
    const hosts = interfaces.map(({ address }) => address & 0xff).join("+");
    return [name, isLive ? "live" : "gone", `at ${hosts}`, `relays ${relays.length}`]
      .concat(can.dhcp ? ["dhcp"] : []).join(" ");
  }

  link(a: number, b: number, isUp: boolean): void {
    this.of(a).linked(id(b), isUp);
    this.of(b).linked(id(a), isUp);
  }
}

Deno.test("nothing is known of members before they say it, and of itself at once", () => {
  const fields = new Fields(1, 2);
  equal(fields.seen(1, 2), "m2 live at  relays 0");
  fields.of(1).is([interfaceOf(1)], CAN);
  equal(fields.seen(1, 1), "m1 live at 11 relays 0 dhcp");
  deepEqual(fields.of(1).can, CAN);
  equal(fields.seen(2, 1), "m1 live at 11 relays 0 dhcp");
  deepEqual(fields.of(2).members.find(({ name }) => name === "m1")?.can, CAN);
});

Deno.test("what changed is told to all, and what did not is not", () => {
  const fields = new Fields(1, 2, 3);
  fields.of(1).is([interfaceOf(1)], CAN);
  equal(fields.sent, 2);
  fields.of(1).is([interfaceOf(1)], { ...CAN });
  equal(fields.sent, 2);
  fields.of(1).is([], NOTHING);
  equal(fields.sent, 4);
  equal(fields.seen(3, 1), "m1 live at  relays 0");
});

Deno.test("a member that is linked again is told what it missed", () => {
  const fields = new Fields(1, 2);
  fields.down.add(id(2));
  fields.of(1).is([interfaceOf(1)], CAN);
  equal(fields.seen(2, 1), "m1 live at  relays 0");
  fields.down.delete(id(2));
  fields.link(1, 2, true);
  equal(fields.seen(2, 1), "m1 live at 11 relays 0 dhcp");
});

Deno.test("of one that is gone it is remembered which addresses are its", () => {
  const fields = new Fields(1, 2);
  fields.of(2).is([interfaceOf(2)], CAN);
  equal(fields.seen(1, 2), "m2 live at 12 relays 0 dhcp");
  fields.down.add(id(2));
  fields.link(1, 2, false);
  equal(fields.seen(1, 2), "m2 gone at 12 relays 0 dhcp");
  equal(fields.seen(2, 2), "m2 live at 12 relays 0 dhcp", "to itself nobody is gone");
});

Deno.test("that a member is gone is seen soon, though nobody says so", () => {
  const fields = new Fields(1, 2);
  equal(fields.seen(1, 2), "m2 live at  relays 0");
  const before = fields.of(1).members;
  fields.down.add(id(2));
  fields.clock.advance(BOOT_FIELD_KEPT_MS - 1);
  equal(fields.of(1).members, before, "a storm asks again and again");
  fields.clock.advance(1);
  equal(fields.seen(1, 2), "m2 gone at  relays 0");
});

Deno.test("a relay is known to all since it was heard first, until it was not for long", () => {
  const fields = new Fields(1, 2);
  fields.clock.advance(100);
  equal(fields.of(1).heardRelay(RELAY), 100);
  equal(fields.seen(2, 1), "m1 live at  relays 1");
  equal(fields.sent, 1);
  fields.clock.advance(RELAY_KEPT_MS / 2);
  fields.of(1).heardRelay(OTHER_RELAY);
  fields.clock.advance(RELAY_KEPT_MS / 2 - 1);
  fields.of(1).forgetRelays();
  equal(fields.of(1).heardRelay(RELAY), 100);
  equal(fields.sent, 2, "once is enough");
  fields.clock.advance(RELAY_KEPT_MS / 2 + 1);
  fields.of(1).forgetRelays();
  deepEqual(fields.of(2).members[0]?.relays, [RELAY], "the other one was not heard since");
});

Deno.test("no more relays than so many; the others are heard for the first time each time", () => {
  const fields = new Fields(1, 2);
  for (let i = 0; i < MAX_RELAYS + 3; i++) fields.of(1).heardRelay(i + 1);
  equal(fields.of(1).members[0]?.relays.length, MAX_RELAYS);
  fields.clock.advance(60_000);
  equal(fields.of(1).heardRelay(1), 0);
  equal(fields.of(1).heardRelay(MAX_RELAYS + 1), 60_000);
});
