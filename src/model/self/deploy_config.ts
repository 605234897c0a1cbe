/**
 * What a node is told first: its address on the network that it asked from, its server there, and
 * how the system is to be set up. Scripts of confluent 4.0 read it line by line: what they look for
 * being there is left out where it is not, and lists stand before a key that is always there.
 */
import { PENDING, POLICY, policyOf } from "../deployment.ts";
import { around, type IpVersion, type Placed, V4, V6 } from "../ip_version.ts";
import { type Ipv4, ipv4Text, maskOf } from "../ipv4.ts";
import { type Ipv6, ipv6Of, ipv6Text, isLinkLocal6 } from "../ipv6.ts";
import type { Hashes } from "../stored_value.ts";
import { facesOf, type NodeFace, type NodePlace } from "./node_address.ts";
import { networksOf } from "./node_network.ts";
import { dialledAddress, hasAddress, type OwnInterface } from "./own_interface.ts";

/** What nodes take over of the host that serves them. */
export interface Locality {
  /** `Europe/Berlin`. */
  readonly timezone: string;
  /** `en_US.UTF-8`. */
  readonly locale: string;
  /** `us`. */
  readonly keymap: string;
}

/** A node as its configuration goes by it. */
export interface ConfiguredNode {
  /** What its attributes come to, but secrets; expressions are evaluated. */
  readonly texts: ReadonlyMap<string, string>;
  /** Of `crypted.rootpassword` and `crypted.grubpassword`. */
  readonly rootPassword: Hashes | undefined;
  readonly grubPassword: Hashes | undefined;
}

/** What the configuration depends on beside the node. */
export interface ConfigFacts extends NodePlace {
  /** All interfaces of the member. */
  readonly interfaces: readonly OwnInterface[];
  /** What the node dialled: its `Host` header. */
  readonly host: string;
  /** By which deployed nodes know the collective. */
  readonly uuid: string;
  readonly locality: Locality;
}

/** As `deploycfg2` tells it. */
export function deployConfig(node: ConfiguredNode, facts: ConfigFacts): Record<string, unknown> {
  const { texts } = node;
  const text = (attribute: string): string => texts.get(attribute)?.trim() ?? "";
  const { v4, v6 } = facesOf(networksOf(texts), facts);
  const encrypted = text("deployment.encryptboot"), ntp = listed(text("ntp.servers"));
  const isNamed = v4.found !== undefined && v4.found.address === facts.ofName;
  return {
    ...told4(v4),
    ...told6(v6),
    deploy_server: serverOf(V4, facts, ({ v4: own }) => own, v4.found?.address),
    deploy_server_v6: server6Of(facts, v6.found?.address),
    matchesnodename: isNamed ? true : undefined,
    profile: text(PENDING),
    protocol: policyOf(text(POLICY)) === "always" ? "http" : "https",
    confluent_uuid: facts.uuid,
    textconsole: text("console.method") !== "",
    encryptboot: encrypted === "" || encrypted === "none" ? null : encrypted,
    rootpassword: node.rootPassword?.crypt ?? null,
    grubpassword: node.grubPassword?.grub ?? null,
    ...facts.locality,
    // Scripts take a name server of no characters for none.
    nameservers: listed(text("dns.servers"), [""]),
    ntpservers: ntp.length === 0 ? undefined : ntp,
    dnsdomain: text("dns.domain") || null,
  };
}

/** As `deploycfg` tells it, to those who know of IPv4 alone. */
export function deployConfig4(node: ConfiguredNode, facts: ConfigFacts): Record<string, unknown> {
  const all = Object.entries(deployConfig(node, facts));
  return Object.fromEntries(all.filter(([key]) => !key.includes("v6")));
}

function told4({ method, found }: NodeFace<Ipv4>): Record<string, unknown> {
  return {
    ipv4_method: method ?? null,
    ipv4_address: found === undefined ? null : ipv4Text(found.address),
    prefix: found?.prefix ?? null,
    ipv4_netmask: found === undefined ? undefined : ipv4Text(maskOf(found.prefix)),
    ipv4_gateway: found?.gateway === undefined ? null : ipv4Text(found.gateway),
  };
}

function told6({ method, found }: NodeFace<Ipv6>): Record<string, unknown> {
  return {
    ipv6_method: method ?? null,
    ipv6_address: found === undefined ? null : ipv6Text(found.address),
    ipv6_prefix: found?.prefix ?? null,
    ipv6_gateway: found?.gateway === undefined ? undefined : ipv6Text(found.gateway),
  };
}

/** The member's address in the node's network; else the one that was dialled; else any there. */
function serverOf<Address>(
  version: IpVersion<Address>,
  { on, interfaces, host, peer }: ConfigFacts,
  ownOf: (one: OwnInterface) => readonly Placed<Address>[],
  ofNode: Address | undefined,
): string | undefined {
  const near = on === undefined ? [] : ownOf(on);
  const [network] = [version.of(peer), ofNode].flatMap((address) =>
    address === undefined ? [] : around(version, near, address) ?? []
  );
  const dialled = dialledAddress(host), address = version.of(dialled ?? "");
  const isOurs = dialled !== undefined &&
    (on === undefined ? interfaces : [on]).some((one) => hasAddress(one, dialled));
  if (isOurs && address !== undefined) return dialled;
  const far = interfaces.flatMap(ownOf).find((own) => !isLoopback(version.text(own.address)));
  const own = network ?? (on === undefined ? far : near[0]);
  return own === undefined ? undefined : version.text(own.address);
}

/** To who came by a link-local address, the one of that sort there: at which of its interfaces that
 * is good, the node knows itself. */
function server6Of(facts: ConfigFacts, ofNode: Ipv6 | undefined): string | undefined {
  const from = ipv6Of(facts.peer);
  const isLocal = from === undefined ? ofNode === undefined : isLinkLocal6(from);
  const sorted = ({ v6 }: OwnInterface): readonly Placed<Ipv6>[] =>
    v6.toSorted((a, b) =>
      Number(isLinkLocal6(b.address) === isLocal) - Number(isLinkLocal6(a.address) === isLocal)
    );
  const isThere = facts.on !== undefined;
  // Without its interface such an address leads nowhere.
  const reachable = ({ v6 }: OwnInterface): readonly Placed<Ipv6>[] =>
    v6.filter(({ address }) => !isLinkLocal6(address));
  return serverOf(V6, facts, isThere ? sorted : reachable, ofNode);
}

function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}

function listed(text: string, unset: readonly string[] = []): readonly string[] {
  const items = text.split(",").map((item) => item.trim()).filter((item) => item !== "");
  return items.length === 0 ? unset : items;
}
