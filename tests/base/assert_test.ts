import { equal, throws } from "node:assert/strict";

import { assert, InvariantError, present, unreachable } from "../../src/base/assert.ts";

function saying(message: string): (error: unknown) => boolean {
  return (error) => error instanceof InvariantError && error.message === message;
}

Deno.test("assert lets what is true pass, and names the invariant that broke", () => {
  assert(true, "never seen");
  throws(() => assert(false, "terms never fall"), saying("terms never fall"));
});

Deno.test("present gives every value back but the two that are none", () => {
  for (const value of [0, "", false, Number.NaN, "x"]) equal(present(value, "it"), value);
  const object = {};
  equal(present(object, "it"), object);
  for (const absent of [undefined, null]) {
    throws(() => present(absent, "the roster"), saying("the roster is absent"));
  }
});

Deno.test("unreachable throws and shows what got there", () => {
  throws(() => unreachable({ kind: "new" } as never), saying('unreachable: {"kind":"new"}'));
});

Deno.test("an invariant error is told apart from other errors by its name", () => {
  const error = new InvariantError("x");
  equal(error.name, "InvariantError");
  equal(String(error), "InvariantError: x");
  equal(error instanceof Error, true);
});
