/**
 * The port to other programs that take their time: what they print is handed on line by line, at
 * low priority, until they end or are told to.
 */
import { oneLine } from "../base/one_line.ts";
import { eachLine } from "./each_line.ts";

/** What is run, and who hears of it. */
export interface FollowedOrder {
  readonly command: readonly string[];
  /** Where it runs. */
  readonly cwd?: string | undefined;
  /** Kills it. */
  readonly signal: AbortSignal;
  /** A line of stdout; longer ones are cut at MAX_CHILD_LINE_LENGTH. */
  readonly out?: ((line: string) => void) | undefined;
  /** The same of stderr. */
  readonly err?: ((line: string) => void) | undefined;
}

/** How it ended. */
export interface FollowedEnd {
  /** Undefined where it was killed; 127 where there is no such program. */
  readonly code: number | undefined;
  /** What it said last on stderr, one line; empty for nothing. */
  readonly last: string;
}

const USUAL_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Names of files are UTF-8, and all else as programs expect it. */
const ENVIRONMENT = { PATH: USUAL_PATH, LC_ALL: "C.UTF-8", TZ: "UTC" };

/** Leaves the processor to others. */
const BEHIND_OTHERS = ["nice", "-n", "10"] as const;
/** Dies with this process, however that ends: else it would go on in what the next one removes. */
const BINDING = ["setpriv", "--pdeathsig", "KILL"] as const;

/** Runs it to its end. Rejects where nothing can be started at all. */
export async function followChild(order: FollowedOrder): Promise<FollowedEnd> {
  const bound = await isInstalled("setpriv") ? BINDING : [];
  order.signal.throwIfAborted();
  const [program = "", ...args] = [...bound, ...BEHIND_OTHERS, ...order.command];
  const child = new Deno.Command(program, {
    args,
    ...order.cwd === undefined ? {} : { cwd: order.cwd },
    clearEnv: true,
    env: ENVIRONMENT,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const end = (): void => {
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
  };
  order.signal.addEventListener("abort", end, { once: true });
  let last = "";
  try {
    const [status] = await Promise.all([
      child.status,
      eachLine(child.stdout, order.out ?? (() => {})),
      eachLine(child.stderr, (line) => {
        if (line.trim() !== "") last = line;
        order.err?.(line);
      }),
    ]);
    return { code: status.signal === null ? status.code : undefined, last: oneLine(last) };
  } finally {
    order.signal.removeEventListener("abort", end);
  }
}

/** Whether a program is where programs are. */
export async function isInstalled(program: string): Promise<boolean> {
  for (const folder of USUAL_PATH.split(":")) {
    try {
      if ((await Deno.stat(`${folder}/${program}`)).isFile) return true;
    } catch {
      // It is not there, or nobody may look.
    }
  }
  return false;
}
