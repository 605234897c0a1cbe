import { equal } from "node:assert/strict";

import fc from "fast-check";

import { flatJsonText, jsonText } from "../../../src/cli/dump/json_text.ts";

Deno.test("names are sorted, four spaces a level, ASCII alone", () => {
  equal(
    jsonText({ b: ["x", {}], a: { "net.mtu": { value: "Größe \u007f 漢" } }, c: [] }),
    `{
    "a": {
        "net.mtu": {
            "value": "Gr\\u00f6\\u00dfe \\u007f \\u6f22"
        }
    },
    "b": [
        "x",
        {}
    ],
    "c": []
}`,
  );
});

Deno.test("globals are on one line", () => {
  equal(flatJsonText({ b: "x", a: [1, { c: null }] }), '{"b": "x", "a": [1, {"c": null}]}');
});

Deno.test("it is JSON of the same value", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    const text = jsonText(value);
    equal(/^[\x20-\x7e\n]*$/.test(text), true);
    equal(jsonText(JSON.parse(text)), text);
  }));
});
