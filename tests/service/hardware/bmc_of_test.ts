/** How a node's controller is reached, by what the node and its groups say. */
import { deepEqual, equal } from "node:assert/strict";

import { groupRow, nodeRow, type Operation, ROW_MARK } from "../../../src/model/operation.ts";
import { toCell } from "../../../src/model/stored_value.ts";
import { bmcOf, methodOf } from "../../../src/service/hardware/bmc_of.ts";
import type { Bmc } from "../../../src/service/hardware/driver.ts";
import { StandIn } from "../../api/stand_in.ts";
import { valueOf } from "../../contract/link_bench.ts";

type Cells = Readonly<Record<string, string>>;

/** The node n1 of the group g1, each with these; what begins with `secret.` is sealed. */
async function memberOf(node: Cells, group: Cells = {}): Promise<StandIn> {
  const member = new StandIn();
  const sealing = valueOf(await member.secrets.sealing());
  const set = (row: string, cells: Cells): Operation => ({
    kind: "set",
    rows: [row],
    cells: [
      [ROW_MARK, ""],
      ...Object.entries(cells).map(([name, text]): [string, string] => {
        if (!name.startsWith("secret.")) return [name, text];
        const sealed = valueOf(sealing.seal(row, name, text));
        return [name, toCell({ kind: "sealed", sealed })];
      }),
    ],
  });
  member.apply([set(nodeRow("n1"), { groups: "g1", ...node }), set(groupRow("g1"), group)]);
  return member;
}

const CREDENTIALS = {
  "secret.hardwaremanagementuser": "admin",
  "secret.hardwaremanagementpassword": "pass",
};

async function told(node: Cells, group: Cells = CREDENTIALS): Promise<Bmc | string> {
  const bmc = bmcOf(await memberOf(node, group), "n1");
  return bmc.ok ? bmc.value : `${bmc.refusal.kind}: ${bmc.refusal.message}`;
}

Deno.test("a node's own attributes, those of its group, and what expressions come to", async () => {
  const expression = toCell({ kind: "expression", expression: "bmc-{node}.example" });
  const bmc = await told(
    { "secret.hardwaremanagementuser": "own", "pubkeys.tls_hardwaremanager": "sha256$ab" },
    { ...CREDENTIALS, "hardwaremanagement.manager": expression, "secret.ipmikg": "kg" },
  );
  deepEqual(bmc, {
    node: "n1",
    uuid: undefined,
    address: "bmc-n1.example",
    user: "own",
    password: "pass",
    kg: "kg",
    policy: "tofu",
    pinned: "sha256$ab",
    tlsName: undefined,
  });
  const member = await memberOf({}, { "hardwaremanagement.method": "redfish" });
  equal(methodOf(member, "n1"), "redfish");
  equal(methodOf(await memberOf({}), "n1"), "");
});

Deno.test("a prefix length is no part of an address, a scheme and a port are", async () => {
  const addresses: Record<string, string> = {
    "10.0.0.1/24": "10.0.0.1",
    "fe80::1/64": "fe80::1",
    "bmc1:8443": "bmc1:8443",
    " bmc1 ": "bmc1",
    "https://bmc1:8443": "https://bmc1:8443",
  };
  for (const [given, address] of Object.entries(addresses)) {
    const bmc = await told({ "hardwaremanagement.manager": given });
    equal(typeof bmc === "string" ? bmc : bmc.address, address);
  }
});

Deno.test("what is missing, broken or does not open is named, and no secret is", async () => {
  const at = { "hardwaremanagement.manager": "bmc1" };
  equal(await told({}), "conflict: hardwaremanagement.manager is not set for this node");
  equal(
    await told(at, { "secret.hardwaremanagementuser": "admin" }),
    "conflict: secret.hardwaremanagementpassword is not set for this node",
  );
  const broken = toCell({ kind: "expression", expression: "{n7}" });
  const why = await told({ "hardwaremanagement.manager": broken });
  equal(
    String(why).startsWith("conflict: hardwaremanagement.manager has a broken expression: "),
    true,
  );
  equal(
    await told({ ...at, "pubkeys.addpolicy": "any" }),
    "conflict: pubkeys.addpolicy is any; wanted one of tofu, manual, ca, ca-only",
  );
  const member = await memberOf(at, CREDENTIALS);
  member.secrets.key = { id: "0123456789abcdef", bytes: new Uint8Array(32) };
  const sealed = bmcOf(member, "n1");
  deepEqual(sealed.ok || [sealed.refusal.kind, sealed.refusal.message], [
    "unavailable",
    "secret.hardwaremanagementuser: it does not open",
  ]);
});
