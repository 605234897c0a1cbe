/** What a DHCP request says, as far as the boot decision goes: who asks, with which kind of client,
 * for what. RFC 2131 section 4.3, RFC 4578, the PXE specification 2.1, UEFI 2.10 section 24. */
import { ok, type Outcome, refused } from "../base/outcome.ts";
import { macText } from "../model/hardware_address.ts";
import type { Ipv4 } from "../model/ipv4.ts";
import type { RequestKind } from "../wire/boot_frame.ts";
import { BOOTREQUEST, BROADCAST, type Dhcp4Packet } from "../wire/dhcp4.ts";
import {
  MESSAGE_TYPE,
  OPTION,
  type Options,
  readAddress,
  readEncapsulated,
  readMachineUuid,
  readRequested,
  readText,
  readU16s,
  readU8,
  readUserClasses,
  RELAY_SUBOPTION,
  replyRoom,
} from "../wire/dhcp4_options.ts";

/**
 * Who asks: firmware that boots by PXE (`pxe`) or by HTTP (`http`), iPXE, or anything else, which
 * is after an address alone.
 */
export type ClientKind = "pxe" | "http" | "ipxe" | "plain";

/** What its processor and firmware take. */
export type Architecture = "bios" | "uefi-x64" | "uefi-arm64";

/** See above. */
export interface BootRequest {
  readonly kind: RequestKind;
  readonly xid: number;
  /** Lower case with colons; empty where the client sends none (IPoIB, RFC 4390). */
  readonly mac: string;
  /** In lower case; undefined where it tells none, or one that many machines have. */
  readonly uuid: string | undefined;
  readonly client: ClientKind;
  /** Undefined for firmware of another kind, and for what is no firmware. */
  readonly architecture: Architecture | undefined;
  /** The number of it (RFC 4578 section 2.1). */
  readonly architectureCode: number | undefined;
  /** 0 for none, as of the other addresses. */
  readonly requested: Ipv4;
  readonly serverId: Ipv4;
  readonly ciaddr: Ipv4;
  readonly giaddr: Ipv4;
  /** The link that the client is on, where the relay says that it is another than its own
   * (RFC 3527). */
  readonly link: Ipv4;
  readonly wantsBroadcast: boolean;
  /** Option codes in the order of importance to the client; empty where it does not tell. */
  readonly asked: readonly number[];
  /** The longest DHCP message it takes, in bytes. */
  readonly maxBytes: number;
  /** Option 82, to be echoed as it is. */
  readonly relayAgent: Uint8Array | undefined;
  /** The address that the relay wants answers to name (RFC 5107). */
  readonly serverIdOverride: Ipv4 | undefined;
  /** Option 97, to be echoed as it is. */
  readonly machineId: Uint8Array | undefined;
  /** Option 61, to be echoed as it is (RFC 6842): without a hardware address a client knows its
   * answers by it (RFC 4390). */
  readonly clientId: Uint8Array | undefined;
}

/** No link that boots machines takes less than Ethernet does, IPv4 and UDP headers included. */
const MTU_BYTES = 1500;

const KINDS: Readonly<Record<number, RequestKind>> = {
  [MESSAGE_TYPE.DISCOVER]: "discover",
  [MESSAGE_TYPE.DECLINE]: "decline",
  [MESSAGE_TYPE.RELEASE]: "release",
  [MESSAGE_TYPE.INFORM]: "inform",
};

/** RFC 4578 section 2.1 and the registry of IANA: architectures whose loaders are known. */
const ARCHITECTURES: Readonly<Record<number, Architecture>> = {
  0: "bios",
  7: "uefi-x64",
  9: "uefi-x64",
  11: "uefi-arm64",
  16: "uefi-x64",
  19: "uefi-arm64",
};

/** UUIDs that makers left in many machines: they tell nobody apart. */
const BOGUS: ReadonlySet<string> = new Set([
  "00000000-0000-0000-0000-000000000000",
  "ffffffff-ffff-ffff-ffff-ffffffffffff",
  "03000200-0400-0500-0006-000700080009",
  "00020003-0004-0005-0006-000700080009",
  "12345678-1234-5678-90ab-cddeefaabbcc",
]);

