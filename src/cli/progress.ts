/** How far a long work is: words on a terminal, over and over on one line. */
import type { Surroundings } from "./surroundings.ts";

const PROGRESS_MS = 200;

export class Progress {
  readonly #surroundings: Surroundings;
  readonly #timer: ReturnType<typeof setInterval> | undefined;
  #shown = "";

  /** Nothing is shown where there is no terminal. */
  constructor(surroundings: Surroundings, howFar: () => string) {
    this.#surroundings = surroundings;
    if (!surroundings.stderr.isTerminal) return;
    this.#timer = setInterval(() => this.#show(howFar()), PROGRESS_MS);
  }

  end(): void {
    clearInterval(this.#timer);
    if (this.#shown !== "") this.#show("");
  }

  #show(text: string): void {
    if (text === this.#shown) return;
    this.#surroundings.stderr.write(`\r${text}\x1b[K`);
    this.#shown = text;
  }
}
