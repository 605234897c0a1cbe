import { deepEqual, equal, match } from "node:assert/strict";

import { MAX_REFERENCE_DEPTH } from "../../src/base/limits.ts";
import { Inheritance } from "../../src/model/inheritance.ts";
import { Resolver } from "../../src/model/resolving.ts";
import { toCell } from "../../src/model/stored_value.ts";
import { RowsOf } from "./rows_of.ts";

const expression = (text: string): string => toCell({ kind: "expression", expression: text });

function resolverOf(rows: RowsOf): Resolver {
  return new Resolver(new Inheritance(rows));
}

Deno.test("values are told by their kind, and with the group they come from", () => {
  const rows = new RowsOf().group("g", {
    "custom.sealed": toCell({ kind: "sealed", sealed: "x" }),
    "custom.hashed": toCell({ kind: "hashed", hashes: { crypt: "$6$x" } }),
    "custom.json": toCell({ kind: "json", json: "[1]" }),
  }).node("n7", { groups: "g", "custom.text": "{n1}", "custom.made": expression("{n1}") });
  const resolver = resolverOf(rows);
  const told = (name: string): unknown => resolver.resolve("n7", name);
  deepEqual(told("custom.text"), { text: "{n1}" });
  deepEqual(told("custom.made"), { text: "7", expression: "{n1}" });
  deepEqual(told("custom.json"), { text: "[1]", isJson: true, from: "g" });
  deepEqual(told("custom.sealed"), { isSecret: true, from: "g" });
  deepEqual(told("custom.hashed"), { isSecret: true, from: "g" });
  equal(told("custom.none"), undefined);
});

Deno.test("an inherited expression is evaluated with the values of each node", () => {
  const rows = new RowsOf().group("g", {
    "custom.a": expression("{custom.b}-{n1}"),
    "custom.b": expression("{nodename.upper()}"),
  }).node("n1", { groups: "g" }).node("n2", { groups: "g", "custom.b": "own" });
  const resolver = resolverOf(rows);
  equal(resolver.textOf("n1", "custom.a"), "N1-1");
  equal(resolver.textOf("n2", "custom.a"), "own-2");
});

Deno.test("groups are told to expressions in their order", () => {
  const rows = new RowsOf().group("b").group("a").node("n1", { groups: "b,a" });
  deepEqual(resolverOf(rows).evaluate("n1", "{groups}"), { ok: true, value: "b,a,everything" });
});

Deno.test("what leads back to where it began is broken, and told the way round", () => {
  const rows = new RowsOf().node("n1", {
    "custom.a": expression("{custom.b}"),
    "custom.b": expression("{custom.c}"),
    "custom.c": expression("{custom.b}"),
    "custom.own": expression("{custom.own}"),
  });
  const resolver = resolverOf(rows);
  const brokenOf = (name: string): string => resolver.resolve("n1", name)?.broken ?? "";
  match(brokenOf("custom.a"), /custom\.b refers to itself: custom\.b -> custom\.c -> custom\.b/);
  match(brokenOf("custom.own"), /custom\.own refers to itself: custom\.own -> custom\.own/);
  equal(resolver.textOf("n1", "custom.a"), "");
});

Deno.test("a secret is no part of an expression", () => {
  const rows = new RowsOf().node("n1", {
    "custom.s": toCell({ kind: "sealed", sealed: "x" }),
    "custom.a": expression("{custom.s}"),
  });
  match(resolverOf(rows).resolve("n1", "custom.a")?.broken ?? "", /custom\.s is secret/);
});

Deno.test("references as deep as the bound are followed, and no deeper", () => {
  const chain = (length: number): Record<string, string> =>
    Object.fromEntries(
      Array.from({ length }, (_, i) => [
        `custom.a${i}`,
        i + 1 < length ? expression(`{custom.a${i + 1}}`) : "end",
      ]),
    );
  const rows = new RowsOf().node("n1", chain(MAX_REFERENCE_DEPTH + 1))
    .node("n2", chain(MAX_REFERENCE_DEPTH + 2));
  const resolver = resolverOf(rows);
  equal(resolver.textOf("n1", "custom.a0"), "end");
  match(resolver.resolve("n2", "custom.a0")?.broken ?? "", /MAX_REFERENCE_DEPTH/);
});

Deno.test("a value that many need is evaluated once", () => {
  const fan: Record<string, string> = {};
  for (let i = 0; i < 14; i++) {
    const next = `{custom.a${i + 1}}`;
    fan[`custom.a${i}`] = expression(next + next + next + next);
  }
  const resolver = resolverOf(new RowsOf().node("n1", { ...fan, "custom.a14": "" }));
  equal(resolver.textOf("n1", "custom.a0"), ""); // 4^14 evaluations would not end
});
