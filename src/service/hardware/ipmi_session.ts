/** What one command asks of one controller: one child of ipmitool for each request. */
import {
  CHANGE_LEASE_MS,
  IPMI_READ_MS,
  MAX_IPMI_OUTPUT_BYTES,
  POWER_TELL_MS,
} from "../../base/limits.ts";
import { oneLine } from "../../base/one_line.ts";
import {
  type IpmiOutcome,
  type IpmitoolEnd,
  readOutcome,
  tellsNoSuites,
} from "../../hardware/ipmi_outcome.ts";
import { type IpmiRequest, rawWords } from "../../hardware/ipmi_request.ts";
import type { ChildTurns, Lane } from "../../io/child_turns.ts";
import type { Clock } from "../../io/clock.ts";
import type { IpmiAttempt, IpmiLogin, Ipmitool } from "../../io/ipmitool.ts";
import { type Bmc, DriverError, type Leave } from "./driver.ts";
import type { IpmiHabits } from "./ipmi_known.ts";
import type { OneAtATime } from "./ipmi_queue.ts";

/** How long each packet of setting a session up waits for its answer, at the first try and the
 * second. A controller that did not answer the last time gets the first only. */
const STEP_SECONDS = [1, 2] as const;
/** A list is hundreds of packets, of which none changes anything. */
const TRIES_OF_A_LIST = 3;
/** What ipmitool takes where a controller does not tell. To wait for that takes a second. */
const CIPHER_SUITE_OF_OLD = 3;

export interface SessionParts {
  readonly clock: Clock;
  readonly tool: Ipmitool;
  readonly turns: ChildTurns;
  readonly queue: OneAtATime;
  readonly habits: IpmiHabits;
  readonly bmc: Bmc;
  readonly address: { readonly host: string; readonly port: number };
  readonly leave: Leave;
  /** Aborted where the driver is closed. */
  readonly closing: AbortSignal;
}

type Attempt = Pick<IpmiAttempt, "words" | "isVerbose" | "stepSeconds" | "tries"> & {
  readonly changes: boolean;
  /** From when its turn has come; never longer than there is time. */
  readonly withinMs: number;
};

export class IpmiSession {
  readonly #parts: SessionParts;
  readonly #signal: AbortSignal;
  #hasBegun = false;

  constructor(parts: SessionParts) {
    const { leave, closing } = parts;
    this.#parts = parts;
    this.#signal = AbortSignal.any([leave.signal, leave.grant.signal, closing]);
  }

  /** Aborted where nothing is to be asked any more. */
  get signal(): AbortSignal {
    return this.#signal;
  }

  get deadlineMs(): number {
    return this.#parts.leave.deadlineMs;
  }

  get clock(): Clock {
    return this.#parts.clock;
  }

