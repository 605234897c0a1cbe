/**
 * The program as a process: `deno run -A main.ts ...`. The kernel kills it together with the tests,
 * however they end; what it says on stdout and stderr is kept, and can be waited for.
 */
const ROOT = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");
/** The command line of the program, without its command. */
export const PROGRAM: readonly string[] = [Deno.execPath(), "run", "-A", `${ROOT}/main.ts`];
/** Nothing this machine does takes so long, however busy it is. */
const PATIENCE_MS = 60_000;

/** How a process ended, with all it said. */
export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export class Program {
  readonly pid: number;
  readonly #child: Deno.ChildProcess;
  readonly #out: Lines;
  readonly #err: Lines;
  readonly #status: Promise<Deno.CommandStatus>;
  #hasEnded = false;

  /** The whole command line, whatever runs by it. */
  constructor(command: readonly string[]) {
    this.#child = new Deno.Command("setpriv", {
      args: ["--pdeathsig", "KILL", ...command],
      env: { DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.pid = this.#child.pid;
    this.#status = this.#child.status.then((status) => {
      this.#hasEnded = true;
      return status;
    });
    this.#out = new Lines(this.#child.stdout);
    this.#err = new Lines(this.#child.stderr);
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  get out(): readonly string[] {
    return this.#out.lines;
  }

  get err(): readonly string[] {
    return this.#err.lines;
  }

  /** The first line of stdout that `wanted` fits, there already or to come. */
  async line(wanted: RegExp, withinMs = PATIENCE_MS): Promise<RegExpExecArray> {
    return await this.#lineOf(this.#out, wanted, withinMs);
  }

  /** The same of stderr. */
  async word(wanted: RegExp, withinMs = PATIENCE_MS): Promise<RegExpExecArray> {
    return await this.#lineOf(this.#err, wanted, withinMs);
  }

  async #lineOf(lines: Lines, wanted: RegExp, withinMs: number): Promise<RegExpExecArray> {
    const found = await within(withinMs, lines.find(wanted));
    if (found !== undefined) return found;
    throw new Error(`no line like ${wanted}; it said:\n${this.said()}`);
  }

  said(): string {
    return [...this.out.slice(-20), ...this.err.slice(-30)].map((line) => `    ${line}`).join("\n");
  }

  signal(signal: Deno.Signal): void {
    try {
      if (!this.hasEnded) this.#child.kill(signal);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it ended by itself, which is not told yet
    }
  }

  /** Resolves when it is gone and everything it said was read. */
  async ended(withinMs = PATIENCE_MS): Promise<Ended> {
    const status = await within(withinMs, this.#status);
    if (status === undefined) {
      throw new Error(`it did not end within ${withinMs} ms; it said:\n${this.said()}`);
    }
    await Promise.all([this.#out.over, this.#err.over]);
    return { code: status.code, out: this.out.join("\n"), err: this.err.join("\n") };
  }

  async kill(signal: Deno.Signal = "SIGKILL"): Promise<Ended> {
    this.signal(signal);
    return await this.ended();
  }
}

/** The lines of a stream, as they come. */
class Lines {
  readonly lines: string[] = [];
  readonly over: Promise<void>;
  #isOver = false;
  #waiting: (() => void)[] = [];

  constructor(stream: ReadableStream<Uint8Array>) {
    this.over = this.#read(stream);
  }

  /** Undefined where the stream ends without it. */
  async find(wanted: RegExp): Promise<RegExpExecArray | undefined> {
    for (let at = 0;; at++) {
      while (at >= this.lines.length) {
        if (this.#isOver) return undefined;
        await new Promise<void>((resolve) => void this.#waiting.push(resolve));
      }
      const found = wanted.exec(this.lines[at] ?? "");
      if (found !== null) return found;
    }
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    let rest = "";
    for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + piece).split("\n");
      rest = lines.pop() ?? "";
      this.#take(lines);
    }
    this.#isOver = true;
    this.#take(rest === "" ? [] : [rest]);
  }

  #take(lines: readonly string[]): void {
    this.lines.push(...lines);
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** What the promise comes to, or undefined after the time. */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), ms);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Asks again, 50 ms later, until the answer is not undefined; throws after the time. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  withinMs = PATIENCE_MS,
): Promise<T> {
  const end = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > end) throw new Error(`waited ${withinMs} ms in vain until ${what}`);
    await moment(50);
  }
}

/** For what has to happen at some moment or other; nothing is waited for by this. */
export function moment(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}

/** Whether a tool works here; where not, says that the case was left out. */
export async function works(command: readonly string[], what: string): Promise<boolean> {
  const [program = "", ...args] = command;
  try {
    const { success } = await new Deno.Command(program, { args, stderr: "null" }).output();
    if (success) return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  console.log(`left out: ${what} does not work here`);
  return false;
}
