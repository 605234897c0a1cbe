/** IP addresses and networks of either version: for what is compared now and then. What a boot
 * storm compares is ipv4.ts. */
import { type Ipv4, ipv4Of, ipv4Text, isWithin, networkOf } from "./ipv4.ts";
import { type Ipv6, ipv6At, ipv6Of, ipv6Text, isLinkLocal6, isWithin6 } from "./ipv6.ts";

/** An address of one of both versions. */
export type IpAddress =
  | { readonly family: 4; readonly address: Ipv4 }
  | { readonly family: 6; readonly address: Ipv6 };

/** All addresses whose first bits are those of this one. */
export interface IpNetwork {
  readonly address: IpAddress;
  /** How many bits, 0 to 32 or 128. */
  readonly prefix: number;
}

/** 169.254.0.0/16 (RFC 3927). */
const LINK_LOCAL_4 = networkOf(0xa9fe_0000, 16);

/** The address of a text; undefined for any other text. An interface behind it (`%eth0`) counts for
 * nothing, and an IPv4 address in an IPv6 one (RFC 4291, section 2.5.5.2) is that IPv4 address. */
export function ipAddressOf(text: string): IpAddress | undefined {
  const [plain = ""] = text.split("%");
  const four = ipv4Of(plain), six = ipv6Of(plain);
  if (four !== undefined) return { family: 4, address: four };
  if (six === undefined) return undefined;
  const isMapped = six >> 32n === 0xffffn;
  return isMapped
    ? { family: 4, address: Number(six & 0xffff_ffffn) }
    : { family: 6, address: six };
}

/** The text of an address as it is: sockets of both versions show those of IPv4 as
 * `::ffff:192.0.2.1`. */
export function plainAddress(text: string): string {
  return text.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, "");
}

/** The address in 4 or 16 bytes, in the order of the network; undefined for any other number. */
export function ipAddressAt(bytes: Uint8Array): IpAddress | undefined {
  if (bytes.length === 16) return { family: 6, address: ipv6At(bytes) };
  if (bytes.length !== 4) return undefined;
  return { family: 4, address: bytes.reduce((sum, byte) => sum * 256 + byte, 0) };
}

/** `10.0.0.50`, `fe80::1`; the same text for the same address. */
export function ipAddressText(one: IpAddress): string {
  return one.family === 4 ? ipv4Text(one.address) : ipv6Text(one.address);
}

/** The network of `10.0.0.0/8` or `fd00::/8`, whatever stands beyond the prefix; of an address
 * alone that address. Undefined for any other text. */
export function ipNetworkOf(text: string): IpNetwork | undefined {
  const [host = "", bits, ...more] = text.trim().split("/");
  const address = ipAddressOf(host);
  if (address === undefined || more.length > 0) return undefined;
  const most = address.family === 4 ? 32 : 128;
  if (bits === undefined) return { address, prefix: most };
  const prefix = /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN;
  return prefix <= most ? { address, prefix } : undefined;
}

/** Whether the address is one of the network; of another version it is not. */
export function isInNetwork({ address: own, prefix }: IpNetwork, one: IpAddress): boolean {
  if (own.family === 4) {
    return one.family === 4 && isWithin(networkOf(own.address, prefix), one.address);
  }
  return one.family === 6 && isWithin6({ address: own.address, prefix }, one.address);
}

/** Whether it is good on one link alone: 169.254.0.0/16 (RFC 3927), fe80::/10 (RFC 4291, section
 * 2.5.6). */
export function isLinkLocal(one: IpAddress): boolean {
  return one.family === 4 ? isWithin(LINK_LOCAL_4, one.address) : isLinkLocal6(one.address);
}