/** Whether the UUID, in lower case, is one that tells nobody apart. */
export function isBogusUuid(uuid: string): boolean {
  return BOGUS.has(uuid);
}

/**
 * The request; `invalid` with the reason for what is none, as an answer of a server, and where an
 * option that decides makes no sense. What only describes the client may make none: there is
 * firmware that gets it wrong.
 */
export function readBootRequest(packet: Dhcp4Packet): Outcome<BootRequest> {
  if (packet.op !== BOOTREQUEST) return refused("invalid", "it is no request but an answer");
  const { options, xid, ciaddr, giaddr, flags } = packet;
  const type = readU8(options, OPTION.MESSAGE_TYPE);
  if (type === undefined) return refused("invalid", "BOOTP without a DHCP message type");
  const asked = readAddress(options, OPTION.REQUESTED_IP_ADDRESS) ?? NO_ADDRESS;
  const server = readAddress(options, OPTION.SERVER_IDENTIFIER) ?? NO_ADDRESS;
  if (!type.ok) return type;
  if (!asked.ok) return asked;
  if (!server.ok) return server;
  const requested = asked.value, serverId = server.value;
  const isRequest = type.value === MESSAGE_TYPE.REQUEST;
  const kind = isRequest ? requestKind(serverId, requested) : KINDS[type.value];
  if (kind === undefined) return refused("invalid", `DHCP message ${type.value} is no request`);
  const uuid = valueOf(readMachineUuid(options));
  const client = clientOf(options);
  const codes = valueOf(readU16s(options, OPTION.CLIENT_SYSTEM_ARCHITECTURE)) ?? [];
  // One that supports several may list them.
  const architectureCode = codes.find((code) => code in ARCHITECTURES) ?? codes[0];
  const known = architectureCode === undefined ? undefined : ARCHITECTURES[architectureCode];
  return ok({
    ...{ kind, xid, ciaddr, giaddr, requested, serverId, client, architectureCode },
    mac: macText(packet.chaddr),
    uuid: uuid === undefined || BOGUS.has(uuid) ? undefined : uuid,
    architecture: client === "plain" ? undefined : known,
    wantsBroadcast: (flags & BROADCAST) !== 0,
    asked: readRequested(options),
    maxBytes: replyRoom(options, MTU_BYTES),
    // What is kept outlives the buffer that the packet is a view of.
    relayAgent: options.get(OPTION.RELAY_AGENT_INFORMATION)?.slice(),
    link: packet.giaddr === 0 ? 0 : ofRelay(options, RELAY_SUBOPTION.LINK_SELECTION) ?? 0,
    serverIdOverride: ofRelay(options, RELAY_SUBOPTION.SERVER_IDENTIFIER_OVERRIDE),
    machineId: options.get(OPTION.CLIENT_MACHINE_IDENTIFIER)?.slice(),
    clientId: options.get(OPTION.CLIENT_IDENTIFIER)?.slice(),
  });
}

const NO_ADDRESS = ok(0);

function valueOf<T>(read: Outcome<T> | undefined): T | undefined {
  return read?.ok ? read.value : undefined;
}

function ofRelay(options: Options, code: number): Ipv4 | undefined {
  const agent = valueOf(readEncapsulated(options, OPTION.RELAY_AGENT_INFORMATION));
  return agent && valueOf(readAddress(agent, code));
}

/** RFC 2131 section 4.3.2, table 4. */
function requestKind(serverId: Ipv4, requested: Ipv4): RequestKind {
  if (serverId !== 0) return "selecting";
  return requested !== 0 ? "init-reboot" : "rebinding";
}

function clientOf(options: Options): ClientKind {
  const vendorClass = readText(options, OPTION.VENDOR_CLASS_IDENTIFIER) ?? "";
  const classes = valueOf(readUserClasses(options)) ?? [];
  if (classes.includes("iPXE") || options.has(OPTION.IPXE)) return "ipxe";
  if (vendorClass.startsWith("HTTPClient")) return "http";
  return vendorClass.startsWith("PXEClient") ? "pxe" : "plain";
}
