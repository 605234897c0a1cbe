import { deepEqual, equal, match, ok as holds } from "node:assert/strict";
import fc from "fast-check";

import { MAX_TFTP_WINDOW_BLOCKS, MAX_TFTP_WINDOW_BYTES } from "../../src/base/boot_limits.ts";
import { type Agreement, agreeOn } from "../../src/netboot/tftp_options.ts";

const SIZE = 2_097_152;

/** What is agreed on with options written as `name=value`. */
function agreed(...options: string[]): Agreement {
  const outcome = agreeOn(optionsOf(options), SIZE);
  if (outcome.ok) return outcome.value;
  throw new Error(outcome.refusal.message);
}

function optionsOf(options: readonly string[]): { name: string; value: string }[] {
  return options.map((option) => {
    const [name = "", value = ""] = option.split("=");
    return { name, value };
  });
}

function answerTo(...options: string[]): string[] {
  return agreed(...options).answer.map(({ name, value }) => `${name}=${value}`);
}

Deno.test("without options it is blocks of 512 bytes, one by one, and no answer", () => {
  deepEqual(agreed(), {
    sizeBytes: SIZE,
    blockBytes: 512,
    windowBlocks: 1,
    againMs: undefined,
    answer: [],
  });
});

Deno.test("what a client asks for it gets, and is told so", () => {
  deepEqual(answerTo("tsize=0", "blksize=1468", "windowsize=4", "timeout=3"), [
    "tsize=2097152",
    "blksize=1468",
    "timeout=3",
    "windowsize=4",
  ]);
  const { blockBytes, windowBlocks, againMs } = agreed("blksize=1468", "windowsize=4", "timeout=3");
  deepEqual({ blockBytes, windowBlocks, againMs }, {
    blockBytes: 1468,
    windowBlocks: 4,
    againMs: 3_000,
  });
});

Deno.test("what nobody knows is left out, and alone is answered by data", () => {
  deepEqual(answerTo("multicast=", "rollover=0"), []);
  deepEqual(answerTo("multicast=", "blksize=8"), ["blksize=8"]);
});

Deno.test("a timeout out of its range is left out", () => {
  for (const timeout of ["0", "256", "-1", "x", ""]) deepEqual(answerTo(`timeout=${timeout}`), []);
  equal(agreed("timeout=255").againMs, 255_000);
});

Deno.test("the first of two options of one name counts", () => {
  deepEqual(answerTo("blksize=1024", "blksize=0"), ["blksize=1024"]);
});

for (
  const [option, wanted] of [
    ["blksize=0", /^blksize "0": wanted 8 to 65464$/],
    ["blksize=7", /wanted 8 to 65464/],
    ["blksize=-1", /wanted 8/],
    ["blksize=1e3", /wanted 8/],
    ["blksize=", /wanted 8/],
    ["windowsize=0", /^windowsize "0": wanted 1 to 65535$/],
    ["windowsize=x", /wanted 1/],
  ] as const
) {
  Deno.test(`${option} cannot be`, () => {
    const outcome = agreeOn(optionsOf([option]), SIZE);
    holds(!outcome.ok);
    equal(outcome.refusal.kind, "invalid");
    match(outcome.refusal.message, wanted);
  });
}

Deno.test("large blocks are sent as asked, larger than there are as large as there are", () => {
  deepEqual(answerTo("blksize=65464"), ["blksize=65464"]);
  deepEqual(answerTo("blksize=65465"), ["blksize=65464"]);
  deepEqual(answerTo("blksize=4294967296"), ["blksize=65464"]);
});

Deno.test("whatever is asked for, a window has a bound in blocks and in bytes", () => {
  const number = fc.integer({ min: 8, max: 100_000 });
  fc.assert(fc.property(number, number, (blksize, windowsize) => {
    const { blockBytes, windowBlocks } = agreed(`blksize=${blksize}`, `windowsize=${windowsize}`);
    holds(windowBlocks >= 1 && windowBlocks <= Math.min(MAX_TFTP_WINDOW_BLOCKS, windowsize));
    holds(blockBytes <= blksize && blockBytes * windowBlocks <= MAX_TFTP_WINDOW_BYTES);
  }));
});
