/**
 * A collective on one segment, 10.0.0.0/24, as each of its members sees it, and machines that ask.
 * Everything is in texts: what is told of a node as its attributes, what is decided as one line.
 */
import { fail } from "node:assert/strict";

import type { Outcome } from "../../src/base/outcome.ts";
import {
  type Interface4,
  interface4Of,
  type Ipv4,
  ipv4Of,
  ipv4Text,
} from "../../src/model/ipv4.ts";
import { type MemberId, memberId } from "../../src/model/member.ts";
import { type BootAnswer, type BootDecision, decideBoot } from "../../src/netboot/boot_decision.ts";
import { bootNodeOf } from "../../src/netboot/boot_node.ts";
import { type BootRequest, readBootRequest } from "../../src/netboot/boot_request.ts";
import type {
  Arrival,
  BootAbilities,
  BootMember,
  BootProfile,
  BootView,
  Recognition,
} from "../../src/netboot/boot_view.ts";
import type { MayServe } from "../../src/netboot/content_rule.ts";
import { BOOTREQUEST, type Dhcp4Packet, parseDhcp4, printDhcp4 } from "../../src/wire/dhcp4.ts";
import {
  addressBytes,
  encapsulatedBytes,
  machineUuidBytes,
  MESSAGE_TYPE,
  OPTION,
  RELAY_SUBOPTION,
  textBytes,
  u16Bytes,
  u8Bytes,
} from "../../src/wire/dhcp4_options.ts";

export function valueOf<T>(outcome: Outcome<T> | undefined): T {
  return outcome?.ok ? outcome.value : fail(outcome?.refusal.message ?? "absent");
}

export function ip(text: string): Ipv4 {
  return ipv4Of(text) ?? fail(`${text} is no address`);
}

export function interface4(text: string): Interface4 {
  return interface4Of(text) ?? fail(`${text} is no address with a prefix`);
}

export const MAC = "52:54:00:00:00:01";
export const UUID = "4c4c4544-0042-3510-8054-b7c04f4e3132";

// ---- who asks

/** By what firmware and systems say of themselves: the class, and the architecture. */
export const CLIENTS = {
  "bios": ["PXEClient:Arch:00000:UNDI:002001", 0],
  "uefi": ["PXEClient:Arch:00007:UNDI:003016", 7],
  "arm64": ["PXEClient:Arch:00011:UNDI:003016", 11],
  "http": ["HTTPClient:Arch:00016:UNDI:003016", 16],
  "http-arm64": ["HTTPClient:Arch:00019:UNDI:003016", 19],
  "ipxe": ["PXEClient:Arch:00007:UNDI:003010", 7],
  "plain": ["udhcp 1.35.0", undefined],
  "nameless": [undefined, undefined],
} as const;

/** A request; addresses are texts. */
export interface Ask {
  readonly type?: keyof typeof MESSAGE_TYPE;
  readonly client?: keyof typeof CLIENTS;
  /** In place of the client's own. */
  readonly architectures?: readonly number[];
  readonly mac?: string;
  readonly uuid?: string;
  readonly requested?: string;
  readonly serverId?: string;
  readonly ciaddr?: string;
  readonly giaddr?: string;
  /** Of the relay: the client's link, and which server its answers are to name. */
  readonly link?: string;
  readonly override?: string;
  readonly xid?: number;
  readonly flags?: number;
  readonly asked?: readonly number[];
  readonly more?: ReadonlyMap<number, Uint8Array>;
}

/** The message, as it comes off the wire. */
export function packetOf(ask: Ask): Dhcp4Packet {
  const mac = Uint8Array.fromHex((ask.mac ?? MAC).replaceAll(":", ""));
  const at = (text: string | undefined): Ipv4 => text === undefined ? 0 : ip(text);
  const printed = printDhcp4({
    ...{
      op: BOOTREQUEST,
      htype: mac.length === 6 ? 1 : 32,
      hops: ask.giaddr === undefined ? 0 : 1,
    },
    ...{ xid: ask.xid ?? 0xfeed_0001, secs: 0, flags: ask.flags ?? 0 },
    ...{ ciaddr: at(ask.ciaddr), yiaddr: 0, siaddr: 0, giaddr: at(ask.giaddr) },
    ...{
      chaddr: mac,
      sname: "",
      file: "",
      options: new Map([...optionsOf(ask), ...ask.more ?? []]),
    },
  }, 1_472);
  return valueOf(parseDhcp4(valueOf(printed)));
}

