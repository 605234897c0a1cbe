/** Which node a machine is, and what its boot goes by: read from the replicated state, kept as long
 * as that stays as it is. */
import { MAX_NAMES_LOOKED_UP, NAME_KEPT_MS } from "../../base/boot_limits.ts";
import type { Clock } from "../../io/clock.ts";
import { type Ipv4, ipv4Text } from "../../model/ipv4.ts";
import { type BootNode, bootNodeOf, mattersToBoot } from "../../netboot/boot_node.ts";
import type { Recognition } from "../../netboot/boot_view.ts";
import { NodeCache } from "../../replica/node_cache.ts";
import type { IndexSource, NodeIndex } from "../../replica/node_index.ts";

export interface BootBookParts {
  readonly clock: Clock;
  readonly nodes: () => NodeIndex;
  readonly source: IndexSource;
  /** The IPv4 address of a name; undefined where it has none. */
  readonly lookUp: (name: string) => Promise<Ipv4 | undefined>;
}

interface Looked {
  readonly atMs: number;
  address: Ipv4 | undefined;
  isUnderWay: boolean;
}

export class BootBook {
  readonly #parts: BootBookParts;
  readonly #nodes: NodeCache<BootNode>;
  /** Names of nodes that have no address of their own. */
  readonly #names = new Map<string, Looked>();

  constructor(parts: BootBookParts) {
    this.#parts = parts;
    this.#nodes = new NodeCache(parts.source, (name) => this.#read(name));
  }

  /** The node that has the address; undefined where none has, or more than one. */
  nodeAt(address: Ipv4): BootNode | undefined {
    const [first, ...others] = this.nodesAt(address);
    return first === undefined || others.length > 0 ? undefined : this.node(first);
  }

  /** All that have the address. */
  nodesAt(address: Ipv4): string[] {
    return [...new Set(this.#parts.nodes().withAddress(ipv4Text(address)))];
  }

  hasNode(name: string): boolean {
    return this.#parts.nodes().hasNode(name);
  }

  node(name: string): BootNode {
    return this.#nodes.of(name);
  }

  /** By hardware address first: a board that was exchanged keeps neither. */
  recognize(mac: string, uuid: string | undefined): Recognition {
    const index = this.#parts.nodes();
    const byMac = mac === "" ? [] : index.withMac(mac);
    const [first] = byMac;
    if (first !== undefined) {
      const other = byMac.find(({ node }) => node !== first.node);
      if (other === undefined) return this.#known(first.node, "mac");
      const holders = firstHolders(byMac).map((one) => `${one.attribute} of ${one.node}`);
      return nobodys(`${mac} is ${holders.join(", and ")}: leave it to one of them`);
    }
    if (uuid === undefined) {
      return { ...nobodys("no node has its hardware address, and it tells no UUID"), isStranger };
    }
    const [one, two] = index.withUuid(uuid);
    if (one === undefined) {
      return { ...nobodys("no node has its hardware address or UUID"), isStranger };
    }
    if (two !== undefined) {
      return nobodys(`${uuid} is id.uuid of ${one}, and of ${two}: leave it to one`);
    }
    return this.#known(one, "uuid");
  }

  #known(name: string, by: "mac" | "uuid"): Recognition {
    const node = this.node(name);
    const isToldAny = node.entries.some(({ address }) => address !== undefined);
    return { node, by, ofName: isToldAny ? undefined : this.#addressOfName(name) };
  }

  #read(name: string): BootNode {
    const { inheritance, resolver } = this.#parts.nodes();
    const texts = new Map<string, string>(), faults: string[] = [];
    for (const [attribute, held] of inheritance.all(name)) {
      if (!mattersToBoot(attribute)) continue;
      const { text, broken } = resolver.resolved(name, attribute, held);
      if (text !== undefined) texts.set(attribute, text);
      if (broken !== undefined) faults.push(`${attribute} comes to nothing: ${broken}`);
    }
    return bootNodeOf(name, texts, faults);
  }

  /** What was found last; looked up anew in the meantime where that is old. A client that comes too
   * early for it asks again. */
  #addressOfName(name: string): Ipv4 | undefined {
    const nowMs = this.#parts.clock.now().monoMs;
    const known = this.#names.get(name);
    if (known === undefined || (nowMs - known.atMs > NAME_KEPT_MS && !known.isUnderWay)) {
      const [oldest] = this.#names.keys();
      if (this.#names.size >= MAX_NAMES_LOOKED_UP && oldest !== undefined) {
        this.#names.delete(oldest);
      }
      const looked: Looked = { atMs: nowMs, address: known?.address, isUnderWay: true };
      this.#names.delete(name);
      this.#names.set(name, looked);
      void this.#lookUp(name, looked);
    }
    return known?.address;
  }

  async #lookUp(name: string, looked: Looked): Promise<void> {
    looked.address = await this.#parts.lookUp(name);
    looked.isUnderWay = false;
  }
}

/** Of those that have the same hardware address. */
const MAX_NODES_NAMED = 3;

/** One for each node; there may be thousands, and a machine that asks all the time. */
function firstHolders<T extends { readonly node: string }>(all: Iterable<T>): T[] {
  const first = new Map<string, T>();
  for (const one of all) {
    if (!first.has(one.node)) first.set(one.node, one);
    if (first.size === MAX_NODES_NAMED) break;
  }
  return [...first.values()].sort((a, b) => a.node < b.node ? -1 : 1);
}

const isStranger = true;

function nobodys(why: string): Extract<Recognition, { node: undefined }> {
  return { node: undefined, why, isStranger: false };
}
