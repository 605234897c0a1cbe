import { deepStrictEqual as equal } from "node:assert/strict";

import fc from "fast-check";

import { fromCell, type StoredValue, toCell } from "../../src/model/stored_value.ts";

Deno.test("every kind of value comes back from its cell as it was", () => {
  const values: StoredValue[] = [
    { kind: "text", text: "" },
    { kind: "text", text: "\u0001e{n1}" },
    { kind: "text", text: "\u0001" },
    { kind: "json", json: '["a",5]' },
    { kind: "expression", expression: "{n1}" },
    { kind: "sealed", sealed: "AAAA" },
    { kind: "hashed", hashes: { crypt: "$6$a$b", grub: "grub.pbkdf2.sha512.10000.A.B" } },
    { kind: "hashed", hashes: { crypt: "$5$a$b", grub: undefined } },
  ];
  for (const value of values) equal(fromCell(toCell(value)), value);
});

Deno.test("a text is a text, whatever it begins with", () => {
  fc.assert(fc.property(fc.string(), fc.boolean(), (rest, isMarked) => {
    const value: StoredValue = { kind: "text", text: isMarked ? `\u0001${rest}` : rest };
    equal(fromCell(toCell(value)), value);
  }));
});

Deno.test("a plain text is its own cell, so that nothing is stored twice", () => {
  equal(toCell({ kind: "text", text: "r7" }), "r7");
});
