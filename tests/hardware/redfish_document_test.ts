import assert from "node:assert/strict";

import {
  askable,
  entryOf,
  linkAt,
  listAt,
  refusalOf,
  textAt,
  valueAt,
  wordsAt,
} from "../../src/hardware/redfish_document.ts";

Deno.test("a value is found by its path, and only where it is the document's own", () => {
  const document = { a: { b: ["x", 7, ""] }, "@odata.id": "/redfish/v1/a" };
  assert.deepEqual(valueAt(document, "a", "b"), ["x", 7, ""]);
  assert.equal(valueAt(document, "a", "b", "length", "x"), undefined);
  assert.equal(valueAt(document, "constructor"), undefined);
  assert.equal(valueAt(document, "a", "toString"), undefined);
  assert.equal(valueAt(undefined, "a"), undefined);
  assert.deepEqual(listAt(document, "a"), []);
  assert.deepEqual(wordsAt(document, "a", "b"), ["x"]);
  assert.equal(wordsAt(document, "a"), undefined);
  assert.equal(linkAt(document), "/redfish/v1/a");
});

Deno.test("a text is one line, not empty, and not a book", () => {
  assert.equal(textAt({ a: "On\r\nX" }, "a"), "On X");
  for (const a of ["", " ", 7, null, [], "x".repeat(2_000)]) {
    assert.equal(textAt({ a }, "a"), undefined);
  }
});

Deno.test("only a path of this very controller is asked for", () => {
  assert.equal(
    askable("/redfish/v1/Systems/437XR1138R2?$expand=.#x"),
    "/redfish/v1/Systems/437XR1138R2?$expand=.#x",
  );
  const wrong = ["", "redfish", "//elsewhere/x", "https://elsewhere/x", "/a b", "/a\r\nX: y", "/é"];
  for (const path of [...wrong, 7, null, `/${"x".repeat(2_000)}`]) {
    assert.equal(askable(path), undefined, String(path));
  }
});

Deno.test("a refusal is told in the controller's own words", () => {
  const told = { "@Message.ExtendedInfo": [{}, { Message: "No\nsuch value." }], message: "See." };
  assert.equal(refusalOf({ error: told }), "No such value.");
  assert.equal(refusalOf({ error: { message: "See." } }), "See.");
  for (const document of [undefined, "x", [], { error: 7 }]) {
    assert.equal(refusalOf(document), undefined);
  }
});

Deno.test("a table has no words by birth", () => {
  assert.equal(entryOf({ On: 1 }, "On"), 1);
  assert.equal(entryOf({ On: 1 }, "constructor"), undefined);
  assert.equal(entryOf({ On: 1 }, undefined), undefined);
});
