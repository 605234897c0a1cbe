/**
 * Processes of a bench: each ends with the bench, however that ends, since the kernel kills it
 * together with its parent. What they cost is read from /proc.
 */

const TICKS_PER_SECOND = 100; // USER_HZ, which is 100 on every Linux that runs Deno

/** A program that runs, whose lines are kept and can be waited for. */
export class Running {
  readonly pid: number;
  /** Lines of stdout and stderr, as they came; only the last ones. */
  readonly lines: string[] = [];
  readonly #child: Deno.ChildProcess;
  readonly #reading: Promise<unknown>;
  #hasEnded = false;
  #heard: () => void = () => {};

  constructor(args: readonly string[], options: { readonly cwd?: string } = {}) {
    this.#child = new Deno.Command("setpriv", {
      args: ["--pdeathsig", "KILL", ...args],
      ...options,
      env: { DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.pid = this.#child.pid;
    this.#reading = Promise.all([this.#read(this.#child.stdout), this.#read(this.#child.stderr)]);
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** The first line that `wanted` fits, whether it is there already or comes in time. */
  async line(wanted: RegExp, withinMs: number): Promise<RegExpExecArray> {
    const until = performance.now() + withinMs;
    for (let at = 0;; at++) {
      while (at >= this.lines.length) {
        const left = until - performance.now();
        if (left <= 0 || this.#hasEnded) {
          const why = this.#hasEnded ? "it ended" : `not in ${withinMs} ms`;
          throw new Error(`no line like ${wanted}: ${why}; it said:\n${this.said()}`);
        }
        await this.#more(left);
      }
      const found = wanted.exec(this.lines[at] ?? "");
      if (found !== null) return found;
    }
  }

  said(): string {
    return this.lines.slice(-20).map((line) => `    ${line}`).join("\n");
  }

  /** Sends the signal and resolves when the process is gone. */
  async end(signal: Deno.Signal): Promise<void> {
    if (!this.#hasEnded) this.#child.kill(signal);
    await this.ended();
  }

  /** Resolves with the exit code when the process is gone and everything it said was read. */
  async ended(): Promise<number> {
    const { code } = await this.#child.status;
    this.#hasEnded = true;
    this.#heard();
    await this.#reading;
    return code;
  }

  async #more(withinMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#heard = resolve;
    const timer = setTimeout(resolve, withinMs);
    await promise;
    clearTimeout(timer);
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    let rest = "";
    for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + piece).split("\n");
      rest = lines.pop() ?? "";
      this.lines.push(...lines);
      this.#heard();
    }
    if (rest !== "") this.lines.push(rest);
    this.#hasEnded = true;
    this.#heard();
  }
}

/** Runs to the end; its stdout. Throws what it said where it fails. */
export async function run(...args: readonly string[]): Promise<string> {
  const [program = "", ...rest] = args;
  const { success, stdout, stderr } = await new Deno.Command(program, { args: rest }).output();
  const text = new TextDecoder();
  if (success) return text.decode(stdout);
  throw new Error(`${args.join(" ")}: ${text.decode(stderr) || text.decode(stdout)}`.trim());
}

/** Milliseconds of processor time the process has used, all its threads together. */
export function cpuMsOf(pid: number | "self"): number {
  // The name in parentheses may hold anything; utime and stime are the 12th and 13th after it.
  const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).replace(/^.*\) /s, "").split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 1000 / TICKS_PER_SECOND;
}

export interface Memory {
  readonly nowMb: number;
  readonly highestMb: number;
}

/** Resident memory, in units of 10^6 bytes. */
export function memoryOf(pid: number): Memory {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const read = (key: string): number =>
    Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) * 1024 / 1e6;
  return { nowMb: read("VmRSS"), highestMb: read("VmHWM") };
}

/** Its peak so far is forgotten: `highestMb` counts from here on. Needs root. */
export function forgetPeak(pid: number): void {
  Deno.writeTextFileSync(`/proc/${pid}/clear_refs`, "5");
}

/** What it gave to disks so far. */
export function writtenBytes(pid: number): number {
  return Number(/^write_bytes: (\d+)$/m.exec(Deno.readTextFileSync(`/proc/${pid}/io`))?.[1]);
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}

/** Asks again until it is true; throws after the time. */
export async function until(
  what: string,
  withinMs: number,
  isTrue: () => Promise<boolean>,
): Promise<void> {
  const end = performance.now() + withinMs;
  while (!await isTrue()) {
    if (performance.now() > end) throw new Error(`waited ${withinMs} ms in vain until ${what}`);
    await pause(50);
  }
}

const QUIET_MS = 2_000;
const QUIET_BYTES = 2_000_000;
const QUIET_WITHIN_MS = 600_000;

/** Waits until none of them has given much to its disk for a while: no checkpoint is under way. */
export async function untilQuiet(pids: readonly number[]): Promise<void> {
  await until("nothing is written any more", QUIET_WITHIN_MS, async () => {
    const before = pids.map(writtenBytes);
    await pause(QUIET_MS);
    return pids.every((pid, i) => writtenBytes(pid) - (before[i] ?? 0) < QUIET_BYTES);
  });
}
