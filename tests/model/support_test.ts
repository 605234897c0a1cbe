import { equal } from "node:assert/strict";

import { canTalk, sameSupport, SUPPORT, type Support } from "../../src/model/support.ts";

function speaks(fewest: number, most: number, level = 1): Support {
  return { fewest, most, level };
}

Deno.test("two programs can talk where they know one version in common, whoever asks", () => {
  const cases: [Support, Support, boolean][] = [
    [speaks(1, 1), speaks(1, 1), true],
    [speaks(1, 1), speaks(2, 2), false],
    [speaks(1, 2), speaks(2, 3), true],
    [speaks(1, 5), speaks(2, 3), true],
    [speaks(1, 1), speaks(0, 9, 7), true],
  ];
  for (const [one, other, wanted] of cases) {
    equal(canTalk(one, other), wanted);
    equal(canTalk(other, one), wanted);
  }
  equal(canTalk(SUPPORT, SUPPORT), true);
});

Deno.test("a program that differs in any number supports something else", () => {
  equal(sameSupport(speaks(1, 2), speaks(1, 2)), true);
  for (const other of [speaks(0, 2), speaks(1, 3), speaks(1, 2, 2)]) {
    equal(sameSupport(speaks(1, 2), other), false);
  }
});
