/** Something that is to be open, and is tried again for as long as it cannot be: a port that some
 * other program holds is free one day. */
import { BOOT_AGAIN_MS } from "../../base/boot_limits.ts";
import type { Outcome } from "../../base/outcome.ts";
import type { Clock } from "../../io/clock.ts";

export interface KeptOpenParts<Thing> {
  readonly clock: Clock;
  readonly open: () => Outcome<Thing> | Promise<Outcome<Thing>>;
  readonly close: (thing: Thing) => void | Promise<void>;
  /** It is open now, or not any more. */
  readonly changed: () => void;
  /** Told once for each reason why it is not. */
  readonly tell: (line: string) => void;
}

export class KeptOpen<Thing> {
  readonly #parts: KeptOpenParts<Thing>;
  #thing: Thing | undefined;
  #why: string | undefined;
  #cancel: () => void = () => {};
  #isClosed = false;

  constructor(parts: KeptOpenParts<Thing>) {
    this.#parts = parts;
  }

  /** Undefined while it is not open. */
  get thing(): Thing | undefined {
    return this.#thing;
  }

  /** Why it is not, with the remedy. */
  get why(): string | undefined {
    return this.#why;
  }

  async start(): Promise<void> {
    const { open, close, changed, tell, clock } = this.#parts;
    const opened = await open();
    if (this.#isClosed) {
      if (opened.ok) await close(opened.value);
      return;
    }
    if (opened.ok) {
      this.#thing = opened.value;
      this.#why = undefined;
      return changed();
    }
    const { message } = opened.refusal;
    if (message !== this.#why) tell(`${message}; tries again`);
    this.#why = message;
    this.#cancel = clock.after(BOOT_AGAIN_MS, () => void this.start());
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel();
    const thing = this.#thing;
    this.#thing = undefined;
    if (thing !== undefined) await this.#parts.close(thing);
  }
}
