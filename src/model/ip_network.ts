/**
 * IP addresses and networks of both families, as bytes: for what is compared now and then. What a
 * boot storm compares is ipv4.ts.
 */
import { ipv4Of } from "./ipv4.ts";

/** 4 bytes (IPv4) or 16 (IPv6), in the order of the network. */
export type IpBytes = Uint8Array;

/** All addresses whose first bits are these. */
export interface IpNetwork {
  readonly bytes: IpBytes;
  /** How many bits, 0 to 32 or 128. */
  readonly prefix: number;
}

const MAPPED = /^::ffff:(?=[\d.]+$)/i;

/** The address of a text; undefined for any other text. An interface behind it (`%eth0`) counts for
 * nothing, and an IPv4 address in an IPv6 one (RFC 4291, section 2.5.5.2) is that IPv4 address. */
export function ipOf(text: string): IpBytes | undefined {
  const [address = ""] = text.replace(MAPPED, "").split("%");
  const ipv4 = ipv4Of(address);
  if (ipv4 !== undefined) return Uint8Array.of(ipv4 >>> 24, ipv4 >>> 16, ipv4 >>> 8, ipv4);
  return address.includes(":") ? ipv6Of(address) : undefined;
}

/** RFC 4291, section 2.2. */
function ipv6Of(text: string): IpBytes | undefined {
  const tail = /^(.*:)([\d.]+\.[\d.]+)$/.exec(text);
  const ipv4 = tail === null ? undefined : ipv4Of(tail[2] ?? "");
  if (tail !== null && ipv4 === undefined) return undefined;
  const groups = ipv4 === undefined
    ? text
    : `${tail?.[1]}${(ipv4 >>> 16).toString(16)}:${(ipv4 & 0xffff).toString(16)}`;
  const [before = "", after, ...more] = groups.split("::");
  if (more.length > 0) return undefined;
  const head = wordsOf(before), rest = wordsOf(after ?? "");
  if (head === undefined || rest === undefined) return undefined;
  const missing = 8 - head.length - rest.length;
  if (after === undefined ? missing !== 0 : missing < 1) return undefined;
  const words = [...head, ...new Array<number>(missing).fill(0), ...rest];
  return Uint8Array.from(words.flatMap((word) => [word >>> 8, word & 0xff]));
}

function wordsOf(text: string): number[] | undefined {
  if (text === "") return [];
  const words = text.split(":");
  if (!words.every((word) => /^[0-9a-f]{1,4}$/i.test(word))) return undefined;
  return words.map((word) => parseInt(word, 16));
}

/** The network of `10.0.0.0/8` or `fd00::/8`, whatever stands beyond the prefix; of an address
 * alone that address. Undefined for any other text. */
export function ipNetworkOf(text: string): IpNetwork | undefined {
  const [host = "", bits, ...more] = text.trim().split("/");
  const bytes = ipOf(host);
  if (bytes === undefined || more.length > 0) return undefined;
  const most = bytes.length * 8;
  if (bits === undefined) return { bytes, prefix: most };
  const prefix = /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN;
  return prefix <= most ? { bytes, prefix } : undefined;
}

/** Whether the address is one of the network; of another family it is not. */
export function isInNetwork({ bytes, prefix }: IpNetwork, address: IpBytes): boolean {
  if (bytes.length !== address.length) return false;
  const whole = prefix >>> 3, rest = prefix & 7;
  for (let i = 0; i < whole; i++) if (bytes[i] !== address[i]) return false;
  if (rest === 0) return true;
  return (((bytes[whole] ?? 0) ^ (address[whole] ?? 0)) >>> (8 - rest)) === 0;
}

/** Whether it is of one link alone: fe80::/10 (RFC 4291, section 2.5.6), 169.254/16 (RFC 3927). */
export function isLinkLocal(address: IpBytes): boolean {
  const [first, second = 0] = address;
  if (address.length === 4) return first === 169 && second === 254;
  return first === 0xfe && (second & 0xc0) === 0x80;
}

/** The same text for the same address, with which tables are kept: hexadecimal digits. */
export function ipKey(address: IpBytes): string {
  return address.toHex();
}
