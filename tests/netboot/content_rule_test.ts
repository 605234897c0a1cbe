import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";

import { memberId } from "../../src/model/member.ts";
import { type ContentStanding, mayServe } from "../../src/netboot/content_rule.ts";

/** `m1=a m2=b m3=? m4=! m5=-`: a digest, none yet, no kernel, nothing of it. */
function rule(held: string, reference?: string): string {
  const standings = new Map(
    held.split(" ").map((one) => {
      const [name = "", what = ""] = one.split("=");
      return [memberId(name.padStart(16, "0").replace("m", "a")), standingOf(what)] as const;
    }),
  );
  return [...mayServe("p", standings, reference)].map(([id, { may }]) => `m${id.slice(-1)}=${may}`)
    .join(" ");
}

function standingOf(what: string): ContentStanding | undefined {
  switch (what) {
    case "-":
      return undefined;
    case "!":
      return { isBootable: false, digest: "a", why: "boot/kernel is missing" };
    case "?":
      return { isBootable: true, digest: undefined, why: undefined };
    default:
      return { isBootable: true, digest: what, why: undefined };
  }
}

Deno.test("whoever has not what a node boots is no candidate, reference or not", () => {
  equal(rule("m1=a m2=! m3=-", "a"), "m1=preferred m2=not m3=not");
  equal(rule("m1=! m2=-"), "m1=not m2=not");
});

Deno.test("members equal to the reference are preferred", () => {
  equal(rule("m1=a m2=b m3=b", "a"), "m1=preferred m2=able m3=able");
  equal(rule("m1=a m2=? m3=a", "a"), "m1=preferred m2=able m3=preferred");
});

Deno.test("where none is, the largest group of equals is, and of two the first as text", () => {
  equal(rule("m1=c m2=b m3=b", "a"), "m1=able m2=preferred m3=preferred");
  equal(rule("m1=c m2=b m3=? m4=-", "a"), "m1=able m2=preferred m3=able m4=not");
  equal(rule("m1=! m2=b m3=c m4=c", "a"), "m1=not m2=able m3=preferred m4=preferred");
});

Deno.test("where no digest is known yet, all that have the files are", () => {
  equal(rule("m1=? m2=? m3=!", "a"), "m1=preferred m2=preferred m3=not");
});

Deno.test("without a reference all that have the files are", () => {
  equal(rule("m1=a m2=b m3=?"), "m1=preferred m2=preferred m3=preferred");
});

Deno.test("it is told why a member should not, or must not", () => {
  const ids = ["a", "b", "c", "d", "e"].map((letter) => memberId(letter.repeat(16)));
  const [a, b, c, d, e] = ids;
  const held = new Map(ids.map((id, at) => [id, standingOf("r b ? ! -".split(" ")[at] ?? "")]));
  deepEqual(
    mayServe("p", held, "r"),
    new Map<unknown, unknown>([
      [a, { may: "preferred" }],
      [b, { may: "able", because: "its p differs from the reference" }],
      [c, { may: "able", because: "its p is not compared yet" }],
      [d, { may: "not", because: "p: boot/kernel is missing" }],
      [e, { may: "not", because: "it does not hold p" }],
    ]),
  );
  deepEqual(
    mayServe("p", held, "x").get(ids[2]!),
    { may: "able", because: "its p is not compared yet" },
  );
  deepEqual(
    mayServe("p", held, "x").get(ids[0]!),
    { may: "able", because: "its p differs from what most others hold" },
  );
});

Deno.test("somebody is preferred wherever somebody can send the files, in whatever order", () => {
  const held = fc.array(fc.constantFrom("a", "b", "c", "?", "!", "-"), { maxLength: 8 });
  const reference = fc.option(fc.constantFrom("a", "x"), { nil: undefined });
  fc.assert(fc.property(held, reference, (all, wanted) => {
    const list = all.map((what, at) => `m${at}=${what}`);
    if (list.length === 0) return;
    const said = rule(list.join(" "), wanted).split(" ");
    equal(said.some((one) => one.endsWith("=preferred")), all.some((one) => !"!-".includes(one)));
    deepEqual(rule(list.toReversed().join(" "), wanted).split(" ").toReversed(), said);
  }));
});
