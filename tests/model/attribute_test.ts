import { deepEqual, equal } from "node:assert/strict";

import { CATALOGUE, findAttribute, settable } from "../../src/model/attribute.ts";

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
  equal(found("secret.anything"), "secret.anything sealed");
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
      "(valid values would be switch, server, rackmount, dense, enclosure)",
  );
  equal(set("net.a.ipv6_method", "dhcp"), "= dhcp");
  equal(set("net.a.ipv6_method", "magic").startsWith("Attribute net.a.ipv6_method does not"), true);
});

Deno.test("what cannot be stored says why", () => {
  const sealed = "cannot be stored until it can be sealed";
  equal(set("bmcpass", "x"), `Attribute secret.hardwaremanagementpassword ${sealed}`);
  equal(set("crypted.rootpassword", "x"), `Attribute crypted.rootpassword ${sealed}`);
  equal(set("custom.nodesecret.k", "x"), `Attribute custom.nodesecret.k ${sealed}`);
  equal(set("groups", "g"), "Attribute groups cannot be set yet: groups are not there yet");
  equal(set("deployment.state", "x"), "Attribute deployment.state is written by the service alone");
  equal(set("info.note", "x".repeat(60 * 1024)).length, 60 * 1024 + 2);
  equal(
    set("info.note", "é".repeat(30 * 1024 + 1)),
    "the value of info.note has 61442 bytes; MAX_VALUE_BYTES is 61440",
  );
});

Deno.test("the catalogue is sorted and finds itself", () => {
  const names = [...CATALOGUE.keys()];
  deepEqual(names, names.toSorted());
  for (const [name, attribute] of CATALOGUE) {
    deepEqual(findAttribute(name), { ok: true, value: attribute });
  }
});
