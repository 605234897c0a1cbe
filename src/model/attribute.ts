/**
 * The attributes a node may have: a catalogue of names, what a value must be, and what a request
 * that sets one means. Values are texts; a flag is kept as `true` or `false`.
 */
import { utf8 } from "../base/bytes.ts";
import { MAX_NAME_LENGTH, MAX_VALUE_BYTES } from "../base/limits.ts";
import { ok, type Outcome, type Refused, refused } from "../base/outcome.ts";
import { nearest } from "./nearest.ts";

export interface Attribute {
  readonly name: string;
  /** `sealed` values are never told; `list` is for `groups` alone. */
  readonly kind: "text" | "flag" | "sealed" | "list";
  /** The only values it takes, where it takes few. An empty text is always taken. */
  readonly values?: readonly string[];
  /** Why a request may not set it, where it may not. */
  readonly refuses?: string;
}

const BY_SERVICE = "is written by the service alone";
const NOT_SEALED = "cannot be stored until it can be sealed";

const PLAIN: readonly string[] = [
  "collective.manager",
  "collective.managercandidates",
  "deployment.pendingprofile",
  "deployment.profile",
  "deployment.stagedprofile",
  "deployment.storage",
  "dns.domain",
  "dns.servers",
  "hardwaremanagement.manager",
  "id.model",
  "id.serial",
  "id.uuid",
  "info.note",
  "location.height",
  "location.rack",
  "location.room",
  "location.row",
  "location.u",
  "ntp.servers",
];

/** deployment.apiarmed may hold a time as well, so its values are not listed. */
const CHOICES: readonly (readonly [string, string])[] = [
  ["console.method", "ssh ipmi openbmc tsmsol vcenter proxmox"],
  ["deployment.useinsecureprotocols", "always firmware never"],
  [
    "hardwaremanagement.method",
    "affluent cnos cooltera deltapdu eatonpdu enclosure enlogic enos geist ipmi null nxos pdu " +
    "proxmox raritan redfish srlinux vcenter",
  ],
  ["type", "switch server rackmount dense enclosure"],
];

const WRITTEN_BY_SERVICE: readonly string[] = [
  "deployment.client_ip",
  "deployment.lock",
  "deployment.state",
  "deployment.state_detail",
  "deployment.state_last_updated",
];

const SEALED: readonly string[] = [
  "crypted.grubpassword",
  "crypted.rootpassword",
  "crypted.selfapikey",
  "secret.hardwaremanagementpassword",
  "secret.hardwaremanagementuser",
  "secret.ipmikg",
  "secret.selfapiarmtoken",
  "secret.snmpcommunity",
];

const NET_LEAVES: readonly string[] = [
  "connection_name",
  "extra_settings",
  "hostname",
  "hwaddr",
  "interface_names",
  "ipv4_address",
  "ipv4_gateway",
  "ipv6_address",
  "ipv6_gateway",
  "mtu",
  "switch",
  "switchport",
  "vlan_id",
];

const IP_METHODS = "dhcp static firmwaredhcp firmwarenone none";
const NET_CHOICES: readonly (readonly [string, string])[] = [
  ["ipv4_method", IP_METHODS],
  ["ipv6_method", IP_METHODS],
  ["team_mode", "lacp loadbalance roundrobin activebackup none"],
];

const ALIASES: ReadonlyMap<string, string> = new Map([
  ["bmc", "hardwaremanagement.manager"],
  ["bmcuser", "secret.hardwaremanagementuser"],
  ["bmcpass", "secret.hardwaremanagementpassword"],
  ["switchuser", "secret.hardwaremanagementuser"],
  ["switchpass", "secret.hardwaremanagementpassword"],
]);

const NET: ReadonlyMap<string, Attribute> = new Map(
  [
    { name: "net.bootable", kind: "flag" } as const,
    ...NET_LEAVES.map((leaf) => ({ name: `net.${leaf}`, kind: "text" } as const)),
    ...choices(NET_CHOICES.map(([leaf, values]) => [`net.${leaf}`, values])),
  ].map((attribute) => [attribute.name.slice("net.".length), attribute]),
);

