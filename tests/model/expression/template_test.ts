import { deepEqual, equal } from "node:assert/strict";

import { type Hole, readTemplate } from "../../../src/model/expression/template.ts";

function read(text: string): (string | Hole)[] | string {
  const pieces = readTemplate(text);
  return pieces.ok ? pieces.value : pieces.refusal.message;
}

function hole(field: string, format = "", conversion = ""): Hole {
  return { field, conversion, format };
}

Deno.test("text and fields alternate, and doubled braces are one", () => {
  deepEqual(read(""), []);
  deepEqual(read("a b"), ["a b"]);
  deepEqual(read("{{}}"), ["{}"]);
  deepEqual(read("a{{{n1}}}b"), ["a{", hole("n1"), "}b"]);
  deepEqual(read("{a}{b:02x}{c!r:5}{d!s}"), [
    hole("a"),
    hole("b", "02x"),
    hole("c", "5", "r"),
    hole("d", "", "s"),
  ]);
  deepEqual(read("{}"), [hole("")]);
  deepEqual(read("{a:{b:{c}}}x"), [hole("a", "{b:{c}}"), "x"]);
});

Deno.test("a field goes on through colons and braces in brackets and quotes", () => {
  deepEqual(read("{nodename[0:1]:5}"), [hole("nodename[0:1]", "5")]);
  deepEqual(read("{a[b[0:1]:2]}"), [hole("a[b[0:1]:2]")]);
  deepEqual(read("{a.replace(':','}')}"), [hole("a.replace(':','}')")]);
  deepEqual(read(String.raw`{'\':'}`), [hole(String.raw`'\':'`)]);
  deepEqual(read("{a'}b"), [hole("a'"), "b"], "a quote that nothing closes");
});

Deno.test("braces that do not match are refused, and shown", () => {
  const cases: [text: string, words: string][] = [
    ["{n1", "expected '}' before end of string: -->{<--n1"],
    ["n1}", "Single '}' encountered in format string: n1-->}<--"],
    ["{{n1}", "Single '}' encountered in format string: {{n1-->}<--"],
    ["a{", "Single '{' encountered in format string: a-->{<--"],
    ["{a{b}}", "unexpected '{' in field name: {a-->{<--b}}"],
    ["{a:{b}", "unmatched '{' in format spec: -->{<--a:{b}"],
    ["{a!r x}", "expected ':' after conversion specifier: {a-->!<--r x}"],
    ["{a[}", "expected '}' before end of string: -->{<--a[}"],
  ];
  for (const [text, words] of cases) {
    equal(read(text), `${words}: write {{ and }} for braces that are text`, text);
  }
});

Deno.test("however many quotes nothing closes, a text is read once", () => {
  // Looking for the end of each anew would take hours.
  equal(typeof read("{" + "\\'".repeat(1_000_000)), "string");
});
