import { deepEqual, equal } from "node:assert/strict";

import { HARDWARE, OF_GROUPS } from "../../../src/model/catalogue/hardware.ts";

Deno.test("the attributes of hardware are those of confluent 4.0", () => {
  deepEqual(
    HARDWARE.map(({ name }) => name).join(" "),
    "groups type enclosure.bay enclosure.extends enclosure.manager hardwaremanagement.manager " +
      "hardwaremanagement.manager_tls_name hardwaremanagement.method hardwaremanagement.port " +
      "hardwaremanagement.vlan id.index id.model id.serial id.uuid info.note location.height " +
      "location.rack location.room location.row location.u power.outlet power.pdu " +
      "pubkeys.addpolicy pubkeys.ssh pubkeys.tls pubkeys.tls_hardwaremanager " +
      "pubkeys.tls_lifetime secret.hardwaremanagementpassword secret.hardwaremanagementuser " +
      "secret.ipmikg secret.selfapiarmtoken secret.snmpcommunity snmp.privacyprotocol",
  );
  deepEqual(OF_GROUPS.map(({ name, kind }) => `${name} ${kind}`), ["nodes list", "noderange text"]);
});

Deno.test("what is secret is sealed, and nothing else is", () => {
  for (const { name, kind } of HARDWARE) {
    equal(kind === "sealed", name.startsWith("secret."), name);
  }
});
