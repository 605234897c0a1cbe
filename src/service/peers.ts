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
 * 3. A certificate is rotated without a peer going down: links with the new one are made beside
 *    the old ones, and take their place. A peer that was away, and pinned the one before, follows
 *    the old key's word for the new one, for as long as its own roster pins the old one.
 * 4. A member that was let go, or left behind by a forced quorum, is told so, by a pinned peer of
 *    the same collective alone, and only then locks itself.
 */
import { MalformedError } from "../base/bytes.ts";
import { fingerprintOf } from "../base/crypto.ts";
import { levelText } from "../collective/roster_change.ts";
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
import { endpointText, type Link, type LinkIdentity, type Links } from "../io/link.ts";
import type { Lane } from "../io/link_lanes.ts";
import { type CollectiveChain, compareChains } from "../model/collective_chain.ts";
import { endpointOf } from "../model/address.ts";
import {
  findMember,
  type Member,
  type MemberId,
  type RosterAt,
  type Statement,
} from "../model/member.ts";
import { SUPPORT, type Support } from "../model/support.ts";
import { decodeHello, type HelloMessage, isHello, otherVersionText } from "../wire/hello.ts";
import { decodeEnvelope, encodeEnvelope, type Envelope } from "../wire/peer.ts";
import { isServiceFrame } from "../wire/service_frame.ts";
import { Conversation, type HelloRefused } from "./conversation.ts";
import type { Logger } from "./logger.ts";
import { laneOf } from "./lane_of.ts";
import { LeftBehind } from "./left_behind.ts";
import type { PeersEvents, PeersParts, PeersView } from "./peers_parts.ts";
import { type OwnIdentities, Pins } from "./pins.ts";
import { relationOf } from "./relation.ts";

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
  /** It did not know the certificate it was shown. */
  isUnknown: boolean;
  /** The last reason it could not be reached, told once. */
  told: string | undefined;
}

export class Peers {
  readonly #links: Links;
  readonly #pins: Pins;
  readonly #leftBehind: LeftBehind;
  readonly #hints: PeersParts["hints"];
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #view: PeersView;
  readonly #events: PeersEvents;
  readonly #linked = new Map<MemberId, Link>();
  readonly #unlinked = new Map<MemberId, Unlinked>();
  /** The newest committed roster that a peer told of. */
  #told: RosterAt | undefined;
  /** Why peers cannot talk to this member though they answer, for people. */
  readonly #troubles = new Map<MemberId, string>();
  /** Peers that a link by the certificate in force was made with. */
  readonly #met = new Set<MemberId>();
  #cancelLook: () => void = () => {};
  #lookDueMs = Number.POSITIVE_INFINITY;
  #isClosed = false;

