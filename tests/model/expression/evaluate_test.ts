import { deepEqual, equal, ok as isTrue } from "node:assert/strict";
import fc from "fast-check";

import { MAX_EXPRESSION_RESULT } from "../../../src/base/limits.ts";
import { ok, type Outcome, refused } from "../../../src/base/outcome.ts";
import { evaluate, type Source } from "../../../src/model/expression/evaluate.ts";
import { badSyntax, faultOf, parseExpression } from "../../../src/model/expression/expression.ts";

type Values = Readonly<Record<string, string>>;

function source(node: string, values: Values = {}): Source {
  return { node, valueOf: (attribute) => ok(values[attribute] ?? "") };
}

function expand(text: string, from: Source): Outcome<string> {
  const expression = parseExpression(text);
  return expression.ok ? evaluate(expression.value, from) : expression;
}

function told(outcome: Outcome<string>): string {
  return outcome.ok ? outcome.value : `${outcome.refusal.kind}: ${outcome.refusal.message}`;
}

/** Answers of the original; `reads` are the values of the attributes that an expression reads. */
interface Recorded {
  readonly via: "expression" | "attribute" | "resolved";
  readonly noderange?: string;
  readonly expression?: string;
  readonly values?: Readonly<Record<string, { readonly value: string }>>;
  readonly node?: string;
  readonly set?: string | { readonly expression?: string; readonly value?: string };
  readonly stored?: { readonly expression?: string; readonly value?: string; broken?: string };
  readonly error?: { readonly error: string };
  readonly reads?: Readonly<Record<string, Values>>;
}

const RECORDED: Recorded[] = Deno.readTextFileSync(
  new URL("../../conformance/expressions.jsonl", import.meta.url),
).trimEnd().split("\n").map((line) => JSON.parse(line));

/** Words of the original's runtime, and what is told instead. Others are told as they were. */
const REWORDED: readonly (readonly [original: string, ours: string])[] = [
  ["cannot switch from manual field specification", "--><--: a value ("],
  ["invalid syntax (<unknown>, line 1)", "invalid syntax: n1+--><--: a value ("],
  ["'Import' object has no attribute 'value'", "-->i<--mport os: a value ("],
  ["Exceeds the limit (4300 digits)", "the number has more than 16384 bits"],
];

/** Called without the number it needs: the place of that is told, and not of a list. */
const MISCALLED = "{n2.block_number()}";

function inOurWords(recorded: string): string {
  const why = recorded.replace(/^(Bad Request|Unexpected error) - /, "");
  return REWORDED.find(([original]) => why.includes(original))?.[1] ?? why;
}

Deno.test("expansions are those of the original", () => {
  let seen = 0;
  for (const { via, noderange, expression, values, error, reads } of RECORDED) {
    if (via !== "expression" || expression === undefined) continue;
    seen++;
    for (const [node, { value }] of Object.entries(values ?? {})) {
      deepEqual(expand(expression, source(node, reads?.[node])), ok(value), expression);
    }
    if (error === undefined) continue;
    const parsed = parseExpression(expression);
    const cause = parsed.ok
      ? faultOf(parsed.value) ?? evaluate(parsed.value, source(noderange?.split(",")[0] ?? ""))
      : parsed;
    if (cause.ok) throw new Error(`${expression} became ${cause.value}`);
    const { message } = badSyntax(cause).refusal;
    const words = expression === MISCALLED
      ? "Invalid function call syntax"
      : inOurWords(error.error);
    isTrue(message.includes(words), `${expression}: ${message} is not ${words}`);
  }
  equal(seen, 40);
});

Deno.test("stored expressions have the values of the original, or are broken by its causes", () => {
  let seen = 0;
  for (const { node = "", set, stored, error, reads } of RECORDED) {
    const text = stored?.expression ?? (typeof set === "object" ? set.expression : undefined);
    if (text === undefined) continue;
    seen++;
    const got = expand(text, source(node, reads?.[node]));
    const wanted = stored?.value ?? inOurWords(stored?.broken ?? error?.error ?? "");
    if (stored?.value !== undefined) equal(told(got), wanted, text);
    else {isTrue(
        !got.ok && got.refusal.message.includes(wanted),
        `${text}: ${told(got)} (${wanted})`,
      );}
    equal(parseExpression(text).ok, error === undefined, `whether it is taken: ${text}`);
  }
  equal(seen, 99);
});

