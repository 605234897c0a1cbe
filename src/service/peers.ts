/**
 * The links to the other members: one each, dialed and accepted, kept up for as long as the
 * roster lists them. Invariant I3: only a certificate that the roster lists gets a peer's link,
 * whatever address it comes from.
 *
 * 1. Both ends dial. Of two links between the same two the one dialed by the lower id stays; of
 *    two dialed by the same end the newer, since that end knows the older to be dead. A link
 *    closed for that is not a peer that went down.
 *    A link over which nothing came for QUORUM_HELD_MS is dead, though its end may not know:
 *    whoever is there says something twice a second.
 * 2. While this member's log ends before a roster that a peer knows to be committed, that one says
 *    whom to link with: who was admitted meanwhile may lead, and would be refused for ever.
 * 3. A member that was let go, or left behind by a forced quorum, is told so, by a pinned peer of
 *    the same collective alone, and only then locks itself.
 */
import { MalformedError } from "../base/bytes.ts";
import { fingerprintOf } from "../base/crypto.ts";
import {
  BUSY_LOOP_MS,
  HANDSHAKE_MS,
  QUORUM_HELD_MS,
  REDIAL_MAX_MS,
  REDIAL_MIN_MS,
} from "../base/limits.ts";
import { oneLine } from "../base/one_line.ts";
import { type Refused, refused } from "../base/outcome.ts";
import type { Clock } from "../io/clock.ts";
import type { Lane } from "../io/link_lanes.ts";
import { endpointText, type Link, type LinkIdentity, type Links } from "../io/link.ts";
import { type CollectiveChain, compareChains } from "../model/collective_chain.ts";
import { endpointOf } from "../model/address.ts";
import type { Member, MemberId, RosterAt } from "../model/member.ts";
import { decodeHello, type HelloMessage, isHello } from "../wire/hello.ts";
import { decodeEnvelope, encodeEnvelope, type Envelope, type PeerMessage } from "../wire/peer.ts";
import { Conversation, type HelloRefused } from "./conversation.ts";
import type { Logger } from "./logger.ts";
import type { Lock } from "./machine/member_event.ts";

/** What the peers' side must know of the member, asked anew each time. */
export interface PeersView {
  readonly self: MemberId;
  readonly chain: CollectiveChain;
  /** The newest roster in the log; before there is one, the kept one. */
  roster(): RosterAt;
  /** The newest roster that is committed: before, whom the log lets go may yet stay. */
  committed(): RosterAt;
  /** Where the log ends. */
  position(): { readonly lastTerm: number; readonly lastIndex: number };
}

export interface PeersEvents {
  up(peer: MemberId): void;
  down(peer: MemberId): void;
  received(peer: MemberId, envelope: Envelope): void;
  /** This member must not count any more. */
  lock(lock: Lock): void;
  /** Somebody who is no peer wants something: a joiner, or a member that lost its disk. */
  stranger(conversation: Conversation, first: HelloMessage): void;
}

/** How often it is looked for peers to dial, and else for links that fell silent. */
const LOOK_MS = 100;
const LOOK_AT_LINKS_MS = 500;
/** The end of the higher id waits this long for the other's call. */
const YIELD_MS = 300;

/** A peer that is not linked. */
interface Unlinked {
  nextDialAtMs: number;
  backoffMs: number;
  tries: number;
  isDialing: boolean;
  /** The last reason it could not be reached, told once. */
  told: string | undefined;
}

export class Peers {
  readonly #links: Links;
  readonly #identity: LinkIdentity;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #view: PeersView;
  readonly #events: PeersEvents;
  readonly #linked = new Map<MemberId, Link>();
  readonly #unlinked = new Map<MemberId, Unlinked>();
  /** The newest committed roster that a peer told of. */
  #told: RosterAt | undefined;
  #cancelLook: () => void = () => {};
  #lookDueMs = Number.POSITIVE_INFINITY;
  #isClosed = false;

