import { deepEqual, equal, match } from "node:assert/strict";

import { findAttribute } from "../../../src/model/attribute.ts";
import type { Attribute } from "../../../src/model/catalogue/entry.ts";
import {
  attributeHelp,
  DESCRIBED,
  otherNames,
  restrictions,
  wordsTold,
} from "../../../src/model/catalogue/help.ts";

function help(word: string): string {
  const outcome = attributeHelp(word);
  return outcome.ok ? outcome.value : `${outcome.refusal.kind}: ${outcome.refusal.message}`;
}

Deno.test("help on one attribute says what it is for, what it takes and what stands for it", () => {
  equal(
    help("bmc"),
    "hardwaremanagement.manager: address of the BMC, with /PREFIXLEN if it is to be set up\n" +
      "  holds     text\n" +
      "  also      bmc\n" +
      "  computed  may be an expression, as rack{n1}\n",
  );
  equal(
    help("hm.method").split("\n").slice(2, 4).join("\n"),
    "  values    one of affluent, cnos, cooltera, deltapdu, eatonpdu, enclosure, enlogic, enos, " +
      "geist, ipmi, null, nxos, pdu, proxmox, raritan, redfish, srlinux, vcenter\n" +
      "  if unset  not at all",
  );
  match(help("net.mtu"), /^ {2}also {6}net\.NAME\.mtu$/m);
  match(help("net.ib0.mtu"), /^net\.ib0\.mtu: /);
  match(help("deployment.lock"), /^ {2}note {6}is set through deployment\/lock /m);
  match(help("noderange"), /^ {2}note {6}for groups alone$/m);
  match(help("secret.ipmikg"), /never told\n$/);
  match(help("custom.mine"), /^custom\.mine: /);
});

Deno.test("help on several has a line for each", () => {
  const lines = help("location").split("\n");
  deepEqual(lines.map((line) => line.split(" ")[0]), [
    "location.height",
    "location.rack",
    "location.room",
    "location.row",
    "location.u",
    "",
  ]);
  equal(help("location.*"), help("location"));
  equal(help("net.*").split("\n").length, 17 + 2);
  match(help("net.*"), /\nEach net\.LEAF is there for every NAME as net\.NAME\.LEAF too\.\n$/);
  match(help("custom.*"), /^custom\.NAME .*\ncustom\.nodesecret\.NAME /);
  equal(help("hm").split("\n").length, 5 + 1);
});

Deno.test("a word that is no attribute gets the nearest", () => {
  equal(
    help("location.rak"),
    "not-found: location.rak is not a valid attribute name; did you mean location.rack?",
  );
  match(help("net.ib0.mtus"), /did you mean net\.ib0\.mtu\?/);
  match(help("zz*"), /^not-found: /);
  match(help(""), /^not-found: /);
});

Deno.test("all there is is described, in few enough words for a line", () => {
  equal(DESCRIBED.size, 80 + 4);
  for (const [name, { about }] of DESCRIBED) {
    equal(about.length > 3 && about.length <= 100, true, name);
    equal(/^[a-z]|^(IPv|IPMI|PXE|UUID|VLAN|SNMP)/.test(about) && !/[.|]$/.test(about), true, name);
    equal(attributeHelp(name.replace("NAME", "own")).ok, true, name);
  }
});

Deno.test("vocabularies, other names and restrictions are told in words", () => {
  equal(wordsTold({ shape: "one", words: ["a", "b", ""] }), "one of a, b");
  equal(wordsTold({ shape: "list", words: ["a"] }), "some of a, with commas between");
  match(wordsTold({ shape: "keys", words: ["a"] }), /keys are a$/);
  const of = (name: string): Attribute => {
    const found = findAttribute(name);
    if (!found.ok) throw new Error(name);
    return found.value;
  };
  deepEqual(otherNames(of("bmcuser")), ["bmcuser", "switchuser"]);
  deepEqual(otherNames(of("power.pdu")), ["power.NAME.pdu"]);
  deepEqual(otherNames(of("net.a.mtu")), []);
  deepEqual(restrictions(of("info.note")), []);
  deepEqual(restrictions(of("id.index")), ["is a number of one node alone; not for groups"]);
  deepEqual(restrictions(of("groups")), ["for nodes alone"]);
  deepEqual(restrictions(of("collective.failback")), ["unknown to confluent 4.0"]);
});
