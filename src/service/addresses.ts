/** Where the others are told to reach this member. */
import { MAX_ADDRESSES_PER_MEMBER } from "../base/limits.ts";
import { type Endpoint, endpointText } from "../io/link.ts";
import { endpointOf } from "../model/address.ts";
import type { Member, MemberId } from "../model/member.ts";

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

/** The same for a joiner, with its end of the link to a member first: that one is known to work. */
export function joinerAddresses(
  advertise: readonly string[],
  listening: Endpoint,
  local: Endpoint,
  host: readonly HostAddress[],
): string[] {
  const own = ownAddresses(advertise, listening, host);
  if (advertise.length > 0 || !isAny(listening.host)) return own;
  const known = endpointText({ host: local.host, port: listening.port });
  return [...new Set([known, ...own])].slice(0, MAX_ADDRESSES_PER_MEMBER);
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

/** What a token of the member `self` names: its own addresses first, then one of every other. */
export function tokenAddresses(members: readonly Member[], self: MemberId): string[] {
  const own = members.filter(({ id }) => id === self).flatMap(({ addresses }) => addresses);
  const others = members.filter(({ id }) => id !== self)
    .flatMap(({ addresses }) => addresses.slice(0, 1));
  return [...own, ...others].slice(0, MAX_ADDRESSES_PER_MEMBER);
}
