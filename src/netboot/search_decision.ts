/**
 * What a member makes of a node's search for members: an answer, or silence and why. Every member
 * that may serve the node answers: the node takes whom it likes, and another when that one is gone.
 *
 * S1 Only who is on the link is answered: by a link-local address, or one of the interface's own
 *    networks.
 * S2 Who searches for another collective is not answered, whosever the machine is.
 * S3 A machine that no node is known to be is a stranger, and gets no answer.
 * S4 Without quorum, and by a member that is no candidate of the node, nothing is answered.
 * S5 A system that knows this collective is answered at any time; any other while a profile is
 *    pending, for only then is it this collective's to install.
 */
import { type IpAddress, ipAddressText, isLinkLocal } from "../model/ip_address.ts";
import { type Interface4, type Ipv4, isHostAddress, isWithin } from "../model/ipv4.ts";
import { type Interface6, isWithin6 } from "../model/ipv6.ts";
import type { SearchAnswer, SearchField } from "../wire/ssdp.ts";
import type { BootNode } from "./boot_node.ts";
import { isBogusUuid } from "./boot_request.ts";
import type { BootView, Recognition } from "./boot_view.ts";
import { candidatesFor } from "./candidates.ts";

/** How a search came in. */
export interface SearchArrival {
  /** The interface that heard it, by its name. */
  readonly via: string;
  /** The addresses of that interface. */
  readonly locals: readonly Interface4[];
  readonly locals6: readonly Interface6[];
  /** Who sent it. */
  readonly from: IpAddress;
}

/** What the decision goes by beside the search. */
export interface SearchView
  extends Pick<BootView, "self" | "members" | "isHeld" | "recognize" | "candidatesOf"> {
  /** By which nodes know the collective, in lower case. */
  readonly uuid: string;
}

/** See above. */
export interface SearchDecision {
  /** What is answered, but for the time; undefined for silence. */
  readonly answer: {
    readonly node: Omit<NonNullable<SearchAnswer["node"]>, "wallMs"> | undefined;
    readonly isPresent: boolean;
  } | undefined;
  /** Why it is not told which node it is; empty where it is. */
  readonly why: string;
  /** The node that it is, told or not. */
  readonly node: string | undefined;
  /** Of the hardware addresses that it tells, the one that it is known by; empty for none. */
  readonly mac: string;
  /** A machine that nobody knows. */
  readonly isStranger: boolean;
}

/** What a machine says that it is. */
export interface MachineIds {
  /** In lower case; undefined where it tells none. */
  readonly uuid: string | undefined;
  /** As `macOf` spells them. */
  readonly macs: readonly string[];
}

/** The node that a machine is, and the hardware address that it was known by (empty: its UUID). */
export type KnownMachine = Recognition & { readonly mac: string };

/** Of several hardware addresses each that is a node's must be that one node's: a port that was
 * moved to another machine makes neither of them the other. The UUID counts where none is known. */
export function machineOf({ uuid, macs }: MachineIds, of: BootView["recognize"]): KnownMachine {
  let known: Extract<KnownMachine, { node: BootNode }> | undefined;
  for (const mac of macs) {
    const one = of(mac, undefined);
    if (one.node === undefined) {
      if (!one.isStranger) return { ...one, mac };
    } else if (known === undefined) {
      known = { ...one, mac };
    } else if (known.node.name !== one.node.name) {
      const why = `${known.mac} is of ${known.node.name}, and ${mac} of ${one.node.name}: ` +
        "leave them to one of both";
      return { node: undefined, why, isStranger: false, mac };
    }
  }
  if (known !== undefined) return known;
  const isTelling = uuid !== undefined && !isBogusUuid(uuid);
  return { ...of("", isTelling ? uuid : undefined), mac: macs[0] ?? "" };
}

/** What the fields of a search say that the machine is. */
export function machineIdsOf(fields: readonly SearchField[]): MachineIds {
  const macs = fields.flatMap((field) => field.name === "mac" ? [field.value] : []);
  const uuid = fields.find((field) => field.name === "uuid");
  return { uuid: uuid?.name === "uuid" ? uuid.value : undefined, macs };
}

