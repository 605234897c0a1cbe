/**
 * What a leader knows of the others: how far their logs agree with its own, when they last
 * answered, and which rounds confirmed that it still leads.
 */
import type { MemberId } from "../model/member.ts";
import {
  HEARTBEAT_MS,
  MAX_APPENDS_IN_FLIGHT,
  PROMOTE_WITHIN_MS,
  REQUEST_MS,
} from "../base/limits.ts";

/**
 * One follower. `probe`: send one message and wait; `replicate`: send ahead of the answers;
 * `copy`: its log ends before ours begins, so it takes a full copy first.
 */
export class Progress {
  state: "probe" | "replicate" | "copy" = "probe";
  /** All entries up to here are on the follower's disk and are ours. */
  match = 0;
  next: number;
  /** When it last answered anything of this term. */
  heardAtMs: number;
  /** The newest round it answered. */
  round = 0;
  /** The commit index it was last told. */
  commitSent = 0;
  /** Last indexes of the appends under way, oldest first. */
  readonly #inFlight: number[] = [];
  #sentAtMs = Number.NEGATIVE_INFINITY;
  /** The head as it was at `askedAtMs`, until the follower holds it. */
  #head: { readonly index: number; readonly askedAtMs: number } | undefined;
  /** How long it took to hold the head, and when that was found. */
  #headDelay: { readonly ms: number; readonly foundAtMs: number } | undefined;

  constructor(next: number, nowMs: number) {
    this.next = next;
    this.heardAtMs = nowMs;
  }

  mayAppend(): boolean {
    if (this.state === "copy") return false;
    if (this.state === "probe") return this.#inFlight.length === 0;
    return this.#inFlight.length < MAX_APPENDS_IN_FLIGHT;
  }

  sent(lastIndex: number, nowMs: number): void {
    this.#inFlight.push(lastIndex);
    this.#sentAtMs = nowMs;
    if (this.state === "replicate") this.next = lastIndex + 1;
  }

  /** The follower holds everything up to `match`. */
  accepted(match: number, nowMs: number): void {
    while (this.#inFlight.length > 0 && (this.#inFlight[0] as number) <= match) {
      this.#inFlight.shift();
    }
    this.match = Math.max(this.match, match);
    this.next = Math.max(this.next, this.match + 1);
    if (this.state === "probe") {
      this.state = "replicate";
      this.#inFlight.length = 0;
      this.next = this.match + 1;
    }
    if (this.#head !== undefined && this.match >= this.#head.index) {
      this.#headDelay = { ms: nowMs - this.#head.askedAtMs, foundAtMs: nowMs };
      this.#head = undefined;
    }
  }

  /** The follower does not have what an append stood on: try from `hint` on. */
  rejected(hint: number): void {
    this.next = Math.max(this.match + 1, Math.min(hint + 1, this.next - 1), 1);
    this.probe();
  }

  probe(): void {
    this.state = "probe";
    this.#inFlight.length = 0;
  }

  copying(): void {
    this.state = "copy";
    this.#inFlight.length = 0;
  }

  /** Asks, at most once at a time, how long the follower takes to hold `head`. */
  watchHead(head: number, nowMs: number): void {
    if (this.#head !== undefined && nowMs - this.#head.askedAtMs > REQUEST_MS) {
      this.#head = undefined;
      this.#headDelay = undefined;
    }
    this.#head ??= { index: head, askedAtMs: nowMs };
  }

  /** Nothing came back for what was sent: it was lost. */
  isLost(nowMs: number): boolean {
    return this.#inFlight.length > 0 &&
      nowMs - Math.max(this.#sentAtMs, this.heardAtMs) > HEARTBEAT_MS * 2;
  }

  /** Milliseconds it took, lately, from knowing of the head to having it on disk. */
  headDelayMs(nowMs: number): number | undefined {
    const delay = this.#headDelay;
    return delay !== undefined && nowMs - delay.foundAtMs < 4 * HEARTBEAT_MS ? delay.ms : undefined;
  }
}

/** A question that only a leader that is still one may answer. */
interface Question {
  /** Answered by a majority of these, each in a round begun after the question came. */
  readonly voters: ReadonlySet<MemberId>;
  readonly untilMs: number;
  readonly answer: (confirmed: boolean, silent: readonly MemberId[]) => void;
  round: number;
}

/** The rounds of one leadership: read index (Raft dissertation 6.4) and roster changes use them. */
export class Rounds {
  #newest = 0;
  #waiting: Question[] = [];

  get newest(): number {
    return this.#newest;
  }

  get deadlineMs(): number | undefined {
    return this.#waiting.reduce<number | undefined>(
      (least, q) => least === undefined ? q.untilMs : Math.min(least, q.untilMs),
      undefined,
    );
  }

  /** Puts the question into the next round, which the caller begins. */
  ask(question: Omit<Question, "round">): void {
    this.#waiting.push({ ...question, round: this.#newest + 1 });
  }

  /** Begins a round if a question waits for one; the caller then sends it to everybody. */
  begin(): boolean {
    const wanted = this.#waiting.some((question) => question.round > this.#newest);
    if (wanted) this.#newest++;
    return wanted;
  }

  /** Answers what is confirmed now, and what has waited too long. */
  settle(
    acknowledged: (id: MemberId) => number,
    majority: (voters: number) => number,
    nowMs: number,
  ): void {
    const open: Question[] = [];
    const done: (() => void)[] = [];
    for (const question of this.#waiting) {
      const silent = [...question.voters].filter((id) => acknowledged(id) < question.round);
      const confirmed = question.voters.size - silent.length >= majority(question.voters.size);
      if (confirmed && question.round <= this.#newest) {
        done.push(() => question.answer(true, silent));
      } else if (nowMs >= question.untilMs) done.push(() => question.answer(false, silent));
      else open.push(question);
    }
    this.#waiting = open;
    for (const answer of done) answer();
  }

  /** The leadership ended: nothing is confirmed any more. */
  abandon(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const question of waiting) question.answer(false, [...question.voters]);
  }
}

/**
 * A learner may vote once it holds the head as fast as the voters do: within
 * PROMOTE_WITHIN_MS, or within twice the slowest voter's time.
 */
export function isCaughtUp(
  learner: Progress,
  voters: readonly Progress[],
  nowMs: number,
): boolean {
  const delay = learner.headDelayMs(nowMs);
  if (delay === undefined) return false;
  const slowest = Math.max(0, ...voters.map((voter) => voter.headDelayMs(nowMs) ?? 0));
  return delay <= Math.max(PROMOTE_WITHIN_MS, 2 * slowest);
}
