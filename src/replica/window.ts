/**
 * Which requests of a member were seen (I7). A window holds the boot of the newest, the highest
 * sequence of that boot, and a bit for each of the OPERATION_WINDOW sequences up to it. What is
 * older than the window, or of an earlier boot, is refused: it can only be a late copy.
 */
import { OPERATION_WINDOW } from "../base/limits.ts";
import { fromHex, toHex } from "../base/bytes.ts";

/** The windows' rows are called so, and then as the member is. */
export const WINDOW_PREFIX = "window/";

const BYTES = OPERATION_WINDOW / 8;

/** What is known of a request's id. */
export type Sight = "new" | "duplicate" | "outdated";

/** The requests of one member that were seen, in constant room. */
export class OperationWindow {
  #boot = 0;
  #highest = 0;
  /** Bit `sequence % OPERATION_WINDOW` is set where the sequence was seen. */
  readonly #seen = new Uint8Array(BYTES);

  /** The newest start of the member that was heard of. */
  get boot(): number {
    return this.#boot;
  }

  look(boot: number, sequence: number): Sight {
    if (boot > this.#boot) return "new";
    if (boot < this.#boot || sequence <= this.#highest - OPERATION_WINDOW) return "outdated";
    return sequence <= this.#highest && this.#isSet(sequence) ? "duplicate" : "new";
  }

  mark(boot: number, sequence: number): void {
    if (boot > this.#boot) {
      this.#boot = boot;
      this.#highest = 0;
      this.#seen.fill(0);
    }
    for (; this.#highest < sequence; this.#highest++) {
      if (sequence - this.#highest > OPERATION_WINDOW) {
        this.#highest = sequence - OPERATION_WINDOW;
        this.#seen.fill(0);
      }
      this.#clear(this.#highest + 1);
    }
    const bit = sequence % OPERATION_WINDOW;
    this.#seen[bit >> 3] = (this.#seen[bit >> 3] as number) | (1 << (bit & 7));
  }

  /** The window as the value of a cell. */
  toText(): string {
    return `${this.#boot}:${this.#highest}:${toHex(this.#seen)}`;
  }

  static fromText(text: string): OperationWindow {
    const [boot, highest, seen] = text.split(":");
    const window = new OperationWindow();
    window.#boot = Number(boot);
    window.#highest = Number(highest);
    window.#seen.set(fromHex(seen ?? ""));
    return window;
  }

  #isSet(sequence: number): boolean {
    const bit = sequence % OPERATION_WINDOW;
    return ((this.#seen[bit >> 3] as number) & (1 << (bit & 7))) !== 0;
  }

  #clear(sequence: number): void {
    const bit = sequence % OPERATION_WINDOW;
    this.#seen[bit >> 3] = (this.#seen[bit >> 3] as number) & ~(1 << (bit & 7));
  }
}
