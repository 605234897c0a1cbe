import { equal } from "node:assert/strict";
import fc from "fast-check";

import { toNetascii } from "../../src/wire/netascii.ts";

function translated(text: string): string {
  return new TextDecoder().decode(toNetascii(new TextEncoder().encode(text)));
}

Deno.test("lines end with CR LF, and a CR alone is CR NUL", () => {
  equal(translated("a\nb\n\n"), "a\r\nb\r\n\r\n");
  equal(translated("a\rb"), "a\r\0b");
  equal(translated("a\r\n"), "a\r\0\r\n");
  equal(translated(""), "");
});

Deno.test("a client that reads it gets what was there", () => {
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom("a", "\r", "\n", "\0") }), (text) => {
    equal(translated(text).replaceAll("\r\n", "\n").replaceAll("\r\0", "\r"), text);
  }));
});