  /** While nobody else of this member speaks to the controller. */
  async alone<T>(act: () => Promise<T>): Promise<T> {
    const { address, queue } = this.#parts;
    const over = await queue.enter(`${address.host} ${address.port}`, this.#signal);
    if (over === undefined) throw this.#gaveUp();
    if (over === "full") {
      throw this.failed(503, "too many commands wait for it already; nothing was done");
    }
    try {
      return await act();
    } finally {
      over();
    }
  }

  /** What the controller answers; throws where it does not. `what` is changed, if anything is. */
  async ask(request: IpmiRequest, what?: string): Promise<readonly number[]> {
    const outcome = await this.tryToAsk(request);
    if (outcome.is === "answered") return outcome.bytes;
    throw this.because(outcome, what);
  }

  /** Why it was not answered. `what` was to be changed, if anything was. */
  because(outcome: Exclude<IpmiOutcome, { is: "answered" }>, what?: string): DriverError {
    switch (outcome.is) {
      case "refused":
        return this.failed(outcome.errorcode, outcome.why);
      case "lesser":
        return this.failed(502, "its user is no operator there");
      case "unsuited":
        return this.failed(502, "it and ipmitool have no cipher suite in common");
      case "silent":
        return this.failed(504, "it does not answer; nothing was done");
      case "unknown":
        if (what !== undefined) {
          return this.failed(504, `${what} may have been done: ${outcome.why}`);
        }
        return this.#signal.aborted ? this.#gaveUp() : this.failed(504, outcome.why);
    }
  }

  /**
   * What came of it. A change is asked for again only where no session came about; what changes
   * nothing also where its answer did not come.
   */
  async tryToAsk(request: IpmiRequest): Promise<IpmiOutcome> {
    const { habits } = this.#parts;
    const waits = habits.isSilent ? STEP_SECONDS.slice(0, 1) : STEP_SECONDS;
    let outcome: IpmiOutcome = { is: "silent" };
    for (const stepSeconds of waits) {
      const hadSuite = habits.cipherSuite !== undefined;
      outcome = await this.#tryOnce(request, stepSeconds);
      if (outcome.is === "lesser" || outcome.is === "unsuited" && hadSuite) {
        outcome = await this.#tryOnce(request, stepSeconds);
      }
      const isInVain = outcome.is === "silent" || outcome.is === "unknown" && !request.changes;
      if (!isInVain || this.#signal.aborted) return outcome;
    }
    return outcome;
  }

  async #tryOnce(request: IpmiRequest, stepSeconds: number): Promise<IpmiOutcome> {
    const end = await this.#child({
      words: rawWords(request),
      isVerbose: true,
      stepSeconds,
      tries: 1,
      changes: request.changes,
      withinMs: request.changes ? Infinity : IPMI_READ_MS,
    });
    const outcome = end.isTooLong ? floodOf(request) : readOutcome(end, request);
    this.#learn(outcome, end);
    return outcome;
  }

  /** What ipmitool lists; undefined where it does not come to its end. */
  async list(words: readonly string[]): Promise<string | undefined> {
    const { clock, leave } = this.#parts;
    const end = await this.#child({
      words,
      isVerbose: false,
      stepSeconds: STEP_SECONDS[0],
      tries: TRIES_OF_A_LIST,
      changes: false,
      withinMs: leave.deadlineMs - POWER_TELL_MS - clock.now().monoMs,
    });
    return end.code === 0 && !end.isTooLong ? end.out : undefined;
  }

  failed(errorcode: number, why: string): DriverError {
    return new DriverError(errorcode, `BMC ${this.#parts.bmc.address}: ${why}`);
  }

  #learn(outcome: IpmiOutcome, end: IpmitoolEnd): void {
    const { habits } = this.#parts;
    habits.isSilent = outcome.is === "silent" || outcome.is === "unknown";
    // The other role may be right by now: somebody may have changed it there.
    if (outcome.is === "lesser") habits.isOperator = !habits.isOperator;
    if (outcome.is !== "answered") habits.cipherSuite = undefined;
    else if (tellsNoSuites(end)) habits.cipherSuite = CIPHER_SUITE_OF_OLD;
  }

  async #child(what: Attempt): Promise<IpmitoolEnd & { readonly isTooLong: boolean }> {
    const { clock, tool, turns, habits, leave } = this.#parts;
    const lane: Lane = habits.isSilent ? "vain" : this.#hasBegun ? "goes-on" : "new";
    const end = await turns.take(lane, this.#signal);
    if (end === undefined) throw this.#gaveUp();
    this.#hasBegun = true;
    try {
      await tool.ready();
      const leftMs = leave.deadlineMs - clock.now().monoMs;
      if (this.#signal.aborted || leftMs <= 0) throw this.#gaveUp();
      const leaseMs = what.changes ? leave.grant.leaseLeftMs() : Infinity;
      if (leaseMs < CHANGE_LEASE_MS) {
        throw this.failed(503, "this member's lease ends too soon; nothing was done");
      }
      const withinMs = Math.min(leftMs, leaseMs, what.withinMs);
      const frozen = new AbortController();
      const signal = AbortSignal.any([this.#signal, frozen.signal]);
      const running = tool.run(this.#login(), { ...what, withinMs, signal });
      // This member was stopped between the two looks at its lease: the child is a child of before,
      // and has not come to asking anything yet.
      if (what.changes && leave.grant.leaseLeftMs() < CHANGE_LEASE_MS / 2) frozen.abort();
      return await running;
    } catch (error) {
      if (error instanceof DriverError) throw error;
      throw this.failed(503, `ipmitool cannot be started: ${oneLine(error)}`);
    } finally {
      end();
    }
  }

  #login(): IpmiLogin {
    const { bmc, address, habits } = this.#parts;
    return {
      ...address,
      user: bmc.user,
      password: bmc.password,
      kg: bmc.kg === "" ? undefined : bmc.kg,
      role: habits.isOperator ? "OPERATOR" : "ADMINISTRATOR",
      cipherSuite: habits.cipherSuite,
    };
  }

  #gaveUp(): DriverError {
    const { leave, closing, habits } = this.#parts;
    if (closing.aborted) return this.failed(503, "this member is stopping");
    if (leave.grant.signal.aborted) return this.failed(503, "this member acts on it no longer");
    const seen = habits.isSilent ? "it did not answer, and " : "";
    return this.failed(504, `${seen}there was no time left to ask it`);
  }
}

function floodOf({ changes }: IpmiRequest): IpmiOutcome {
  const why = `ipmitool said more than ${MAX_IPMI_OUTPUT_BYTES} bytes`;
  return changes ? { is: "unknown", why } : { is: "refused", errorcode: 502, why };
}
