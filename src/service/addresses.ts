/** Where the others are told to reach this member. */
import { MAX_ADDRESSES_PER_MEMBER } from "../base/limits.ts";
import { type Endpoint, endpointText } from "../io/link.ts";
import { endpointOf } from "../model/address.ts";

/** An interface's address, as the platform lists them. */
export interface HostAddress {
  readonly address: string;
  readonly family: "IPv4" | "IPv6";
}

/**
 * What was asked for with --advertise; else the address it listens on; else, where that is any
 * address, every one of this host that others could reach, IPv4 first.
 */
export function ownAddresses(
  advertise: readonly string[],
  listening: Endpoint,
  host: readonly HostAddress[],
): string[] {
  const { port } = listening;
  if (advertise.length > 0) {
    const named = advertise.flatMap((text) => endpointOf(text, port) ?? []);
    return named.map(endpointText).slice(0, MAX_ADDRESSES_PER_MEMBER);
  }
  if (!isAny(listening.host)) return [endpointText(listening)];
  const reachable = host.filter(({ address }) => !isLocal(address));
  const sorted = [...(reachable.length > 0 ? reachable : host)]
    .sort((a, b) => a.family.localeCompare(b.family) || a.address.localeCompare(b.address));
  return sorted.map(({ address }) => endpointText({ host: address, port }))
    .slice(0, MAX_ADDRESSES_PER_MEMBER);
}

export function sameAddresses(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((address) => b.includes(address));
}

function isAny(host: string): boolean {
  return host === "::" || host === "0.0.0.0" || host === "";
}

function isLocal(address: string): boolean {
  return /^(127\.|169\.254\.|::1$|fe80:)/i.test(address);
}
