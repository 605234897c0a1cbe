/**
 * Stays with a socket for a moment after an answer: a client in lockstep says the next thing within
 * some ten microseconds, and a turn of the event loop takes as long, the poller's thread thrice so.
 *
 * It looks for a while first, which is quickest while a processor is free, and then sleeps. Either
 * is left out for a while where it was in vain: the client is far away, or slow. Where processors
 * are contended for it only sleeps: whoever never rests is made to wait by the kernel when it is
 * ready, and whoever rested goes first. In all it takes TFTP_LINGER_MS at most.
 */
import {
  TFTP_CONTENDED_MS,
  TFTP_LINGER_MS,
  TFTP_LOOK_MS,
  TFTP_OUSTED_MS,
  TFTP_RESTS_MOST,
  TFTP_SLEEP_MS,
} from "../../base/boot_limits.ts";

/** What is lingered at. */
export interface Lingered {
  /** Receives and answers; how much came. */
  receive(): number;
  /** Whether something came within so long, or is there. */
  awaits(mostMs: number): boolean;
  nowMs(): number;
}

/** Something that is tried the more seldom the more often it was in vain. */
class Hope {
  #rests = 0;
  #restsNext = 1;

  isDue(): boolean {
    if (this.#rests === 0) return true;
    this.#rests--;
    return false;
  }

  was(isInVain: boolean): void {
    if (isInVain) this.#rests = this.#restsNext;
    this.#restsNext = isInVain ? Math.min(2 * this.#restsNext, TFTP_RESTS_MOST) : 1;
  }
}

export class Lingering {
  readonly #at: Lingered;
  readonly #looking = new Hope();
  readonly #sleeping = new Hope();
  #contendedUntilMs = Number.NEGATIVE_INFINITY;

  constructor(at: Lingered) {
    this.#at = at;
  }

  /** After something was answered. */
  linger(): void {
    const untilMs = this.#at.nowMs() + TFTP_LINGER_MS;
    while (this.#look() || this.#sleep()) if (this.#at.nowMs() >= untilMs) return;
  }

  #look(): boolean {
    const beganMs = this.#at.nowMs();
    if (beganMs < this.#contendedUntilMs || !this.#looking.isDue()) return false;
    let nowMs = beganMs, came = 0;
    while (came === 0 && nowMs < beganMs + TFTP_LOOK_MS) {
      came = this.#at.receive();
      const lastMs = nowMs;
      nowMs = this.#at.nowMs();
      if (nowMs - lastMs >= TFTP_OUSTED_MS) this.#contendedUntilMs = nowMs + TFTP_CONTENDED_MS;
    }
    this.#looking.was(came === 0);
    return came > 0;
  }

  #sleep(): boolean {
    if (!this.#sleeping.isDue()) return false;
    const isThere = this.#at.awaits(TFTP_SLEEP_MS);
    this.#sleeping.was(!isThere);
    if (isThere) this.#at.receive();
    return isThere;
  }
}
