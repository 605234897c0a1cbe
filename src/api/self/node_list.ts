/** Who may log in at a node: nodes and members, by all of their names and addresses. */
import { MAX_NODE_LISTS_KEPT, NODE_LIST_KEPT_MS } from "../../base/boot_limits.ts";
import { NewestMap } from "../../base/newest_map.ts";
import { ok, type Outcome, refused } from "../../base/outcome.ts";
import { endpointOf } from "../../model/address.ts";
import { naturalSort } from "../../model/natural_order.ts";
import { expandExisting } from "../../model/noderange/expand.ts";
import { isHostName, nodeNames, OWN_NAMES, withDomain } from "../../model/self/node_names.ts";
import { networksOf } from "../../model/self/node_network.ts";
import { Turn } from "../pause.ts";
import type { SelfAnswer, SelfCall, SelfEndpoint } from "./endpoint.ts";
import { textsOf } from "./node_view.ts";
import type { SelfParts } from "./self_parts.ts";

const TRUSTED = "ssh.trustnodes", DOMAIN = "dns.domain";

export function nodeListEndpoint(parts: SelfParts): SelfEndpoint {
  const lists = new NodeLists(parts);
  return {
    ...{ method: "GET", path: "nodelist", needsKey: true },
    handler: async (call): Promise<Outcome<SelfAnswer>> => {
      const names = await lists.of(call.node);
      if (!names.ok) return names;
      // curl asks for anything, and scripts take what it gets for a list of hosts as it is.
      if (!isForAnything(call)) return ok({ document: names.value });
      return ok({ text: names.value.map((name) => `${name}\n`).join("") });
    },
  };
}

function isForAnything({ headers }: SelfCall): boolean {
  return headers.get("accept")?.trim() === "*/*";
}

interface Kept {
  readonly atMs: number;
  readonly names: Promise<Outcome<readonly string[]>>;
}

class NodeLists {
  readonly #parts: SelfParts;
  /** By noderange and domain. */
  readonly #kept = new NewestMap<string, Kept>(MAX_NODE_LISTS_KEPT);

  constructor(parts: SelfParts) {
    this.#parts = parts;
  }

  /** In natural order. Members are in the list of a node that trusts all. */
  of(node: string): Promise<Outcome<readonly string[]>> {
    const { member: { nodes: { resolver } }, clock } = this.#parts;
    const range = resolver.textOf(node, TRUSTED).trim();
    const domain = resolver.textOf(node, DOMAIN).trim();
    const key = JSON.stringify([range, domain]), nowMs = clock.now().monoMs;
    let kept = this.#kept.get(key);
    if (kept === undefined || nowMs - kept.atMs >= NODE_LIST_KEPT_MS) {
      kept = { atMs: nowMs, names: this.#made(range, domain) };
      this.#kept.set(key, kept);
    }
    return kept.names;
  }

  async #made(range: string, domain: string): Promise<Outcome<readonly string[]>> {
    const { member } = this.#parts;
    const trusted = range === "" ? ok(member.nodes.nodes()) : expandExisting(range, member.nodes);
    if (!trusted.ok) {
      return refused(trusted.refusal.kind, `${TRUSTED}: ${trusted.refusal.message}`);
    }
    const all = new Set(OWN_NAMES);
    const turn = new Turn();
    for (const node of trusted.value) {
      if (turn.isOver) await turn.pass();
      const texts = textsOf(member, node, (name) => name === DOMAIN || name.startsWith("net."));
      const told = nodeNames(node, texts.get(DOMAIN)?.trim() ?? "", networksOf(texts));
      for (const name of [...told.names, ...told.addresses]) all.add(name);
    }
    if (range === "") {
      for (const { name, addresses } of member.collective().members) {
        const hosts = addresses.flatMap((address) => endpointOf(address)?.host ?? []);
        for (const one of [...withDomain(name, domain), ...hosts]) all.add(one);
      }
    }
    return ok(naturalSort([...all].filter(isHostName)));
  }
}