/** See above. */
export function decideSearch(
  fields: readonly SearchField[],
  at: SearchArrival,
  view: SearchView,
): SearchDecision {
  const machine = machineOf(machineIdsOf(fields), (mac, uuid) => view.recognize(mac, uuid));
  const { mac, node } = machine;
  const subject = { mac, node: node?.name };
  if (!isOnLink(at)) {
    const why = `${ipAddressText(at.from)} is in no network of ${at.via}`;
    return { ...subject, answer: undefined, why, isStranger: false };
  }
  const wanted = wantedOf(fields, view.uuid);
  const isPresent = wanted.isAnyone && view.isHeld;
  const silent = isPresent ? { node: undefined, isPresent } : undefined;
  if (wanted.foreign !== undefined) {
    const why = `it searches for the collective ${
      wanted.foreign || "of no UUID"
    }, not for this one`;
    return { ...subject, answer: silent, why, isStranger: false };
  }
  if (node === undefined) {
    return { ...subject, answer: silent, why: machine.why, isStranger: machine.isStranger };
  }
  const why = whyNot(node, wanted.isOurs, view);
  if (why !== undefined) return { ...subject, answer: silent, why, isStranger: false };
  const isDefaultNet = isOwnNet(node, machine.ofName, at.locals);
  const told = { name: node.name, via: at.via, isDefaultNet };
  return { ...subject, answer: { node: told, isPresent }, why: "", isStranger: false };
}

/** S1. */
export function isOnLink({ from, locals, locals6 }: SearchArrival): boolean {
  if (isLinkLocal(from)) return true;
  if (from.family === 6) return locals6.some((own) => isWithin6(own, from.address));
  return isHostAddress(from.address) &&
    locals.some(({ network }) => isWithin(network, from.address));
}

interface Wanted {
  /** The collective that it searches for, where that is another. */
  readonly foreign: string | undefined;
  readonly isOurs: boolean;
  /** It searches for every member, whosever it is itself. */
  readonly isAnyone: boolean;
}

/** The fields count one after another, up to another collective's UUID. */
function wantedOf(fields: readonly SearchField[], uuid: string): Wanted {
  let isOurs = false, isAnyone = false;
  for (const field of fields) {
    if (field.name === "allconfluent") isAnyone = true;
    if (field.name !== "confluentuuid") continue;
    if (field.value !== uuid) return { foreign: field.value, isOurs: false, isAnyone };
    isOurs = true;
  }
  return { foreign: undefined, isOurs, isAnyone };
}

/** S4 and S5. */
function whyNot(node: BootNode, isOurs: boolean, view: SearchView): string | undefined {
  if (!view.isHeld) {
    return "no quorum: a node is served only where a majority of the members answer";
  }
  const { names, fault } = candidatesFor(node.name, view);
  if (fault !== undefined) return fault;
  const own = view.members.find(({ id }) => id === view.self);
  if (own === undefined) return "this member is not in the roster";
  if (names !== undefined && !names.has(own.name)) {
    return `${own.name} may not answer: it is none of collective.managercandidates`;
  }
  if (isOurs || node.pending !== "") return undefined;
  return `it does not name this collective, and ${node.notPending}`;
}

/** Whether the address that is the node's own is of the interface's networks: that of `net.*`
 * without a name, else of any entry, else of its name. */
function isOwnNet(
  { entries }: BootNode,
  ofName: Ipv4 | undefined,
  locals: readonly Interface4[],
): boolean {
  const told = entries.flatMap(({ name, address }) =>
    address === undefined ? [] : [{ name, address: address.address }]
  );
  const unnamed = told.filter(({ name }) => name === "");
  const own = unnamed.length > 0 ? unnamed : told;
  const addresses = own.length > 0 ? own.map(({ address }) => address) : [ofName];
  return addresses.some((address) =>
    address !== undefined && locals.some(({ network }) => isWithin(network, address))
  );
}
