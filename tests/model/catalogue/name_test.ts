import { equal } from "node:assert/strict";
import fc from "fast-check";

import { spelled, spelledOut } from "../../../src/model/catalogue/name.ts";

function shown(name: string): string {
  const outcome = spelled(name);
  return outcome.ok ? "ok" : /"(.*)"/s.exec(outcome.refusal.message)?.[1] ?? "unshown";
}

Deno.test("parts begin with a letter, and so does what follows a hyphen", () => {
  for (const name of ["type", "custom.a-b", "custom.ünï", "custom._x", "net.class.hostname"]) {
    equal(shown(name), "ok", name);
  }
  equal(shown("custom."), "custom.--><--");
  equal(shown(""), "--><--");
  equal(shown("net..mtu"), "net.-->.<--mtu");
  equal(shown("custom.a b"), "custom.a--> <--b");
  equal(shown("custom.1a"), "custom.-->1<--a");
  equal(shown("1custom.x"), "-->1<--custom.x");
  equal(shown("net.eth-0.hostname"), "net.eth--->0<--.hostname");
  equal(shown("custom.a-"), "custom.a---><--");
  equal(shown("custom.a\n"), "custom.a-->\n<--");
  equal(shown("custom.😀"), "custom.-->😀<--");
});

Deno.test("a part may be a number within net and power alone", () => {
  for (const name of ["power.1.outlet", "net.eth0.100.mtu", "net.1.2.mtu"]) {
    equal(shown(name), "ok", name);
  }
  equal(shown("power.1"), "power.-->1<--");
  equal(shown("power.1a.pdu"), "power.-->1<--a.pdu");
  equal(shown("custom.a.1"), "custom.a.-->1<--");
  equal(shown("custom.1.a"), "custom.-->1<--.a");
});

Deno.test("a name has a bound, and no name makes it fail", () => {
  const long = spelled("x".repeat(254));
  equal(
    long.ok ? "" : long.refusal.message,
    `the attribute name ${"x".repeat(64)}... has 254 letters; MAX_NAME_LENGTH is 253`,
  );
  equal(shown("x".repeat(253)), "ok");
  const letters = fc.string({ unit: fc.constantFrom("a", "é", "1", "-", ".", " ", "net.") });
  fc.assert(fc.property(letters, (name) => {
    const parts = shown(name).replace("-->", "").replace(/<--(?!.*<--)/s, "");
    equal(shown(name) === "ok" || parts.length >= name.length, true);
  }));
});

Deno.test("hm is typed for hardwaremanagement", () => {
  equal(spelledOut("hm.method"), "hardwaremanagement.method");
  equal(spelledOut("hm"), "hardwaremanagement");
  equal(spelledOut("hmm.method"), "hmm.method");
  equal(spelledOut("net.hm.mtu"), "net.hm.mtu");
});
