/** The cut-down site-a that recorded cases are asked of, as noderanges look it up. */
import { ok, type Outcome } from "../../src/base/outcome.ts";
import { naturalSort } from "../../src/model/natural_order.ts";
import {
  type AttributeFilter,
  namePattern,
  valueTest,
} from "../../src/model/noderange/attribute_filter.ts";
import type { NameSet, NodeBook } from "../../src/model/noderange/node_book.ts";

type Values = Readonly<Record<string, string>>;

export interface Site {
  readonly groups: Readonly<Record<string, { noderange?: string; attributes?: Values }>>;
  /** Attributes of a node's own, expressions done; the first of its groups gives the rest. */
  readonly nodes: Readonly<Record<string, { groups: readonly string[]; attributes: Values }>>;
}

/** Those that recorded cases ask for, and some that they must not get. */
const ATTRIBUTES = [
  "collective.manager",
  "console.logging",
  "crypted.rootpassword",
  "deployment.profile",
  "dns.domain",
  "groups",
  "hardwaremanagement.manager",
  "hardwaremanagement.method",
  "id.serial",
  "info.note",
  "location.rack",
  "location.u",
  "secret.hardwaremanagementpassword",
  "type",
];
const ALIASES: ReadonlyMap<string, string> = new Map([
  ["bmc", "hardwaremanagement.manager"],
  ["bmcpass", "secret.hardwaremanagementpassword"],
]);

export function siteA(): Site {
  return JSON.parse(Deno.readTextFileSync(new URL("site_a.json", import.meta.url)));
}

/** A straightforward book over a site: every filter looks at every node. */
export class SiteBook implements NodeBook {
  readonly #site: Site;
  readonly #values = new Map<string, Map<string, string>>();
  readonly #members = new Map<string, Set<string>>();
  readonly #nodes: readonly string[];

  constructor(site: Site) {
    this.#site = site;
    this.#nodes = naturalSort(Object.keys(site.nodes));
    for (const [node, { groups, attributes }] of Object.entries(site.nodes)) {
      const inherited = groups.toReversed().map((group) => site.groups[group]?.attributes ?? {});
      this.#values.set(node, new Map(Object.entries(Object.assign({}, ...inherited, attributes))));
      for (const group of groups) {
        const members = this.#members.get(group) ?? new Set();
        this.#members.set(group, members.add(node));
      }
    }
  }

  hasNode(name: string): boolean {
    return this.#values.has(name);
  }

  nodes(): readonly string[] {
    return this.#nodes;
  }

  hasGroup(name: string): boolean {
    return Object.hasOwn(this.#site.groups, name);
  }

  groups(): Iterable<string> {
    return Object.keys(this.#site.groups);
  }

  membersOf(group: string): NameSet {
    return this.#members.get(group) ?? new Set();
  }

  rangeOf(group: string): string | undefined {
    return this.#site.groups[group]?.noderange;
  }

  attributeName(given: string): string | undefined {
    const name = ALIASES.get(given) ?? given;
    return /^(custom|net)\./.test(name) || ATTRIBUTES.includes(name) ? name : undefined;
  }

  attributeNames(): Iterable<string> {
    return ATTRIBUTES;
  }

  matching(filter: AttributeFilter, among?: NameSet): Outcome<NameSet> {
    const passes = valueTest(filter);
    if (!passes.ok) return passes;
    const isMeant = namePattern(filter.attribute);
    const found = new Set<string>();
    for (const node of among ?? this.#nodes) {
      const values = this.#values.get(node) ?? new Map<string, string>();
      const own = filter.attribute === "groups"
        ? this.#site.nodes[node]?.groups ?? []
        : filter.attribute.includes("*")
        ? ["", ...[...values].filter(([name]) => isMeant(name)).map(([, value]) => value)]
        : [values.get(filter.attribute) ?? ""];
      if (own.some(passes.value)) found.add(node);
    }
    return ok(found);
  }
}
