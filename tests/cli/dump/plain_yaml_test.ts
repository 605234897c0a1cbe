import { deepStrictEqual as equal, ok as holds } from "node:assert/strict";

import fc from "fast-check";
import { parse } from "yaml";

import { readPlainYaml } from "../../../src/cli/dump/plain_yaml.ts";
import { yamlMembers } from "../../../src/cli/dump/yaml_text.ts";

function parsed(text: string): unknown {
  try {
    return parse(text, { logLevel: "silent" });
  } catch {
    return "no YAML";
  }
}

const texts = fc.oneof(
  fc.string(),
  fc.constantFrom(
    ...["a", "10.0.0.1/8", "'a b'", "'it''s'", "- a", "a: b", "a #b", "true", "yes", "null", "~"],
    ...["0x1f", "1e3", "010", "-5", "1.5", "{a: b}", "[a]", "|", ">", "&a b", "*a", "!x a", "a "],
  ),
);
const lines = fc.oneof(
  fc.tuple(fc.constantFrom(2, 4, 6), fc.constantFrom("a", "b.c", "7", "no"), texts)
    .map(([spaces, name, text]) => `${" ".repeat(spaces)}${name}: ${text}`.trimEnd()),
  fc.tuple(fc.constantFrom(4, 4, 6), texts).map(([spaces, text]) =>
    `${" ".repeat(spaces)}- ${text}`
  ),
  fc.constantFrom("    a:", "    b.c:", "    # word", "", "      x: 1"),
);

Deno.test("what it reads is what the library reads, whatever the lines", () => {
  let read = 0;
  fc.assert(
    fc.property(fc.array(lines, { maxLength: 6 }), (more) => {
      const all = ["  n1:", ...more];
      const plain = readPlainYaml(all);
      if (plain === undefined) return;
      read++;
      equal({ [plain.name]: plain.content }, parsed(all.join("\n")), all.join("\n"));
    }),
    { numRuns: 3_000 },
  );
  holds(read > 50, `only ${read} were read: this test tries nothing`);
});

Deno.test("what dumps are made of is read without the library", () => {
  const content = {
    groups: ["rack1", "everything"],
    "id.index": { value: 7 },
    "net.bootable": { value: true },
    "net.hwaddr": { value: "52:54:00:07:01:01" },
    "net.ipv4_address": { value: "10.1.0.1/16" },
    "custom.x": { expression: "{n1}" },
  };
  const all = yamlMembers({ n1: content }, 1).trimEnd().split("\n");
  equal(readPlainYaml(all), { name: "n1", content });
});
