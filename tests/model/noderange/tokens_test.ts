import { deepEqual, equal } from "node:assert/strict";

import { tokenize } from "../../../src/model/noderange/tokens.ts";

function told(text: string): string {
  return tokenize(text).map(({ kind, text, at }) => `${kind}:${text}:${at}`).join(" ");
}

Deno.test("a text is cut into tokens, with the place of each", () => {
  equal(
    told("n1 ,- (r[1, 2]@~x.$)"),
    "word:n1:1 ,-:,-:4 (:(:7 word:r[1, 2]:8 @:@:15 " +
      "word:~x.$:16 ):):20 end::21",
  );
  equal(told("a<10> 5"), "word:a:1 <:10:2 >:5:5 end::8");
});

Deno.test("nothing is read behind what can stand nowhere", () => {
  equal(told(",\n- x"), ",-:,-:1 word:x:5 end::6");
  equal(told("''é"), "quoted:'':1 end::4");
  equal(told("é,n1"), "unknown:é:1 end::5");
  equal(told("<x"), "unknown:<:1 end::3");
  equal(told("n[1"), "word:n:1 unknown:[:2 end::4");
  // Each of these brackets would be looked for to the end of the text.
  equal(tokenize("n[1 ".repeat(16_000)).length, 3);
});

Deno.test("space means nothing in a word, but two names it parts are told apart", () => {
  equal(told("n1 - n3"), "word:n1-n3:1 end::8");
  equal(told("type = switch"), "word:type=switch:1 end::14");
  deepEqual(tokenize("m1\tm2").at(0), { kind: "split", text: "m2", at: 4, joined: "m1m2" });
  equal(tokenize("n[1] [2]").at(0)?.kind, "split");
});
