/**
 * Arithmetic as Python does it: whole numbers of any size (within MAX_EXPRESSION_BITS), division
 * towards minus infinity. A number is a `number` where that is exact, so that the usual ones cost
 * nothing, else a `bigint`.
 */
import { MAX_EXPRESSION_BITS, MAX_EXPRESSION_DIGITS } from "../../base/limits.ts";
import { type Refused, refused } from "../../base/outcome.ts";

/** A `number` where that is exact. */
export type WholeNumber = number | bigint;

/** Of two numbers; `/` divides towards minus infinity. */
export const OPERATORS = ["+", "-", "*", "/", "%", "<<", ">>", "&", "^", "|"] as const;
/** One of {@link OPERATORS}. */
export type Operator = typeof OPERATORS[number];

const LARGEST = 1n << BigInt(MAX_EXPRESSION_BITS);
const LARGEST_SHOWN = 10n ** BigInt(MAX_EXPRESSION_DIGITS);
/** Powers of two beyond this are no `number`; shifting a `number` right by more leaves its sign. */
const NUMBER_SHIFT = 1_000;

/** As a `number` where that is exact. */
export function whole(value: bigint): WholeNumber {
  const near = Number(value);
  return Number.isSafeInteger(near) ? near : value;
}

/** `invalid` for a division by zero, a shift by less than nothing and a result that is too long. */
export function calculate(
  operator: Operator,
  a: WholeNumber,
  b: WholeNumber,
): WholeNumber | Refused {
  if (typeof a === "number" && typeof b === "number") {
    const quick = calculateExactly(operator, a, b);
    if (quick !== undefined) return quick;
  }
  const result = calculateLong(operator, BigInt(a), BigInt(b));
  if (typeof result !== "bigint") return result;
  return -LARGEST < result && result < LARGEST ? whole(result) : tooLong();
}

/** Undefined where numbers are not exact enough, or what it would be is refused. */
function calculateExactly(operator: Operator, a: number, b: number): number | undefined {
  switch (operator) {
    case "+":
      return exact(a + b);
    case "-":
      return exact(a - b);
    case "*":
      return exact(a * b);
    case "/": {
      const rest = a % b;
      const towardsZero = (a - rest) / b;
      return exact(rest !== 0 && rest < 0 !== b < 0 ? towardsZero - 1 : towardsZero);
    }
    case "%": {
      const rest = a % b;
      return exact(rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest);
    }
    case ">>":
      return b >= 0 && b < NUMBER_SHIFT ? Math.floor(a / 2 ** b) : undefined;
    case "<<":
      return b >= 0 && b < NUMBER_SHIFT ? exact(a * 2 ** b) : undefined;
    default:
      if ((a | 0) !== a || (b | 0) !== b) return undefined;
      return operator === "&" ? a & b : operator === "|" ? a | b : a ^ b;
  }
}

function exact(value: number): number | undefined {
  return Number.isSafeInteger(value) ? value : undefined;
}

function calculateLong(operator: Operator, a: bigint, b: bigint): bigint | Refused {
  switch (operator) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/": {
      if (b === 0n) return refused("invalid", "integer division or modulo by zero");
      const rest = a % b;
      return rest !== 0n && rest < 0n !== b < 0n ? a / b - 1n : a / b;
    }
    case "%": {
      if (b === 0n) return refused("invalid", "integer modulo by zero");
      const rest = a % b;
      return rest !== 0n && rest < 0n !== b < 0n ? rest + b : rest;
    }
    case "<<":
    case ">>":
      return shift(operator, a, b);
    case "&":
      return a & b;
    case "|":
      return a | b;
    case "^":
      return a ^ b;
  }
}

/** Never makes a number that is twice too long, however far it is to be shifted. */
function shift(operator: "<<" | ">>", a: bigint, by: bigint): bigint | Refused {
  if (by < 0n) return refused("invalid", `negative shift count: ${operator} ${shortened(by)}`);
  if (by <= BigInt(MAX_EXPRESSION_BITS)) return operator === "<<" ? a << by : a >> by;
  if (operator === ">>") return a < 0n ? -1n : 0n;
  return a === 0n ? 0n : tooLong();
}

/** The number a text spells: decimal digits, maybe a sign before them and space around it. */
export function wholeOf(text: string): WholeNumber | undefined {
  if (!/^\s*[-+]?\d+\s*$/.test(text)) return undefined;
  const near = Number(text);
  if (Number.isSafeInteger(near)) return near + 0;
  const digits = text.trim();
  if (digits.replace(/^[-+]?0*/, "").length > MAX_EXPRESSION_DIGITS) return undefined;
  return whole(BigInt(digits));
}

/** The decimal digits; `invalid` for more than MAX_EXPRESSION_DIGITS. */
export function decimal(value: WholeNumber): string | Refused {
  if (typeof value === "number") return String(value);
  if (-LARGEST_SHOWN < value && value < LARGEST_SHOWN) return String(value);
  return refused(
    "invalid",
    `Exceeds the limit (${MAX_EXPRESSION_DIGITS} digits) for integer string conversion`,
  );
}

function tooLong(): Refused {
  return refused(
    "invalid",
    `the number has more than ${MAX_EXPRESSION_BITS} bits (MAX_EXPRESSION_BITS)`,
  );
}

function shortened(value: bigint): string {
  return value < -LARGEST_SHOWN ? "a very long number" : String(value).slice(0, 20);
}
