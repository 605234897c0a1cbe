/** What ends a command at a controller before its answer is there, and how that is told. */
import type { Clock } from "../../io/clock.ts";
import { DEADLINE_OVER, DriverError, type Leave } from "./driver.ts";

/** Signals of one command. {@link Ends.over} must be called when it is done. */
export class Ends {
  /** Nothing more is to be asked. */
  readonly asking: AbortSignal;
  /** The answer to a change is not waited for any longer: that needs no leave to act. */
  readonly answering: AbortSignal;
  readonly over: () => void;
  readonly #leave: Leave;
  readonly #closing: AbortSignal;
  readonly #withinMs: number;
  readonly #late = new AbortController();

  constructor(leave: Leave, closing: AbortSignal, clock: Clock) {
    this.#leave = leave;
    this.#closing = closing;
    this.#withinMs = Math.max(0, leave.deadlineMs - clock.now().monoMs);
    this.over = clock.after(this.#withinMs, () => this.#late.abort());
    this.answering = AbortSignal.any([leave.signal, closing, this.#late.signal]);
    this.asking = AbortSignal.any([this.answering, leave.grant.signal]);
  }

  /** Why it was stopped, in words that go behind "BMC m1-bmc ...". */
  get why(): string {
    if (this.#closing.aborted) return "this member stops";
    if (this.#isLate) return `no answer came within ${Math.round(this.#withinMs)} ms`;
    if (this.#leave.signal.aborted) return "nobody waits for the answer any more";
    return "this member must not act on the node any more";
  }

  /** Before anything was changed. */
  error(address: string): DriverError {
    const isLate = this.#isLate && !this.#closing.aborted;
    const told = isLate ? `no answer from BMC ${address}` : `BMC ${address} was not asked further`;
    return new DriverError(isLate ? 504 : 503, `${told}: ${this.why}`);
  }

  /** Whoever gave leave may have ended it at the deadline, a moment before this is woken. */
  get #isLate(): boolean {
    return this.#late.signal.aborted || this.#leave.signal.reason === DEADLINE_OVER;
  }
}
