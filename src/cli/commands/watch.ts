/** `watch`: changes as they happen, until Ctrl-C or until nobody reads them. */
import { WATCH_AGAIN_MAX_MS, WATCH_AGAIN_MIN_MS, WATCH_SILENCE_MS } from "../../base/limits.ts";
import { healthAnswer } from "../../wire/http.ts";
import { resumeIndex, type WatchEvent, watchEvent } from "../../wire/watch.ts";
import { type GlobalOptions, misused } from "../command.ts";
import { DONE, type ExitCode, UNREACHABLE } from "../exit_code.ts";
import type { ServiceClient, Unanswered } from "../service_client.ts";
import { print, type Surroundings, tell, warn } from "../surroundings.ts";
import { changeLines } from "../watch_lines.ts";
import { unanswered, withService } from "../with_service.ts";

export interface WatchFlags {
  readonly from?: number;
}

export async function watch(
  surroundings: Surroundings,
  options: WatchFlags & GlobalOptions,
  range: string | undefined,
): Promise<ExitCode> {
  const { from } = options;
  if (from !== undefined && (!Number.isSafeInteger(from) || from < 0)) {
    return misused(surroundings, "watch", "--from takes an index, a whole number");
  }
  return await withService(surroundings, options, async (service) => {
    const stop = new AbortController();
    const deaf = surroundings.onInterrupt(() => stop.abort());
    try {
      return await new Watch(surroundings, service, stop, options.json === true).run(range, from);
    } finally {
      deaf();
    }
  });
}

class Watch {
  readonly #surroundings: Surroundings;
  readonly #service: ServiceClient;
  readonly #stop: AbortController;
  readonly #isJson: boolean;
  /** What to go on after; see src/wire/watch.ts. */
  #last: number | undefined;
  /** Events since the last connection was made. */
  #seen = 0;
  #hasBegun = false;
  #isLost = false;
  #isStale = false;

  constructor(
    surroundings: Surroundings,
    service: ServiceClient,
    stop: AbortController,
    isJson: boolean,
  ) {
    this.#surroundings = surroundings;
    this.#service = service;
    this.#stop = stop;
    this.#isJson = isJson;
  }

  async run(range: string | undefined, from: number | undefined): Promise<ExitCode> {
    this.#last = from;
    if (from === undefined && !this.#isJson) {
      // People want what happens from now on, not all there is.
      const now = await this.#service.ask("GET /healthz", healthAnswer);
      if (!now.ok) return unanswered(this.#surroundings, now);
      this.#last = now.index;
    }
    let waitMs = WATCH_AGAIN_MIN_MS;
    for (;;) {
      this.#seen = 0;
      const ended = await this.#connect(range);
      if (this.#stop.signal.aborted) return DONE;
      if (!this.#hasBegun || isFinal(ended)) return unanswered(this.#surroundings, ended);
      if (this.#seen > 0) waitMs = WATCH_AGAIN_MIN_MS;
      if (!this.#isLost) warn(this.#surroundings, `${ended.message}; asks again`);
      this.#isLost = true;
      await pause(waitMs, this.#stop.signal);
      waitMs = Math.min(2 * waitMs, WATCH_AGAIN_MAX_MS);
    }
  }

  /** Resolves when the stream has ended, with why. */
  async #connect(range: string | undefined): Promise<Unanswered> {
    const query = {
      ...range === undefined ? {} : { noderange: range },
      ...this.#last === undefined || this.#hasBegun ? {} : { from: String(this.#last) },
    };
    const headers: Record<string, string> = this.#last !== undefined && this.#hasBegun
      ? { "Last-Event-ID": String(this.#last) }
      : {};
    const ended = await this.#service.events(
      "GET /watch",
      watchEvent,
      { query, headers, signal: this.#stop.signal },
      WATCH_SILENCE_MS,
      (event) => this.#take(event),
    );
    return ended.ok ? { ok: false, exit: UNREACHABLE, message: "the stream ended" } : ended;
  }

  #take(event: WatchEvent): void {
    this.#seen++;
    this.#hasBegun = true;
    this.#last = resumeIndex(event) ?? this.#last;
    if (this.#isLost) tell(this.#surroundings, `Goes on after index ${this.#last ?? 0}.`);
    this.#isLost = false;
    this.#show(event);
    if (this.#surroundings.stdout.isClosed) this.#stop.abort();
  }

  #show(event: WatchEvent): void {
    if (this.#isJson) return print(this.#surroundings, JSON.stringify(event));
    switch (event.event) {
      case "state":
      case "change":
        for (const line of changeLines(event)) print(this.#surroundings, line);
        return;
      case "gap":
        return warn(
          this.#surroundings,
          `not every change after index ${event.index} is there any more; the last values follow`,
        );
      case "reset":
        return warn(this.#surroundings, "what changed is not known any more; all there is follows");
      case "sync":
      case "bookmark":
        return this.#age(event.stale);
    }
  }

  #age(stale: number | undefined): void {
    const isStale = stale !== undefined;
    if (isStale === this.#isStale) return;
    this.#isStale = isStale;
    if (isStale) warn(this.#surroundings, `a majority was last heard ${stale} s ago`);
    else tell(this.#surroundings, "A majority is heard again.");
  }
}

/** Whether to ask again would be answered the same. */
function isFinal({ exit, failure }: Unanswered): boolean {
  if (exit === UNREACHABLE) return false;
  return failure === undefined || (failure.errorcode !== 503 && failure.errorcode !== 429);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(over, ms);
    signal.addEventListener("abort", over);
    function over(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", over);
      resolve();
    }
  });
}