function optionsOf(ask: Ask): Map<number, Uint8Array> {
  const { type = "DISCOVER", client = "uefi", uuid, requested, serverId, link, override } = ask;
  const [vendorClass, architecture] = CLIENTS[client];
  const options = new Map([[OPTION.MESSAGE_TYPE as number, u8Bytes(MESSAGE_TYPE[type])]]);
  const put = (code: number, value: Uint8Array | undefined): void => {
    if (value !== undefined) options.set(code, value);
  };
  put(
    OPTION.REQUESTED_IP_ADDRESS,
    requested === undefined ? requested : addressBytes(ip(requested)),
  );
  put(OPTION.SERVER_IDENTIFIER, serverId === undefined ? serverId : addressBytes(ip(serverId)));
  put(
    OPTION.VENDOR_CLASS_IDENTIFIER,
    vendorClass === undefined ? undefined : textBytes(vendorClass),
  );
  const codes = ask.architectures ?? (architecture === undefined ? [] : [architecture]);
  if (codes.length > 0) {
    put(OPTION.CLIENT_SYSTEM_ARCHITECTURE, Uint8Array.from(codes.flatMap((c) => [...u16Bytes(c)])));
  }
  if (client === "ipxe") put(OPTION.USER_CLASS, textBytes("iPXE"));
  if (uuid !== undefined) put(OPTION.CLIENT_MACHINE_IDENTIFIER, valueOf(machineUuidBytes(uuid)));
  if (ask.asked !== undefined) put(OPTION.PARAMETER_REQUEST_LIST, Uint8Array.from(ask.asked));
  const relay = new Map<number, Uint8Array>();
  if (link !== undefined) relay.set(RELAY_SUBOPTION.LINK_SELECTION, addressBytes(ip(link)));
  if (override !== undefined) {
    relay.set(RELAY_SUBOPTION.SERVER_IDENTIFIER_OVERRIDE, addressBytes(ip(override)));
  }
  if (relay.size > 0) put(OPTION.RELAY_AGENT_INFORMATION, encapsulatedBytes(relay));
  return options;
}

export function requestOf(ask: Ask): BootRequest {
  return valueOf(readBootRequest(packetOf(ask)));
}

/** Where it was heard; addresses are texts. */
export interface Heard {
  readonly locals?: readonly string[];
  readonly to?: string;
  readonly from?: string;
  readonly port?: 67 | 4011;
}

export function arrivalOf({ locals, to, from, port = 67 }: Heard, ofMember: string): Arrival {
  return {
    via: "eth0",
    locals: (locals ?? [ofMember]).map(interface4),
    to: ip(to ?? "255.255.255.255"),
    from: { address: ip(from ?? "0.0.0.0"), port: from === undefined ? 68 : 4_068 },
    port,
  };
}

// ---- who decides

/** What a member is, in texts, where it is not as all others are. */
export interface MemberTold {
  readonly isLive?: boolean;
  readonly interfaces?: readonly string[];
  readonly relays?: readonly string[];
  readonly can?: Partial<BootAbilities>;
  /** Of every profile. */
  readonly content?: MayServe["may"];
}

const CAN: BootAbilities = {
  ...{ dhcp: true, tftp: true, httpPort: 8080 },
  loaders: [
    "x86_64/snponly.efi",
    "x86_64/undionly.kpxe",
    "aarch64/snponly.efi",
    "x86_64/grubx64.efi",
    "aarch64/grubaa64.efi",
  ],
};

/** What all members know; see above. */
export interface World {
  readonly members?: Readonly<Record<string, MemberTold>>;
  /** Attributes by node. */
  readonly nodes?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly profiles?: Readonly<Record<string, BootProfile>>;
  readonly candidates?: ReadonlySet<string> | string;
  readonly isHeld?: boolean;
  readonly foreign?: string;
  readonly ofName?: string;
}

const MEMBERS = { m1: {}, m2: {}, m3: {} };

export function idOf(name: string): MemberId {
  return memberId(name.slice(1).padStart(16, "0"));
}

/** The interface of m7 is 10.0.0.17/24. */
function interfaceOf(name: string): string {
  return `10.0.0.${10 + Number(name.slice(1))}/24`;
}

