import { deepEqual, equal, match } from "node:assert/strict";

import fc from "fast-check";

import {
  ALIASES,
  CATALOGUE,
  expressible,
  FAMILIES,
  findAttribute,
  findStored,
  GROUP_CATALOGUE,
  type Holder,
  isSealed,
  nearestName,
  refusalOf,
  settable,
  storable,
} from "../../src/model/attribute.ts";
import type { Attribute } from "../../src/model/catalogue/entry.ts";

const GROUP: Holder = { kind: "group", name: "g" };

function catalogued(name: string): Attribute {
  const attribute = CATALOGUE.get(name);
  if (attribute === undefined) throw new Error(`${name} is not catalogued`);
  return attribute;
}

function found(name: string): string {
  const outcome = findAttribute(name);
  return outcome.ok ? `${outcome.value.name} ${outcome.value.kind}` : outcome.refusal.message;
}

function set(name: string, value: string | number | boolean): string {
  const attribute = findAttribute(name);
  if (!attribute.ok) return attribute.refusal.message;
  const outcome = settable(attribute.value, value);
  return outcome.ok ? `= ${outcome.value}` : outcome.refusal.message;
}

Deno.test("attributes are found by name, by alias and by the parts of their name", () => {
  equal(found("location.rack"), "location.rack text");
  equal(found("bmc"), "hardwaremanagement.manager text");
  equal(found("bmcpass"), "secret.hardwaremanagementpassword sealed");
  equal(found("net.hwaddr"), "net.hwaddr text");
  equal(found("net.eth0.hwaddr"), "net.eth0.hwaddr text");
  equal(found("net.eth0.100.ipv4_method"), "net.eth0.100.ipv4_method text");
  equal(found("net.pxe.bootable"), "net.pxe.bootable flag");
  equal(found("custom.owner.team"), "custom.owner.team text");
  equal(found("custom.nodesecret.key"), "custom.nodesecret.key sealed");
  equal(found("power.1.outlet"), "power.1.outlet text");
  equal(found("crypted.rootpassword"), "crypted.rootpassword hashed");
  equal(found("id.index"), "id.index integer");
});

Deno.test("a name that is none is refused with the nearest that is one", () => {
  equal(
    found("location.rak"),
    "location.rak is not a valid attribute name; did you mean location.rack?",
  );
  equal(
    found("net.eth0.hwadr"),
    "net.eth0.hwadr is not a valid attribute name; did you mean net.eth0.hwaddr?",
  );
  equal(found("bmcc"), "bmcc is not a valid attribute name; did you mean bmc?");
  equal(
    found("colour"),
    "colour is not a valid attribute name; names of your own begin with custom.",
  );
  for (
    const name of [
      "",
      ".",
      "custom.",
      "custom",
      "net..hwaddr",
      "custom.a b",
      "__proto__",
      "net.hwaddr.",
      `custom.${"x".repeat(250)}`,
    ]
  ) {
    equal(findAttribute(name).ok, false, name);
  }
});

Deno.test("values are texts; a flag takes the words for true and is false for all others", () => {
  equal(set("location.u", 7), "= 7");
  equal(set("info.note", ""), "= ");
  for (const yes of [true, "true", "1", "Y", "yes", "enable", "Enabled"]) {
    equal(set("net.bootable", yes), "= true");
  }
  for (const no of [false, "", "no", "0", "on"]) equal(set("net.bootable", no), "= false");
});

Deno.test("a value that is none of the few is refused with them", () => {
  equal(set("type", "switch"), "= switch");
  equal(set("type", ""), "= ");
  equal(
    set("type", "toaster"),
    "Attribute type does not accept value toaster " +
      "(valid values would be switch,server,rackmount,dense,enclosure,)",
  );
  equal(set("net.a.ipv6_method", "dhcp"), "= dhcp");
  equal(set("net.a.ipv6_method", "magic").startsWith("Attribute net.a.ipv6_method does not"), true);
});

Deno.test("what cannot be set says why", () => {
  equal(
    set("deployment.lock", "locked"),
    "Attribute deployment.lock is set through deployment/lock of the node alone, " +
      "as `nodedeploy NODE --lock` does",
  );
  equal(set("info.note", "x".repeat(60 * 1024)).length, 60 * 1024 + 2);
  equal(
    set("info.note", "é".repeat(30 * 1024 + 1)),
    "the value of info.note has 61442 bytes; MAX_VALUE_BYTES is 61440",
  );
});

Deno.test("a name or a value of any length is refused at once, and told in short", () => {
  const long = "x".repeat(10_000_000);
  for (const name of [long, `custom.${long}`, `net.${long}.mtu`]) {
    equal(found(name).length < 200, true);
    const stored = findStored(name);
    equal(!stored.ok && stored.refusal.message.length < 200, true);
  }
  equal(set("discovery.policy", ",".repeat(10_000_000)).includes("MAX_VALUE_BYTES"), true);
});

Deno.test("an index is a number of one node", () => {
  equal(set("id.index", 7), "= 7");
  equal(set("id.index", "007"), "= 7");
  for (const wrong of ["", "x", -1, 1.5, true, "9".repeat(16)]) {
    equal(set("id.index", wrong).startsWith("Attribute id.index wants a whole number"), true);
  }
  const index = catalogued("id.index");
  equal(refusalOf(index), undefined);
  equal(
    refusalOf(index, GROUP)?.refusal.message,
    "Attribute id.index is a number of one node alone",
  );
});

