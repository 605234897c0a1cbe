/** Gives a receiver its frames in order, each one after the promise of the one before resolved. */
import type { LinkEvents } from "./link.ts";

/** Where the frames come from, and who hears how delivery goes. */
export interface FrameSource {
  /** The next whole frame if there is one. What it throws ends the link. */
  next(): Uint8Array | undefined;
  /** Everything there was has been delivered and the receiver is done with it. */
  drained(): void;
  /** A frame could not be read, or the receiver failed on one. Nothing more is delivered. */
  failed(error: unknown): void;
}

export class LinkDelivery {
  readonly #source: FrameSource;
  #events: LinkEvents | undefined;
  #busy = false;
  #stopped = false;

  constructor(source: FrameSource) {
    this.#source = source;
  }

  /** Whether the receiver is still at work on a frame: what arrives meanwhile must wait. */
  get busy(): boolean {
    return this.#busy;
  }

  /** Begins, but not from within this call. */
  start(events: LinkEvents): void {
    this.#events = events;
    queueMicrotask(() => this.run());
  }

  /** No frame is delivered any more. One the receiver is at work on stays with it. */
  stop(): void {
    this.#stopped = true;
  }

  /** Delivers what there is, unless the receiver is at work or has not come yet. */
  run(): void {
    const events = this.#events;
    if (events === undefined || this.#busy) return;
    this.#busy = true;
    try {
      while (!this.#stopped) {
        const frame = this.#source.next();
        if (frame === undefined) break;
        const done = events.frame(frame);
        if (done === undefined) continue;
        done.then(() => this.#goOn(), (error: unknown) => this.#fail(error));
        return;
      }
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#busy = false;
    if (!this.#stopped) this.#source.drained();
  }

  #goOn(): void {
    this.#busy = false;
    this.run();
  }

  #fail(error: unknown): void {
    this.#busy = false;
    if (this.#stopped) return;
    this.#stopped = true;
    this.#source.failed(error);
  }
}
