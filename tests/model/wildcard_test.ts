import { equal } from "node:assert/strict";
import fc from "fast-check";

import { hasWildcard, matchesWildcard, wildcard } from "../../src/model/wildcard.ts";

Deno.test("wildcards match as a shell's do", () => {
  const rows: [pattern: string, matching: string, others: string][] = [
    ["tpm2:*", "tpm2: tpm2:pcr7", "tpm2 xtpm2: tpm"],
    ["net.*switch", "net.switch net.a.b.switch", "net.switchport anet.switch"],
    ["net.[ei]*", "net.eth0.mtu net.ib0", "net.mtu net."],
    ["[!ei]b", "ab Eb !b", "eb ib b"],
    ["?", "a é 😀", "ab"],
    ["a**b", "ab axb", "a b"],
    ["[a-c]", "a b c", "d -"],
    ["[c-a]", "", "a b c x"],
    ["[a-]", "a -", "b"],
    ["[]x]", "] x", "[ []x]"],
    ["[!]x]", "a", "] x"],
    ["[ab", "[ab", "a b"],
    ["[]", "[]", "["],
    ["[!]", "[!]", "a !"],
    ["a.c", "a.c", "abc"],
    ["A*", "Ab", "ab"],
  ];
  for (const [pattern, matching, others] of rows) {
    for (const text of matching.split(" ").filter((one) => one !== "")) {
      equal(matchesWildcard(pattern, text), true, `${pattern} ${text}`);
    }
    for (const text of others.split(" ")) {
      equal(matchesWildcard(pattern, text), false, `${pattern} ${text}`);
    }
  }
  equal(matchesWildcard("", ""), true);
  equal(matchesWildcard("", "a"), false);
  equal(matchesWildcard("*", ""), true);
  equal(hasWildcard("net.?") && hasWildcard("*") && hasWildcard("[") && !hasWildcard("a.b"), true);
});

Deno.test("they match what the regular expression of the same meaning matches", () => {
  const letters = fc.array(fc.constantFrom("a", "b", "*", "?"), { maxLength: 10 });
  const text = fc.array(fc.constantFrom("a", "b"), { maxLength: 12 });
  fc.assert(fc.property(letters, text, (pattern, parts) => {
    const same = pattern.map((one) => one === "*" ? ".*" : one === "?" ? "." : one).join("");
    const joined = parts.join("");
    equal(matchesWildcard(pattern.join(""), joined), new RegExp(`^${same}$`).test(joined));
  }));
  fc.assert(fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (a, b) => {
    equal(typeof wildcard(a)(b), "boolean");
  }));
});

Deno.test("many stars and many brackets cost no more than both lengths together allow", () => {
  equal(matchesWildcard("a*".repeat(100) + "b", "a".repeat(5_000)), false);
  equal(matchesWildcard("[".repeat(50_000), "a"), false);
});
