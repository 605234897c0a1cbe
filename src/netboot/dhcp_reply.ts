/** The DHCP message of an answer, and where it goes. RFC 2131 sections 4.1 and 4.3, RFC 4578,
 * RFC 6842, the PXE specification 2.1 section 2.2, UEFI 2.10 section 24.7. */
import { concat } from "../base/bytes.ts";
import { type Ipv4, ipv4Text, isWithin, maskOf } from "../model/ipv4.ts";
import { BOOTREPLY, BROADCAST, type Dhcp4Packet } from "../wire/dhcp4.ts";
import {
  addressBytes,
  addressesBytes,
  encapsulatedBytes,
  MESSAGE_TYPE,
  OPTION,
  textBytes,
  u16Bytes,
  u32Bytes,
  u8Bytes,
} from "../wire/dhcp4_options.ts";
import type { BootAnswer } from "./boot_decision.ts";
import type { BootRequest } from "./boot_request.ts";
import type { BootTarget } from "./boot_target.ts";
import type { Arrival } from "./boot_view.ts";

/** Who answers. */
export interface Answerer {
  /** Its address where the client is. */
  readonly address: Ipv4;
  readonly httpPort: number;
}

/** Where an answer goes; ports and frames follow of it. */
export type ReplyRoute =
  /** To the relay, or the client at its address: the host's own routes lead there. */
  | { readonly kind: "routed"; readonly to: Ipv4; readonly port: number }
  /** On the link that the request came by, to everybody there. */
  | { readonly kind: "broadcast" }
  /** On that link, to the client's hardware address: it answers no ARP yet. */
  | { readonly kind: "frame"; readonly to: Ipv4 };

const SERVER_PORT = 67;
const CLIENT_PORT = 68;
/** The longest name that the fixed field for it holds, with its end. */
const MAX_FILE_CHARACTERS = 127;
/** Vendor options of PXE: 6 is discovery control, and its bit 3 "boot the file that is named". They
 * end with PXE_END, as those of other servers do. */
const PXE_DIRECT = concat([encapsulatedBytes(new Map([[6, u8Bytes(8)]])), u8Bytes(OPTION.END)]);
/** iPXE waits 3 s for a proxy's offer unless it is told (176.1) that none will come. */
const IPXE_NO_PROXY = encapsulatedBytes(new Map([[176, u8Bytes(1)]]));

/** What describes the network, in the order of its importance. */
const NETWORK_OPTIONS: readonly number[] = [
  OPTION.SUBNET_MASK,
  OPTION.ROUTER,
  OPTION.DOMAIN_NAME_SERVER,
  OPTION.HOST_NAME,
  OPTION.DOMAIN_NAME,
  OPTION.INTERFACE_MTU,
  OPTION.NTP_SERVERS,
  OPTION.RENEWAL_TIME,
  OPTION.REBINDING_TIME,
];

const MESSAGES = { offer: MESSAGE_TYPE.OFFER, ack: MESSAGE_TYPE.ACK, nak: MESSAGE_TYPE.NAK };

/** The message. Its options are in the order of importance: what has no room is left out. */
export function replyPacket(
  request: BootRequest,
  htype: number,
  chaddr: Uint8Array,
  answer: BootAnswer,
  answerer: Answerer,
): Dhcp4Packet {
  const { address, target } = answer;
  const isNak = answer.message === "nak";
  const file = target === undefined ? "" : fileText(target, answerer);
  return {
    ...{ op: BOOTREPLY, htype, hops: 0, xid: request.xid, secs: 0 },
    // RFC 2131 section 4.3.2: a relay must broadcast a DHCPNAK.
    flags: request.wantsBroadcast || isNak ? BROADCAST : 0,
    ciaddr: answer.message === "ack" ? request.ciaddr : 0,
    yiaddr: address?.address ?? 0,
    // iPXE takes a proxy's file for none where no server stands beside it, though it is a URL.
    siaddr: target === undefined ? 0 : answerer.address,
    giaddr: request.giaddr,
    ...{ chaddr, sname: "" },
    file: file.length <= MAX_FILE_CHARACTERS ? file : "",
    options: optionsOf(request, answer, answerer, file),
  };
}

/** Where the message goes. RFC 2131 section 4.1, and of the last case that a client without an
 * address hears nothing that an ordinary socket would send. */
export function routeOf(request: BootRequest, answer: BootAnswer, at: Arrival): ReplyRoute {
  const { giaddr, ciaddr, wantsBroadcast, mac } = request;
  if (giaddr !== 0) return { kind: "routed", to: giaddr, port: SERVER_PORT };
  if (at.port === 4011 && at.from.address !== 0) {
    return { kind: "routed", to: at.from.address, port: at.from.port };
  }
  if (answer.message === "nak") return { kind: "broadcast" };
  // In what asks for an address the field says nothing (RFC 2131 table 5), and anybody may fill it.
  const isHeld = request.kind === "rebinding" || request.kind === "inform";
  if (ciaddr !== 0 && isHeld) return { kind: "routed", to: ciaddr, port: CLIENT_PORT };
  const { address } = answer;
  if (wantsBroadcast || address === undefined || mac === "") return { kind: "broadcast" };
  return { kind: "frame", to: address.address };
}

