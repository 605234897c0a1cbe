import { deepEqual, equal, ok as holds, throws } from "node:assert/strict";

import { MalformedError } from "../../src/base/bytes.ts";
import { MAX_FRAME_BYTES, MAX_HELLO_BYTES } from "../../src/base/limits.ts";
import { Prng } from "../../src/base/prng.ts";
import { framedLength, FrameReader, joinFrames } from "../../src/io/link_framing.ts";

function allOf(reader: FrameReader): Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (let frame = reader.next(); frame !== undefined; frame = reader.next()) frames.push(frame);
  return frames;
}

function prefix(length: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, length);
  return bytes;
}

Deno.test("frames: the bytes on the stream are a length of 32 bits, then the frame", () => {
  const bytes = joinFrames([Uint8Array.of(7, 8), new Uint8Array(0), new Uint8Array(300).fill(9)]);
  deepEqual([...bytes.subarray(0, 14)], [0, 0, 0, 2, 7, 8, 0, 0, 0, 0, 0, 0, 1, 44]);
  equal(bytes.length, framedLength(2) + framedLength(0) + framedLength(300));
});

Deno.test("frames: cut anywhere they come out the same", () => {
  for (let seed = 0; seed < 200; seed++) {
    const prng = new Prng(seed);
    const frames = Array.from(
      { length: prng.between(1, 12) },
      (_, i) =>
        new Uint8Array(prng.chance(0.3) ? prng.between(0, 5) : prng.between(0, 3_000)).fill(i),
    );
    const stream = joinFrames(frames);
    const reader = new FrameReader();
    const got: Uint8Array[] = [];
    for (let at = 0; at < stream.length;) {
      const step = prng.chance(0.5) ? prng.between(0, 3) : prng.between(1, 4_000);
      reader.push(stream.subarray(at, at + step));
      at += step;
      if (prng.chance(0.7)) got.push(...allOf(reader));
    }
    got.push(...allOf(reader));
    deepEqual(got, frames, `seed ${seed}`);
    holds(!reader.torn);
  }
});

Deno.test("frames: a length beyond the limit of the moment is malformed", () => {
  for (const length of [MAX_HELLO_BYTES + 1, MAX_FRAME_BYTES, 0x8000_0000, 0xffff_ffff]) {
    const reader = new FrameReader();
    reader.push(prefix(length));
    throws(() => reader.next(), MalformedError);
  }
  const lifted = new FrameReader();
  lifted.push(prefix(MAX_FRAME_BYTES + 1));
  lifted.lift();
  throws(() => lifted.next(), /a frame of 2097153 bytes; at most 2097152 are allowed/);
});

Deno.test("frames: a limit lifted before a frame is asked for counts for it", () => {
  const reader = new FrameReader();
  const [hello, long] = [Uint8Array.of(1), new Uint8Array(MAX_FRAME_BYTES)];
  reader.push(joinFrames([hello, long]));
  deepEqual(reader.next(), hello);
  reader.lift();
  deepEqual(reader.next(), long);
});

Deno.test("frames: a stream that ends within a frame, or within its length, is torn", () => {
  const stream = joinFrames([Uint8Array.of(1, 2, 3)]);
  for (let cut = 0; cut <= stream.length; cut++) {
    const reader = new FrameReader();
    reader.push(stream.subarray(0, cut));
    allOf(reader);
    equal(reader.torn, cut > 0 && cut < stream.length, `cut at ${cut}`);
  }
});
