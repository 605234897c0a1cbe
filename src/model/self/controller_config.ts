/** How a node's management controller is to be reached, as `bmcconfig` tells it to the node that
 * sets it up. */
import { type Ipv4, ipv4Of, ipv4Text } from "../ipv4.ts";
import type { NodeNetwork } from "./node_network.ts";
import { around, type OwnInterface, V4, V6 } from "./own_interface.ts";

/** What the text of `hardwaremanagement.manager` says of a controller's address: the address or the
 * name in it, and the prefix. */
export function controllerOf(text: string): { host: string; prefix: number | undefined } {
  const [host = "", bits = ""] = text.trim().split("/");
  const prefix = /^\d{1,3}$/.test(bits) ? Number(bits) : undefined;
  return { host, prefix };
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
  const { host } = controllerOf(text);
  const v4 = ipv4Of(host), v6 = V6.of(host);
  return v4 !== undefined ? ipv4Text(v4) : v6 !== undefined ? V6.text(v6) : undefined;
}
