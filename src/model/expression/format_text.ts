/**
 * A text as a format shows it. Promises what Python's `format(str, spec)` does, words of errors
 * too.
 */
import { type Refused, refused } from "../../base/outcome.ts";
import { fillOf, type FormatSpec, padded, unknownType } from "./format_spec.ts";
import { lengthOf, sliceOf } from "./text_operation.ts";

/** `invalid` where the format is for numbers. */
export function formatText(text: string, spec: FormatSpec): string | Refused {
  const wrong = whyNot(spec);
  if (wrong !== undefined) return refused("invalid", wrong);
  const cut = spec.precision === undefined ? text : sliceOf(text, 0, spec.precision);
  return padded(cut, lengthOf(cut), fillOf(spec), spec.align ?? "<", spec.width);
}

function whyNot(spec: FormatSpec): string | undefined {
  if (spec.grouping !== "" && spec.type === "") {
    return `Cannot specify '${spec.grouping}' with 's'.`;
  }
  if (spec.type !== "" && spec.type !== "s") return unknownType(spec.type, "str");
  if (spec.sign === " ") return "Space not allowed in string format specifier";
  if (spec.sign !== "") return "Sign not allowed in string format specifier";
  if (spec.noNegativeZero) {
    return "Negative zero coercion (z) not allowed in string format specifier";
  }
  if (spec.alternate) return "Alternate form (#) not allowed in string format specifier";
  if (spec.align === "=") return "'=' alignment not allowed in string format specifier";
  return undefined;
}
