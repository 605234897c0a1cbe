/** What the boot decision must know beside the request: all of it as the one member that decides
 * has it at that moment. */
import type { MemberId } from "../model/member.ts";
import type { Interface4, Ipv4, Network } from "../model/ipv4.ts";
import type { Loader } from "../model/profile.ts";
import type { BootNode } from "./boot_node.ts";
import type { MayServe } from "./content_rule.ts";

/** How a request came in. */
export interface Arrival {
  /** The interface that heard it, by its name. */
  readonly via: string;
  /** The addresses of that interface, the first the one it is known by. */
  readonly locals: readonly Interface4[];
  /** Whom the datagram was for: a broadcast address, or one of this member's. */
  readonly to: Ipv4;
  readonly from: { readonly address: Ipv4; readonly port: number };
  /** 67, or 4011 for whoever asks a proxy by itself. */
  readonly port: 67 | 4011;
}

/** What of boot a member can do now. */
export interface BootAbilities {
  readonly dhcp: boolean;
  readonly tftp: boolean;
  /** The port where files are had; 0 for none. */
  readonly httpPort: number;
  /** The first stages that it has, as `x86_64/snponly.efi`. */
  readonly loaders: readonly string[];
}

/** A member, as whoever decides knows it. */
export interface BootMember {
  readonly id: MemberId;
  readonly name: string;
  /** Whether it answers its peers now. */
  readonly isLive: boolean;
  /** Where it hears requests, with its address there; those of one that is gone are remembered. */
  readonly interfaces: readonly Interface4[];
  /** Relays that it heard lately. */
  readonly relays: readonly Ipv4[];
  readonly can: BootAbilities;
}

/** What the MAC and the UUID of a request come to. */
export type Recognition =
  | {
    readonly node: BootNode;
    /** Known by its hardware address, or by its UUID alone. */
    readonly by: "mac" | "uuid";
    /** The address of the node's name, where known; it counts where no attribute has one. */
    readonly ofName: Ipv4 | undefined;
  }
  /** Nobody's, or nobody knows whose. */
  | { readonly node: undefined; readonly why: string; readonly isStranger: boolean };

/** A profile, as far as it matters to what is answered. */
export interface BootProfile {
  readonly loader: Loader;
}

/** See above. */
export interface BootView {
  readonly self: MemberId;
  /** All of them, this one among them. */
  readonly members: readonly BootMember[];
  /** Whether a majority answers. */
  readonly isHeld: boolean;
  recognize(mac: string, uuid: string | undefined): Recognition;
  /** The names that `collective.managercandidates` comes to, undefined where it is not set; why it
   * comes to nothing where it makes no sense. */
  candidatesOf(node: string): ReadonlySet<string> | string | undefined;
  profile(name: string): BootProfile | undefined;
  /** Whether a member may send the files of the profile. */
  mayServe(profile: string, id: MemberId): MayServe;
  /** A DHCP server that is no member and gives addresses there, where one was found and this member
   * is not told to give them all the same. */
  foreignServer(networks: readonly Network[]): Ipv4 | undefined;
}
