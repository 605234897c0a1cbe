/** The endpoints that need a key, over a {@link StandIn}: node n1 has registered one. */
import { equal } from "node:assert/strict";

import { selfEndpoints } from "../../../src/api/self/endpoints.ts";
import type { SelfParts } from "../../../src/api/self/self_parts.ts";
import { ok } from "../../../src/base/outcome.ts";
import type { HostInterface } from "../../../src/io/interfaces.ts";
import { armedUntil } from "../../../src/model/arming.ts";
import { ARMED } from "../../../src/model/deployment.ts";
import { interface4Of, type Ipv4, ipv4Of } from "../../../src/model/ipv4.ts";
import { nodeRow } from "../../../src/model/operation.ts";
import { placedOf, V6 } from "../../../src/model/ip_version.ts";
import { fromCell, toCell } from "../../../src/model/stored_value.ts";
import { flatYaml } from "../../../src/wire/flat_yaml.ts";
import { newNodes } from "../asking.ts";
import { StandIn } from "../stand_in.ts";
import { type Asked, KEY, MAC, type SelfStage, selfStage, type Told } from "./self_stage.ts";

export interface EndpointStage extends Omit<SelfStage, "ask"> {
  readonly member: StandIn;
  /** What names come to; a name that is not there has no address. */
  readonly names: Map<string, Ipv4>;
  /** As n1, with its key. */
  ask(route: string, asked?: Asked): Promise<Told>;
  /** Sets texts of a node; null clears. */
  set(node: string, texts: Readonly<Record<string, string | null>>): void;
  /** The node's own text; undefined where it has none. */
  text(node: string, attribute: string): string | undefined;
}

export async function endpointStage(content?: string): Promise<EndpointStage> {
  const member = new StandIn(), names = new Map<string, Ipv4>();
  member.wallMs = 1_700_000_000_000;
  const set: EndpointStage["set"] = (node, texts) => {
    const rows = [nodeRow(node)], all = Object.entries(texts);
    const cells = all.flatMap(([name, text]): [string, string][] =>
      text === null ? [] : [[name, toCell({ kind: "text", text })]]
    );
    const attributes = all.flatMap(([name, text]) => text === null ? [name] : []);
    if (cells.length > 0) member.apply([{ kind: "set", rows, cells }]);
    if (attributes.length > 0) member.apply([{ kind: "clear", rows, attributes }]);
  };
  member.apply([newNodes("n1", "n2", "n10"), armedUntil([nodeRow("n1")], member.wallMs)]);
  set("n1", { "net.hwaddr": MAC, "net.ipv4_address": "10.0.0.7/24", [ARMED]: "once" });
  const parts: Omit<SelfParts, "clock"> = {
    ...{ member, content, listInterfaces: () => ok([ETH0, ETH1]) },
    lookUpName: (name) => Promise.resolve(names.get(name)),
    locality: () => Promise.resolve({ timezone: "Europe/Berlin", locale: "C.UTF-8", keymap: "us" }),
  };
  const stage = selfStage(member, (clock) => selfEndpoints({ ...parts, clock }), flatYaml);
  equal((await stage.register()).text, "Accepted");
  member.proposed.splice(0);
  member.reports.splice(0);
  return {
    ...{ ...stage, member, names, set },
    ask: (route, asked = {}) => {
      const headers = { CONFLUENT_NODENAME: "n1", CONFLUENT_APIKEY: KEY, ...asked.headers };
      return stage.ask(route, { ...asked, headers });
    },
    text: (node, attribute) => {
      const cell = member.state.value(nodeRow(node), attribute);
      const value = cell === null ? undefined : fromCell(cell);
      return value?.kind === "text" ? value.text : undefined;
    },
  };
}

const ETH0 = own(2, "eth0", "10.0.0.250/24", "fe80::1/64");
const ETH1 = own(3, "eth1", "192.168.7.1/24", "fd00:7::1/64");

function own(index: number, name: string, v4: string, v6: string): HostInterface {
  const four = interface4Of(v4), { address = 0n, prefix = 64 } = placedOf(V6, v6) ?? {};
  return {
    ...{ index, name, mac: "52:54:00:ff:ff:ff", isUp: true, isRunning: true },
    ...{ isLoopback: false, isEthernet: true },
    addresses: four === undefined ? [] : [four],
    addresses6: [{ address, prefix }],
  };
}

export function address(text: string): Ipv4 {
  return ipv4Of(text) ?? 0;
}
