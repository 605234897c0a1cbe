/**
 * ARP for IPv4 over Ethernet (RFC 826), with its Ethernet header:
 *
 *      0  destination(6)  source(6)  0x0806
 *     14  hardware 1(2)  protocol 0x0800(2)  lengths 6(1) 4(1)  operation(2)
 *     22  sender MAC(6)  sender address(4)
 *     32  target MAC(6)  target address(4)
 */
import { assert } from "../base/assert.ts";
import type { Ipv4 } from "../model/ipv4.ts";
import { putU16, putU32, u16, u32 } from "./network_order.ts";

/** Values of `operation`. */
export const ARP_REQUEST = 1;
export const ARP_REPLY = 2;

const ARP_FRAME_BYTES = 42;
const MAC_BYTES = 6;
/** Ethertype, hardware type, protocol type and both lengths, which never change. */
const FIXED_AT = 12;
const FIXED = Uint8Array.of(8, 6, 0, 1, 8, 0, 6, 4);
const BROADCAST_MAC = new Uint8Array(MAC_BYTES).fill(255);

/** What a frame says; hardware addresses of six bytes, of a parsed one views of the frame. */
export interface ArpFrame {
  readonly destinationMac: Uint8Array;
  readonly sourceMac: Uint8Array;
  readonly operation: number;
  readonly senderMac: Uint8Array;
  /** 0 in a probe. */
  readonly senderAddress: Ipv4;
  readonly targetMac: Uint8Array;
  readonly targetAddress: Ipv4;
}

/** What the frame says; undefined for anything but a request or reply of that kind. */
export function parseArpFrame(frame: Uint8Array): ArpFrame | undefined {
  if (frame.length < ARP_FRAME_BYTES) return undefined;
  for (let i = 0; i < FIXED.length; i++) if (frame[FIXED_AT + i] !== FIXED[i]) return undefined;
  const operation = u16(frame, 20);
  if (operation !== ARP_REQUEST && operation !== ARP_REPLY) return undefined;
  return {
    destinationMac: frame.subarray(0, 6),
    sourceMac: frame.subarray(6, 12),
    operation,
    senderMac: frame.subarray(22, 28),
    senderAddress: u32(frame, 28),
    targetMac: frame.subarray(32, 38),
    targetAddress: u32(frame, 38),
  };
}

/** The frame, which a network card fills up to the least that Ethernet carries. */
export function printArpFrame(said: ArpFrame): Uint8Array {
  const frame = new Uint8Array(ARP_FRAME_BYTES);
  putMac(frame, 0, said.destinationMac);
  putMac(frame, 6, said.sourceMac);
  frame.set(FIXED, FIXED_AT);
  putU16(frame, 20, said.operation);
  putMac(frame, 22, said.senderMac);
  putU32(frame, 28, said.senderAddress);
  putMac(frame, 32, said.targetMac);
  putU32(frame, 38, said.targetAddress);
  return frame;
}

/** Whether it asks if anybody has the address, without claiming it (RFC 5227, section 1.1). */
export function isArpProbe({ operation, senderAddress }: ArpFrame): boolean {
  return operation === ARP_REQUEST && senderAddress === 0;
}

/** The probe that asks all on the link whether one of them has the address (RFC 5227, 2.1.1). */
export function arpProbe(sourceMac: Uint8Array, targetAddress: Ipv4): ArpFrame {
  return {
    destinationMac: BROADCAST_MAC,
    sourceMac,
    operation: ARP_REQUEST,
    senderMac: sourceMac,
    senderAddress: 0,
    targetMac: new Uint8Array(MAC_BYTES),
    targetAddress,
  };
}

function putMac(frame: Uint8Array, at: number, mac: Uint8Array): void {
  assert(mac.length === MAC_BYTES, "a hardware address of Ethernet has six bytes");
  frame.set(mac, at);
}
