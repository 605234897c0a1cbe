/**
 * Who watches this member: each is told what its watcher (src/replica/watch.ts) finds, as fast as
 * it reads. Nothing is queued for it; while it does not read it costs what a watcher costs.
 */
import { MAX_WATCHERS, WATCH_BOOKMARK_MS } from "../base/limits.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";
import type { Clock } from "../io/clock.ts";
import {
  Watcher,
  type WatcherEvent,
  type WatcherOptions,
  type WatchSource,
} from "../replica/watch.ts";
import type { WatchEvent } from "../wire/watch.ts";
import type { Watching } from "./member_service.ts";

export class WatchHub {
  readonly #source: WatchSource;
  readonly #staleSeconds: () => number | undefined;
  readonly #clock: Clock;
  readonly #watching = new Set<Stream>();
  #isClosed = false;
  #cancelBookmarks: () => void = () => {};

  /** `staleSeconds`: since a majority was heard, where none is. */
  constructor(source: WatchSource, staleSeconds: () => number | undefined, clock: Clock) {
    this.#source = source;
    this.#staleSeconds = staleSeconds;
    this.#clock = clock;
  }

  /** Who watches now. */
  get size(): number {
    return this.#watching.size;
  }

  /** `busy` where MAX_WATCHERS are there already. */
  open(options: Omit<WatcherOptions, "pace" | "mutant">): Outcome<Watching> {
    if (this.#isClosed) return refused("unavailable", "this member stops; watch at another");
    if (this.#watching.size >= MAX_WATCHERS) {
      const message = `${MAX_WATCHERS} watch at this member already; end one, or watch at another`;
      return refused("busy", message);
    }
    const watcher = new Watcher(this.#source, options);
    const stream = new Stream(watcher, this.#source, this.#staleSeconds, this.#clock, () => {
      this.#watching.delete(stream);
      if (this.#watching.size === 0) this.#cancelBookmarks();
    });
    this.#watching.add(stream);
    // Whoever goes on after an index hears at once that all is told.
    if (options.from !== undefined) stream.bookmark();
    if (this.#watching.size === 1) this.#bookmarkLater();
    return ok(stream);
  }

  /** The state may be another. */
  turned(): void {
    for (const stream of this.#watching) stream.turned();
  }

  /** Ends those that are there. */
  endAll(): void {
    for (const stream of [...this.#watching]) stream.close();
  }

  /** Ends all, and lets nobody in any more. */
  close(): void {
    this.#isClosed = true;
    this.endAll();
  }

  #bookmarkLater(): void {
    this.#cancelBookmarks = this.#clock.after(WATCH_BOOKMARK_MS, () => {
      for (const stream of this.#watching) stream.bookmark();
      this.#bookmarkLater();
    });
  }
}

class Stream implements Watching {
  readonly #watcher: Watcher;
  readonly #source: WatchSource;
  readonly #staleSeconds: () => number | undefined;
  readonly #clock: Clock;
  readonly #closed: () => void;
  #isClosed = false;
  #isBookmarkDue = false;
  /** Others should get their turn before more is asked for. */
  #isResting = false;
  #wake: (() => void) | undefined;

  constructor(
    watcher: Watcher,
    source: WatchSource,
    staleSeconds: () => number | undefined,
    clock: Clock,
    closed: () => void,
  ) {
    this.#watcher = watcher;
    this.#source = source;
    this.#staleSeconds = staleSeconds;
    this.#clock = clock;
    this.#closed = closed;
  }

  take(): WatchEvent | undefined {
    if (this.#isClosed || this.#isResting) return undefined;
    const step = this.#watcher.next();
    if (step === "over") {
      this.close();
      return undefined;
    }
    if (step === "later") {
      this.#isResting = true;
      return undefined;
    }
    if (step !== "told") return this.#sent(step);
    if (!this.#isBookmarkDue) return undefined;
    this.#isBookmarkDue = false;
    return this.#aged({ event: "bookmark", index: this.#watcher.at });
  }

  async ready(): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.#isClosed) return false;
    this.#wake = resolve;
    if (this.#isResting) this.#clock.after(0, resolve);
    else if (this.#isBookmarkDue || this.#hasNews()) resolve();
    await promise;
    this.#wake = undefined;
    this.#isResting = false;
    return !this.#isClosed;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#closed();
    this.#wake?.();
  }

  turned(): void {
    if (!this.#isResting && this.#hasNews()) this.#wake?.();
  }

  bookmark(): void {
    this.#isBookmarkDue = true;
    if (!this.#isResting) this.#wake?.();
  }

  #sent(event: WatcherEvent): WatchEvent {
    if (event.event === "sync") return this.#aged(event);
    if (event.event !== "change") return event;
    const { timeMs, ...rest } = event;
    return timeMs === undefined ? rest : { ...rest, time: new Date(timeMs).toISOString() };
  }

  #hasNews(): boolean {
    return this.#source.applied > this.#watcher.at;
  }

  #aged(event: Extract<WatchEvent, { event: "sync" | "bookmark" }>): WatchEvent {
    const stale = this.#staleSeconds();
    return stale === undefined ? event : { ...event, stale };
  }
}
