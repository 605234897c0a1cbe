/** A node as far as its boot goes: what its attributes come to, read once while they stay as they
 * are. */
import { MAX_SERVERS_TOLD } from "../base/boot_limits.ts";
import {
  type BootPolicy,
  COMPLETED,
  PENDING,
  POLICY,
  policyOf,
  STAGED,
} from "../model/deployment.ts";
import { macOf } from "../model/hardware_address.ts";
import { type Interface4, interface4Of, type Ipv4, ipv4Of } from "../model/ipv4.ts";
import { listOf } from "../model/catalogue/membership.ts";
import { netAttributeOf, UUID } from "../model/machine_names.ts";
import { isBogusUuid } from "./boot_request.ts";

/** Where an address comes from (`net.*ipv4_method`). */
export const IPV4_METHODS = ["static", "dhcp", "firmwaredhcp", "firmwarenone", "none"] as const;
/** One of {@link IPV4_METHODS}. */
export type Ipv4Method = typeof IPV4_METHODS[number];

/** An IPv4 address, and its network where the attribute tells that too. */
export interface EntryAddress {
  readonly address: Ipv4;
  readonly own: Interface4 | undefined;
}

/** What `net.NAME.*` says of one interface of a node; `net.*` without a name is one as well. */
export interface NetEntry {
  /** Empty for the one without a name. */
  readonly name: string;
  readonly mac: string | undefined;
  /** Undefined where it is not set. */
  readonly method: Ipv4Method | undefined;
  readonly address: EntryAddress | undefined;
  readonly gateway: Ipv4 | undefined;
  /** Bytes. */
  readonly mtu: number | undefined;
}

/** See above. */
export interface BootNode {
  readonly name: string;
  readonly entries: readonly NetEntry[];
  /** The profile whose boot files it may have; empty for none. */
  readonly pending: string;
  /** Why there is none, for people. */
  readonly notPending: string;
  readonly policy: BootPolicy;
  /** Without quorum it gets nothing, not even its own address. */
  readonly isLockedDown: boolean;
  readonly dnsServers: readonly Ipv4[];
  readonly ntpServers: readonly Ipv4[];
  readonly domain: string;
  /** `id.uuid`, in lower case; empty where it is not set, or one that many machines have. */
  readonly uuid: string;
  /** Attributes that say nothing that makes sense, and count for nothing; for people. */
  readonly faults: readonly string[];
}

/** Whether the attribute is one that {@link bootNodeOf} reads. */
export function mattersToBoot(attribute: string): boolean {
  return /^(?:net|dns|ntp|deployment)\./.test(attribute) || attribute === LOCKDOWN ||
    attribute === UUID;
}

/** `strict`: without quorum not even a known address is given. */
export const LOCKDOWN = "collective.lockdown";

/** The node of that name with these attributes, as texts; expressions are evaluated. `broken`: why
 * some came to nothing. */
export function bootNodeOf(
  name: string,
  texts: ReadonlyMap<string, string>,
  broken: readonly string[] = [],
): BootNode {
  const faults = [...broken];
  const text = (attribute: string): string => texts.get(attribute)?.trim() ?? "";
  const addresses = (attribute: string): Ipv4[] =>
    listOf(text(attribute)).flatMap((one) => {
      const told = one.trim(), address = ipv4Of(told);
      // Names and IPv6 addresses are meant for the system, which can make use of them.
      if (address !== undefined) return [address];
      if (/^[\d.]+$/.test(told)) faults.push(faultOf(attribute, told, "an address, as 10.0.0.1"));
      return [];
    }).slice(0, MAX_SERVERS_TOLD);
  const checked = (attribute: string, isRight: (text: string) => boolean, wanted: string) => {
    const told = text(attribute);
    if (told === "" || isRight(told)) return told;
    faults.push(faultOf(attribute, told, wanted));
    return "";
  };
  const staged = text(STAGED), completed = text(COMPLETED);
  return {
    name,
    entries: entriesOf(texts, faults),
    pending: text(PENDING),
    notPending: staged !== ""
      ? `${staged} is staged: it boots from disk`
      : completed !== ""
      ? `${completed} is deployed: it boots from disk`
      : "no profile is pending: it boots from disk",
    policy: policyOf(text(POLICY)),
    isLockedDown: text(LOCKDOWN) === "strict",
    dnsServers: addresses("dns.servers"),
    ntpServers: addresses("ntp.servers"),
    domain: checked("dns.domain", (told) => DOMAIN.test(told), "a domain, as cluster.example"),
    uuid: checked(UUID, isUuid, "the UUID of this machine alone, as its firmware shows it")
      .toLowerCase(),
    faults,
  };
}

