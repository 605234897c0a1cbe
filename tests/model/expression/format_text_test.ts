import { equal } from "node:assert/strict";

import { formatText } from "../../../src/model/expression/format_text.ts";
import { readFormatSpec } from "../../../src/model/expression/format_spec.ts";

/** Made by Python 3.11: what its `format` answers. */
const MADE = new URL("../../conformance/format_specs.jsonl", import.meta.url);

interface Made {
  readonly text?: string;
  readonly format: string;
  readonly shown?: string;
  readonly refused?: string;
}

Deno.test("a text is shown, or refused, as Python does", () => {
  const cases: Made[] = Deno.readTextFileSync(MADE).trimEnd().split("\n").map((line) =>
    JSON.parse(line)
  );
  let seen = 0;
  for (const { text, format, shown, refused } of cases) {
    if (text === undefined) continue;
    seen++;
    const spec = readFormatSpec(format);
    const got = typeof spec === "string" ? spec : formatText(text, spec);
    if (typeof got === "object") {
      equal(got.refusal.kind, "invalid");
      equal(got.refusal.message, refused, format);
    } else if (typeof spec === "string") {
      equal(refused?.startsWith(got), true, `${format}: ${got} is not ${refused}`);
    } else {
      equal(got, shown, `${text} as ${format}`);
    }
  }
  equal(seen, 84);
});
