/** Interfaces and places for tests of what nodes are told. */
import { interface4Of, ipv4Of } from "../../../src/model/ipv4.ts";
import type { NodePlace } from "../../../src/model/self/node_address.ts";
import { type Placed, placedOf, V6 } from "../../../src/model/ip_version.ts";
import type { OwnInterface } from "../../../src/model/self/own_interface.ts";

/** `10.0.0.250/24` and `fe80::1/64`, in any number. */
export function own(index: number, name: string, ...addresses: readonly string[]): OwnInterface {
  const v4 = addresses.flatMap((text) => {
    const at = interface4Of(text);
    return at === undefined ? [] : [{ address: at.address, prefix: at.network.prefix }];
  });
  const v6 = addresses.flatMap((text): Placed<bigint>[] => {
    const { address, prefix } = placedOf(V6, text) ?? {};
    return address === undefined || prefix === undefined ? [] : [{ address, prefix }];
  });
  return { index, name, v4, v6 };
}

export const LO = own(1, "lo", "127.0.0.1/8", "::1/128");
export const ETH0 = own(2, "eth0", "10.0.0.250/24", "10.1.0.250/16", "fe80::1/64");
export const ETH1 = own(3, "eth1", "192.168.7.1/24", "fd00:7::1/64", "fe80::2/64");
export const ALL: readonly OwnInterface[] = [LO, ETH0, ETH1];

/** At eth0, from an address that says nothing. */
export function at(more: Partial<NodePlace> = {}): NodePlace {
  return { on: ETH0, peer: "fe80::99", ofName: undefined, ofController: new Set(), ...more };
}

export function ipv4(text: string): number {
  return ipv4Of(text) ?? -1;
}

export function attributes(values: Readonly<Record<string, string>>): Map<string, string> {
  return new Map(Object.entries(values));
}