type Draft = { -readonly [key in keyof NetEntry]: NetEntry[key] };

function entriesOf(texts: ReadonlyMap<string, string>, faults: string[]): NetEntry[] {
  const entries = new Map<string, Draft>();
  for (const [attribute, raw] of texts) {
    const { name = "", leaf = "" } = netAttributeOf(attribute) ?? {};
    const read = LEAVES.get(leaf), text = raw.trim();
    if (read === undefined || text === "") continue;
    let entry = entries.get(name);
    if (entry === undefined) entries.set(name, entry = emptyEntry(name));
    if (!read.into(entry, text)) faults.push(faultOf(attribute, text, read.wanted));
  }
  return [...entries.values()].sort((a, b) => a.name < b.name ? -1 : 1);
}

function emptyEntry(name: string): Draft {
  const nothing = { mac: undefined, method: undefined, address: undefined };
  return { name, ...nothing, gateway: undefined, mtu: undefined };
}

/** How a text is taken into an entry (false where it makes no sense), and what would be right. */
interface Leaf {
  readonly into: (entry: Draft, text: string) => boolean;
  readonly wanted: string;
}

const LEAVES: ReadonlyMap<string, Leaf> = new Map<string, Leaf>([
  ["hwaddr", {
    into: (entry, text) => (entry.mac = macOf(text)) !== undefined,
    wanted: "a hardware address, as 52:54:00:0a:0b:0c",
  }],
  ["ipv4_method", {
    into: (entry, text) =>
      (entry.method = IPV4_METHODS.find((method) => method === text)) !== undefined,
    wanted: IPV4_METHODS.join(", "),
  }],
  ["ipv4_address", {
    into: (entry, text) => (entry.address = addressOf(text)) !== undefined,
    wanted: "an address, as 10.0.0.7/24",
  }],
  ["ipv4_gateway", {
    into: (entry, text) => (entry.gateway = ipv4Of(text)) !== undefined,
    wanted: "an address, as 10.0.0.1",
  }],
  ["mtu", {
    into: (entry, text) => (entry.mtu = mtuOf(text)) !== undefined,
    wanted: "a number of bytes, 68 to 65535",
  }],
]);

/** What a client is told by option 15, which some hand to a shell. */
const DOMAIN = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\.?$/i;
const UUID_TEXT = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function isUuid(text: string): boolean {
  return UUID_TEXT.test(text) && !isBogusUuid(text.toLowerCase());
}

function faultOf(attribute: string, text: string, wanted: string): string {
  return `${attribute}: "${text.slice(0, 64)}" makes no sense: wanted ${wanted}`;
}

function addressOf(text: string): EntryAddress | undefined {
  const own = interface4Of(text);
  const address = own?.address ?? ipv4Of(text);
  return address === undefined ? undefined : { address, own };
}

/** RFC 791: no network carries less than 68 bytes; option 26 has 16 bits. */
function mtuOf(text: string): number | undefined {
  const bytes = /^\d{2,5}$/.test(text) ? Number(text) : 0;
  return bytes >= 68 && bytes <= 65_535 ? bytes : undefined;
}
