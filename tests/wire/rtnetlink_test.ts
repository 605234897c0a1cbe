/** Neighbours as the kernel tells them. */
import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";

import { concat } from "../../src/base/bytes.ts";
import { ipAddressOf } from "../../src/model/ip_address.ts";
import { ipv6Bytes } from "../../src/model/ipv6.ts";
import { neighbourRequest, neighboursIn } from "../../src/wire/rtnetlink.ts";

function words(...parts: readonly (readonly [bits: 8 | 16 | 32, value: number])[]): Uint8Array {
  return concat(parts.map(([bits, value]) => {
    const view = new DataView(new ArrayBuffer(4));
    view.setInt32(0, value, true);
    return new Uint8Array(view.buffer, 0, bits / 8);
  }));
}

function message(type: number, sequence: number, body: Uint8Array): Uint8Array {
  const head = words([32, 16 + body.length], [16, type], [16, 2], [32, sequence], [32, 77]);
  return concat([head, body, new Uint8Array(-body.length & 3)]);
}

function attribute(type: number, value: Uint8Array): Uint8Array {
  const padding = new Uint8Array(-value.length & 3);
  return concat([words([16, 4 + value.length], [16, type]), value, padding]);
}

const MAC = Uint8Array.of(0x52, 0x54, 0, 0, 0, 1);

/** A neighbour; NUD_REACHABLE where no other state is given. */
function neighbour(address: string, state = 2, mac = MAC, sequence = 5): Uint8Array {
  const of = ipAddressOf(address)!;
  const bytes = of.family === 6
    ? ipv6Bytes(of.address)
    : Uint8Array.from(address.split("."), (octet) => Number(octet));
  const family = of.family === 4 ? 2 : 10;
  const head = words([8, family], [8, 0], [16, 0], [32, 3], [16, state], [8, 0], [8, 1]);
  const [to, at] = [attribute(1, bytes), attribute(2, mac)];
  return message(28, sequence, concat([head, to, attribute(3, new Uint8Array(16)), at]));
}

const DONE = message(3, 5, new Uint8Array(4));

Deno.test("the request is as rtnetlink(7) wants it", () => {
  equal(neighbourRequest(5).toHex(), `1c0000001e00010305000000${"0".repeat(32)}`);
});

Deno.test("neighbours of both families are read, to the end", () => {
  const datagram = concat([neighbour("10.0.0.7"), neighbour("fe80::1", 4), DONE]);
  deepEqual(neighboursIn(datagram, 5), {
    neighbours: [
      { address: ipAddressOf("10.0.0.7"), mac: "52:54:00:00:00:01" },
      { address: ipAddressOf("fe80::1"), mac: "52:54:00:00:00:01" },
    ],
    end: "done",
  });
  equal(neighboursIn(neighbour("10.0.0.7"), 5).end, "more");
});

Deno.test("who did not answer, has no hardware address, or was asked for before is none", () => {
  const none = [
    neighbour("10.0.0.7", 0x01),
    neighbour("10.0.0.7", 0x20),
    neighbour("10.0.0.7", 0x40),
    neighbour("10.0.0.7", 2, new Uint8Array()),
    neighbour("10.0.0.7", 2, MAC, 4),
    message(3, 4, new Uint8Array(4)),
    message(29, 5, new Uint8Array(40)),
    message(28, 5, new Uint8Array(3)),
  ];
  deepEqual(neighboursIn(concat([...none, DONE]), 5), { neighbours: [], end: "done" });
});

Deno.test("an error is told with its errno, nonsense without", () => {
  deepEqual(neighboursIn(message(2, 5, words([32, -1])), 5).end, { failed: 1 });
  deepEqual(neighboursIn(message(2, 5, new Uint8Array()), 5).end, { failed: 0 });
  const short = neighbour("10.0.0.7").slice(0, -4);
  deepEqual(neighboursIn(short, 5), { neighbours: [], end: { failed: 0 } });
});

Deno.test("whatever is changed in it, it is read to an end", () => {
  const good = concat([neighbour("10.0.0.7"), neighbour("fe80::1"), DONE]);
  const changes = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 8 });
  fc.assert(
    fc.property(changes, fc.nat(good.length), (changed, length) => {
      const datagram = good.slice(0, length);
      for (const [at, byte] of changed) if (at < length) datagram[at] = byte;
      const { neighbours } = neighboursIn(datagram, 5);
      for (const { address } of neighbours) equal([4, 6].includes(address.family), true);
    }),
    { numRuns: 2_000 },
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void neighboursIn(bytes, 0)));
});
