/** A connection of the port for nodes: what it is at, and since when. */
import {
  HTTPS_BODY_MS,
  HTTPS_IDLE_MS,
  HTTPS_LINGER_MS,
  HTTPS_OPENING_MS,
  HTTPS_SLOW_MS,
  HTTPS_UNPROVEN_MS,
  MAX_HTTPS_WAITING,
} from "../../base/boot_limits.ts";
import type { Pace } from "./sending.ts";

/** What it can be at; how long at most. */
const MOST_MS = {
  /** The handshake, and its first request. */
  opening: HTTPS_OPENING_MS,
  /** Between an answer and the next request. */
  idle: HTTPS_IDLE_MS,
  /** The body is on its way. */
  reading: HTTPS_BODY_MS,
  /** It is this member's turn. */
  working: Infinity,
  /** A piece of the answer is to be taken. */
  sending: HTTPS_SLOW_MS,
  /** It was refused, and reads why. */
  leaving: HTTPS_LINGER_MS,
} as const;

type Phase = keyof typeof MOST_MS;

/** The socket of a connection, as far as it is needed. */
interface Wire {
  destroy(): void;
}

export class NodeConnection implements Pace {
  /** IPv4 without the prefix of IPv6. */
  readonly address: string;
  readonly #wire: Wire;
  readonly #nowMs: () => number;
  #phase: Phase = "opening";
  /** Ends with the last request that came. */
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;
  #isLast = false;
  #isOver = false;
  #sinceMs: number;

  constructor(address: string, wire: Wire, nowMs: () => number) {
    this.address = address;
    this.#wire = wire;
    this.#nowMs = nowMs;
    this.#sinceMs = nowMs();
  }

  is(phase: Phase): void {
    this.#phase = phase;
    this.#sinceMs = this.#nowMs();
  }

  /** Serves a request once those before it are; false where too many wait. */
  serve(serve: () => Promise<void>): boolean {
    if (this.#waiting > MAX_HTTPS_WAITING) return false;
    this.#waiting++;
    this.#last = this.#last.then(async () => {
      if (this.#phase === "leaving" || this.#isOver) return;
      this.goesOn();
      await serve();
      this.is(this.#isLast ? "leaving" : "idle");
      this.#waiting--;
    });
    return true;
  }

  /** No request is served after this one, and its sender is told so if there is time. */
  endsAfterThis(): void {
    this.#isLast = true;
  }

  get isLast(): boolean {
    return this.#isLast;
  }

  waits(): void {
    this.is("sending");
  }

  goesOn(): void {
    this.is("working");
  }

  /** Whether nothing is under way. */
  get isAtRest(): boolean {
    return this.#phase === "idle" || this.#phase === "opening" || this.#phase === "leaving";
  }

  /** Whether it may be given up for another. */
  get isExpendable(): boolean {
    return this.isAtRest && this.#nowMs() - this.#sinceMs >= HTTPS_UNPROVEN_MS;
  }

  /** Cuts it where it takes too long. */
  look(): void {
    if (this.#nowMs() - this.#sinceMs > MOST_MS[this.#phase]) this.cut();
  }

  cut(): void {
    this.#wire.destroy();
  }

  /** It is gone, and whatever waits is not served. */
  ended(): void {
    this.#isOver = true;
  }
}
