import { deepStrictEqual as equal, match } from "node:assert/strict";

import fc from "fast-check";
import { parse } from "yaml";

import type { Outcome } from "../../../src/base/outcome.ts";
import type { Cut } from "../../../src/cli/dump/json_cutter.ts";
import { YamlCutter } from "../../../src/cli/dump/yaml_cutter.ts";
import { yamlMembers } from "../../../src/cli/dump/yaml_text.ts";

function cut(text: string | Uint8Array, pieceBytes = 1 << 20): Record<string, unknown> | string {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  const cutter = new YamlCutter();
  const sections: Record<string, Record<string, unknown>> = {};
  const pieces = function* (): Iterable<Outcome<Cut>> {
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      yield* cutter.feed(bytes.subarray(at, at + pieceBytes));
    }
    yield* cutter.end();
  };
  for (const one of pieces()) {
    if (!one.ok) return one.refusal.message;
    const { section, name, content } = one.value;
    (sections[section] ??= {})[name] = content;
  }
  for (const name of cutter.sections) sections[name] ??= {};
  return sections;
}

const names = fc.string({ minLength: 1 }).filter((name) => name !== "__proto__");
const scalars = fc.oneof(fc.string(), fc.boolean(), fc.integer(), fc.constant(null));
const words = fc.constantFrom(
  "yes",
  "null",
  "0x1f",
  "1e3",
  "1.5",
  "2024-01-02",
  "52:54:00:01:02:03",
  "a: b",
);
const attributes = fc.dictionary(
  names,
  fc.oneof(fc.dictionary(names, fc.oneof(scalars, words)), fc.array(fc.string())),
);
const dumps = fc.record({
  nodegroups: fc.dictionary(names, attributes),
  nodes: fc.dictionary(names, attributes),
});

Deno.test("a dump is written as YAML and taken apart the same, in pieces of any length", () => {
  fc.assert(fc.property(dumps, fc.integer({ min: 1, max: 40 }), (dump, bytes) => {
    const text = yamlMembers(dump, 0);
    equal(plain(parse(text)), plain(dump), text);
    equal(plain(cut(text, bytes)), plain(dump), text);
  }));
});

/** Without prototypes, and members sorted. */
function plain(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(plain);
  return Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1)
    .map(([name, member]) => [name, plain(member)]);
}

Deno.test("what people write by hand is read: comments, quotes, other indentation", () => {
  const text = `# of rack 7
---
nodes:
    # the first
    "n1":
        location.rack: {value: yes}
        groups: [a, everything]
    n2:
        info.note:
            value: |
                two
                lines
        id.index: {value: 7}

users: {}  # nobody
`;
  equal(cut(text), {
    nodes: {
      n1: { "location.rack": { value: "yes" }, groups: ["a", "everything"] },
      n2: { "info.note": { value: "two\nlines\n" }, "id.index": { value: 7 } },
    },
    users: {},
  });
});

Deno.test("what is wrong is told with its line and section", () => {
  match(
    String(cut("nodes:\n  n1:\n    a: {value: 1\n")),
    /^line 3: nodes: there is what is no YAML/,
  );
  match(String(cut("nodes:\n  n1:\n    a: {}\n    a: {}\n")), /must be unique/);
  equal(cut("nodes:\n  n1:\n    a: {}\n  n1: {}\n"), "line 4: nodes: there is n1 a second time");
  equal(cut("nodes: {}\nnodes: {}\n"), "line 2: nodes: there is nodes a second time");
  equal(cut("  n1: {}\n"), "line 1: there is an entry without a section");
  equal(cut("nodes: 5\n").toString().slice(0, 32), "line 1: there is what is not the");
  equal(
    cut("nodes:\n  n1:\n    a: {valu"),
    "line 2: nodes: there is no end of the line: the file was cut",
  );
  equal(cut("nodes:\n  n1: 5\n"), "line 2: nodes: there is no object below n1");
  equal(cut(Uint8Array.of(0x6e, 0xff, 0x0a)), "line 0: there is what is no UTF-8");
});

Deno.test("text of any kind is taken or refused", () => {
  const lines = fc.constantFrom(
    "nodes:",
    "  n1:",
    "    a: {value: b}",
    "- x",
    "'",
    '"',
    "{",
    "&a",
    "*a",
    "\t",
    "|",
    "?",
  );
  fc.assert(fc.property(fc.array(fc.oneof(lines, fc.string())), (parts) => {
    cut(`nodes:\n${parts.join("\n")}\n`, 7);
  }));
});
