import { deepEqual, equal, match, ok as holds } from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";

import { MAX_TFTP_READS_AT_ONCE, TFTP_CHUNK_BYTES } from "../../../src/base/limits.ts";
import { blocksOfBytes, FileBlocks } from "../../../src/service/boot/block_source.ts";
import { FileChunks, type ReadableFile } from "../../../src/service/boot/file_chunks.ts";
import { bytesOf } from "./tftp_stage.ts";

/** A file whose reads end when the test says so. */
class HandFile implements ReadableFile {
  readonly identity: string;
  readonly size: number;
  readonly bytes: Uint8Array;
  readonly pending: (() => void)[] = [];
  reads = 0;
  isClosed = false;
  hasChanged = false;
  isBroken = false;

  constructor(identity: string, bytes: Uint8Array) {
    this.identity = identity;
    this.bytes = bytes;
    this.size = bytes.length;
  }

  async read(into: Uint8Array, at: number): Promise<number> {
    this.reads++;
    await new Promise<void>((resolve) => void this.pending.push(resolve));
    if (this.isBroken) throw new Error("the disk\nfails");
    const part = this.bytes.subarray(at, at + into.length);
    into.set(part);
    return part.length;
  }

  isAsOpened(): boolean {
    return !this.hasChanged;
  }

  close(): void {
    holds(!this.isClosed, "closed twice");
    this.isClosed = true;
  }
}

/** Ends what is being read, and whatever follows at once. */
async function settle(...files: HandFile[]): Promise<void> {
  for (let i = 0; i < 20; i++) {
    for (const file of files) for (const end of file.pending.splice(0)) end();
    await Promise.resolve();
    await new Promise<void>((resolve) => setTimeout(resolve, 0));
  }
}

const KEPT = 64 * TFTP_CHUNK_BYTES;

Deno.test("a file that two have open is open once, and closed after both", async () => {
  const chunks = new FileChunks(KEPT), bytes = bytesOf(1_000);
  const first = new HandFile("f", bytes), second = new HandFile("f", bytes);
  const one = new FileBlocks(chunks.share(first)), two = new FileBlocks(chunks.share(second));
  deepEqual([first.isClosed, second.isClosed], [false, true]);
  equal(one.block(1, 512), undefined);
  equal(two.block(1, 512), undefined);
  await settle(first);
  deepEqual([one.block(1, 512), two.block(2, 512)], [bytes.subarray(0, 512), bytes.subarray(512)]);
  equal(first.reads, 1);
  one.release();
  one.release();
  equal(first.isClosed, false);
  two.release();
  equal(first.isClosed, true);
  const third = new HandFile("f", bytes), three = new FileBlocks(chunks.share(third));
  deepEqual(three.block(1, 512), bytes.subarray(0, 512), "what was read is kept");
  equal(third.reads, 0);
});

Deno.test("a file that has changed when it was read is given to nobody", async () => {
  const chunks = new FileChunks(KEPT), bytes = bytesOf(5 * TFTP_CHUNK_BYTES);
  const file = new HandFile("f", bytes), blocks = new FileBlocks(chunks.share(file));
  blocks.block(1, 512);
  await settle(file);
  holds(blocks.block(1, 512));
  file.hasChanged = true;
  let told = 0;
  equal(blocks.block(4 * TFTP_CHUNK_BYTES / 512 + 1, 512), undefined);
  blocks.whenMore(() => told++);
  await settle(file);
  equal(told, 1);
  equal(blocks.failure, "the file has changed while it was sent");
  equal(blocks.block(1, 512), undefined, "nor what was read before");
  equal(chunks.keptBytes, 0);
  const fresh = new HandFile("f", bytes), again = new FileBlocks(chunks.share(fresh));
  again.block(1, 512);
  await settle(fresh);
  holds(again.block(1, 512), "whoever opens it now has a file of its own");
  blocks.release();
  equal(file.isClosed, true);
});

Deno.test("a file that became shorter, or cannot be read, fails in one line", async () => {
  const chunks = new FileChunks(KEPT);
  const short = new HandFile("s", bytesOf(1_000));
  const broken = new HandFile("b", bytesOf(1_000));
  broken.isBroken = true;
  const ofShort = new FileBlocks(chunks.share(short));
  const ofBroken = new FileBlocks(chunks.share(broken));
  short.bytes.set([]);
  Object.defineProperty(short, "bytes", { value: bytesOf(999) });
  ofShort.block(1, 512);
  ofBroken.block(1, 512);
  await settle(short, broken);
  match(ofShort.failure ?? "", /has changed/);
  equal(ofBroken.failure, "the file cannot be read on: the disk fails");
});

Deno.test("no more is kept than may be, and the longest unused goes", async () => {
  const chunks = new FileChunks(4 * TFTP_CHUNK_BYTES);
  const file = new HandFile("f", bytesOf(40 * TFTP_CHUNK_BYTES));
  const shared = chunks.share(file);
  for (let index = 0; index < 10; index++) {
    shared.want(0, false); // it is used all the time
    shared.want(index, false);
    await settle(file);
    holds(shared.at(index));
    holds(chunks.keptBytes <= 4 * TFTP_CHUNK_BYTES);
  }
  deepEqual([0, 5, 6, 7, 8, 9].map((index) => shared.at(index) !== undefined), [
    true,
    false,
    false,
    true,
    true,
    true,
  ]);
});

Deno.test("so many reads at a time, one of a file, none ahead while others wait", async () => {
  const chunks = new FileChunks(KEPT);
  const files = Array.from({ length: 20 }, (_, i) => new HandFile(`f${i}`, bytesOf(400_000)));
  const all = files.map((file) => chunks.share(file));
  for (const shared of all) for (let i = 0; i < 3; i++) shared.want(i, i > 0);
  const underway = (): number => files.reduce((sum, { pending }) => sum + pending.length, 0);
  equal(underway(), MAX_TFTP_READS_AT_ONCE);
  holds(files.every(({ pending }) => pending.length <= 1));
  await settle(...files);
  const reads = files.reduce((sum, file) => sum + file.reads, 0);
  holds(reads < 40, `${reads} reads where 20 were needed`);
  for (const shared of all) holds(shared.at(0));
});

Deno.test("blocks are the bytes of the file in order, whatever their size", async () => {
  const bytes = bytesOf(3 * TFTP_CHUNK_BYTES + 12_345);
  const chunks = new FileChunks(KEPT), file = new HandFile("f", bytes);
  const shared = chunks.share(file), inMemory = blocksOfBytes(bytes);
  for (let i = 0; i < 4; i++) shared.want(i, false);
  await settle(file);
  const blocks = new FileBlocks(shared);
  fc.assert(
    fc.property(fc.integer({ min: 8, max: 65_464 }), fc.nat(), (blockBytes, some) => {
      const last = Math.floor(bytes.length / blockBytes) + 1;
      for (const number of [1, some % last + 1, last]) {
        const wanted = bytes.subarray((number - 1) * blockBytes, number * blockBytes);
        equal(Buffer.compare(blocks.block(number, blockBytes) as Uint8Array, wanted), 0);
        equal(Buffer.compare(inMemory.block(number, blockBytes) as Uint8Array, wanted), 0);
      }
    }),
    { numRuns: 300 },
  );
});
