/** One member on a stage: a process of this very program, its lines, its log, its end. */
import { ok, type Outcome, refused } from "../../base/outcome.ts";
import { oneLine } from "../../base/one_line.ts";
import { eachLine } from "../../io/each_line.ts";

export interface MemberPlan {
  readonly name: string;
  /** How this program is run again. */
  readonly command: readonly string[];
  readonly args: readonly string[];
  /** What it reads: a token, which must not be among the arguments. */
  readonly stdin?: string | undefined;
  readonly logFile: string;
}

/** What `serve` says when it answers. */
export interface Ready {
  readonly peer: string;
  readonly api: string;
  readonly socket: string;
}

/** Not those of the shell that all of it was started in. */
const OWN_ENVIRONMENT = {
  CONFLUENT_SERVER: "",
  CONFLUENT_SOCKET: "",
  CONFLUENT_TOKEN: "",
  CONFLUENT_ARGV0: "confluent",
  NO_COLOR: "1",
};
const LINES_KEPT = 200;

export class MemberProcess {
  readonly name: string;
  readonly logFile: string;
  readonly #child: Deno.ChildProcess;
  readonly #lines: string[] = [];
  readonly #results: string[] = [];
  readonly #waiting = new Set<() => void>();
  /** How it ended, once it has: for people. */
  ended: string | undefined;
  readonly #end: Promise<void>;

  constructor({ name, command, args, stdin, logFile }: MemberPlan) {
    const [program = "", ...before] = command;
    this.name = name;
    this.logFile = logFile;
    this.#child = new Deno.Command(program, {
      args: [...before, ...args],
      env: OWN_ENVIRONMENT,
      // In a session of its own: Ctrl-C is for this process, which then stops it in good order.
      detached: true,
      stdin: stdin === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#end = this.#follow();
    if (stdin !== undefined) void this.#say(stdin);
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** The rest of the line of stdout that begins with `word`; refused where it does not come. */
  async result(word: string, withinMs: number): Promise<Outcome<string>> {
    const found = (): string | undefined => this.#results.find((line) => line.startsWith(word));
    const deadline = performance.now() + withinMs;
    while (found() === undefined && this.ended === undefined) {
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) {
        const message = `${this.name} did not print "${word.trim()}" within ${withinMs / 1000} s`;
        return refused("unavailable", message);
      }
      await this.#change(leftMs);
    }
    const line = found();
    if (line !== undefined) return ok(line.slice(word.length).trim());
    return refused("unavailable", `${this.name} ended before "${word.trim()}": ${this.ended}`);
  }

  async ready(withinMs: number): Promise<Outcome<Ready>> {
    const line = await this.result("ready ", withinMs);
    if (!line.ok) return line;
    const fields = new Map(
      line.value.split(" ").map((part) => {
        const [key = "", value = ""] = part.split(/=(.*)/);
        return [key, value] as const;
      }),
    );
    const [peer, api, socket] = ["peer", "api", "socket"].map((key) => fields.get(key));
    if (peer !== undefined && api !== undefined && socket !== undefined) {
      return ok({ peer, api, socket });
    }
    return refused("invalid", `${this.name} is ready, and does not say where: ${line.value}`);
  }

  /** Resolves once it has ended, and `ended` says how. */
  get end(): Promise<void> {
    return this.#end;
  }

  lastLines(count: number): readonly string[] {
    return this.#lines.slice(-count);
  }

  /** Ends it as a power cut would. */
  async kill(): Promise<void> {
    this.#signal("SIGKILL");
    await this.#end;
  }

  /** Ends it in good order, or hard after `withinMs`. */
  async stop(withinMs: number): Promise<void> {
    this.#signal("SIGTERM");
    const timer = setTimeout(() => this.#signal("SIGKILL"), withinMs);
    await this.#end;
    clearTimeout(timer);
  }

  #signal(signal: Deno.Signal): void {
    try {
      this.#child.kill(signal);
    } catch (error) {
      if (this.ended === undefined && !(error instanceof TypeError)) throw error;
      // It ended by itself: that is what was wanted.
    }
  }

  async #say(text: string): Promise<void> {
    try {
      const writer = this.#child.stdin.getWriter();
      await writer.write(new TextEncoder().encode(text));
      await writer.close();
    } catch (error) {
      this.#lines.push(`(it read no token: ${oneLine(error)})`);
    }
  }

  async #follow(): Promise<void> {
    using log = await Deno.open(this.logFile, { append: true, create: true, mode: 0o600 });
    const keep = (line: string): void => {
      log.writeSync(new TextEncoder().encode(`${line}\n`));
      this.#lines.push(line);
      if (this.#lines.length > LINES_KEPT) this.#lines.shift();
    };
    const [status] = await Promise.all([
      this.#child.status,
      eachLine(this.#child.stderr, keep),
      eachLine(this.#child.stdout, (line) => {
        this.#results.push(line);
        keep(line);
        this.#changed();
      }),
    ]);
    this.ended = status.signal === null ? `exit code ${status.code}` : `${status.signal}`;
    this.#changed();
  }

  #changed(): void {
    for (const wake of this.#waiting) wake();
  }

  /** Waits for a line or the end, or for `ms`. */
  async #change(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#waiting.add(resolve);
    await promise;
    this.#waiting.delete(resolve);
    clearTimeout(timer);
  }
}