Deno.test("numbers of the name, and the example of the manual", () => {
  const cases: [text: string, value: string][] = [
    ["{n4:02x}", "2c"],
    ["{n2-1}", "1"],
    ["rack{(n1-1)/42+1}", "rack1"],
    ["10.{n4/255}.{n4%255}", "10.0.44"],
    ["{location.u+1}", "8"],
    ["{n0}", "44"],
    ["{nodename[-3:]}", "44"],
    ["{nodename[-3:]}:", "44:"],
    ["{n4*2.5}", "88"],
    ["{nodename:{n4}}|", "b1o2r3u044" + " ".repeat(34) + "|"],
    ["{net.hwaddr.replace(':','').upper()}", "0A1B"],
    ["{n4.upper()}{n4[0]}{-location.u}", "444-7"],
    ["{n4.block_number(8)}/{n4.block_offset(8)}", "6/4"],
    ["{(1).block_number(8)}{(8).block_number(8)}{(9).block_number(8)}", "112"],
    ["{(8).block_offset(8)}{(9).block_offset(8)}", "81"],
  ];
  const from = source("b1o2r3u044", { "location.u": "07", "net.hwaddr": "0a:1b" });
  for (const [text, value] of cases) {
    equal(told(expand(text, from)), value, text);
  }
  equal(told(expand("{n0}", source("123456789012345678901"))), "123456789012345678901");
});

Deno.test("a number that the name has not is told", () => {
  equal(
    told(expand("x{n3}", source("r1n04"))),
    "invalid: list index out of range: r1n04 has 2 numbers, so there is no n3",
  );
  equal(
    told(expand("{n0}", source("login"))),
    "invalid: list index out of range: login has 0 numbers, so there is no n0",
  );
});

Deno.test("the first fault in the order of evaluation is told", () => {
  const cases: [text: string, why: string][] = [
    ["{n9}{foo}", "list index out of range: r1 has 1 numbers, so there is no n9"],
    ["{foo}{n9}", "foo is not a valid attribute name"],
    ["{n9+foo}", "list index out of range: r1 has 1 numbers, so there is no n9"],
    ["{n1:s}", "Unknown format code 's' for object of type 'int'"],
    ["{n1:{n1}s}", "Unknown format code 's' for object of type 'int'"],
    ["{n1:{nodename}}", "Invalid format specifier 'r1'"],
    ["{nodename*2}", "invalid literal for int() with base 10: 'r1' is not a whole number"],
    ["{'a\nb'+1}", "invalid literal for int() with base 10: 'a b' is not a whole number"],
    [
      "{\n'a'\n'b'}",
      "invalid syntax: 'a' -->'<--b': an operator (+ - * / % << >> & ^ |) " +
      "or the end could stand here",
    ],
    ["{n1:{'\na'}}", "Invalid format specifier ' a'"],
    ["{nodename[2]}", "string index out of range: 'r1' has 2 characters"],
    ["{n1.block_number(0)}", "integer division or modulo by zero"],
    ["{n1<<14285}", "Exceeds the limit (4300 digits) for integer string conversion"],
  ];
  for (const [text, why] of cases) equal(told(expand(text, source("r1"))), `invalid: ${why}`, text);
});

Deno.test("why an attribute has no value is why the expression has none", () => {
  const cause = refused("conflict", "custom.a reads itself");
  const from: Source = { node: "n1", valueOf: () => cause };
  for (const text of ["{custom.a}", "x{custom.a+1}", "{nodename[custom.a]}", "{n1:{custom.a}}"]) {
    deepEqual(expand(text, from), cause, text);
  }
});

Deno.test("nothing becomes longer than it may", () => {
  const long = { "custom.a": "x".repeat(MAX_EXPRESSION_RESULT) };
  equal(expand("{custom.a}", source("n1", long)).ok, true);
  equal(
    told(expand("{custom.a}!", source("n1", long))),
    `invalid: it becomes longer than ${MAX_EXPRESSION_RESULT} characters (MAX_EXPRESSION_RESULT)`,
  );
  equal(expand("{1<<999999999}", source("n1")).ok, false);
  equal(expand("{n1.replace('1',custom.a).replace('x',custom.a)}", source("n1", long)).ok, false);
});

const WORD = fc.constantFrom(
  ..."{ } {{ }} ( ) [ ] : ! , . = ' \" \\ + - * / % << >> & ^ | ** // ~ @ < == and or".split(" "),
  ..."not in is if else None e x _ 0b1 0o8 E5".split(" "),
  ..."n1 n2 n0 nodename location.u custom.a foo secret.ipmikg 0 1 8 99999999999 1.5 'a' upper()"
    .split(" "),
  ...".replace('r','x') .block_number(8) .upper() 02x 08, .2f >5 $ é 😀 lambda".split(" "),
  ...[" ", "\n", "\0"],
);

Deno.test("any text is taken or refused, at once, and always in the same way", () => {
  const text = fc.oneof(
    fc.array(WORD, { maxLength: 30 }).map((words) => words.join("")),
    fc.array(WORD, { maxLength: 12 }).map((words) => `{${words.join("")}}`),
    fc.string(),
  );
  const from = source("r1n02", { "location.u": "07", "custom.a": "😀 {n1}" });
  fc.assert(
    fc.property(text, (text) => {
      const outcome = expand(text, from);
      deepEqual(expand(text, from), outcome);
      if (outcome.ok) isTrue(outcome.value.length <= MAX_EXPRESSION_RESULT);
      else isTrue(/^[^\p{Cc}]{1,500}$/u.test(outcome.refusal.message), outcome.refusal.message);
    }),
    { numRuns: 3_000 },
  );
});
