import { equal } from "node:assert/strict";
import fc from "fast-check";

import {
  type ChainRelation,
  type CollectiveChain,
  compareChains,
} from "../../src/model/collective_chain.ts";

/** A chain of one letter a link: "abc" is a collective `a`, forced twice. */
function chain(letters: string): CollectiveChain {
  return [...letters].map((letter, epoch) => ({ epoch, random: letter.repeat(32) }));
}

function relation(mine: string, theirs: string): ChainRelation {
  return compareChains(chain(mine), chain(theirs));
}

const MIRRORED: Readonly<Record<ChainRelation, ChainRelation>> = {
  "same": "same",
  "foreign": "foreign",
  "apart": "apart",
  "they-are-behind": "i-am-behind",
  "i-am-behind": "they-are-behind",
};

Deno.test("one chain is the other's, or its beginning", () => {
  equal(relation("a", "a"), "same");
  equal(relation("abc", "abc"), "same");
  equal(relation("abc", "a"), "they-are-behind");
  equal(relation("abc", "ab"), "they-are-behind");
  equal(relation("a", "abc"), "i-am-behind");
  equal(relation("ab", "abc"), "i-am-behind");
});

Deno.test("another first link is another collective, a later one a side forced apart", () => {
  equal(relation("a", "b"), "foreign");
  equal(relation("abc", "xbc"), "foreign");
  equal(relation("a", "ba"), "foreign");
  equal(relation("ab", "ac"), "apart");
  equal(relation("abd", "acd"), "apart");
  equal(relation("abcd", "ax"), "apart");
});

Deno.test("where two links stand the randoms decide, not the counts of epochs", () => {
  const mine = [{ epoch: 0, random: "a" }, { epoch: 1, random: "b" }];
  const theirs = [{ epoch: 0, random: "a" }, { epoch: 1, random: "c" }];
  equal(compareChains(mine, theirs), "apart");
});

Deno.test("both ends agree on how they stand, and it is what the letters say", () => {
  const letters = fc.string({ unit: fc.constantFrom("a", "b"), minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(letters, letters, (mine, theirs) => {
      const stands = relation(mine, theirs);
      equal(relation(theirs, mine), MIRRORED[stands]);
      equal(stands === "same", mine === theirs);
      equal(stands === "i-am-behind", mine !== theirs && theirs.startsWith(mine));
      equal(stands === "foreign", mine[0] !== theirs[0]);
    }),
    { numRuns: 500 },
  );
});
