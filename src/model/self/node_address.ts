/** Which address a node has on the network that its request came by. */
import { around, type IpVersion, type Placed, V4, V6 } from "../ip_version.ts";
import type { Ipv4 } from "../ipv4.ts";
import type { Ipv6 } from "../ipv6.ts";
import type { NetworkFace, NodeNetwork } from "./node_network.ts";
import type { OwnInterface } from "./own_interface.ts";

/** Where the node is, as far as it is known. */
export interface NodePlace {
  /** The member's interface that it is at; undefined behind a router. */
  readonly on: OwnInterface | undefined;
  /** Where its request came from. */
  readonly peer: string;
  /** What its name comes to. */
  readonly ofName: Ipv4 | undefined;
  /** Addresses of its management controller, as texts: those are not the system's. */
  readonly ofController: ReadonlySet<string>;
}

/** An address that the system is to have. */
export interface NodeAddress<Address> extends Placed<Address> {
  /** Only within its network. */
  readonly gateway: Address | undefined;
}

/** What the node has there by one version of IP. */
export interface NodeFace<Address> {
  readonly method: "static" | "dhcp" | undefined;
  /** There for `static`. */
  readonly found: NodeAddress<Address> | undefined;
}

/**
 * The static address of a network that is at hand: the one that the node speaks from, else the
 * first. A network is at hand if the member's interface is in it or, behind a router, the node's
 * own address; the prefix is the interface's there, whatever the attribute says. Where no attribute
 * has an address there that of the node's name counts; where nothing does, DHCP if a network has
 * that.
 */
export function facesOf(
  networks: readonly NodeNetwork[],
  place: NodePlace,
): { readonly v4: NodeFace<Ipv4>; readonly v6: NodeFace<Ipv6> } {
  const { on, ofName } = place;
  const faces4 = networks.map(({ v4 }) => v4), faces6 = networks.map(({ v6 }) => v6);
  const found6 = attributed(V6, faces6, on?.v6 ?? [], place);
  const found4 = attributed(V4, faces4, on?.v4 ?? [], place) ??
    named(faces4, on?.v4 ?? [], ofName);
  const isFound = found4 !== undefined || found6 !== undefined;
  return {
    v4: { method: methodOf(faces4, found4, isFound), found: found4 },
    v6: { method: methodOf(faces6, found6, isFound), found: found6 },
  };
}

function methodOf<Address>(
  faces: readonly NetworkFace<Address>[],
  found: NodeAddress<Address> | undefined,
  isOtherFound: boolean,
): NodeFace<Address>["method"] {
  if (found !== undefined) return "static";
  return !isOtherFound && faces.some(({ method }) => method === "dhcp") ? "dhcp" : undefined;
}

function attributed<Address>(
  version: IpVersion<Address>,
  faces: readonly NetworkFace<Address>[],
  own: readonly Placed<Address>[],
  { peer, ofController }: NodePlace,
): NodeAddress<Address> | undefined {
  const from = version.of(peer);
  const isRouted = from !== undefined && around(version, own, from) === undefined;
  const fitting = faces.flatMap(({ method, address, prefix, gateway }) => {
    if (method !== "static" || address === undefined) return [];
    if (ofController.has(version.text(address))) return [];
    const near = around(version, own, address)?.prefix;
    const isThere = isRouted && prefix !== undefined &&
      version.isWithin({ address, prefix }, from);
    const length = near ?? (isThere ? prefix : undefined);
    return length === undefined ? [] : [within(version, { address, prefix: length }, gateway)];
  });
  return fitting.find(({ address }) => address === from) ?? fitting[0];
}

/** Its gateway is that of whichever network has one there. */
function named(
  faces: readonly NetworkFace<Ipv4>[],
  own: readonly Placed<Ipv4>[],
  ofName: Ipv4 | undefined,
): NodeAddress<Ipv4> | undefined {
  const isDhcp = faces.some(({ method }) => method === "dhcp");
  const near = ofName === undefined || isDhcp ? undefined : around(V4, own, ofName);
  if (near === undefined || ofName === undefined) return undefined;
  const placed = { address: ofName, prefix: near.prefix };
  const gateway = faces.map((face) => face.gateway)
    .find((one) => one !== undefined && V4.isWithin(placed, one));
  return within(V4, placed, gateway);
}

function within<Address>(
  version: IpVersion<Address>,
  placed: Placed<Address>,
  gateway: Address | undefined,
): NodeAddress<Address> {
  const isIn = gateway !== undefined && version.isWithin(placed, gateway);
  return { ...placed, gateway: isIn ? gateway : undefined };
}