Deno.test("what a dump holds is kept, in its kind and with no eye to vocabularies", () => {
  const kept = (name: string, value: string | number | boolean): string => {
    const outcome = storable(catalogued(name), value);
    return outcome.ok ? outcome.value : outcome.refusal.message;
  };
  equal(kept("type", "toaster"), "toaster");
  equal(kept("deployment.lock", "locked"), "locked");
  equal(kept("net.bootable", false), "false");
  equal(kept("id.index", 460), "460");
  equal(kept("id.index", "none"), "none");
  equal(kept("groups", "a,b,a"), "a,b");
  equal(kept("info.note", "x".repeat(60 * 1024 + 1)).includes("MAX_VALUE_BYTES"), true);
  for (const name of ["custom.1 a", "net.eth-0.mtu", "secret.ipmikg", "groups"]) {
    equal(findStored(name).ok, true, name);
  }
  const bad = [
    "net.bogus",
    "net..mtu",
    "bmc",
    "custom.",
    "custom",
    "",
    `custom.${"x".repeat(250)}`,
  ];
  for (const name of bad) equal(findStored(name).ok, false, name);
});

Deno.test("groups have what nodes have, and who is in them instead of what they are in", () => {
  const on = (name: string, holder: Holder): string => {
    const outcome = findAttribute(name, holder);
    return outcome.ok ? outcome.value.kind : outcome.refusal.message;
  };
  const node: Holder = { kind: "node", name: "n1" };
  equal(on("nodes", GROUP), "list");
  equal(on("noderange", GROUP), "text");
  equal(on("net.ib0.mtu", GROUP), "text");
  equal(on("groups", GROUP), "groups attribute is invalid");
  equal(on("groups", node), "list");
  equal(on("nodes", node), "nodes attribute on node n1 is invalid");
  equal(
    on("location.rak", node),
    "location.rak attribute on node n1 is invalid; did you mean location.rack?",
  );
  equal(
    on("dns", node),
    "dns attribute on node n1 is invalid; attributes that begin so are dns.domain, dns.servers",
  );
  deepEqual([CATALOGUE.size, GROUP_CATALOGUE.size], [80, 81]);
});

Deno.test("what is never told, of few words, or says who belongs together is not computed", () => {
  const takes = (name: string): boolean => {
    const attribute = findAttribute(name);
    return attribute.ok && expressible(attribute.value).ok;
  };
  for (const name of ["location.u", "net.bootable", "custom.a", "net.a.hwaddr"]) {
    equal(takes(name), true, name);
  }
  for (const name of ["type", "secret.ipmikg", "crypted.rootpassword", "groups", "id.index"]) {
    equal(takes(name), false, name);
  }
  const noderange = GROUP_CATALOGUE.get("noderange");
  equal(noderange !== undefined && expressible(noderange).ok, false);
});

Deno.test("what is a noderange is read where it is set", () => {
  const set = (text: string): string => {
    const attribute = CATALOGUE.get("collective.managercandidates");
    const outcome = settable(attribute!, text);
    return outcome.ok ? outcome.value : `${outcome.refusal.kind} ${outcome.refusal.message}`;
  };
  for (const text of ["", "m1,m2", "service,-m3", "location.rack=r1", "~^m[12]$"]) {
    equal(set(text), text);
  }
  match(set("m1,(m2"), /^invalid collective\.managercandidates: Invalid Noderange/);
  match(set("m[1-"), /^invalid collective\.managercandidates: Invalid Noderange/);
});

Deno.test("no name and no value makes them fail", () => {
  const part = fc.constantFrom("net", "custom", "nodesecret", ".", "-", "1", "a", "é", "mtu", " ");
  const name = fc.oneof(fc.string(), fc.array(part).map((parts) => parts.join("")));
  fc.assert(fc.property(name, fc.string(), (given, value) => {
    const attribute = findAttribute(given);
    if (!attribute.ok) return;
    equal(findStored(attribute.value.name).ok, true);
    const outcome = settable(attribute.value, value);
    equal(outcome.ok || outcome.refusal.kind === "invalid", true);
  }));
});

Deno.test("names under a secret prefix are never told, whether they are catalogued or not", () => {
  for (const name of ["secret.x", "crypted.x", "custom.nodesecret.x"]) equal(isSealed(name), true);
  for (const name of ["custom.secret.x", "secret", "custom.nodesecret"]) {
    equal(isSealed(name), false);
  }
  for (const [name, { kind }] of CATALOGUE) {
    equal(isSealed(name), kind === "sealed" || kind === "hashed", name);
  }
});

Deno.test("the catalogue is sorted and finds itself", () => {
  const names = [...CATALOGUE.keys()];
  deepEqual(names, names.toSorted());
  for (const [name, attribute] of CATALOGUE) {
    deepEqual(findAttribute(name), { ok: true, value: attribute });
  }
  for (const [alias, name] of ALIASES) {
    equal(CATALOGUE.has(name), true, alias);
    equal(nearestName(`${alias}x`), alias);
  }
  for (const family of FAMILIES) equal(names.some((name) => name.startsWith(`${family}.`)), true);
});
