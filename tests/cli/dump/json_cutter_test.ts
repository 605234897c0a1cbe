import { deepStrictEqual as equal } from "node:assert/strict";

import fc from "fast-check";

import { type Cut, JsonCutter } from "../../../src/cli/dump/json_cutter.ts";

const encoder = new TextEncoder();

/** The sections of a text that is fed in pieces of so many bytes, or why there are none. */
function cut(text: string | Uint8Array, pieceBytes = 1 << 20): Record<string, unknown> | string {
  const bytes = typeof text === "string" ? encoder.encode(text) : text;
  const cutter = new JsonCutter();
  const sections: Record<string, Record<string, unknown>> = Object.create(null);
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    for (const one of cutter.feed(bytes.subarray(at, at + pieceBytes))) {
      if (!one.ok) return one.refusal.message;
      put(sections, one.value);
    }
  }
  const ended = cutter.end();
  if (!ended.ok) return ended.refusal.message;
  for (const name of cutter.sections) sections[name] ??= {};
  return { ...sections };
}

function put(into: Record<string, Record<string, unknown>>, one: Cut): void {
  const { section, name, content } = one;
  // Not by assignment, which `__proto__` would not survive.
  const value = { value: content, enumerable: true, configurable: true, writable: true };
  Object.defineProperty(into[section] ??= {}, name, value);
}

const entries = fc.dictionary(fc.string(), fc.dictionary(fc.string(), fc.jsonValue()));
const dumps = fc.dictionary(fc.string().filter((name) => name !== "__proto__"), entries);
const spaces = fc.constantFrom(0, 1, 4, "\t");

Deno.test("a dump is taken apart as JSON.parse has it, in pieces of any length", () => {
  fc.assert(fc.property(dumps, spaces, fc.integer({ min: 1, max: 40 }), (dump, space, bytes) => {
    const text = JSON.stringify(dump, null, space);
    equal(JSON.stringify(sorted(cut(text, bytes))), JSON.stringify(sorted(JSON.parse(text))));
  }));
});

/** Empty sections stand last with the one, in their place with the other. */
function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1);
}

Deno.test("what JSON.parse refuses is refused, wherever a dump was cut or hit", () => {
  const hits = fc.tuple(fc.nat(), fc.constantFrom("", "{", "}", '"', ",", ":", "\\", "x", "["));
  fc.assert(
    fc.property(dumps, hits, fc.integer({ min: 1, max: 40 }), (dump, [where, hit], bytes) => {
      const whole = JSON.stringify(dump, null, 1);
      const at = where % whole.length;
      const text = whole.slice(0, at) + hit + whole.slice(at + 1);
      let isJson = true;
      try {
        JSON.parse(text);
      } catch {
        isJson = false;
      }
      if (!isJson) equal(typeof cut(text, bytes), "string", text);
    }),
    { numRuns: 300 },
  );
});

Deno.test("bytes of any kind are taken or refused", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
    cut(bytes, 5);
    cut(encoder.encode(`{"nodes":{"n1":`), 5);
  }));
});

Deno.test("what is wrong is told with its line, section and entry", () => {
  equal(cut(""), "line 1: it ends in the middle: it was cut");
  equal(cut("[]"), 'line 1: wanted a dump, which begins with "{", not "["');
  equal(cut('{"nodes": []}'), 'line 1: wanted "{", not "["');
  equal(cut('{"nodes": {\n"n1": {\n"a": 1'), "line 3: it ends in the middle: it was cut");
  equal(cut('{"nodes": {\n"n1": 5}}'), 'line 2: wanted "{", not "5"');
  equal(
    cut('{"nodes": {"n1": {}, "n1": {}}}'),
    "line 1: nodes n1 stands there a second time",
  );
  equal(cut('{"nodes": {}, "nodes": {}}'), "line 1: nodes stands there a second time");
  equal(cut('{"a": {"n": {}}, "nodes": {"n": {}}}'), { a: { n: {} }, nodes: { n: {} } });
  equal(
    cut('{"nodes": {"n1": {"a": {"value": 1, "value": 2}}}}'),
    'line 1: nodes n1: there is "value" twice',
  );
  equal(cut('{"nodes": {"n1": {"a": 1,}}}'), "line 1: nodes n1: there is what is no JSON");
  equal(cut('{"nodes": {}} x'), 'line 1: wanted nothing more, not "x"');
});

Deno.test("what is no UTF-8 is refused, in a name as in a value", () => {
  const bytes = encoder.encode('{"nodes": {"n1": {"a": {"value": "#"}}}}');
  bytes[bytes.indexOf("#".charCodeAt(0))] = 0xff;
  equal(cut(bytes), "line 1: nodes n1: there is what is no UTF-8");
  const name = encoder.encode('{"nodes": {"#": {}}}');
  name[name.indexOf("#".charCodeAt(0))] = 0xc3;
  equal(cut(name), "line 1: nodes: there is what is no UTF-8");
});

Deno.test("an entry that is too long, or too deep, ends it", () => {
  const long = `{"nodes": {"n1": {"a": "${"x".repeat(17_000_000)}"}}}`;
  equal(
    cut(long),
    "line 1: nodes n1: an entry of more than 16777216 bytes, which is MAX_DUMP_ENTRY_BYTES",
  );
  const deep = `{"nodes": {"n1": {"a": ${"[".repeat(1_000_000)}`;
  equal(cut(deep), "line 1: nodes n1: there is lists in lists in lists");
});
