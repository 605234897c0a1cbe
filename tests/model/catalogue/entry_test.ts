import { deepEqual } from "node:assert/strict";

import { hashed, keysOf, oneOf, sealed, someOf, text } from "../../../src/model/catalogue/entry.ts";

Deno.test("each way of saying an attribute gives its kind and its words", () => {
  deepEqual(text("a", "b", { unset: "c" }), { name: "a", kind: "text", about: "b", unset: "c" });
  deepEqual(oneOf("x y ", "a", "b").vocabulary, { shape: "one", words: ["x", "y", ""] });
  deepEqual(someOf("x y", "a", "b").vocabulary, { shape: "list", words: ["x", "y"] });
  deepEqual(keysOf("x y", "a", "b").vocabulary, { shape: "keys", words: ["x", "y"] });
  deepEqual([sealed("a", "b").kind, hashed("a", "b").kind], ["sealed", "hashed"]);
});
