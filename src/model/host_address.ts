/** Addresses of hosts, of either version of IP. */
import { type Ipv4, ipv4Text } from "./ipv4.ts";
import { type Ipv6, ipv6Text } from "./ipv6.ts";

/** See above. */
export type HostAddress =
  | { readonly family: 4; readonly address: Ipv4 }
  | { readonly family: 6; readonly address: Ipv6 };

/** `10.0.0.50`, `fe80::1`. */
export function hostAddressText(host: HostAddress): string {
  return host.family === 4 ? ipv4Text(host.address) : ipv6Text(host.address);
}