export function memberOf(name: string, told: MemberTold = {}): BootMember {
  return {
    ...{ id: idOf(name), name, isLive: told.isLive ?? true },
    interfaces: (told.interfaces ?? [interfaceOf(name)]).map(interface4),
    relays: (told.relays ?? []).map(ip),
    can: { ...CAN, ...told.can },
  };
}

export class Stage implements BootView {
  readonly members: readonly BootMember[];
  readonly isHeld: boolean;
  readonly self: MemberId;
  readonly name: string;
  readonly #world: World;

  readonly #recognizes: BootView["recognize"] | undefined;

  /** `recognizes`: in place of what the world knows of its nodes. */
  constructor(name: string, world: World, recognizes?: BootView["recognize"]) {
    this.#recognizes = recognizes;
    this.name = name;
    this.self = idOf(name);
    this.#world = world;
    this.isHeld = world.isHeld ?? true;
    this.members = Object.entries(world.members ?? MEMBERS).map(([one, told]) =>
      memberOf(one, told)
    );
  }

  recognize(mac: string, uuid: string | undefined): Recognition {
    if (this.#recognizes !== undefined) return this.#recognizes(mac, uuid);
    const isStranger = true;
    for (const by of ["mac", "uuid"] as const) {
      for (const [name, texts] of Object.entries(this.#world.nodes ?? {})) {
        const node = bootNodeOf(name, new Map(Object.entries(texts)));
        const isIt = by === "uuid"
          ? texts["id.uuid"] !== undefined && texts["id.uuid"] === uuid
          : mac !== "" && node.entries.some((entry) => entry.mac === mac);
        const { ofName } = this.#world;
        if (isIt) return { node, by, ofName: ofName === undefined ? undefined : ip(ofName) };
      }
    }
    return { node: undefined, why: "nobody knows it", isStranger };
  }

  candidatesOf(): ReadonlySet<string> | string | undefined {
    return this.#world.candidates;
  }

  profile(name: string): BootProfile | undefined {
    return (this.#world.profiles ?? { alma: { loader: "ipxe" } })[name];
  }

  mayServe(_profile: string, id: MemberId): MayServe {
    const { content = "preferred" } = Object.entries(this.#world.members ?? {})
      .find(([name]) => idOf(name) === id)?.[1] ?? {};
    return content === "preferred"
      ? { may: content }
      : { may: content, because: "its files differ" };
  }

  foreignServer(): Ipv4 | undefined {
    return this.#world.foreign === undefined ? undefined : ip(this.#world.foreign);
  }

  /** What it makes of a request that it hears on its own interface. */
  decides(ask: Ask, heard: Heard = {}): BootDecision {
    const own = memberOf(this.name, this.#world.members?.[this.name]).interfaces;
    const locals = own.map(({ address, network }) => `${ipv4Text(address)}/${network.prefix}`);
    return decideBoot(requestOf(ask), arrivalOf({ locals, ...heard }, "10.0.0.1/24"), this);
  }

  says(ask: Ask, heard: Heard = {}): string {
    return this.textOf(this.decides(ask, heard));
  }

  /** `offer 10.0.0.50/24 for 240 s, tftp confluent/x86_64/snponly.efi; m2 m3 m1`. */
  textOf(decision: BootDecision): string {
    if (decision.kind === "silence") return `- ${decision.why}`;
    const { answer, order, mustProbe } = decision;
    const names = order.map((id) => this.members.find((one) => one.id === id)?.name ?? id);
    return `${answerText(answer)}; ${names.join(" ")}${mustProbe ? ", to be probed" : ""}`;
  }
}

export function answerText(answer: BootAnswer): string {
  const { message, address, leaseSeconds, target, isProxy, serverId } = answer;
  return [
    message + (isProxy ? " of a proxy" : "") +
    (address === undefined
      ? ""
      : ` ${ipv4Text(address.address)}/${address.network.prefix} for ${leaseSeconds} s`),
    ...target === undefined ? [] : [`${target.by} ${target.path}`],
    ...serverId === undefined ? [] : [`for ${ipv4Text(serverId)}`],
  ].join(", ");
}

/** One node, n1, known by MAC, at 10.0.0.50/24, that alma is pending for. */
export const N1 = {
  "net.eth0.hwaddr": MAC,
  "net.eth0.ipv4_address": "10.0.0.50/24",
  "deployment.pendingprofile": "alma",
} as const;

export function n1(
  more: Readonly<Record<string, string>> = {},
): NonNullable<World["nodes"]> {
  return { n1: { ...N1, ...more } };
}
