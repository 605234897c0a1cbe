import { deepEqual } from "node:assert/strict";

import { attributeMatcher } from "../../../src/model/catalogue/attribute_match.ts";

const NAMES = [
  "custom.Rack",
  "hardwaremanagement.manager",
  "hardwaremanagement.method",
  "location.rack",
  "location.row",
  "net.eth0.switch",
  "net.ib0.switch",
  "net.switch",
  "net.switchport",
];

Deno.test("a word asks for a name, for all that begin so, or for what a wildcard matches", () => {
  const cases: [word: string, names: string[]][] = [
    ["location.rack", ["location.rack"]],
    ["location", ["location.rack", "location.row"]],
    ["loc", []],
    ["location.r", []],
    ["net.*switch", ["net.eth0.switch", "net.ib0.switch", "net.switch"]],
    ["net.[ei]*", ["net.eth0.switch", "net.ib0.switch"]],
    ["*rack", ["custom.Rack", "location.rack"]],
    ["bmc", ["hardwaremanagement.manager"]],
    ["hm", ["hardwaremanagement.manager", "hardwaremanagement.method"]],
    ["hm.method", ["hardwaremanagement.method"]],
    ["CUSTOM.RACK", ["custom.Rack"]],
    ["none", []],
  ];
  for (const [word, names] of cases) {
    const isAsked = attributeMatcher(word);
    deepEqual(NAMES.filter(isAsked), names, word);
    deepEqual(NAMES.filter(isAsked), names, `${word}, again`);
  }
});
