/**
 * What is said on a link before it is a peer's: one frame asked for at a time, until the link is
 * handed over to whoever takes peer frames, or ends. The next frame is read only when it is asked
 * for, so that a stranger cannot make this member keep anything.
 */
import { MalformedError } from "../base/bytes.ts";
import { ok, type Outcome, type Refused, refused } from "../base/outcome.ts";
import type { Clock } from "../io/clock.ts";
import { endpointText, type Link } from "../io/link.ts";
import type { CollectiveChain } from "../model/collective_chain.ts";
import { canTalk, SUPPORT, type Support } from "../model/support.ts";
import { decodeHello, encodeHello, type HelloMessage, otherVersionText } from "../wire/hello.ts";

type FrameSink = (bytes: Uint8Array) => void | Promise<void>;

/** The far end's refusal, with what a plain refusal has no room for. */
export type HelloRefused = Extract<HelloMessage, { type: "refused" }>;

export class Conversation {
  readonly link: Link;
  readonly #clock: Clock;
  #waiting: ((frame: Uint8Array | undefined) => void) | undefined;
  #held: Uint8Array | undefined;
  /** Resolves the promise that keeps the next frame from being read. */
  #release: (() => void) | undefined;
  #sink: FrameSink | undefined;
  #onClosed: ((reason: string) => void) | undefined;
  #closed: string | undefined;
  #far: Support | undefined;

  constructor(link: Link, clock: Clock) {
    this.link = link;
    this.#clock = clock;
    link.open({
      frame: (bytes) => this.#frame(bytes),
      closed: (reason) => this.#ended(reason),
    });
  }

  /** What the far end supports, once it has said something. */
  get far(): Support | undefined {
    return this.#far;
  }

  /** Whether the far end speaks no version of the protocol that this program knows. */
  get isOfOtherVersion(): boolean {
    return this.#far !== undefined && !canTalk(SUPPORT, this.#far);
  }

  /** Greetings come before all else, also what is sent as soon as they are said. */
  say(message: HelloMessage): void {
    this.link.send(encodeHello(message), "urgent");
  }

  /** Says why not, and closes. */
  refuse({ refusal }: Refused, chain: CollectiveChain = [], removedAt = 0): void {
    const { kind, message } = refusal;
    this.say({ type: "refused", kind, message, removedAt, chain });
    this.link.close(message);
  }

  /**
   * The next thing the far end says, within `ms`: `unavailable` where it says nothing or the link
   * ends, `invalid` for what is malformed or of another version; then the link is closed.
   */
  async next(ms: number): Promise<Outcome<HelloMessage>> {
    const who = endpointText(this.link.remote);
    const frame = await this.#nextFrame(ms);
    if (frame === undefined) {
      const reason = this.#closed ?? `no answer within ${ms} ms`;
      this.link.close(reason);
      return refused("unavailable", `${who} went silent: ${reason}`);
    }
    try {
      const { support, message } = decodeHello(frame);
      this.#far = support;
      if (message !== undefined) return ok(message);
      const other = refused("invalid", otherVersionText(who, support, SUPPORT));
      this.refuse(other);
      return other;
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this.link.close(error.message);
      return refused("invalid", `${who} does not speak the protocol of members: ${error.message}`);
    }
  }

  /** From now on frames go to `sink`, and the end of the link to `closed`. */
  handOver(sink: FrameSink, closed: (reason: string) => void): void {
    this.#sink = sink;
    this.#onClosed = closed;
    if (this.#closed !== undefined) return closed(this.#closed);
    this.#letNext();
  }

  #frame(bytes: Uint8Array): void | Promise<void> {
    if (this.#sink !== undefined) return this.#sink(bytes);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) this.#held = bytes;
    else waiting(bytes);
    return new Promise((resolve) => this.#release = resolve);
  }

  #letNext(): void {
    const release = this.#release;
    this.#release = undefined;
    release?.();
  }

  #nextFrame(ms: number): Promise<Uint8Array | undefined> {
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined) return Promise.resolve(held);
    if (this.#closed !== undefined) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const cancel = this.#clock.after(ms, () => {
        this.#waiting = undefined;
        resolve(undefined);
      });
      this.#waiting = (frame) => {
        cancel();
        resolve(frame);
      };
      this.#letNext();
    });
  }

  #ended(reason: string): void {
    this.#closed = reason;
    this.#waiting?.(undefined);
    this.#waiting = undefined;
    this.#onClosed?.(reason);
  }
}
