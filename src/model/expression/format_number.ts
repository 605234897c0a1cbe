/**
 * A whole number as a format shows it. Promises what Python's `format(int, spec)` does, words of
 * errors too.
 */
import { type Refused, refused } from "../../base/outcome.ts";
import { fillOf, type FormatSpec, padded, unknownType } from "./format_spec.ts";
import { decimal, type WholeNumber } from "./whole_number.ts";

const BASES: ReadonlyMap<string, number> = new Map([["b", 2], ["o", 8], ["x", 16], ["X", 16]]);
const DEFAULT_PRECISION = 6;
const LAST_CHARACTER = 0x10ffff;

/** The digits that a number is shown with, in their parts. */
interface Shown {
  readonly prefix: string;
  readonly digits: string;
  /** Never grouped: the point, what follows it, and a `%`. */
  readonly rest: string;
}

/** `invalid` where the format is for texts. */
export function formatNumber(value: WholeNumber, spec: FormatSpec): string | Refused {
  if (spec.type === "c") return formatCharacter(value, spec);
  const shown = showNumber(value, spec);
  if ("refusal" in shown) return shown;
  const sign = value < 0 ? "-" : spec.sign === "-" ? "" : spec.sign;
  const before = sign + shown.prefix;
  const fill = fillOf(spec);
  const align = spec.align ?? (spec.zero ? "=" : ">");
  const zeros = fill === "0" && align === "=" ? spec.width - before.length - shown.rest.length : 0;
  const every = BASES.has(spec.type) ? 4 : 3;
  const number = grouped(shown.digits, spec.grouping, every, zeros) + shown.rest;
  if (align !== "=") {
    return padded(before + number, before.length + number.length, fill, align, spec.width);
  }
  return before + padded(number, number.length, fill, ">", spec.width - before.length);
}

/** With a separator before every so many digits, and zeros before them up to so many characters. */
function grouped(digits: string, separator: string, every: number, characters: number): string {
  if (separator === "") return digits.padStart(characters, "0");
  const few = characters - Math.floor(characters / (every + 1));
  const enough = few + Math.floor((few - 1) / every) < characters ? few + 1 : few;
  const all = digits.padStart(enough, "0");
  const first = all.length % every || every;
  let text = all.slice(0, first);
  for (let i = first; i < all.length; i += every) text += separator + all.slice(i, i + every);
  return text;
}

function showNumber(value: WholeNumber, spec: FormatSpec): Shown | Refused {
  const size = value < 0 ? -value : value;
  const base = BASES.get(spec.type);
  if (base === undefined && !["", "d", "n"].includes(spec.type)) return showFraction(size, spec);
  const wrong = whyNotWhole(spec);
  if (wrong !== undefined) return refused("invalid", wrong);
  const digits = base === undefined ? decimal(size) : size.toString(base);
  if (typeof digits !== "string") return digits;
  const prefix = spec.alternate && base !== undefined ? `0${spec.type}` : "";
  return { prefix, digits: spec.type === "X" ? digits.toUpperCase() : digits, rest: "" };
}

function formatCharacter(value: WholeNumber, spec: FormatSpec): string | Refused {
  const wrong = whyNotWhole(spec) ?? whyNotCharacter(spec);
  if (wrong !== undefined) return refused("invalid", wrong);
  const code = Number(value);
  if (code < 0 || code > LAST_CHARACTER || (code >= 0xd800 && code <= 0xdfff)) {
    return refused("invalid", "%c arg not in range(0x110000): no character has that number");
  }
  return padded(String.fromCodePoint(code), 1, fillOf(spec), spec.align ?? ">", spec.width);
}

function whyNotWhole(spec: FormatSpec): string | undefined {
  if (spec.precision !== undefined) return "Precision not allowed in integer format specifier";
  return spec.noNegativeZero
    ? "Negative zero coercion (z) not allowed in integer format specifier"
    : undefined;
}

function whyNotCharacter(spec: FormatSpec): string | undefined {
  if (spec.sign !== "") return "Sign not allowed with integer format specifier 'c'";
  return spec.alternate
    ? "Alternate form (#) not allowed with integer format specifier 'c'"
    : undefined;
}

/** The number as a `double`: it is whole, so nothing but zeros follows its point. */
function showFraction(size: WholeNumber, spec: FormatSpec): Shown | Refused {
  const { type } = spec;
  if (!"eEfFgG%".includes(type)) return refused("invalid", unknownType(type, "int"));
  const double = Number(size) * (type === "%" ? 100 : 1);
  if (!Number.isFinite(double)) return refused("invalid", "int too large to convert to float");
  const digits = String(BigInt(double));
  const precision = spec.precision ?? DEFAULT_PRECISION;
  if (type === "%" || type === "f" || type === "F") {
    const point = precision > 0 || spec.alternate ? "." : "";
    const rest = point + "0".repeat(precision) + (type === "%" ? "%" : "");
    return { prefix: "", digits, rest };
  }
  const shown = type === "e" || type === "E"
    ? scientific(digits, precision, spec.alternate)
    : general(digits, Math.max(1, precision), spec.alternate);
  return type === "E" || type === "G" ? { ...shown, rest: shown.rest.toUpperCase() } : shown;
}

/** One digit, `precision` digits after the point, and the power of ten. */
function scientific(digits: string, precision: number, alternate: boolean): Shown {
  const { kept, exponent } = rounded(digits, precision + 1);
  return withExponent(kept.padEnd(precision + 1, "0"), exponent, alternate);
}

function withExponent(digits: string, exponent: number, alternate: boolean): Shown {
  const point = digits.length > 1 || alternate ? "." : "";
  return {
    prefix: "",
    digits: digits.slice(0, 1),
    rest: `${point}${digits.slice(1)}e+${String(exponent).padStart(2, "0")}`,
  };
}

/** `significant` digits, in whichever form is shorter; zeros at the end only if `alternate`. */
function general(digits: string, significant: number, alternate: boolean): Shown {
  const { kept, exponent } = rounded(digits, significant);
  if (exponent >= significant) {
    const full = alternate ? kept.padEnd(significant, "0") : kept.replace(/0+$/, "");
    return withExponent(full === "" ? "0" : full, exponent, alternate);
  }
  const whole = kept.padEnd(exponent + 1, "0");
  const zeros = alternate ? significant - whole.length : 0;
  return { prefix: "", digits: whole, rest: (alternate ? "." : "") + "0".repeat(zeros) };
}

/** The first so many digits, half rounded to even, and the power of ten of the first. */
function rounded(digits: string, count: number): { kept: string; exponent: number } {
  const exponent = digits.length - 1;
  if (digits.length <= count) return { kept: digits, exponent };
  const kept = digits.slice(0, count);
  const cut = digits.slice(count);
  const half = "5".padEnd(cut.length, "0");
  const odd = Number(kept.at(-1)) % 2 === 1;
  if (cut < half || (cut === half && !odd)) return { kept, exponent };
  const up = String(BigInt(kept) + 1n);
  return up.length > count
    ? { kept: up.slice(0, count), exponent: exponent + 1 }
    : { kept: up, exponent };
}
