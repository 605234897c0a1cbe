/** What is told of settings that cannot be meant, and whom it keeps from booting. */
import { deepEqual } from "node:assert/strict";

import { ok } from "../../../src/base/outcome.ts";
import { EMPTY_ROSTER } from "../../../src/model/member.ts";
import { nodeRow, type Operation, ROW_MARK } from "../../../src/model/operation.ts";
import { BootBook } from "../../../src/service/boot/boot_book.ts";
import { BootExplaining } from "../../../src/service/boot/boot_explaining.ts";
import { BootLog } from "../../../src/service/boot/boot_log.ts";
import { ServedInterfaces } from "../../../src/service/boot/served_interfaces.ts";
import { ManualClock } from "../../contract/link_bench.ts";
import { interface4, Stage } from "../../netboot/boot_stage.ts";
import { set } from "../../replica/entries.ts";
import { Follower } from "../../replica/follower.ts";

const A = "52:54:00:00:00:0a", B = "52:54:00:00:00:0b";

function node(name: string, texts: Readonly<Record<string, string>>): Operation {
  return set(nodeRow(name), [ROW_MARK, ""], ...Object.entries(texts));
}

/** Faults of n1, and what a plain client of it is told on 10.0.0.0/24, where m1 is 10.0.0.11. */
async function explained(
  ...nodes: readonly Operation[]
): Promise<[faults: string[], told: string]> {
  const member = new Follower(), clock = new ManualClock();
  member.apply(...nodes);
  const book = new BootBook({
    ...{ clock, nodes: () => member.index, source: member.source },
    lookUp: () => Promise.resolve(undefined),
  });
  const view = new Stage(
    "m1",
    { members: { m1: {} } },
    (mac, uuid) => book.recognize(mac, uuid),
  );
  const eth0 = { index: 2, name: "eth0", mac: B, isUp: true, isRunning: true, isLoopback: false };
  const addresses = [interface4("10.0.0.11/24")];
  const list = () => ok([{ ...eth0, isEthernet: true, addresses, addresses6: [] }]);
  const interfaces = new ServedInterfaces(list, [], () => {});
  interfaces.refresh();
  const explaining = new BootExplaining({
    ...{ clock, timeline: new BootLog(), interfaces, view },
    ...{ self: () => view.self, roster: () => EMPTY_ROSTER, send: () => false },
    hasNode: (name) => book.hasNode(name),
    node: (name) => book.node(name),
    nodesAt: (address) => book.nodesAt(address),
  });
  const { faults, outlook } = await explaining.explain("n1");
  return [faults, outlook.find(({ client }) => client.startsWith("a plain"))?.told ?? ""];
}

const RIGHT = { "net.hwaddr": A, "net.ipv4_address": "10.0.0.50/24" };

Deno.test("of a node that is right nothing is told but what it gets", async () => {
  deepEqual(await explained(node("n1", RIGHT)), [[], "OFFER 10.0.0.50"]);
});

Deno.test("a node that no machine can be known to be", async () => {
  const unknown = "no machine is known to be n1: set net.hwaddr, or id.uuid";
  deepEqual(await explained(node("n1", { "net.ipv4_address": "10.0.0.50/24" })), [[unknown], ""]);
  const uuid = { "id.uuid": "4c4c4544-0042-3510-8054-b7c04f4e3132" };
  const known = node("n1", { ...uuid, "net.ipv4_address": "10.0.0.50/24" });
  deepEqual(await explained(known), [[], "OFFER 10.0.0.50"]);
});

Deno.test("one hardware address of several nodes, in whatever spelling", async () => {
  const others = ["n2", "n3"].map((name) => node(name, { "net.eth0.hwaddr": "5254.0000.000A" }));
  deepEqual(await explained(node("n1", RIGHT), ...others), [
    [],
    `${A} is net.hwaddr of n1, and net.eth0.hwaddr of n2, and net.eth0.hwaddr of n3: ` +
    "leave it to one of them",
  ]);
});

Deno.test("addresses that others have, and a gateway that is elsewhere", async () => {
  const wrong = { "net.ipv4_address": "10.0.0.11/24", "net.ipv4_gateway": "10.9.0.1" };
  deepEqual(
    await explained(node("n1", { ...RIGHT, ...wrong }), node("n2", { ...wrong })),
    [[
      "net.ipv4_address: 10.0.0.11 is an address of n2, too",
      "net.ipv4_address: 10.0.0.11 is the address of m1",
      "net.ipv4_gateway: 10.9.0.1 is not in 10.0.0.0/24, and so is told to nobody",
    ], "OFFER 10.0.0.11"],
  );
});
