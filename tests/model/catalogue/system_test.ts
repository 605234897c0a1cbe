import { deepEqual, equal } from "node:assert/strict";

import { OWN, OWN_SECRET, SYSTEM } from "../../../src/model/catalogue/system.ts";

Deno.test("the attributes of a system are those of confluent 4.0", () => {
  deepEqual(
    SYSTEM.filter(({ isOurs }) => !isOurs).map(({ name }) => name).join(" "),
    "collective.manager collective.managercandidates console.logging console.method " +
      "crypted.grubpassword crypted.rootpassword crypted.selfapikey deployment.apiarmed " +
      "deployment.client_ip deployment.encryptboot deployment.lock deployment.pendingprofile " +
      "deployment.profile deployment.sealedapikey deployment.stagedprofile deployment.state " +
      "deployment.state_detail deployment.state_last_updated deployment.storage " +
      "deployment.useinsecureprotocols discovery.nodeconfig discovery.passwordrules " +
      "discovery.policy dns.domain dns.servers net.bootable net.connection_name " +
      "net.extra_settings net.hostname net.hwaddr net.interface_names net.ipv4_address " +
      "net.ipv4_gateway net.ipv4_method net.ipv6_address net.ipv6_gateway net.ipv6_method " +
      "net.mtu net.switch net.switchport net.team_mode net.vlan_id ntp.servers " +
      "ssh.trustnodes trusted.subnets",
  );
  deepEqual(SYSTEM.flatMap(({ name, isOurs }) => isOurs ? [name] : []), [
    "collective.failback",
    "collective.lockdown",
  ]);
  deepEqual([OWN.kind, OWN_SECRET.kind], ["text", "sealed"]);
});

Deno.test("what is crypted is hashed, and nothing else is", () => {
  for (const { name, kind } of SYSTEM) equal(kind === "hashed", name.startsWith("crypted."), name);
});