  constructor(
    parts: { links: Links; identity: LinkIdentity; clock: Clock; log: Logger },
    view: PeersView,
    events: PeersEvents,
  ) {
    this.#links = parts.links;
    this.#identity = parts.identity;
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#view = view;
    this.#events = events;
  }

  start(): void {
    this.#look();
  }

  /** Sends where there is a link; what is lost is asked for again by the machines. */
  send(to: MemberId, envelope: Envelope): void {
    const frame = encodeEnvelope(envelope);
    this.#linked.get(to)?.send(frame, laneOf(envelope.message, frame.length));
  }

  /** A link that somebody dialed to this member. */
  accept(link: Link): void {
    void this.#receive(new Conversation(link, this.#clock));
  }

  /**
   * Closes the links to whoever is listed no more, and that committed: a leader that lets itself
   * go must still be heard until then. They are told why when they call.
   */
  rosterChanged(): void {
    const listed = [this.#roster().roster, this.#view.committed().roster]
      .flatMap(({ members }) => members.map(({ id }) => id));
    for (const [peer, link] of this.#linked) {
      if (!listed.includes(peer)) this.#drop(peer, link, "it is not listed any more");
    }
    this.#look();
  }

  close(reason: string): void {
    this.#isClosed = true;
    this.#cancelLook();
    for (const link of this.#linked.values()) link.close(reason);
    this.#linked.clear();
  }

  // ---- dialing

  #look(): void {
    this.#cancelLook();
    if (this.#isClosed) return;
    const nowMs = this.#clock.now().monoMs;
    this.#dropSilent(nowMs);
    const unlinked = this.#roster().roster.members.filter(({ id }) => {
      return id !== this.#view.self && !this.#linked.has(id);
    });
    for (const member of unlinked) {
      const state = this.#stateOf(member.id, nowMs);
      if (state.isDialing || nowMs < state.nextDialAtMs) continue;
      void this.#dial(member, state);
    }
    const ms = unlinked.length > 0 ? LOOK_MS : LOOK_AT_LINKS_MS;
    this.#lookDueMs = nowMs + ms;
    this.#cancelLook = this.#clock.after(ms, () => this.#look());
  }

  #dropSilent(nowMs: number): void {
    // Who was busy or stopped itself has not yet heard what came meanwhile.
    if (nowMs > this.#lookDueMs + BUSY_LOOP_MS) return;
    for (const [peer, link] of this.#linked) {
      if (isSilent(link, nowMs)) this.#drop(peer, link, `silent for ${QUORUM_HELD_MS} ms`);
    }
  }