/** Every attribute with a name of its own; `net.<name>.<leaf>` and `custom.*` are made when met. */
export const CATALOGUE: ReadonlyMap<string, Attribute> = new Map(
  [
    {
      name: "groups",
      kind: "list",
      refuses: "cannot be set yet: groups are not there yet",
    } as const,
    { name: "deployment.apiarmed", kind: "text" } as const,
    ...PLAIN.map((name) => ({ name, kind: "text" } as const)),
    ...choices(CHOICES),
    ...WRITTEN_BY_SERVICE.map((name) => ({ name, kind: "text", refuses: BY_SERVICE } as const)),
    ...SEALED.map((name) => ({ name, kind: "sealed", refuses: NOT_SEALED } as const)),
    ...NET.values(),
  ].map((attribute): [string, Attribute] => [attribute.name, attribute])
    .sort(([a], [b]) => a < b ? -1 : 1),
);

function choices(of: readonly (readonly [name: string, values: string])[]): Attribute[] {
  return of.map(([name, values]) => ({ name, kind: "text", values: values.split(" ") }));
}

/** The attribute of that name or alias; `invalid` with the nearest name for any other. */
export function findAttribute(given: string): Outcome<Attribute> {
  const name = ALIASES.get(given) ?? given;
  const known = CATALOGUE.get(name);
  if (known !== undefined) return ok(known);
  if (name.length > MAX_NAME_LENGTH || !/^[a-zA-Z0-9_-]+(\.[a-zA-Z0-9_-]+)*$/.test(name)) {
    return unknown(name);
  }
  const last = name.lastIndexOf(".");
  if (name.startsWith("net.") && last > "net.".length) {
    const leaf = NET.get(name.slice(last + 1));
    return leaf === undefined ? unknown(name) : ok({ ...leaf, name });
  }
  if (isSealed(name)) return ok({ name, kind: "sealed", refuses: NOT_SEALED });
  return name.startsWith("custom.") ? ok({ name, kind: "text" }) : unknown(name);
}

/** Whether the value of that attribute is never told. */
export function isSealed(name: string): boolean {
  return /^(secret|crypted|custom\.nodesecret)\../.test(name);
}

/** What the attribute holds after it is set to `value`; `invalid` says what would be right. */
export function settable(attribute: Attribute, value: string | number | boolean): Outcome<string> {
  const { name, kind, values, refuses } = attribute;
  if (refuses !== undefined) return refused("invalid", `Attribute ${name} ${refuses}`);
  if (kind === "flag") return ok(String(isTrue(value)));
  const text = String(value);
  if (values !== undefined && text !== "" && !values.includes(text)) {
    return refused(
      "invalid",
      `Attribute ${name} does not accept value ${text.slice(0, 64)} ` +
        `(valid values would be ${values.join(", ")})`,
    );
  }
  if (text.length > MAX_VALUE_BYTES / 3 && utf8(text).length > MAX_VALUE_BYTES) {
    return refused(
      "invalid",
      `the value of ${name} has ${utf8(text).length} bytes; MAX_VALUE_BYTES is ${MAX_VALUE_BYTES}`,
    );
  }
  return ok(text);
}

function isTrue(value: string | number | boolean): boolean {
  return value === true || /^(true|1|y|yes|enable|enabled)$/i.test(String(value));
}

function unknown(name: string): Refused {
  const candidates = [...CATALOGUE.keys(), ...ALIASES.keys()];
  if (name.startsWith("net.")) {
    const middle = name.slice("net.".length, name.lastIndexOf(".") + 1);
    candidates.push(...[...NET.keys()].map((leaf) => `net.${middle}${leaf}`));
  }
  const best = nearest(name, candidates);
  return refused(
    "invalid",
    `${name.slice(0, 64)} is not a valid attribute name` +
      (best === undefined ? "; names of your own begin with custom." : `; did you mean ${best}?`),
  );
}
