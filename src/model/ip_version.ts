/** What is done alike with addresses of both versions of IP, of which each is a type of its own. */
import { type Ipv4, ipv4Of, ipv4Text, isWithin, networkOf } from "./ipv4.ts";
import { type Ipv6, ipv6Of, ipv6Text, isWithin6 } from "./ipv6.ts";

/** An address and how many of its leading bits are its network's. */
export interface Placed<Address> {
  readonly address: Address;
  readonly prefix: number;
}

/** See the head. */
export interface IpVersion<Address> {
  readonly number: 4 | 6;
  /** Of an address. */
  readonly bits: 32 | 128;
  of(text: string): Address | undefined;
  text(address: Address): string;
  /** Whether both are in the network of the first. */
  isWithin(network: Placed<Address>, address: Address): boolean;
}

/** See {@link IpVersion}. */
export const V4: IpVersion<Ipv4> = {
  ...{ number: 4, bits: 32, of: ipv4Of, text: ipv4Text },
  isWithin: ({ address, prefix }, other) => isWithin(networkOf(address, prefix), other),
};

/** See {@link IpVersion}. */
export const V6: IpVersion<Ipv6> = {
  ...{ number: 6, bits: 128, of: ipv6Of, text: ipv6Text, isWithin: isWithin6 },
};

/** Of the networks the smallest that holds the address; undefined where none does. */
export function around<Address>(
  version: IpVersion<Address>,
  networks: readonly Placed<Address>[],
  address: Address,
): Placed<Address> | undefined {
  return networks.filter((network) => version.isWithin(network, address))
    .sort((a, b) => b.prefix - a.prefix)[0];
}

/** `10.0.0.7/24`, or the address alone; nothing where it is neither. */
export function placedOf<Address>(
  version: IpVersion<Address>,
  text: string,
): Omit<Placed<Address>, "prefix"> & { readonly prefix: number | undefined } | undefined {
  const [, host = "", bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const address = version.of(host);
  if (address === undefined) return undefined;
  const prefix = bits === undefined ? undefined : Number(bits);
  return { address, prefix: prefix !== undefined && prefix <= version.bits ? prefix : undefined };
}
