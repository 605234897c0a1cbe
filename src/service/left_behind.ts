/**
 * After a forced quorum this side looks for those it left behind, at the addresses they had: one
 * that runs after all locks as soon as it hears of it, and where it forced a quorum of its own both
 * sides lock. Their certificates tell who answers; nothing else is believed of them, and none of
 * them gets a peer's link.
 */
import { fingerprintOf } from "../base/crypto.ts";
import { HANDSHAKE_MS, LEFT_BEHIND_MS } from "../base/limits.ts";
import type { Clock } from "../io/clock.ts";
import type { Link, LinkIdentity, Links } from "../io/link.ts";
import { endpointOf } from "../model/address.ts";
import type { CollectiveChain } from "../model/collective_chain.ts";
import type { MemberId, RemovedMember, Roster } from "../model/member.ts";
import { Conversation } from "./conversation.ts";
import type { Lock } from "./machine/member_event.ts";
import { relationOf } from "./relation.ts";

/** What is needed of the member. */
export interface LeftBehindParts {
  readonly links: Links;
  readonly clock: Clock;
  readonly chain: CollectiveChain;
  identity(): LinkIdentity;
  /** The newest roster that is committed. */
  roster(): Roster;
  lock(lock: Lock): void;
}

/** See above. */
export class LeftBehind {
  readonly #parts: LeftBehindParts;
  /** When each of them is dialed next, and at which of its addresses. */
  readonly #next = new Map<MemberId, { atMs: number; tries: number }>();

  constructor(parts: LeftBehindParts) {
    this.#parts = parts;
  }

  /** Dials whoever is due. */
  look(nowMs: number): void {
    for (const gone of this.#parts.roster().removed) {
      const next = this.#next.get(gone.id) ?? { atMs: nowMs, tries: 0 };
      const address = gone.addresses[next.tries % Math.max(1, gone.addresses.length)];
      if (address === undefined || nowMs < next.atMs) continue;
      this.#next.set(gone.id, { atMs: nowMs + LEFT_BEHIND_MS, tries: next.tries + 1 });
      void this.#dial(gone, address);
    }
  }

  /** What somebody said who is not listed: it matters where this side left it behind. */
  heard(fingerprint: string, chain: CollectiveChain): void {
    const { removed } = this.#parts.roster();
    const gone = removed.find((one) =>
      one.addresses.length > 0 && one.fingerprints.includes(fingerprint)
    );
    if (gone === undefined) return;
    const { lock } = relationOf(this.#parts.chain, chain, gone.name);
    if (lock !== undefined) this.#parts.lock(lock);
  }

  async #dial(gone: RemovedMember, address: string): Promise<void> {
    const to = endpointOf(address);
    if (to === undefined) return;
    const { links, clock } = this.#parts;
    const dialed = await links.dial(to, this.#parts.identity());
    if (!dialed.ok) return;
    const link = dialed.value;
    const fingerprint = fingerprintOf(link.peerCertificate);
    if (!gone.fingerprints.includes(fingerprint)) return link.close("another is there now");
    await this.#tell(link, new Conversation(link, clock), fingerprint);
  }

  async #tell(link: Link, conversation: Conversation, fingerprint: string): Promise<void> {
    const { chain } = this.#parts;
    const position = { lastTerm: 0, lastIndex: 0, isSurvey: true, statement: undefined };
    conversation.say({ type: "hello", chain, ...position });
    const answer = await conversation.next(HANDSHAKE_MS);
    link.close("told");
    if (!answer.ok || (answer.value.type !== "hello" && answer.value.type !== "refused")) return;
    if (answer.value.chain.length > 0) this.heard(fingerprint, answer.value.chain);
  }
}
