/**
 * What stands after the colon of a field, as Python's `format` reads it:
 *
 *     [[fill]align][sign][z][#][0][width][, or _][.precision][type]
 */
import { MAX_EXPRESSION_RESULT, MAX_FORMAT_SPEC_LENGTH } from "../../base/limits.ts";

export interface FormatSpec {
  readonly fill: string | undefined;
  readonly align: string | undefined;
  readonly sign: string;
  /** `z`, which is for fractions: there are none. */
  readonly noNegativeZero: boolean;
  readonly alternate: boolean;
  /** Zeros are the fill, unless one is given. */
  readonly zero: boolean;
  readonly width: number;
  readonly grouping: string;
  readonly precision: number | undefined;
  /** One character, or nothing. */
  readonly type: string;
}

const SPEC = new RegExp(
  "^(?:(?<fill>.)?(?<align>[<>=^]))?(?<sign>[ +-]?)(?<z>z?)(?<alternate>#?)" +
    String.raw`(?<zero>0?)(?<width>\d*)(?<grouping>[,_]*)(?:(?<dot>\.)(?<precision>\d*))?` +
    "(?<type>.*)$",
  "su",
);

/** The format, or what is wrong with it whatever it is applied to. */
export function readFormatSpec(text: string): FormatSpec | string {
  if (text.length > MAX_FORMAT_SPEC_LENGTH) {
    return `the format '${text.slice(0, 20)}' has ${text.length} characters; ` +
      `MAX_FORMAT_SPEC_LENGTH is ${MAX_FORMAT_SPEC_LENGTH}`;
  }
  const read = SPEC.exec(text)?.groups;
  if (read === undefined) return `Invalid format specifier '${text}'`;
  const { fill, align, sign = "", z, alternate, zero = "", grouping = "", type = "" } = read;
  const width = Number(read["width"] ?? "");
  const precision = read["dot"] === undefined ? undefined : Number(read["precision"]);
  if (grouping === ",_" || grouping === "_,") return "Cannot specify both ',' and '_'.";
  if (read["precision"] === "") return "Format specifier missing precision";
  if (grouping.length > 1 || [...type].length > 1) return `Invalid format specifier '${text}'`;
  if (Math.max(width, precision ?? 0) > MAX_EXPRESSION_RESULT) {
    return `the format '${text}' asks for more than ${MAX_EXPRESSION_RESULT} characters ` +
      "(MAX_EXPRESSION_RESULT)";
  }
  const groups = grouping === "_" ? "defgEG%FboxX" : "defgEG%F";
  if (grouping !== "" && !groups.includes(type)) {
    return `Cannot specify '${grouping}' with '${type}'.`;
  }
  return {
    fill,
    align,
    sign,
    noNegativeZero: z !== "",
    alternate: alternate !== "",
    zero: zero !== "",
    width,
    grouping,
    precision,
    type,
  };
}

/** How Python tells of a type that a value does not have. */
export function unknownType(type: string, of: "int" | "str"): string {
  const code = type.codePointAt(0) ?? 0;
  const told = code > 32 && code < 128 ? type : `\\x${code.toString(16)}`;
  return `Unknown format code '${told}' for object of type '${of}'`;
}

/** What stands where nothing else does. */
export function fillOf(spec: FormatSpec): string {
  return spec.fill ?? (spec.zero ? "0" : " ");
}

/** The text with the fill before and after it that the alignment asks for; `length` is its own. */
export function padded(
  text: string,
  length: number,
  fill: string,
  align: string,
  width: number,
): string {
  const missing = width - length;
  if (missing <= 0) return text;
  if (align === "<") return text + fill.repeat(missing);
  if (align !== "^") return fill.repeat(missing) + text;
  const before = missing >> 1;
  return fill.repeat(before) + text + fill.repeat(missing - before);
}