/** What the client fetches, as it is told: a path for TFTP, a whole URL else. */
export function fileText(target: BootTarget, { address, httpPort }: Answerer): string {
  if (target.by === "tftp") return target.path;
  const port = httpPort === 80 ? "" : `:${httpPort}`;
  return `http://${ipv4Text(address)}${port}${target.path}`;
}

/** The address that the answer names as its server. */
export function serverIdOf(request: BootRequest, answer: BootAnswer, self: Ipv4): Ipv4 {
  return request.serverIdOverride ?? answer.serverId ?? self;
}

// ----

function optionsOf(
  request: BootRequest,
  answer: BootAnswer,
  answerer: Answerer,
  file: string,
): Map<number, Uint8Array> {
  const { message, address, target, leaseSeconds, isProxy } = answer;
  const options = new Map<number, Uint8Array>();
  options.set(OPTION.MESSAGE_TYPE, u8Bytes(MESSAGES[message]));
  const serverId = serverIdOf(request, answer, answerer.address);
  options.set(OPTION.SERVER_IDENTIFIER, addressBytes(serverId));
  if (request.relayAgent !== undefined) {
    options.set(OPTION.RELAY_AGENT_INFORMATION, request.relayAgent);
  }
  if (request.clientId !== undefined) options.set(OPTION.CLIENT_IDENTIFIER, request.clientId);
  if (message === "nak") return options;
  if (address !== undefined) {
    options.set(OPTION.IP_ADDRESS_LEASE_TIME, u32Bytes(leaseSeconds));
    options.set(OPTION.SUBNET_MASK, u32Bytes(maskOf(address.network.prefix)));
  }
  if (target !== undefined) setBoot(options, request, isProxy, file, target, answerer);
  if (!isProxy) setNetwork(options, request, answer);
  return options;
}

function setBoot(
  options: Map<number, Uint8Array>,
  { client, machineId }: BootRequest,
  isProxy: boolean,
  file: string,
  target: BootTarget,
  { address }: Answerer,
): void {
  if (client === "http") options.set(OPTION.VENDOR_CLASS_IDENTIFIER, textBytes("HTTPClient"));
  else if (client === "pxe" || isProxy) {
    options.set(OPTION.VENDOR_CLASS_IDENTIFIER, textBytes("PXEClient"));
    options.set(OPTION.VENDOR_SPECIFIC, PXE_DIRECT);
  }
  if (machineId !== undefined) options.set(OPTION.CLIENT_MACHINE_IDENTIFIER, machineId);
  options.set(OPTION.BOOTFILE_NAME, textBytes(file));
  if (target.by === "tftp") options.set(OPTION.TFTP_SERVER_NAME, textBytes(ipv4Text(address)));
  if (client === "ipxe" && !isProxy) options.set(OPTION.IPXE, IPXE_NO_PROXY);
}

/** What describes the network, in the order in which the client asked for it; all of it where it
 * did not. */
function setNetwork(
  options: Map<number, Uint8Array>,
  { asked }: BootRequest,
  answer: BootAnswer,
): void {
  for (const code of asked.length > 0 ? asked : NETWORK_OPTIONS) {
    if (options.has(code)) continue;
    const value = networkOption(code, answer);
    if (value !== undefined) options.set(code, value);
  }
}

/** Undefined where there is nothing to tell, or it is no option of these. */
function networkOption(code: number, answer: BootAnswer): Uint8Array | undefined {
  const { node, addressing, leaseSeconds, address } = answer;
  const { gateway, mtu } = addressing;
  const network = (address ?? addressing.address)?.network;
  switch (code) {
    case OPTION.SUBNET_MASK:
      return network && u32Bytes(maskOf(network.prefix));
    case OPTION.ROUTER:
      return gateway !== undefined && network !== undefined && isWithin(network, gateway)
        ? addressBytes(gateway)
        : undefined;
    case OPTION.DOMAIN_NAME_SERVER:
      return node.dnsServers.length > 0 ? addressesBytes(node.dnsServers) : undefined;
    case OPTION.HOST_NAME:
      return textBytes(node.name);
    case OPTION.DOMAIN_NAME:
      return node.domain === "" ? undefined : textBytes(node.domain);
    case OPTION.INTERFACE_MTU:
      return mtu === undefined ? undefined : u16Bytes(mtu);
    case OPTION.NTP_SERVERS:
      return node.ntpServers.length > 0 ? addressesBytes(node.ntpServers) : undefined;
    // RFC 2131 section 4.4.5: half of the lease, and seven eighths of it.
    case OPTION.RENEWAL_TIME:
      return leaseSeconds > 0 ? u32Bytes(Math.floor(leaseSeconds / 2)) : undefined;
    case OPTION.REBINDING_TIME:
      return leaseSeconds > 0 ? u32Bytes(Math.floor(leaseSeconds * 7 / 8)) : undefined;
    default:
      return undefined;
  }
}
