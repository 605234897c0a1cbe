/** How a node's management controller is to be reached, as `bmcconfig` tells it to the node that
 * sets it up. */
import { endpointOf } from "../address.ts";
import { ipAddressOf, ipAddressText } from "../ip_address.ts";
import { around, V4 } from "../ip_version.ts";
import { type Ipv4, ipv4Text } from "../ipv4.ts";
import type { NodeNetwork } from "./node_network.ts";
import type { OwnInterface } from "./own_interface.ts";

/** What the text of `hardwaremanagement.manager` says. */
export interface Controller {
  /** Where it is reached: maybe with a scheme in front, and a port behind. */
  readonly address: string;
  /** The name or the IP address in that; empty where it makes no sense. */
  readonly host: string;
  /** How its own address is to be set up. */
  readonly prefix: number | undefined;
}

/** See {@link Controller}; all is empty where nothing is set. */
export function controllerOf(text: string): Controller {
  const [, address = "", bits] = /^(.*?)(?:\/(\d{1,3}))?$/.exec(text.trim()) ?? [];
  const host = endpointOf(address.replace(/^https?:\/\/|\/$/gi, ""))?.host ?? "";
  return { address, host, prefix: bits === undefined ? undefined : Number(bits) };
}

/** What a node is told of how its controller is to be reached, as `bmcconfig` tells it. `address`:
 * that of the controller, where it has one of IPv4. */
export function controllerConfig(
  texts: ReadonlyMap<string, string>,
  networks: readonly NodeNetwork[],
  interfaces: readonly OwnInterface[],
  address: Ipv4 | undefined,
): Record<string, unknown> {
  const text = (attribute: string): string | undefined =>
    texts.get(`hardwaremanagement.${attribute}`)?.trim() || undefined;
  const told: Record<string, unknown> = { bmcport: text("port"), bmcvlan: text("vlan") };
  if (address === undefined) return told;
  const own = interfaces.flatMap(({ v4 }) => v4);
  const ofNode = networks.flatMap(({ v4 }) =>
    v4.address === undefined || v4.prefix === undefined
      ? []
      : [{ address: v4.address, prefix: v4.prefix }]
  );
  const given = controllerOf(text("manager") ?? "").prefix;
  const prefix = given ?? around(V4, [...own, ...ofNode], address)?.prefix ?? null;
  const gateway = prefix === null ? undefined : networks.map(({ v4 }) => v4.gateway)
    .find((one) => one !== undefined && V4.isWithin({ address, prefix }, one));
  return {
    ...told,
    bmcipv4: ipv4Text(address),
    prefixv4: prefix,
    bmcgw: gateway === undefined ? null : ipv4Text(gateway),
  };
}

/** The controller's address as it is told, where the attribute has one and no name. */
export function controllerAddress(text: string): string | undefined {
  const address = ipAddressOf(controllerOf(text).host);
  return address && ipAddressText(address);
}
