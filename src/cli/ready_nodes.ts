/** Nodes that are ready for the next step, taken together as they come: none waits for the slowest
 * of the step before. */
import { BOOT_TOGETHER_MS } from "../base/limits.ts";
import { DONE, type ExitCode } from "./exit_code.ts";
import { rangesOf } from "./ranges_of_names.ts";

type Ended = { readonly exit: ExitCode } | { readonly thrown: unknown };

export class ReadyNodes {
  readonly #act: (range: string) => Promise<ExitCode>;
  readonly #acts: Promise<Ended>[] = [];
  #ready: string[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `act` does the next step for the nodes of a range. */
  constructor(act: (range: string) => Promise<ExitCode>) {
    this.#act = act;
  }

  add(node: string): void {
    this.#ready.push(node);
    this.#timer ??= setTimeout(() => this.#go(), BOOT_TOGETHER_MS);
  }

  /** There are no more: how the step went for all of them. */
  async end(): Promise<ExitCode> {
    this.#go();
    let exit: ExitCode = DONE;
    for (const ended of await Promise.all(this.#acts)) {
      if ("thrown" in ended) throw ended.thrown;
      if (exit === DONE) exit = ended.exit;
    }
    return exit;
  }

  #go(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const ranges = rangesOf(this.#ready);
    this.#ready = [];
    this.#acts.push(...ranges.map((range) => this.#end(range)));
  }

  /** What is thrown waits until somebody can take it. */
  async #end(range: string): Promise<Ended> {
    try {
      return { exit: await this.#act(range) };
    } catch (thrown) {
      return { thrown };
    }
  }
}