  #stateOf(id: MemberId, nowMs: number): Unlinked {
    const known = this.#unlinked.get(id);
    if (known !== undefined) return known;
    const state: Unlinked = {
      nextDialAtMs: this.#view.self < id ? nowMs : nowMs + YIELD_MS,
      backoffMs: REDIAL_MIN_MS,
      tries: 0,
      isDialing: false,
      told: undefined,
    };
    this.#unlinked.set(id, state);
    return state;
  }

  async #dial(member: Member, state: Unlinked): Promise<void> {
    const address = member.addresses[state.tries++ % Math.max(1, member.addresses.length)];
    const to = address === undefined ? undefined : endpointOf(address);
    if (to === undefined) return;
    state.isDialing = true;
    const dialed = await this.#links.dial(to, this.#identity);
    const why = dialed.ok ? await this.#greet(dialed.value) : dialed.refusal.message;
    state.isDialing = false;
    state.nextDialAtMs = this.#clock.now().monoMs + state.backoffMs;
    state.backoffMs = Math.min(state.backoffMs * 2, REDIAL_MAX_MS);
    if (why === undefined || why === state.told || this.#isClosed) return;
    state.told = why;
    this.#log.warn(`${member.name} is not linked: ${why}`);
  }

  /** The dialing end's part; why it came to nothing, or undefined. */
  async #greet(link: Link): Promise<string | undefined> {
    if (this.#isClosed) {
      link.close("this member stops");
      return undefined;
    }
    const conversation = new Conversation(link, this.#clock);
    const peer = this.#pinned(link);
    if (peer === undefined) {
      link.close("its certificate is not in the roster");
      return `whoever answers at ${endpointText(link.remote)} shows a certificate that the ` +
        "roster does not list";
    }
    conversation.say(this.#hello());
    const answer = await conversation.next(HANDSHAKE_MS);
    if (!answer.ok) return answer.refusal.message;
    if (answer.value.type === "refused") return this.#refusedBy(peer, link, answer.value);
    if (answer.value.type !== "hello") {
      link.close("not a greeting");
      return `${peer.name} answered ${answer.value.type} to a greeting`;
    }
    const stranger = this.#relate(peer, answer.value.chain);
    if (stranger !== undefined) {
      link.close(stranger.refusal.message);
      return stranger.refusal.message;
    }
    this.#up(peer.id, conversation, answer.value.lastIndex);
    return undefined;
  }

  #refusedBy(peer: Member, link: Link, said: HelloRefused): string {
    link.close("refused");
    const relation = compareChains(this.#view.chain, said.chain);
    if (said.removedAt > 0 && relation === "same") {
      const { removedAt } = said;
      this.#events.lock({ reason: `removed at index ${removedAt}, says ${peer.name}`, removedAt });
    } else if (said.chain.length > 0) this.#relate(peer, said.chain);
    return `${peer.name} refuses this member: ${oneLine(said.message)}`;
  }

  // ---- accepting

  async #receive(conversation: Conversation): Promise<void> {
    const first = await conversation.next(HANDSHAKE_MS);
    if (!first.ok || this.#isClosed) {
      return conversation.link.close(first.ok ? "this member stops" : first.refusal.message);
    }
    if (first.value.type !== "hello") return this.#events.stranger(conversation, first.value);
    const peer = this.#pinned(conversation.link);
    if (peer === undefined) return this.#refuseStranger(conversation);
    const stranger = this.#relate(peer, first.value.chain);
    if (stranger !== undefined) return conversation.refuse(stranger, this.#view.chain);
    conversation.say(this.#hello());
    if (first.value.isSurvey) conversation.link.close("answered");
    else this.#up(peer.id, conversation, first.value.lastIndex);
  }

  #refuseStranger(conversation: Conversation): void {
    const { index } = this.#view.roster();
    const fingerprint = fingerprintOf(conversation.link.peerCertificate);
    const { removed } = this.#view.committed().roster;
    const gone = removed.findLast((member) => member.fingerprint === fingerprint);
    const why = gone === undefined
      ? `unknown to me at index ${index}`
      : `removed at index ${gone.index}`;
    // A stranger learns nothing of the collective; one that was let go knows it already.
    const chain = gone === undefined ? [] : this.#view.chain;
    conversation.refuse(refused("forbidden", why), chain, gone?.index);
  }

  // ---- links

  #hello(): HelloMessage {
    return { type: "hello", chain: this.#view.chain, ...this.#view.position(), isSurvey: false };
  }

  #pinned(link: Link): Member | undefined {
    const fingerprint = fingerprintOf(link.peerCertificate);
    return this.#roster().roster.members.find((member) =>
      member.fingerprint === fingerprint && member.id !== this.#view.self
    );
  }

  /** Whom to link with: the newest roster in the log, or a committed one that it does not hold. */
  #roster(): RosterAt {
    const told = this.#told;
    const isAhead = told !== undefined && told.index > this.#view.position().lastIndex;
    return isAhead ? told : this.#view.roster();
  }

  /** Why a pinned peer's collective is not this one; undefined where it is. May lock. */
  #relate(peer: Member, theirs: CollectiveChain): Refused | undefined {
    const wayBack = "the way back is a token of that side (`confluent invite NAME`) and, here, " +
      "`confluent join --replace TOKEN`";
    switch (compareChains(this.#view.chain, theirs)) {
      case "same":
        return undefined;
      case "they-are-behind":
        return refused("forbidden", `left behind when the quorum was forced; ${wayBack}`);
      case "i-am-behind": {
        const why = `left behind when ${peer.name}'s side forced the quorum; ${wayBack}`;
        this.#events.lock({ reason: why });
        return refused("forbidden", why);
      }
      case "apart": {
        const why = `the quorum was forced on both sides, here and at ${peer.name}'s; choose one ` +
          "side, and have the members of the other join it with --replace";
        this.#events.lock({ reason: why });
        return refused("forbidden", why);
      }
      case "foreign":
        return refused("forbidden", `${peer.name} is of another collective now`);
    }
  }

  /** `lastIndex`: where the peer's log ends. */
  #up(peer: MemberId, conversation: Conversation, lastIndex: number): void {
    const { link } = conversation;
    const old = this.#linked.get(peer);
    const isOurs = link.dialed === (this.#view.self < peer);
    const isDead = old !== undefined && isSilent(old, this.#clock.now().monoMs);
    if (old !== undefined && link.dialed !== old.dialed && !isOurs && !isDead) {
      return link.close("there is a link already");
    }
    link.proven();
    this.#linked.set(peer, link);
    const { index, roster: { members } } = this.#view.committed();
    if (lastIndex < index) {
      conversation.say({ type: "roster", index, roster: { members, removed: [] } });
    }
    old?.close("a newer link took its place");
    conversation.handOver(
      (bytes) => this.#frame(peer, link, bytes),
      (reason) => {
        this.#drop(peer, link, reason);
        this.#look();
      },
    );
    this.#events.up(peer);
  }

  #frame(peer: MemberId, link: Link, bytes: Uint8Array): void {
    if (this.#linked.get(peer) !== link) return;
    // Only now: one that is linked and says nothing, as a locked member, is not dialed ever faster.
    this.#unlinked.delete(peer);
    try {
      if (isHello(bytes)) this.#hear(bytes);
      else this.#events.received(peer, decodeEnvelope(bytes));
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this.#log.warn(`a frame of ${peer} says nothing this program knows: ${error.message}`);
      link.close(error.message);
    }
  }

  /** Takes what a linked peer says beside its envelopes. */
  #hear(bytes: Uint8Array): void {
    const message = decodeHello(bytes);
    if (message.type !== "roster") throw new MalformedError(`${message.type} on a peer's link`);
    const { index, roster } = message;
    if (index <= (this.#told?.index ?? 0)) return;
    this.#told = { index, roster };
    this.#look();
  }

  #drop(peer: MemberId, link: Link, reason: string): void {
    if (this.#linked.get(peer) !== link) return;
    this.#linked.delete(peer);
    link.close(reason);
    this.#log.debug(`the link to ${peer} closed: ${reason}`);
    this.#events.down(peer);
  }
}

/** Longer requests are parts of a change that takes its time anyway. */
const LONG_REQUEST_BYTES = 64 * 1024;

/** Which messages must not wait behind which. */
function laneOf({ type }: PeerMessage, bytes: number): Lane {
  switch (type) {
    case "append":
    case "appendReply":
    case "commit":
    case "readAsk":
    case "readAnswer":
    case "rosterAsk":
    case "rosterAnswer":
    case "pull":
    case "pulled":
    case "behind":
    case "deltaAsk":
      return "data";
    case "submit":
      return bytes > LONG_REQUEST_BYTES ? "bulk" : "data";
    case "deltaChunk":
      return "bulk";
    default:
      return "urgent";
  }
}

function isSilent({ heardAtMs }: Link, nowMs: number): boolean {
  return nowMs - heardAtMs > QUORUM_HELD_MS;
}
