import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";

import { insertNaturally, naturally, naturalSort } from "../../src/model/natural_order.ts";

Deno.test("numbers in names are counted, letters compare without case", () => {
  deepEqual(
    naturalSort(["n10", "n2", "N1", "rack2", "n2b", "r1u02", "r1u1", "n02"]),
    ["N1", "n02", "n2", "n2b", "n10", "r1u1", "r1u02", "rack2"],
  );
});

Deno.test("the order is total: any shuffle sorts the same, and only a name equals itself", () => {
  const name = fc.stringMatching(/^[aA1-2]{1,4}$/);
  fc.assert(fc.property(fc.uniqueArray(name, { maxLength: 12 }), (names) => {
    deepEqual(naturalSort(names.toReversed()), naturalSort(names));
    deepEqual(names.toSorted(naturally), naturalSort(names));
  }));
  fc.assert(fc.property(name, name, (a, b) => equal(naturally(a, b) === 0, a === b)));
});

Deno.test("names that come to others which are sorted stand where a sort would put them", () => {
  const name = fc.stringMatching(/^[aA1-2]{1,4}$/);
  fc.assert(fc.property(fc.uniqueArray(name, { maxLength: 20 }), fc.nat(20), (names, few) => {
    const sorted = naturalSort(names.slice(few));
    deepEqual(insertNaturally(sorted, names.slice(0, few)), naturalSort(names));
  }));
});
