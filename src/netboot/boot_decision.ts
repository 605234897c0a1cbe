/**
 * What a member makes of a DHCP request: an answer, and in which order the members give it, or
 * silence and why. It is a function of the request and of what the member knows; members that know
 * the same come to the same.
 */
import type { MemberId } from "../model/member.ts";
import {
  type Interface4,
  type Ipv4,
  ipv4Text,
  isHostAddress,
  isWithin,
  sameNetwork,
} from "../model/ipv4.ts";
import { type Addressing, addressingOf, type Segment } from "./addressing.ts";
import type { BootNode, Ipv4Method } from "./boot_node.ts";
import type { BootRequest } from "./boot_request.ts";
import { type BootTarget, targetOf, whyUnable } from "./boot_target.ts";
import type { Arrival, BootMember, BootView } from "./boot_view.ts";
import { candidatesFor } from "./candidates.ts";
import { rendezvousOrder } from "./rendezvous.ts";

/** What an answer says, whoever gives it. */
export interface BootAnswer {
  readonly message: "offer" | "ack" | "nak";
  readonly node: BootNode;
  /** Undefined for a proxy's answer and for one to DHCPINFORM. */
  readonly address: Interface4 | undefined;
  readonly addressing: Addressing;
  /** Seconds; 0 where no address is given. */
  readonly leaseSeconds: number;
  readonly target: BootTarget | undefined;
  /** Another server gives the address. */
  readonly isProxy: boolean;
  /** The server that the client wants to hear from, where that is one that is gone. */
  readonly serverId: Ipv4 | undefined;
}

/** See above. */
export type BootDecision =
  | {
    readonly kind: "answer";
    readonly answer: BootAnswer;
    /** Who answers: the first, the others one after another should it be silent. */
    readonly order: readonly MemberId[];
    /** Without quorum nothing is known of the others: whether the address is free is to be seen. */
    readonly mustProbe: boolean;
  }
  | {
    readonly kind: "silence";
    readonly why: string;
    readonly node: string | undefined;
    /** A machine that nobody knows. */
    readonly isStranger: boolean;
    /** An address that another server, no member, gives out: it was named by the client. */
    readonly foreign: Ipv4 | undefined;
  };

type Silence = Extract<BootDecision, { kind: "silence" }>;

const FIRMWARE_LEASE_SECONDS = 240;
const PLAIN_LEASE_SECONDS = 86_400;

/** See above. */
export function decideBoot(request: BootRequest, at: Arrival, view: BootView): BootDecision {
  const known = view.recognize(request.mac, request.uuid);
  // Whoever asks a proxy by itself, as the server of its address told it to, means this one.
  if (request.kind === "selecting" && at.port !== 4011) {
    const foreign = foreignChoice(request, at, view);
    if (foreign !== undefined) {
      const why = `it chose ${ipv4Text(foreign)}, which is no member`;
      return { ...silence(why, known.node?.name), foreign };
    }
  }
  if (known.node === undefined) {
    return { ...silence(known.why, undefined), isStranger: known.isStranger };
  }
  const { node } = known;
  if (request.giaddr !== 0 && !isHostAddress(request.giaddr)) {
    return silence(`no relay has the address ${ipv4Text(request.giaddr)}`, node.name);
  }
  if (request.kind === "release") return silence("it gave its address back", node.name);
  if (request.kind === "decline") {
    const address = ipv4Text(request.requested);
    return silence(`it says that ${address} is in use by another machine`, node.name);
  }
  const segment = segmentOf(request, at);
  const mac = known.by === "mac" ? request.mac : "";
  const addressing = addressingOf(node, mac, segment, known.ofName);
  const answerOf = request.client === "plain" ? plainAnswer : firmwareAnswer;
  const answer = answerOf(request, at, node, addressing, view);
  if (typeof answer === "string") return silence(answer, node.name);
  return whoAnswers(answer, request, at, view);
}

/** Where the client is: behind a relay, on a link that the relay tells, where its renewing address
 * is, or on the interface. */
export function segmentOf(request: BootRequest, { locals }: Arrival): Segment {
  const { giaddr, link, ciaddr, kind } = request;
  const networks = locals.map(({ network }) => network);
  if (giaddr !== 0) return { kind: "routed", address: link || giaddr };
  const isHere = ciaddr === 0 || kind === "discover" ||
    networks.some((network) => isWithin(network, ciaddr));
  return isHere ? { kind: "direct", networks } : { kind: "routed", address: ciaddr };
}

function silence(why: string, node: string | undefined): Silence {
  return { kind: "silence", why, node, isStranger: false, foreign: undefined };
}

// ---- what to say

