import { deepEqual, ok as holds } from "node:assert/strict";

import fc from "fast-check";

import { rendezvousOrder } from "../../src/netboot/rendezvous.ts";

const ID = fc.string({
  unit: fc.constantFrom(..."0123456789abcdef"),
  minLength: 16,
  maxLength: 16,
});
const IDS = fc.uniqueArray(ID, { minLength: 1, maxLength: 12 });

function macs(count: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const low = i.toString(16).padStart(6, "0");
    return `52:54:00:${low.slice(0, 2)}:${low.slice(2, 4)}:${low.slice(4)}`;
  });
}

/** As they are drawn: 64 random bits. */
const MEMBERS = [
  "0f1e2d3c4b5a6978",
  "93b1c5e07a2d4f68",
  "c40aa7e15b92d3f6",
  "5d60e9127fc8ab34",
  "e8714b2c90d5f3a6",
];

Deno.test("everybody comes to the same order, which has all of them", () => {
  fc.assert(fc.property(fc.string(), IDS, fc.infiniteStream(fc.nat()), (key, ids, dice) => {
    const shuffled = ids.map((id) => [dice.next().value ?? 0, id] as const)
      .sort(([a], [b]) => a - b).map(([, id]) => id);
    const order = rendezvousOrder(key, ids);
    deepEqual(order, rendezvousOrder(key, shuffled));
    deepEqual(order.toSorted(), ids.toSorted());
  }));
});

Deno.test("where one member goes, the others keep their order", () => {
  fc.assert(fc.property(fc.string(), IDS, fc.nat(), (key, ids, which) => {
    const gone = ids[which % ids.length];
    const rest = ids.filter((id) => id !== gone);
    deepEqual(rendezvousOrder(key, rest), rendezvousOrder(key, ids).filter((id) => id !== gone));
  }));
});

Deno.test("neighbours are spread evenly, and so is the share of one that is gone", () => {
  const keys = macs(5_000);
  for (let size = 2; size <= MEMBERS.length; size++) {
    const members = MEMBERS.slice(0, size);
    const firsts = new Map<string, number>(), seconds = new Map<string, number>();
    for (const key of keys) {
      const [first = "", second = ""] = rendezvousOrder(key, members);
      firsts.set(first, (firsts.get(first) ?? 0) + 1);
      if (first === members[0]) seconds.set(second, (seconds.get(second) ?? 0) + 1);
    }
    const share = keys.length / size;
    for (const member of members) {
      const count = firsts.get(member) ?? 0;
      holds(Math.abs(count - share) < share * 0.15, `${member} has ${count} of ${keys.length}`);
    }
    if (size === 2) continue;
    const handed = firsts.get(members[0] ?? "") ?? 0;
    for (const member of members.slice(1)) {
      const count = seconds.get(member) ?? 0, fair = handed / (size - 1);
      holds(Math.abs(count - fair) < fair * 0.25, `${member} takes over ${count} of ${handed}`);
    }
  }
});

Deno.test("orders of today are those of tomorrow: members of two releases must agree", () => {
  const orders = macs(4).map((mac) => rendezvousOrder(mac, MEMBERS).map((id) => id[0]).join(""));
  deepEqual(orders, ["0c95e", "c590e", "5ec90", "ce095"]);
});
