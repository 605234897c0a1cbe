/** What a node's `net.*` attributes say of its networks, for the system that is installed on it.
 * What firmware is answered goes by them too, by rules of its own (src/netboot/boot_node.ts). */
import { netAttributeOf } from "../machine_names.ts";
import { naturally } from "../natural_order.ts";
import type { Ipv4 } from "../ipv4.ts";
import type { Ipv6 } from "../ipv6.ts";
import { type IpVersion, placedOf, V4, V6 } from "../ip_version.ts";

/** One network by one version of IP. */
export interface NetworkFace<Address> {
  /** `static` where it is not set, and where only firmware is to get it otherwise. */
  readonly method: "static" | "dhcp" | "none";
  readonly address: Address | undefined;
  /** Undefined where the address has none. */
  readonly prefix: number | undefined;
  readonly gateway: Address | undefined;
}

/** `net.NAME.*`; `net.*` without a name is one as well. */
export interface NodeNetwork {
  /** Empty for that without a name. */
  readonly name: string;
  /** By the last part of their names (`mtu`); what is empty is not there. */
  readonly texts: ReadonlyMap<string, string>;
  readonly v4: NetworkFace<Ipv4>;
  readonly v6: NetworkFace<Ipv6>;
}

/** The networks among a node's attributes: first that without a name, then by their names. */
export function networksOf(attributes: Iterable<readonly [string, string]>): NodeNetwork[] {
  return [...byNetwork(attributes)]
    .sort(([a], [b]) => a === "" ? -1 : b === "" ? 1 : naturally(a, b))
    .map(([name, texts]) => ({ name, texts, v4: faceOf(V4, texts), v6: faceOf(V6, texts) }));
}

/** What is set of each network, by its name and the last part of theirs, as above. */
export function byNetwork(
  attributes: Iterable<readonly [attribute: string, text: string]>,
): Map<string, Map<string, string>> {
  const found = new Map<string, Map<string, string>>();
  for (const [attribute, raw] of attributes) {
    const net = netAttributeOf(attribute), text = raw.trim();
    if (net === undefined || text === "") continue;
    const texts = found.get(net.name);
    if (texts === undefined) found.set(net.name, new Map([[net.leaf, text]]));
    else texts.set(net.leaf, text);
  }
  return found;
}

/** Names of the node in this network, in the order of `net.hostname`. */
export function hostnamesOf({ texts }: NodeNetwork): string[] {
  return (texts.get("hostname") ?? "").split(/[\s,]+/).filter((name) => name !== "");
}

function faceOf<Address>(
  version: IpVersion<Address>,
  texts: ReadonlyMap<string, string>,
): NetworkFace<Address> {
  const text = (leaf: string): string => texts.get(`ipv${version.number}_${leaf}`) ?? "";
  const method = text("method"), placed = placedOf(version, text("address"));
  return {
    method: method === "dhcp" || method === "none" ? method : "static",
    address: placed?.address,
    prefix: placed?.prefix,
    gateway: version.of(text("gateway")),
  };
}