/** By `net.*ipv4_method`, why a client that is after an address alone gets none from here. */
const NONE_FOR_PLAIN: Readonly<Partial<Record<Ipv4Method, string>>> = {
  dhcp: "its ipv4_method is dhcp: another server gives its address",
  firmwaredhcp: "its ipv4_method is firmwaredhcp: another server gives its address",
  none: "its ipv4_method is none",
};

/** The answer, or why there is none. */
function plainAnswer(
  request: BootRequest,
  at: Arrival,
  node: BootNode,
  addressing: Addressing,
  view: BootView,
): BootAnswer | string {
  const { address, why, method } = addressing;
  const forbidden = NONE_FOR_PLAIN[method];
  if (forbidden !== undefined) return forbidden;
  if (address === undefined) return why ?? "it has no address";
  const foreign = foreignText(request, at, view);
  if (foreign !== undefined) return foreign;
  const answer: BootAnswer = {
    ...{ message: messageFor(request), node, address, addressing },
    leaseSeconds: PLAIN_LEASE_SECONDS,
    ...{ target: undefined, isProxy: false, serverId: undefined },
  };
  if (request.kind === "inform") return { ...answer, address: undefined, leaseSeconds: 0 };
  const named = namedAddress(request);
  if (named === undefined || named === address.address) return answer;
  if (!isWithin(address.network, named)) {
    return `it asks for ${ipv4Text(named)}, which is of another network`;
  }
  return { ...answer, message: "nak", address: undefined, leaseSeconds: 0 };
}

/** The answer, or why there is none. */
function firmwareAnswer(
  request: BootRequest,
  at: Arrival,
  node: BootNode,
  addressing: Addressing,
  view: BootView,
): BootAnswer | string {
  const { method } = addressing;
  if (method === "none" || method === "firmwarenone") return `its ipv4_method is ${method}`;
  if (node.pending === "") return node.notPending;
  if (node.policy === "never") {
    return "deployment.useinsecureprotocols is never, and firmware is served over TFTP and HTTP " +
      `alone; set it to firmware: nodeattrib ${node.name} deployment.useinsecureprotocols=firmware`;
  }
  const profile = view.profile(node.pending);
  if (profile === undefined) return whyNoProfile(node, view);
  const target = targetOf(request, node.pending, profile);
  if (typeof target === "string") return target;
  const isProxy = at.port === 4011 || method === "dhcp" || method === "firmwaredhcp" ||
    foreignText(request, at, view) !== undefined;
  const { address, why } = addressing;
  const isGiven = !isProxy && request.kind !== "inform";
  const answer: BootAnswer = {
    ...{ message: messageFor(request), node, addressing, target, isProxy },
    address: isGiven ? address : undefined,
    leaseSeconds: isGiven ? FIRMWARE_LEASE_SECONDS : 0,
    serverId: undefined,
  };
  if (isProxy) {
    const isAsked = request.kind === "discover" || at.port === 4011;
    return isAsked ? answer : "another server gives its address";
  }
  if (address === undefined) return why ?? "it has no address";
  const named = namedAddress(request);
  if (named === undefined || named === address.address) return answer;
  // A NAK in the middle of a boot drops some firmware to its disk.
  return `it asks for ${ipv4Text(named)} and not for ${ipv4Text(address.address)}`;
}

function whyNoProfile({ name, pending }: BootNode, view: BootView): string {
  const others = view.members.filter(({ id, isLive }) =>
    id !== view.self && isLive && view.mayServe(pending, id).may !== "not"
  );
  const why = `profile ${pending} is not in the content of this member`;
  return others.length > 0
    ? `${why}; ${others.map((one) => one.name).join(", ")} may answer`
    : `${why}, nor of another that answers: put it into public/os/${pending}, or deploy another: ` +
      `nodedeploy ${name} -n PROFILE`;
}

function messageFor({ kind }: BootRequest): "offer" | "ack" {
  return kind === "discover" ? "offer" : "ack";
}

/** The address that a DHCPREQUEST is about; undefined for what only asks for one. */
function namedAddress({ kind, requested, ciaddr }: BootRequest): Ipv4 | undefined {
  switch (kind) {
    case "selecting":
    case "init-reboot":
      return requested;
    case "rebinding":
      return ciaddr;
    default:
      return undefined;
  }
}

// ---- other servers

/** The server that the client chose, where that is no member. */
function foreignChoice(
  { serverId, serverIdOverride }: BootRequest,
  at: Arrival,
  view: BootView,
): Ipv4 | undefined {
  const isOurs = serverId === serverIdOverride ||
    at.locals.some(({ address }) => address === serverId) ||
    holderOf(serverId, view) !== undefined;
  return isOurs ? undefined : serverId;
}

/** Only who hears the segment itself can know of others there. A client that chose a member has an
 * offer of it, made before the other was known. */
