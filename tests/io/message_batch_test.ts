import { deepEqual, equal } from "node:assert/strict";

import { MessageBatch } from "../../src/io/message_batch.ts";
import type { PinnedMemory } from "../../src/io/pinned_memory.ts";

/** Where user space puts such things: more than 32 bits. */
const START = 0x7f12_fedc_ba98;

class Laid {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView;
  readonly batch: MessageBatch;

  constructor(capacity: number, roomBytes: number) {
    const laid: PinnedMemory[] = [];
    this.batch = new MessageBatch(capacity, roomBytes, (length) => {
      laid.push({ bytes: new Uint8Array(length), address: START });
      return laid[0] as PinnedMemory;
    });
    this.bytes = laid[0]?.bytes ?? new Uint8Array(0);
    this.view = new DataView(this.bytes.buffer);
  }

  word(at: number): number {
    return Number(this.view.getBigUint64(at, true));
  }

  header(i: number): Record<string, number> {
    const at = this.batch.headerAddress(i) - START;
    return {
      name: this.word(at) - START,
      nameBytes: this.view.getUint32(at + 8, true),
      vectors: this.word(at + 16) - START,
      vectorCount: this.word(at + 24),
      control: this.word(at + 32) - START,
      controlBytes: this.word(at + 40),
    };
  }

  part(i: number, which: number): [number, number] {
    const at = (this.header(i).vectors ?? 0) + 16 * which;
    return [this.word(at), this.word(at + 8)];
  }

  slice(from: number | undefined, length: number): number[] {
    return [...this.bytes.subarray(from, (from ?? 0) + length)];
  }
}

Deno.test("nothing of one message lies on anything of another", () => {
  const laid = new Laid(3, 128);
  const used: [number, number][] = [];
  for (let i = 0; i < 3; i++) {
    const { name = 0, vectors = 0, control = 0 } = laid.header(i);
    const room = laid.batch.roomAddress(i) - START;
    used.push([laid.batch.headerAddress(i) - START, 64]);
    used.push([name, 32], [vectors, 32], [control, 64], [room, 128]);
  }
  used.sort(([a], [b]) => a - b);
  let end = 0;
  for (const [at, length] of used) {
    equal(at, end, "each begins where the one before ends");
    end = at + length;
  }
  equal(end, laid.bytes.length);
});

Deno.test("a datagram's destination, pin and parts, as C lays them out", () => {
  const laid = new Laid(2, 128);
  laid.batch.toPort(1, 0x0a00_0007, 69);
  laid.batch.pinTo(1, 0x0a00_0001, 3);
  laid.batch.parts(1, 0x7f00_0000_1000, 4, 0x7eff_ffff_f000, 512);
  const { name, nameBytes, control, controlBytes, vectorCount } = laid.header(1);
  equal(nameBytes, 16);
  deepEqual(laid.slice(name, 8), [2, 0, 0, 69, 10, 0, 0, 7]);
  equal(controlBytes, 32);
  deepEqual(laid.slice(control, 28), [
    ...[28, 0, 0, 0, 0, 0, 0, 0], // cmsg_len
    ...[0, 0, 0, 0, 8, 0, 0, 0], // IPPROTO_IP, IP_PKTINFO
    ...[3, 0, 0, 0, 10, 0, 0, 1, 0, 0, 0, 0],
  ]);
  equal(vectorCount, 2);
  deepEqual([laid.part(1, 0), laid.part(1, 1)], [[0x7f00_0000_1000, 4], [0x7eff_ffff_f000, 512]]);
  laid.batch.unpinned(1);
  laid.batch.parts(1, 0x7f00_0000_1000, 4);
  equal(laid.header(1).controlBytes, 0);
  equal(laid.header(1).vectorCount, 1);
});

Deno.test("a frame's interface and EtherType, as C lays them out", () => {
  const laid = new Laid(1, 128);
  laid.batch.toInterface(0, 0x0102_0304, 0x0800);
  equal(laid.header(0).nameBytes, 20);
  deepEqual(laid.slice(laid.header(0).name, 8), [17, 0, 8, 0, 4, 3, 2, 1]);
});

Deno.test("what the kernel wrote is read, and made ready for the next", () => {
  const laid = new Laid(2, 128);
  laid.batch.expect(2);
  const { name = 0, control = 0, controlBytes } = laid.header(1);
  deepEqual([laid.header(1).nameBytes, controlBytes, laid.header(1).vectorCount], [32, 64, 1]);
  deepEqual(laid.part(1, 0), [laid.batch.roomAddress(1), 128]);
  laid.bytes.set([2, 0, 0x0f, 0xab, 192, 0, 2, 7], name);
  const info = [7, 0, 0, 0, 10, 0, 0, 1, 255, 255, 255, 255];
  laid.bytes.set([28, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, ...info], control);
  const header = laid.batch.headerAddress(1) - START;
  laid.view.setUint32(header + 40, 32, true);
  laid.view.setUint32(header + 56, 3, true);
  laid.batch.room(1).set([1, 2, 3, 4]);
  deepEqual([...laid.batch.received(1) ?? []], [1, 2, 3]);
  equal(laid.batch.senderAddress(1), 0xc000_0207);
  equal(laid.batch.senderPort(1), 4011);
  equal(laid.batch.destinationAddress(1), 0xffff_ffff);
  equal(laid.batch.datagramInterface(1), 7);
  equal(laid.batch.isChecksumOpen(1), false);
  laid.view.setUint32(header + 48, 0x20, true); // MSG_TRUNC
  equal(laid.batch.received(1), undefined);
  laid.batch.expect(2);
  deepEqual([laid.header(1).controlBytes, laid.batch.received(1)?.length], [64, 3]);
  laid.view.setUint32(header + 40, 0, true); // the kernel gave none
  equal(laid.batch.datagramInterface(1), 0);
  equal(laid.batch.destinationAddress(1), 0);
});

Deno.test("a frame's status is read from what the kernel says beside it", () => {
  const laid = new Laid(1, 128);
  laid.batch.expect(1);
  const { name = 0, control = 0 } = laid.header(0);
  laid.bytes.set([17, 0, 8, 0, 5, 0, 0, 0], name);
  laid.bytes.set([36, 0, 0, 0, 0, 0, 0, 0, 7, 1, 0, 0, 8, 0, 0, 0, 0x09, 0, 0, 0], control);
  laid.view.setUint32(40, 40, true);
  equal(laid.batch.frameInterface(0), 5);
  equal(laid.batch.isChecksumOpen(0), true);
  laid.bytes[control + 16] = 0x81; // TP_STATUS_CSUM_VALID
  equal(laid.batch.isChecksumOpen(0), false);
});
