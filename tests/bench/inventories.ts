/** Made-up inventories of any size, as lines of JSON, a node each. */
import { nodeRow } from "../../src/model/operation.ts";

export const CELLS_A_NODE = 40;
/** Of these no two nodes have the same. */
const UNIQUE = 5;
/** How many values the others take. */
const COMMON_VALUES = 50;
const SHARED: readonly string[] = [
  ...["deployment.profile", "dns.domain", "dns.servers", "hardwaremanagement.method", "id.model"],
  ...["info.note", "location.height", "location.rack", "location.room", "location.row"],
  ...["location.u", "net.ipv4_gateway", "net.mtu", "net.switch", "net.switchport", "ntp.servers"],
  ...Array.from({ length: CELLS_A_NODE - UNIQUE - 16 }, (_, i) => `custom.property${i + 1}`),
];
/** Those that may hold any text, in the order in which they are changed. */
const CHANGEABLE = SHARED.filter((name) => name !== "hardwaremanagement.method");

export function nameOf(node: number): string {
  return `n${node}`;
}

/** Nodes n1 onwards with 40 attributes each, five of them unique. */
export function* inventoryLines(nodes: number): Iterable<string> {
  for (let node = 1; node <= nodes; node++) yield JSON.stringify(wholeNode(node));
}

function wholeNode(node: number): Record<string, string> {
  const address = `${node >> 16 & 255}.${node >> 8 & 255}.${node & 255}`;
  const values: Record<string, string> = {
    "name": nameOf(node),
    "id.serial": `SN${String(node).padStart(8, "0")}`,
    "id.uuid": `6f1c2a3e-0000-4000-8000-${String(node).padStart(12, "0")}`,
    "net.hwaddr": `0a:00:${String(node).padStart(8, "0").match(/../g)?.join(":")}`,
    "net.ipv4_address": `10.${address}/8`,
    "hardwaremanagement.manager": `11.${address}`,
  };
  for (const [i, attribute] of SHARED.entries()) {
    values[attribute] = attribute === "hardwaremanagement.method"
      ? "ipmi"
      : `${attribute.slice(-6)} ${(node * 7 + i) % COMMON_VALUES}`;
  }
  return values;
}

/** A change of so many cells, spread evenly over the nodes. */
export interface Change {
  readonly lines: readonly string[];
  /** Row, attribute and value of each cell, and eight bytes. */
  readonly bytes: number;
}

/** `mark` makes the values others than before; for 5,000 nodes at most 170,000 cells. */
export function changeOf(cells: number, nodes: number, mark: string): Change {
  const each = Math.ceil(cells / nodes);
  if (each > CHANGEABLE.length) throw new Error(`${cells} cells are too many for ${nodes} nodes`);
  const changed = Math.floor(cells / each), stride = nodes / changed;
  const lines: string[] = [];
  let bytes = 0;
  for (let i = 0; i < changed; i++) {
    const name = nameOf(1 + Math.floor(i * stride));
    const values: Record<string, string> = { name };
    for (const attribute of CHANGEABLE.slice(0, each)) {
      const value = values[attribute] = `${mark} of ${name}`;
      bytes += nodeRow(name).length + attribute.length + value.length + 8;
    }
    lines.push(JSON.stringify(values));
  }
  return { lines, bytes };
}

/** Nodes of a rack each, whose rack is inherited, and all of them of one group more. */
const RACKS = 199;

/** The groups, as they are made. */
export function groups(): Record<string, string>[] {
  const racks = Array.from({ length: RACKS }, (_, i) => ({
    "name": `rack${i + 1}`,
    "location.rack": `r${i + 1}`,
  }));
  return [...racks, { "name": "compute", "custom.shared1": "v" }];
}

/** What is told of such a node: its number, its list of groups, and what it inherits as well. */
export const GROUPED_CELLS_A_NODE = CELLS_A_NODE + 3;

/** The same nodes as `inventoryLines`, in groups. */
export function* groupedLines(nodes: number): Iterable<string> {
  for (let node = 1; node <= nodes; node++) {
    const { "location.rack": _, ...own } = wholeNode(node);
    yield JSON.stringify({ ...own, groups: `rack${1 + node % RACKS},compute` });
  }
}
