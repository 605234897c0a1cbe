/** Writes sent at a fixed pace whether or not the ones before are answered, so that what is
 * measured is how long nobody could write, and not how long one client waited. */
import type { BenchMember } from "./collective.ts";
import { type KeptConnection, textOf } from "./kept_connection.ts";

const PACE_MS = 5;
const VALUE = "open loop";

/** One write and what became of it. Times are those of performance.now(). */
export interface Attempt {
  readonly at: BenchMember;
  readonly begunMs: number;
  readonly endedMs: number;
  /** Undefined where the connection broke. */
  readonly status: number | undefined;
  readonly said: string;
}

export class OpenLoop {
  readonly #members: readonly BenchMember[];
  readonly #idle = new Map<BenchMember, KeptConnection[]>();
  readonly #attempts: Attempt[] = [];
  readonly #underWay = new Set<Promise<void>>();
  readonly #timer: ReturnType<typeof setInterval>;
  #serial = 0;

  /** Members take turns; one is asked on as many connections as it leaves without an answer. */
  constructor(members: readonly BenchMember[]) {
    this.#members = members;
    this.#timer = setInterval(() => this.#send(), PACE_MS);
  }

  /** The attempts that have ended so far. */
  get attempts(): readonly Attempt[] {
    return this.#attempts;
  }

  /** Sends nothing more and waits for every answer. */
  async stop(): Promise<readonly Attempt[]> {
    clearInterval(this.#timer);
    await Promise.all(this.#underWay);
    for (const connections of this.#idle.values()) for (const one of connections) one.close();
    return this.#attempts;
  }

  #send(): void {
    const member = this.#members[this.#serial++ % this.#members.length];
    if (member === undefined) return;
    const attempt = this.#attempt(member, this.#serial).finally(() => {
      this.#underWay.delete(attempt);
    });
    this.#underWay.add(attempt);
  }

  async #attempt(at: BenchMember, serial: number): Promise<void> {
    const begunMs = performance.now();
    const idle = this.#idle.get(at) ?? [];
    this.#idle.set(at, idle);
    let status: number | undefined, said: string;
    try {
      const conn = idle.pop() ?? await at.connect();
      const path = `/nodes/n${1 + serial % 100}/attributes/current`;
      const answer = await conn.ask("PUT", path, `{"info.note":"${VALUE} ${serial}"}`);
      status = answer.status;
      said = status === 200 ? "" : textOf(answer);
      idle.push(conn);
    } catch (error) {
      said = String(error);
    }
    this.#attempts.push({ at, begunMs, endedMs: performance.now(), status, said });
  }
}

/** Waits until a write that began after `sinceMs` at one of the members has succeeded. */
export async function nextSuccess(
  loop: OpenLoop,
  sinceMs: number,
  at: readonly BenchMember[],
  withinMs: number,
): Promise<Attempt> {
  const until = performance.now() + withinMs;
  for (let next = 0;;) {
    const attempt = loop.attempts[next];
    if (attempt === undefined) {
      if (performance.now() > until) throw new Error(`no write succeeded within ${withinMs} ms`);
      await new Promise((resolve) => void setTimeout(resolve, PACE_MS));
      continue;
    }
    next++;
    if (attempt.status === 200 && attempt.begunMs > sinceMs && at.includes(attempt.at)) {
      return attempt;
    }
  }
}
