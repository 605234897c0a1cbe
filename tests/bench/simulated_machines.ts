/** Machines that ask for addresses: node d1, d2 and so on, each with a hardware address by which it
 * is known and an address of the bench's network. */
import { type BenchMember } from "./collective.ts";

export interface SimulatedMachine {
  readonly name: string;
  /** Lower case with colons. */
  readonly mac: string;
  readonly address: string;
}

/** Of all of them. */
export const GATEWAY = "10.79.0.1";
const PREFIX = 16;
/** Below it are the bench's own. */
const FIRST_ADDRESS = 16 * 256;
/** perfdhcp's base is 00:0c:01:02:03:04. It adds a number to that, byte by byte, and carries
 * nothing over. */
const MAKER = [0x00, 0x0c] as const;
const BASE = [0x01, 0x02, 0x03, 0x04] as const;

/** `network`: the first two octets of their addresses. */
export function simulatedMachines(count: number, network = "10.79"): SimulatedMachine[] {
  return Array.from({ length: count }, (_, i): SimulatedMachine => {
    const mac = [...MAKER, ...BASE.map((byte, at) => (byte + (i >>> 24 - 8 * at)) & 0xff)];
    const address = FIRST_ADDRESS + i;
    return {
      name: `d${i + 1}`,
      mac: mac.map((byte) => byte.toString(16).padStart(2, "0")).join(":"),
      address: `${network}.${address >>> 8}.${address & 0xff}`,
    };
  });
}

/** Makes nodes of them, in one write: its index. */
export async function defineMachines(
  by: BenchMember,
  machines: readonly SimulatedMachine[],
): Promise<number> {
  return await by.writeLines(machines.map(({ name, mac, address }) =>
    JSON.stringify({
      name,
      "net.hwaddr": mac,
      "net.ipv4_address": `${address}/${PREFIX}`,
      "net.ipv4_gateway": GATEWAY,
    })
  ));
}
