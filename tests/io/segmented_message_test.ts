/** Many datagrams by one call, over the loopback, whose frames take 65536 bytes. */
import { deepEqual, equal, ok as holds } from "node:assert/strict";

import { MAX_SEGMENTS } from "../../src/base/boot_limits.ts";
import { type DatagramSocket, openDatagramSocket } from "../../src/io/datagram.ts";

const LOOPBACK = 0x7f00_0001;

function open(): DatagramSocket {
  const opened = openDatagramSocket({ port: 0, address: LOOPBACK });
  if (opened.ok) return opened.value;
  throw new Error(opened.refusal.message);
}

/** All that has come, in its order; loopback delivers before the sender goes on. */
function received(socket: DatagramSocket): { from: number; bytes: number[] }[] {
  const all: { from: number; bytes: number[] }[] = [];
  socket.receive(1_000, (bytes, { port }) => all.push({ from: port, bytes: [...bytes] }));
  return all;
}

function filled(length: number, value: number): Uint8Array {
  return new Uint8Array(new ArrayBuffer(length)).fill(value);
}

Deno.test("parts are cut into datagrams of equal length, the last may be shorter", () => {
  const near = open(), far = open();
  const to = { address: LOOPBACK, port: far.port }, from = { address: LOOPBACK, interfaceIndex: 0 };
  const parts = [0, 1, 2].flatMap((i) => [Uint8Array.of(9, i), filled(i === 2 ? 70 : 1_000, i)]);
  equal(near.sendTogether(to, from, 1_002, parts), true);
  const wanted = [0, 1, 2].map((i) => ({
    from: near.port,
    bytes: [9, i, ...filled(i === 2 ? 70 : 1_000, i)],
  }));
  deepEqual(received(far), wanted);
  near.close();
  far.close();
});

Deno.test("small parts are sent as they were, and empty ones are none", () => {
  const near = open(), far = open();
  const to = { address: LOOPBACK, port: far.port }, from = { address: LOOPBACK, interfaceIndex: 0 };
  const parts = Array.from({ length: MAX_SEGMENTS }, (_, i) => [Uint8Array.of(i), filled(2, i)]);
  parts[MAX_SEGMENTS - 1] = [Uint8Array.of(7), new Uint8Array()];
  equal(near.sendTogether(to, from, 3, parts.flat()), true);
  for (const part of parts.flat()) part.fill(255);
  const all = received(far).map(({ bytes }) => bytes.join());
  equal(all.length, MAX_SEGMENTS);
  deepEqual([all[0], all[40], all.at(-1)], ["0,0,0", "40,40,40", "7"]);
  near.close();
  far.close();
});

Deno.test("what cannot be sent together is not sent, and can be one by one", () => {
  const near = open(), far = open();
  const to = { address: LOOPBACK, port: far.port };
  const nowhere = { address: 0xe000_0001, interfaceIndex: 0 }; // no source is like that
  equal(near.sendTogether(to, nowhere, 100, [filled(100, 1), filled(100, 2)]), false);
  deepEqual(received(far), []);
  const from = { address: LOOPBACK, interfaceIndex: 0 };
  equal(near.sendTogether(to, from, 100, [filled(100, 1), filled(100, 2)]), true);
  holds(near.send(to, from, filled(100, 3)));
  equal(near.flush(), 0);
  deepEqual(received(far).map(({ bytes }) => bytes[0]), [1, 2, 3]);
  near.close();
  far.close();
});
