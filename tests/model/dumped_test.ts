import { deepStrictEqual as equal, match } from "node:assert/strict";

import fc from "fast-check";

import {
  type Dumped,
  dumpedOf,
  lengthened,
  readDumped,
  REDACTED,
  shortened,
} from "../../src/model/dumped.ts";
import { findStored } from "../../src/model/attribute.ts";
import type { Attribute } from "../../src/model/catalogue/entry.ts";

function attribute(name: string): Attribute {
  const found = findStored(name);
  if (!found.ok) throw new Error(found.refusal.message);
  return found.value;
}

function read(name: string, json: unknown): Dumped | string | undefined {
  const dumped = readDumped(attribute(name), json);
  return dumped.ok ? dumped.value : dumped.refusal.message;
}

function there(name: string, json: unknown): unknown {
  const dumped = read(name, json);
  if (dumped === undefined || typeof dumped === "string" || dumped.kind === "crypt") return dumped;
  return dumpedOf(attribute(name).kind, dumped);
}

Deno.test("what a dump says of an attribute comes back the same", () => {
  equal(there("location.rack", { value: "7" }), { value: "7" });
  equal(there("location.rack", { value: "" }), { value: "" });
  equal(there("net.bootable", { value: true }), { value: true });
  equal(there("net.ib0.bootable", { value: false }), { value: false });
  equal(there("id.index", { value: 460 }), { value: 460 });
  equal(there("custom.note", { value: "literal {braces}" }), { value: "literal {braces}" });
  equal(there("custom.number", { value: 44 }), { value: 44 });
  equal(there("custom.list", { value: ["a", { b: null }] }), { value: ["a", { b: null }] });
  const hashes = { grubhashvalue: "grub.pbkdf2.sha512.1", hashvalue: "$6$salt$hash" };
  equal(there("crypted.rootpassword", hashes), hashes);
  equal(there("crypted.selfapikey", { hashvalue: "$5$a$b" }), { hashvalue: "$5$a$b" });
});

Deno.test("what is derived is left out: it is made anew", () => {
  equal(there("custom.x", { expression: "{n1/0}", broken: "division" }), { expression: "{n1/0}" });
  equal(there("custom.x", { expression: "{n1}", value: "5" }), { expression: "{n1}" });
  equal(read("location.u", {}), undefined);
});

Deno.test("a flag is a flag and a number a number, as they were set", () => {
  equal(there("net.bootable", { value: "yes" }), { value: true });
  equal(there("net.bootable", { value: "nonsense" }), { value: false });
  equal(there("id.index", { value: "0012" }), { value: 12 });
});

Deno.test("what is of another kind is refused", () => {
  equal(
    read("location.rack", REDACTED),
    "it is redacted, and such a dump cannot be restored",
  );
  const clear = "it is never kept in clear: wanted a cryptvalue";
  equal(read("secret.snmpcommunity", { value: "public" }), clear);
  equal(read("custom.nodesecret.lic", { expression: "{n1}" }), clear);
  for (const planted of ["public", 1234, ["public"]]) {
    equal(read("secret.snmpcommunity", planted), clear); // and nobody is told what stood there
  }
  match(String(read("crypted.rootpassword", { value: "pw" })), /wanted a hashvalue/);
  match(String(read("location.rack", { cryptvalue: "a!b!c" })), /is no secret/);
  match(String(read("location.rack", { hashvalue: "$6$" })), /is no password/);
  match(String(read("id.index", { value: "seven" })), /wanted a whole number, not "seven"/);
  match(String(read("net.bootable", { value: null })), /its value is null/);
  match(String(read("location.rack", 7)), /wanted an object with a value, not 7/);
  match(String(read("location.rack", { value: "7", stamp: 4 })), /"stamp" in it is not known/);
  match(String(read("location.rack", { value: "x".repeat(10_000_000) })), /10000000 bytes; MAX/);
});

Deno.test("words are held against the vocabulary, on this way in as well", () => {
  equal(
    read("console.logging", { value: "loud" }),
    "Attribute console.logging does not accept value loud " +
      "(valid values would be full,memory,interactive,none)",
  );
  match(String(read("console.logging", { value: 5 })), /its value is 5, which it does not take/);
  match(String(read("console.logging", { expression: "{n1}" })), /takes no expression/);
});

Deno.test("a value has a short form, and what is redacted is no value", () => {
  equal(there("location.rack", "7"), { value: "7" });
  for (
    const json of [
      { value: "7" },
      { value: REDACTED },
      { value: 7 },
      { value: "7", broken: "x" },
      REDACTED,
    ]
  ) {
    equal(lengthened(shortened(json)), json);
  }
  equal(shortened({ value: "7" }), "7");
});

Deno.test("whatever stands there, it is read or refused", () => {
  const names = ["location.rack", "secret.x", "crypted.rootpassword", "net.bootable", "id.index"];
  fc.assert(fc.property(fc.constantFrom(...names), fc.jsonValue(), (name, json) => {
    const found = findStored(name);
    if (found.ok) readDumped(found.value, json);
  }));
});

Deno.test("every text comes back from the cell it went into", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    const json = JSON.parse(JSON.stringify(value)); // minus zero is zero in JSON
    equal(there("custom.any", { value: json }), { value: json });
  }));
});
