/** All networks of a node, as `netcfg` tells them to the system that sets them up. */
import { around, type IpVersion, type Placed, V4, V6 } from "../ip_version.ts";
import { type Ipv4, ipv4Text, maskOf } from "../ipv4.ts";
import { facesOf, type NodePlace } from "./node_address.ts";
import { hostnamesOf, type NetworkFace, type NodeNetwork } from "./node_network.ts";
import type { OwnInterface } from "./own_interface.ts";

/** See {@link NodePlace}. */
export interface NetworkFacts extends NodePlace {
  /** All interfaces of the member: their networks tell how long prefixes are. */
  readonly interfaces: readonly OwnInterface[];
  /** What names of the node come to; see {@link namesToLookUp}. */
  readonly ofNames: ReadonlyMap<string, Ipv4>;
}

/** What is as it is in the attributes, under their names. */
const LEAVES = ["hwaddr", "connection_name", "interface_names", "vlan_id"] as const;

/** Where nothing tells the prefix of an address. */
const PREFIX4 = 16, PREFIX6 = 64;

type Told = Record<string, unknown>;

/** The name that the address of a network is looked up by, where it has none of its own: the first
 * of its host names, else that of the node; each name for one network alone. */
export function namesToLookUp(node: string, networks: readonly NodeNetwork[]): Map<string, string> {
  const names = new Map<string, string>(), used = new Set<string>();
  for (const network of networks) {
    if (network.v4.method !== "static" || network.v4.address !== undefined) continue;
    const name = hostnamesOf(network)[0] ?? node;
    if (!used.has(name)) names.set(network.name, name);
    used.add(name);
  }
  return names;
}

/** The network without a name is the default, or what the node has where it asks; those with
 * names stand under `extranets`. A network without any address is left out, and so are those of the
 * node's management controller. */
export function networkConfig(
  node: string,
  networks: readonly NodeNetwork[],
  facts: NetworkFacts,
): Told {
  const names = namesToLookUp(node, networks);
  const told = new Map<string, Told>();
  for (const network of networks) {
    const name = names.get(network.name);
    const looked = name === undefined ? undefined : facts.ofNames.get(name);
    const one = toldOf(network, looked, facts);
    if (one !== undefined) told.set(network.name, one);
  }
  const own = told.get("");
  told.delete("");
  const extranets = Object.fromEntries(told);
  const standing = own ?? whereItAsks(networks, [...told.values()], facts);
  return { ...standing === undefined ? {} : { default: standing }, extranets };
}

function toldOf(
  { texts, v4, v6 }: NodeNetwork,
  looked: Ipv4 | undefined,
  facts: NetworkFacts,
): Told | undefined {
  const { on, interfaces, ofController } = facts;
  const address4 = placed(V4, v4, looked, interfaces.flatMap((one) => one.v4), PREFIX4);
  const address6 = placed(V6, v6, undefined, interfaces.flatMap((one) => one.v6), PREFIX6);
  const isOfController = address4 !== undefined && ofController.has(V4.text(address4.address)) ||
    address6 !== undefined && ofController.has(V6.text(address6.address));
  const told4 = toldFace(V4, v4, address4), told6 = toldFace(V6, v6, address6);
  if (isOfController || told4 === undefined && told6 === undefined) return undefined;
  const isHere = (address4 !== undefined && around(V4, on?.v4 ?? [], address4.address)) ||
    (address6 !== undefined && around(V6, on?.v6 ?? [], address6.address));
  return {
    ...told4,
    ...told6,
    ...Object.fromEntries(LEAVES.map((leaf) => [leaf, texts.get(leaf)])),
    mtu: numberOf(texts.get("mtu")),
    team_mode: texts.get("team_mode"),
    extra_settings: texts.get("extra_settings"),
    current_nic: Boolean(isHere),
  };
}

/** Of the member's networks the one that holds the address says how long the prefix is; of them all
 * the interface's before the attribute, as in `deploycfg2`. */
function placed<Address>(
  version: IpVersion<Address>,
  { method, address: own, prefix }: NetworkFace<Address>,
  looked: Address | undefined,
  networks: readonly Placed<Address>[],
  unset: number,
): Placed<Address> | undefined {
  const address = own ?? looked;
  if (method !== "static" || address === undefined) return undefined;
  return { address, prefix: around(version, networks, address)?.prefix ?? prefix ?? unset };
}

function toldFace<Address>(
  version: IpVersion<Address>,
  { method, gateway }: NetworkFace<Address>,
  address: Placed<Address> | undefined,
): Told | undefined {
  if (method === "none" || method === "static" && address === undefined) return undefined;
  const name = (leaf: string): string => `ipv${version.number}_${leaf}`;
  const text = address && `${version.text(address.address)}/${address.prefix}`;
  const isMasked = version.number === 4 && address !== undefined;
  return {
    [name("method")]: method,
    [name("address")]: text,
    [name("netmask")]: isMasked ? ipv4Text(maskOf(address.prefix)) : undefined,
    [name("gateway")]: gateway === undefined ? undefined : version.text(gateway),
  };
}

/** What the node has on the network that it asks from, where none of the others is that. */
function whereItAsks(
  networks: readonly NodeNetwork[],
  others: readonly Told[],
  facts: NetworkFacts,
): Told | undefined {
  const { v4, v6 } = facesOf(networks, facts);
  const face4 = v4.method && toldFace(V4, faceFound(v4.method, v4.found?.gateway), v4.found);
  const face6 = v6.method && toldFace(V6, faceFound(v6.method, v6.found?.gateway), v6.found);
  const told: Told = { ...face4, ...face6 };
  const isTold = others.some((other) =>
    ["ipv4_address", "ipv6_address"].some((key) =>
      told[key] !== undefined && told[key] === other[key]
    )
  );
  if (isTold || face4 === undefined && face6 === undefined) return undefined;
  return { ...told, current_nic: v4.found !== undefined || v6.found !== undefined };
}

function faceFound<Address>(
  method: "static" | "dhcp",
  gateway: Address | undefined,
): NetworkFace<Address> {
  return { method, gateway, address: undefined, prefix: undefined };
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,5}$/.test(text) ? Number(text) : undefined;
}
