import { deepEqual, equal } from "node:assert/strict";

import { formatNumber } from "../../../src/model/expression/format_number.ts";
import { readFormatSpec } from "../../../src/model/expression/format_spec.ts";
import { whole } from "../../../src/model/expression/whole_number.ts";

/** Made by Python 3.11: what its `format` answers. */
const MADE = new URL("../../conformance/format_specs.jsonl", import.meta.url);

interface Made {
  readonly number?: string;
  readonly format: string;
  readonly shown?: string;
  readonly refused?: string;
}

Deno.test("a number is shown, or refused, as Python does", () => {
  const cases: Made[] = Deno.readTextFileSync(MADE).trimEnd().split("\n").map((line) =>
    JSON.parse(line)
  );
  let seen = 0;
  for (const { number, format, shown, refused } of cases) {
    if (number === undefined) continue;
    seen++;
    const spec = readFormatSpec(format);
    const got = typeof spec === "string" ? spec : formatNumber(whole(BigInt(number)), spec);
    if (typeof got === "object") {
      equal(got.refusal.kind, "invalid");
      // Of numbers that are no character Python has two ways to tell.
      const range = got.refusal.message.startsWith("%c arg not in range");
      equal(range || got.refusal.message === refused, true, `${format}: ${refused}`);
    } else if (typeof spec === "string") {
      equal(refused?.startsWith(got), true, `${format}: ${got} is not ${refused}`);
    } else {
      equal(got, shown, `${number} as ${format}`);
    }
  }
  equal(seen, 228);
});

Deno.test("numbers beyond a double are shown whole, or refused", () => {
  const f = readFormatSpec(".1f");
  const d = readFormatSpec("d");
  if (typeof f === "string" || typeof d === "string") throw new Error("both are formats");
  equal(formatNumber(10n ** 22n, f), "10000000000000000000000.0");
  equal(formatNumber(10n ** 400n, d), "1" + "0".repeat(400));
  deepEqual(formatNumber(10n ** 400n, f), {
    ok: false,
    refusal: { kind: "invalid", message: "int too large to convert to float" },
  });
});
