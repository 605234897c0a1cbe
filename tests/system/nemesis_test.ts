/** Ten rounds of the nemesis, and proof that its judge is not asleep. */
import { deepEqual, equal, match, ok as holds } from "node:assert/strict";

import { Chapter } from "../bench/chapter.ts";
import { hasNamespaces, runBench } from "./bench.ts";

const ROUNDS = 10;
const STOPPED_SECONDS = 4;
const WITHIN_MS = 240_000;
/** Fewer would mean that the clients hardly got a word in. */
const LEAST_OPERATIONS = 500;

Deno.test("nemesis: killed, stopped and half deaf members tell one true story", async () => {
  if (!await hasNamespaces("nemesis")) return;
  const wishes = ["--rounds", String(ROUNDS), "--seconds", String(STOPPED_SECONDS)];
  const figure = await runBench("nemesis", wishes, WITHIN_MS);
  equal(figure(/rounds$/).values[0], ROUNDS);
  equal(figure(/^what cannot be true/).values[0], 0);
  const operations = figure(/^operations on registers/).values[0] ?? 0;
  holds(operations > LEAST_OPERATIONS, `${operations} operations`);
  console.log(`${ROUNDS} rounds, ${operations} operations on registers`);
});

const A = "c1r1", GROUP = "c1g1";

/** A write that was acknowledged at that index, ten milliseconds after it was asked. */
function wrote(chapter: Chapter, key: string, value: string, start: number, index: number): void {
  chapter.wasWritten({ key, kind: "write", value, start, end: start + 10 }, index);
}

function read(chapter: Chapter, key: string, values: (string | null)[], start: number): void {
  const rows = values.map((value) => ({ value, index: undefined }));
  chapter.wasRead(key, rows, start, start + 10);
}

function append(chapter: Chapter, element: string, start: number, isKnown = true): void {
  const end = isKnown ? start + 10 : undefined;
  chapter.wasAppended({ element, rows: ["c1l1", "c1l2"], start, end });
}

function list(chapter: Chapter, elements: string[], start: number): void {
  const found = new Map(elements.map((element) => [element, new Set(["c1l1", "c1l2"])]));
  chapter.wasListed({ found, start, end: start + 10 });
}

/** What the judge finds wrong with each story; each is one step away from a true one. */
const STORIES: Readonly<Record<string, [(chapter: Chapter) => void, RegExp | undefined]>> = {
  "all of it true": [(chapter) => {
    wrote(chapter, A, "1", 0, 5);
    read(chapter, A, ["1"], 20);
    wrote(chapter, GROUP, "2", 20, 6);
    read(chapter, GROUP, ["2", "2", "2"], 40);
    append(chapter, "e1", 0);
    append(chapter, "e2", 0, false);
    list(chapter, ["e1"], 20);
    list(chapter, ["e1", "e2"], 40);
    chapter.isHeld(A, [{ value: "1", index: 5 }], "m1");
  }, undefined],
  "a stale read": [(chapter) => {
    wrote(chapter, A, "1", 0, 5);
    wrote(chapter, A, "2", 20, 6);
    read(chapter, A, ["1"], 40);
  }, /^violated: no order explains register c1r1, the read of 1/],
  "a write that was refused and made": [(chapter) => {
    read(chapter, A, ["1"], 0);
  }, /^violated: no order explains register c1r1/],
  "half a write": [(chapter) => {
    wrote(chapter, GROUP, "1", 0, 5);
    read(chapter, GROUP, ["1", "1", null], 5);
  }, /^c1g1 is torn/],
  "a write made twice": [(chapter) => {
    wrote(chapter, A, "1", 0, 5);
    chapter.wasRead(A, [{ value: "1", index: 6 }], 20, 30);
  }, /^1 was written to c1r1 twice, at index 5 and 6/],
  "a member that lost a write": [(chapter) => {
    wrote(chapter, A, "1", 0, 5);
    chapter.isHeld(A, [{ value: null, index: 4 }], "m2");
  }, /^m2: c1r1 is of index 4; 1 of 5 is lost/],
  "an append that is gone": [(chapter) => {
    append(chapter, "e1", 0);
    list(chapter, [], 20);
  }, /^e1 was acknowledged and is not in a later read/],
  "an append that overtook another": [(chapter) => {
    append(chapter, "e1", 0);
    append(chapter, "e2", 12, false);
    list(chapter, ["e2"], 5);
  }, /^e1 was acknowledged and is not in a later read/],
  "half an append": [(chapter) => {
    append(chapter, "e1", 0);
    chapter.wasListed({ found: new Map([["e1", new Set(["c1l1"])]]), start: 20, end: 30 });
  }, /^e1 is torn/],
  "an append that was refused and made": [(chapter) => {
    list(chapter, ["e1"], 0);
  }, /^e1 was refused and made/],
  "two orders of appends": [(chapter) => {
    append(chapter, "e1", 0, false);
    append(chapter, "e2", 0, false);
    list(chapter, ["e1"], 20);
    list(chapter, ["e2"], 20);
  }, /^a read of the list lacks e1/],
  "a list that shrinks": [(chapter) => {
    append(chapter, "e1", 0, false);
    list(chapter, ["e1"], 0);
    list(chapter, [], 20);
  }, /^a read of the list ended at 10, before a shorter one began/],
};

for (const [title, [tell, wrong]] of Object.entries(STORIES)) {
  Deno.test(`nemesis: the judge on ${title}`, () => {
    const chapter = new Chapter(1, 1, 1);
    tell(chapter);
    const wrongs = chapter.wrongs();
    if (wrong === undefined) return deepEqual(wrongs, []);
    equal(wrongs.length, 1, wrongs.join("; "));
    match(wrongs[0] ?? "", wrong);
  });
}
