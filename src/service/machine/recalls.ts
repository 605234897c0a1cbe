/**
 * The first words of two members that meet: what each last heard of the other's disk (lives.ts).
 * Nothing else is said or taken before both are found true (I9).
 */
import type { MemberId } from "../../model/member.ts";
import type { Envelope, PeerMessage } from "../../wire/peer.ts";
import type { Lives } from "./lives.ts";
import type { Lock } from "./member_event.ts";

type Recall = Extract<PeerMessage, { type: "recall" }>;

/** What the member does where two have met. */
export interface RecallsParts {
  /** Commits that this disk counts. */
  readonly count: () => number;
  readonly send: (to: MemberId, message: PeerMessage) => void;
  readonly lock: (lock: Lock) => void;
  /** The peer can be heard and may hear. */
  readonly linked: (peer: MemberId) => void;
}

export class Recalls {
  readonly #lives: Lives;
  readonly #parts: RecallsParts;

  constructor(lives: Lives, parts: RecallsParts) {
    this.#lives = lives;
    this.#parts = parts;
  }

  /** A link came up. */
  meet(peer: MemberId): void {
    this.#lives.parted(peer);
    this.say(peer);
  }

  /** Says what was last heard of the peer's disk, and asks for the same where it is not known. */
  say(peer: MemberId): void {
    const heard = this.#lives.heard(peer);
    this.#parts.send(peer, { type: "recall", ask: !this.#lives.hasAgreed(peer), heard });
  }

  /** The message, where it is one that counts. */
  take(
    from: MemberId,
    { life, count, message }: Envelope,
    nowMs: number,
  ): Exclude<PeerMessage, Recall> | undefined {
    if (message.type === "recall") return void this.#heard(from, message);
    // Nothing could be answered yet.
    if (!this.#lives.hasAgreed(from)) return void this.say(from);
    this.#lives.hear(from, { life, count }, nowMs);
    return message;
  }

  #heard(from: MemberId, { ask, heard }: Recall): void {
    const isFirst = !this.#lives.hasAgreed(from);
    this.#lives.recalled(from, heard, this.#parts.count());
    if (this.#lives.lock !== undefined) return this.#parts.lock(this.#lives.lock);
    if (ask) this.say(from);
    if (isFirst) this.#parts.linked(from);
  }
}
