import { deepEqual, equal } from "node:assert/strict";

import {
  checkFilter,
  namePattern,
  readFilter,
  valueTest,
} from "../../../src/model/noderange/attribute_filter.ts";
import { SiteBook } from "../../conformance/site.ts";

const BOOK = new SiteBook({ groups: {}, nodes: {} });

Deno.test("a word is a filter by the operator in it", () => {
  const cases: [word: string, read: string | undefined][] = [
    ["a=b", "a = b"],
    ["a==b", "a = b"],
    ["a!=b", "a != b"],
    ["a=~b", "a =~ b"],
    ["a!~b", "a !~ b"],
    ["a=", "a = "],
    ["a===b", "a = =b"],
    ["a=b=~c", "a = b=~c"],
    ["a=~^[=]$", "a =~ ^[=]$"],
    ["n[1=2]", undefined],
    ["!n1", undefined],
    ["~n1", undefined],
  ];
  for (const [word, read] of cases) {
    const filter = readFilter(word);
    const told = filter && `${filter.attribute} ${filter.operator} ${filter.value}`;
    equal(told, read, word);
  }
});

Deno.test("a filter is checked: aliases, secrets, names that nobody has", () => {
  const checked = (word: string): string => {
    const filter = readFilter(word);
    if (filter === undefined) return "no filter";
    const outcome = checkFilter(filter, BOOK);
    return outcome.ok ? outcome.value.attribute : outcome.refusal.message;
  };
  equal(checked("bmc=10.0.0.1"), "hardwaremanagement.manager");
  equal(checked("custom.any=1"), "custom.any");
  equal(checked("loc*=1"), "loc*");
  equal(checked("net.*.nosuch=1"), "net.*.nosuch");
  equal(checked("hm.*=1"), "hm.* is not a valid attribute name");
  equal(checked("nosuch=1"), "nosuch is not a valid attribute name");
  const secret = "Filter by secret attributes is not supported";
  for (const word of ["secret.ipmikg=", "secret.*=x", "bmcpass=x", "custom.nodesecret.a=x"]) {
    equal(checked(word), secret, word);
  }
});

Deno.test("values pass a filter or do not", () => {
  const passing = (word: string, values: string[]): string[] | string => {
    const filter = readFilter(word);
    const test = filter && valueTest(filter);
    return test?.ok ? values.filter(test.value) : "refused";
  };
  const values = ["", "1", "10", "a1"];
  deepEqual(passing("a=1", values), ["1"]);
  deepEqual(passing("a!=1", values), ["", "10", "a1"]);
  deepEqual(passing("a!=", values), ["1", "10", "a1"]);
  deepEqual(passing("a=~1", values), ["1", "10", "a1"]);
  deepEqual(passing("a!~^1", values), ["", "a1"]);
  equal(passing("a=~*", values), "refused");
});

Deno.test("stars in a name stand for any text, never for what is sealed", () => {
  const matching = (pattern: string, names: string[]): string[] =>
    names.filter(namePattern(pattern));
  deepEqual(matching("net.*switch", ["net.switch", "net.a.b.switch", "net.switchport"]), [
    "net.switch",
    "net.a.b.switch",
  ]);
  deepEqual(matching("a*b*a", ["aba", "aa", "ab", "abba", "xaba"]), ["aba", "abba"]);
  deepEqual(matching("aa*aa", ["aaa", "aaaa"]), ["aaaa"]);
  deepEqual(matching("a", ["a", "aa"]), ["a"]);
  deepEqual(matching("*", ["type", "secret.ipmikg", "custom.nodesecret.x"]), ["type"]);
  // Linear, however many stars.
  deepEqual(matching("*a".repeat(5_000) + "b", ["a".repeat(50_000)]), []);
});
