import { deepEqual, equal, ok as holds } from "node:assert/strict";
import fc from "fast-check";

import { MAX_TFTP_TRIES } from "../../src/base/boot_limits.ts";
import { type Link, type Manner, type Story, TftpWorld } from "./tftp_world.ts";

const SHAPE = {
  seed: fc.nat(),
  blocks: fc.integer({ min: 1, max: 300 }),
  /** 0: without options. */
  windowBlocks: fc.constantFrom(0, 1, 2, 4, 16, 64),
  delayMs: fc.constantFrom(0.05, 1, 20, 200),
};
const PERCENT = fc.integer({ min: 0, max: 15 });
const RUNS = { numRuns: 300 };

function storyOf(
  { seed, blocks, windowBlocks }: { seed: number; blocks: number; windowBlocks: number },
  link: Link,
  manner: Manner = "careful",
): Story {
  return new TftpWorld(seed, link, blocks, windowBlocks, manner).run();
}

/** The client has the blocks in their order, all of them unless the server gave it up. */
function isRight({ taken, isWhole, end, lost }: Story, blocks: number): void {
  deepEqual(taken, Array.from(taken, (_, i) => i + 1));
  holds(taken.length <= blocks);
  // Whoever has it all waits but a while for its last word to be asked for again.
  if (isWhole) return holds(end?.kind === "complete" || lost > 1, `${end?.kind}, ${lost} lost`);
  equal(end?.kind, "vanished");
  holds(lost > MAX_TFTP_TRIES, `given up after ${lost} lost packets`);
}

Deno.test("on a link that loses nothing, nothing is sent twice, however long it is", () => {
  fc.assert(
    fc.property(fc.record(SHAPE), (shape) => {
      const link = { lost: 0, doubled: 0, late: 0, delayMs: shape.delayMs };
      const story = storyOf(shape, link);
      isRight(story, shape.blocks);
      deepEqual([story.isWhole, story.repeats, story.sent], [true, 0, shape.blocks]);
    }),
    RUNS,
  );
});

Deno.test("nothing is sent again that no loss explains", () => {
  fc.assert(
    fc.property(fc.record(SHAPE), PERCENT, (shape, lost) => {
      const story = storyOf(shape, { lost, doubled: 0, late: 0, delayMs: shape.delayMs });
      isRight(story, shape.blocks);
      const explained = story.lost + story.waits;
      holds(story.repeats <= explained, `${story.repeats} repeats, ${explained} explained`);
    }),
    RUNS,
  );
});

Deno.test("doubled packets double nothing", () => {
  fc.assert(
    fc.property(fc.record(SHAPE), PERCENT, (shape, doubled) => {
      const story = storyOf(shape, { lost: 0, doubled, late: 0, delayMs: shape.delayMs });
      isRight(story, shape.blocks);
      deepEqual([story.isWhole, story.repeats, story.sent], [true, 0, shape.blocks]);
    }),
    RUNS,
  );
});

Deno.test("whatever the link does, the client gets the file, and not much more", () => {
  fc.assert(
    fc.property(fc.record(SHAPE), fc.tuple(PERCENT, PERCENT, PERCENT), (shape, percents) => {
      const [lost, doubled, late] = percents;
      const story = storyOf(shape, { lost, doubled, late, delayMs: shape.delayMs });
      isRight(story, shape.blocks);
      // What comes late looks lost to whoever waits for it.
      const mishaps = story.lost + story.doubled + story.late + story.waits;
      holds(story.repeats <= mishaps, `${story.repeats} repeats, ${mishaps} mishaps`);
      holds(story.sent <= shape.blocks + story.repeats * Math.max(1, shape.windowBlocks));
    }),
    RUNS,
  );
});

Deno.test("a rash client gets the file too, and makes twice the traffic at most", () => {
  fc.assert(
    fc.property(fc.record(SHAPE), fc.tuple(PERCENT, PERCENT, PERCENT), (shape, percents) => {
      const [lost, doubled, late] = percents;
      isRight(
        storyOf(shape, { lost, doubled, late, delayMs: shape.delayMs }, "rash"),
        shape.blocks,
      );
      const link = { lost: 0, doubled, late: 0, delayMs: shape.delayMs };
      const { sent, repeats, isWhole } = storyOf(shape, link, "rash");
      holds(isWhole && sent <= 2.5 * shape.blocks + 3 * shape.windowBlocks, String(sent));
      if (shape.windowBlocks <= 1) equal(repeats, 0, "that is the Sorcerer's Apprentice");
    }),
    RUNS,
  );
});