  constructor(
    parts: PeersParts,
    view: PeersView,
    events: PeersEvents,
  ) {
    this.#links = parts.links;
    this.#hints = parts.hints;
    this.#pins = new Pins(view.self, () => this.#roster().roster, parts.identities);
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#view = view;
    this.#events = events;
    this.#leftBehind = new LeftBehind({
      links: parts.links,
      clock: parts.clock,
      chain: view.chain,
      identity: () => this.#pins.identities[0],
      roster: () => view.committed().roster,
      lock: (lock) => events.lock(lock),
    });
  }

  start(): void {
    this.#look();
  }

  /** Goes by another identity: links by one that is not given any more are made anew. */
  use(identities: OwnIdentities): void {
    if (identities[0] !== this.#pins.identities[0]) this.#met.clear();
    this.#pins.use(identities);
    this.#look();
  }

  /** Whether a link by the certificate in force was made with this peer, now or before. */
  hasMet(peer: MemberId): boolean {
    return this.#met.has(peer);
  }

  /** DER of what a linked peer showed; undefined where it is not linked. */
  certificateOf(peer: MemberId): Uint8Array | undefined {
    return this.#linked.get(peer)?.peerCertificate;
  }

  /** Why peers that answer cannot be talked to, one line each. */
  get troubles(): readonly string[] {
    const listed = this.#view.roster().roster.members;
    return listed.flatMap(({ id }) => this.#troubles.get(id) ?? []);
  }

  /** Sends where there is a link; what is lost is asked for again by the machines. */
  send(to: MemberId, envelope: Envelope): void {
    const frame = encodeEnvelope(envelope);
    this.#linked.get(to)?.send(frame, laneOf(envelope.message, frame.length));
  }

  /** Sends what is no business of the log; false where there is no link. */
  sendFrame(to: MemberId, frame: Uint8Array, lane: Lane): boolean {
    return this.#linked.get(to)?.send(frame, lane) ?? false;
  }

  /** Whether there is a link that frames can be sent by. */
  isLinked(peer: MemberId): boolean {
    return this.#linked.has(peer);
  }

  /** A link that somebody dialed to this member. */
  accept(link: Link): void {
    void this.#receive(new Conversation(link, this.#clock));
  }

  /**
   * Closes the links to whoever is listed no more, by its certificate at least, and that
   * committed: a leader that lets itself go must still be heard until then. They are told why when
   * they call.
   */
  rosterChanged(): void {
    const listed = [this.#roster().roster, this.#view.committed().roster]
      .flatMap(({ members }) => members);
    const isPinned = (peer: MemberId, fingerprint: string): boolean =>
      listed.some((member) => member.id === peer && this.#pins.mayShow(member, fingerprint));
    for (const [peer, link] of this.#linked) {
      if (isPinned(peer, fingerprintOf(link.peerCertificate))) continue;
      this.#drop(peer, link, "it is not listed any more, or not by that certificate");
    }
    this.#pins.keepFor(listed);
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
    this.#leftBehind.look(nowMs);
    const unlinked = this.#roster().roster.members.filter(({ id }) => {
      const link = this.#linked.get(id);
      return id !== this.#view.self && (link === undefined || this.#pins.isOutdated(link));
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
      isUnknown: false,
      told: undefined,
    };
    this.#unlinked.set(id, state);
    return state;
  }

  async #dial(member: Member, state: Unlinked): Promise<void> {
    const { address, identity } = this.#wayTo(member, state);
    state.tries++;
    const to = address === undefined ? undefined : endpointOf(address);
    if (to === undefined) return;
    state.isDialing = true;
    const dialed = await this.#links.dial(to, identity);
    const why = dialed.ok ? await this.#greet(dialed.value) : dialed.refusal.message;
    state.isDialing = false;
    state.nextDialAtMs = this.#clock.now().monoMs + state.backoffMs;
    state.backoffMs = Math.min(state.backoffMs * 2, REDIAL_MAX_MS);
    if (why === undefined || why === state.told || this.#isClosed) return;
    state.told = why;
    this.#log.warn(`${member.name} is not linked: ${why}`);
  }

  /** Every address in turn, hints first. Who did not know this member is then shown the next
   * identity, all around. */
  #wayTo({ name, addresses }: Member, { tries, isUnknown }: Unlinked): {
    readonly address: string | undefined;
    readonly identity: LinkIdentity;
  } {
    const all = [...new Set([...this.#hints.get(name) ?? [], ...addresses])];
    const { identities } = this.#pins;
    const round = isUnknown ? Math.floor(tries / Math.max(1, all.length)) : 0;
    const identity = identities[round % identities.length] ?? identities[0];
    return { address: all[tries % Math.max(1, all.length)], identity };
  }

  /** The dialing end's part; why it came to nothing, or undefined. */
  async #greet(link: Link): Promise<string | undefined> {
    if (this.#isClosed) {
      link.close("this member stops");
      return undefined;
    }
    const conversation = new Conversation(link, this.#clock);
    const peer = this.#pins.holderOf(link);
    if (peer === undefined) return await this.#askWhoseItIs(conversation);
    conversation.say(this.#hello(this.#view.chain));
    const answer = await conversation.next(HANDSHAKE_MS);
    if (!answer.ok) return this.#notUnderstood(peer, conversation) ?? answer.refusal.message;
    if (answer.value.type === "refused") return this.#refusedBy(peer, link, answer.value);
    if (answer.value.type !== "hello") {
      link.close("not a greeting");
      return `${peer.name} answered ${answer.value.type} to a greeting`;
    }
    const stranger = this.#relate(peer, answer.value.chain, conversation.far);
    if (stranger !== undefined) {
      link.close(stranger.refusal.message);
      return stranger.refusal.message;
    }
    this.#up(peer.id, conversation, answer.value.lastIndex);
    return undefined;
  }

  /**
   * A certificate that the roster does not list: its holder may say how it follows from one that
   * is. It learns nothing of the collective by being asked. Why it came to nothing, or undefined:
   * the next dial then finds the certificate known.
   */
  async #askWhoseItIs(conversation: Conversation): Promise<string | undefined> {
    const { link } = conversation;
    conversation.say(this.#hello([]));
    const answer = await conversation.next(HANDSHAKE_MS);
    link.close("its certificate is not in the roster");
    if (answer.ok && answer.value.type === "hello") this.#note(link, answer.value.statement);
    if (this.#pins.holderOf(link) !== undefined) return undefined;
    return `whoever answers at ${endpointText(link.remote)} shows a certificate that the ` +
      "roster does not list";
  }

  #refusedBy(peer: Member, link: Link, said: HelloRefused): string {
    link.close("refused");
    const relation = compareChains(this.#view.chain, said.chain);
    const state = this.#unlinked.get(peer.id);
    if (state !== undefined) state.isUnknown = said.removedAt === 0 && said.chain.length === 0;
    if (said.removedAt > 0 && relation === "same") {
      const { removedAt } = said;
      this.#events.lock({ reason: `removed at index ${removedAt}, says ${peer.name}`, removedAt });
    } else if (said.chain.length > 0) this.#relate(peer, said.chain, undefined);
    return `${peer.name} refuses this member: ${oneLine(said.message)}`;
  }

  // ---- accepting

  async #receive(conversation: Conversation): Promise<void> {
    const first = await conversation.next(HANDSHAKE_MS);
    if (!first.ok || this.#isClosed) {
      const known = this.#pins.holderOf(conversation.link);
      if (known !== undefined) this.#notUnderstood(known, conversation);
      return conversation.link.close(first.ok ? "this member stops" : first.refusal.message);
    }
    if (first.value.type !== "hello") return this.#events.stranger(conversation, first.value);
    const { chain, isSurvey, statement } = first.value;
    this.#note(conversation.link, statement);
    const peer = this.#pins.holderOf(conversation.link);
    if (peer === undefined) return this.#refuseStranger(conversation, chain);
    // Who asks whose this certificate is does not say more before it knows.
    const isAsking = isSurvey && chain.length === 0;
    const stranger = isAsking ? undefined : this.#relate(peer, chain, conversation.far);
    if (stranger !== undefined) return conversation.refuse(stranger, this.#view.chain);
    conversation.say(this.#hello(this.#view.chain));
    if (isSurvey) conversation.link.close("answered");
    else this.#up(peer.id, conversation, first.value.lastIndex);
  }

  #refuseStranger(conversation: Conversation, theirs: CollectiveChain): void {
    const { index } = this.#view.roster();
    const fingerprint = fingerprintOf(conversation.link.peerCertificate);
    this.#leftBehind.heard(fingerprint, theirs);
    const { removed } = this.#view.committed().roster;
    const gone = removed.findLast(({ fingerprints }) => fingerprints.includes(fingerprint));
    const why = gone === undefined
      ? `unknown to me at index ${index}`
      : `removed at index ${gone.index}`;
    // A stranger learns nothing of the collective; one that was let go knows it already.
    const chain = gone === undefined ? [] : this.#view.chain;
    conversation.refuse(refused("forbidden", why), chain, gone?.index);
  }

  // ---- links

  /** With no chain it only asks whose the far end's certificate is. */
  #hello(chain: CollectiveChain): HelloMessage {
    const isAsking = chain.length === 0;
    const position = isAsking ? { lastTerm: 0, lastIndex: 0 } : this.#view.position();
    const statement = this.#pins.ownStatement;
    return { type: "hello", chain, ...position, isSurvey: isAsking, statement };
  }

  #note(link: Link, statement: Statement | undefined): void {
    const member = this.#pins.note(link, statement);
    if (member === undefined) return;
    this.#log.info(`${member.name} shows a new certificate, by its old key's word`);
  }

  /** What to tell of a peer whose version of the protocol is another; undefined where it is not
   * for that that it was not understood. */
  #notUnderstood(peer: Member, { far, isOfOtherVersion }: Conversation): string | undefined {
    if (far === undefined || !isOfOtherVersion) return undefined;
    const why = otherVersionText(peer.name, far, SUPPORT);
    this.#troubles.set(peer.id, why);
    return why;
  }

  /** Whom to link with: the newest roster in the log, or a committed one that it does not hold. */
  #roster(): RosterAt {
    const told = this.#told;
    const isAhead = told !== undefined && told.index > this.#view.position().lastIndex;
    return isAhead ? told : this.#view.roster();
  }

  /** Why a pinned peer's collective is not this one; undefined where it is. May lock. */
  #relate(
    peer: Member,
    theirs: CollectiveChain,
    support: Support | undefined,
  ): Refused | undefined {
    const { refusal, lock } = relationOf(this.#view.chain, theirs, peer.name);
    if (lock !== undefined) this.#events.lock(lock);
    return refusal ?? this.#tooOld(peer, support);
  }

  #tooOld(peer: Member, support: Support | undefined): Refused | undefined {
    const { roster } = this.#view.roster();
    if (support === undefined || support.level >= roster.level) return undefined;
    const why = levelText(`${peer.name} cannot take part`, support, roster);
    this.#troubles.set(peer.id, why);
    return refused("forbidden", why);
  }

  /** `lastIndex`: where the peer's log ends. */
  #up(peer: MemberId, conversation: Conversation, lastIndex: number): void {
    const { link } = conversation;
    const old = this.#linked.get(peer);
    const isOurs = link.dialed === (this.#view.self < peer);
    const isDead = old !== undefined && isSilent(old, this.#clock.now().monoMs);
    const newness = (one: Link): number => this.#pins.newness(peer, one);
    const isNewer = old === undefined ? 0 : newness(link) - newness(old);
    const isSecond = old !== undefined && link.dialed !== old.dialed && !isOurs && !isDead;
    if (isNewer < 0 || (isNewer === 0 && isSecond)) return link.close("there is a link already");
    link.proven();
    this.#linked.set(peer, link);
    if (this.#pins.isInForce(link)) this.#met.add(peer);
    const { index, roster } = this.#view.committed();
    if (lastIndex < index) {
      conversation.say({ type: "roster", index, roster: { ...roster, removed: [] } });
    }
    // By a newer certificate both ends had a good link: the end that dialed gives the old one up,
    // once it has heard that the new one stands, lest it took the other for gone.
    const retire = (): void => old?.close("a newer link took its place");
    if (isNewer > 0 && !link.dialed) this.#clock.after(YIELD_MS, retire);
    else retire();
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
    if (!this.#pins.isOutdated(link)) this.#unlinked.delete(peer);
    let envelope: Envelope | undefined;
    try {
      if (isHello(bytes)) this.#hear(bytes);
      else if (isServiceFrame(bytes)) this.#events.frame(peer, bytes);
      else envelope = decodeEnvelope(bytes);
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      const name = findMember(this.#view.roster().roster, peer)?.name ?? peer;
      const why = `${name} says what this program does not know (${error.message}): upgrade the ` +
        "older of the two";
      this.#troubles.set(peer, why);
      this.#log.warn(why);
      link.close(error.message);
      return;
    }
    this.#troubles.delete(peer);
    if (envelope !== undefined) this.#events.received(peer, envelope);
  }

  /** Takes what a linked peer says beside its envelopes. */
  #hear(bytes: Uint8Array): void {
    const { message } = decodeHello(bytes);
    if (message?.type !== "roster") throw new MalformedError("a greeting on a peer's link");
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

function isSilent({ heardAtMs }: Link, nowMs: number): boolean {
  return nowMs - heardAtMs > QUORUM_HELD_MS;
}
