/** LongList against JSON.parse, cut anywhere. */
import { deepEqual, equal, throws } from "node:assert/strict";
import fc from "fast-check";

import { LongList } from "../../src/cli/long_list.ts";

interface Read {
  readonly elements: unknown[];
  readonly frame: unknown;
}

function read(text: string, cuts: readonly number[] = []): Read {
  const elements: unknown[] = [];
  const list = new LongList("list", (more) => elements.push(...more));
  let from = 0;
  for (const cut of [...new Set(cuts)].sort((a, b) => a - b)) {
    list.feed(text.slice(from, cut));
    from = cut;
  }
  list.feed(text.slice(from));
  return { elements, frame: list.end() };
}

Deno.test("whatever is in the list comes out of it, wherever the pieces begin", () => {
  const before = fc.dictionary(fc.string().filter((key) => key !== "list"), fc.jsonValue());
  fc.assert(
    fc.property(
      before,
      fc.array(fc.jsonValue()),
      before,
      fc.array(fc.nat({ max: 400 })),
      fc.constantFrom(undefined, 2),
      (head, list, tail, cuts, indent) => {
        const object = { ...head, list, ...tail };
        const text = JSON.stringify(object, undefined, indent);
        const back: unknown = JSON.parse(text); // without what JSON cannot hold
        const { elements, frame } = read(text, cuts);
        deepEqual({ ...frame as object, list: elements }, back);
      },
    ),
    { numRuns: 500 },
  );
});

Deno.test("elements are seen as soon as they are there", () => {
  const seen: unknown[] = [];
  const list = new LongList("list", (more) => seen.push(...more));
  list.feed('{"links": [1], "list":[{"a":"}]"}');
  deepEqual(seen, []);
  list.feed(",[2,");
  deepEqual(seen, [{ a: "}]" }]);
  list.feed('3]],"list2":[4]}');
  deepEqual(seen, [{ a: "}]" }, [2, 3]]);
  deepEqual(list.end(), { links: [1], list: [], list2: [4] });
});

Deno.test("what is not whole is no JSON", () => {
  for (
    const text of ["", '{"list":[', '{"list":[1]', "nothing", '{"list":[1,,2]}', '{"list":[}]}']
  ) {
    throws(() => read(text), SyntaxError, text);
  }
  equal(read('{"other":[1]}').elements.length, 0);
});