function foreignText(
  { giaddr, kind }: BootRequest,
  at: Arrival,
  view: BootView,
): string | undefined {
  if (giaddr !== 0 || kind === "selecting") return undefined;
  const foreign = view.foreignServer(at.locals.map(({ network }) => network));
  return foreign === undefined
    ? undefined
    : `${ipv4Text(foreign)} gives addresses on ${at.via}, and is no member; to give them all the ` +
      `same start this member with --dhcp-authoritative ${at.via}`;
}

function holderOf(address: Ipv4, { members }: BootView): BootMember | undefined {
  return members.find(({ interfaces }) => interfaces.some((own) => own.address === address));
}

// ---- who says it

function whoAnswers(
  answer: BootAnswer,
  request: BootRequest,
  at: Arrival,
  view: BootView,
): BootDecision {
  const { node } = answer;
  const withoutQuorum = view.isHeld ? undefined : whyNotLocked(answer, request);
  if (withoutQuorum !== undefined) return silence(withoutQuorum, node.name);
  const { names: candidates, fault } = candidatesFor(node.name, view);
  if (fault !== undefined) return silence(fault, node.name);
  const own = view.members.find(({ id }) => id === view.self);
  const why = own === undefined
    ? "this member is not in the roster"
    : whyNot(own, answer, request, candidates, view);
  if (why !== undefined) return silence(`${own?.name ?? "it"} may not answer: ${why}`, node.name);
  const answered = (order: readonly MemberId[], serverId?: Ipv4): BootDecision => ({
    kind: "answer",
    answer: { ...answer, serverId },
    order,
    mustProbe: !view.isHeld && request.kind !== "inform",
  });
  // Whoever is addressed is meant: a client that renews, one that asks a proxy by itself.
  const isAddressed = at.locals.some(({ address }) => address === at.to) && request.giaddr === 0;
  if (isAddressed) return answered([view.self]);
  const isSelecting = request.kind === "selecting";
  const isChosen = isSelecting && at.locals.some(({ address }) => address === request.serverId);
  const chosen = isSelecting ? holderOf(request.serverId, view) : undefined;
  if (isChosen || chosen?.id === view.self) return answered([view.self]);
  if (chosen?.isLive === true) {
    return silence(`it chose ${chosen.name}, which answers`, node.name);
  }
  const able = view.members.filter((member) =>
    member.id === view.self ||
    (hears(member, request, at) && member.isLive &&
      whyNot(member, answer, request, candidates, view) === undefined)
  );
  const preferred = able.filter(({ id }) => isPreferred(id, answer, view));
  if (preferred.length > 0 && !preferred.some(({ id }) => id === view.self)) {
    const may = view.mayServe(node.pending, view.self);
    const because = may.may === "preferred" ? "" : `: ${may.because}`;
    return silence(
      `${preferred[0]?.name} answers, for it has the right files${because}`,
      node.name,
    );
  }
  const answering = preferred.length > 0 ? preferred : able;
  const order = rendezvousOrder(request.mac || node.name, answering.map(({ id }) => id));
  return answered(order, chosen === undefined ? undefined : request.serverId);
}

/** Why nothing is answered without quorum; undefined for a known address that is nobody's boot. */
function whyNotLocked(answer: BootAnswer, { giaddr }: BootRequest): string | undefined {
  const { node, target, message } = answer;
  if (node.isLockedDown) return "no quorum, and collective.lockdown is strict";
  if (target !== undefined || node.pending !== "") {
    return "no quorum: a node is deployed only where a majority of the members answer";
  }
  // The others may have given the node another address since.
  if (message === "nak") return "no quorum: whether its address is wrong is not known";
  return giaddr === 0 ? undefined : "no quorum: nothing is answered through a relay";
}

/** Why the member is not one of those that answer. */
function whyNot(
  member: BootMember,
  { target, node }: BootAnswer,
  { client }: BootRequest,
  candidates: ReadonlySet<string> | undefined,
  view: BootView,
): string | undefined {
  const { id, name, can } = member;
  if (candidates !== undefined && !candidates.has(name)) {
    return "it is none of collective.managercandidates";
  }
  if (!can.dhcp) return "it does not answer DHCP";
  if (target === undefined) return undefined;
  const unable = whyUnable(can, client, target);
  if (unable !== undefined) return unable;
  const content = view.mayServe(node.pending, id);
  return content.may === "not" ? content.because : undefined;
}

function isPreferred(id: MemberId, { target, node }: BootAnswer, view: BootView): boolean {
  return target === undefined || view.mayServe(node.pending, id).may === "preferred";
}

/** Whether the member hears what this one heard. */
function hears(member: BootMember, { giaddr }: BootRequest, { locals }: Arrival): boolean {
  if (giaddr !== 0) return member.relays.includes(giaddr);
  return member.interfaces.some((own) =>
    locals.some(({ network }) => sameNetwork(own.network, network))
  );
}
