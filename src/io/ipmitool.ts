/**
 * The port to `ipmitool` (Debian and the others call its package so), one child for each request.
 *
 * What is secret is on no command line. The password goes through stdin (`-f /dev/stdin`): a pipe
 * that only this member and the child have open, and that is empty once it was read. The key K_g
 * can only go by the environment (`-K`), which `/proc` shows to root and the user who runs the
 * member, who can read the member's memory as well. The user's name is no secret and stands on the
 * command line.
 *
 * A child is given its time by `timeout`, a process of its own: it ends a child also while the
 * member is stopped and could not. And it dies with the member, by `setpriv --pdeathsig`, where
 * util-linux has that (2.33, of 2018); elsewhere its time ends it.
 */
import { MAX_IPMI_OUTPUT_BYTES } from "../base/limits.ts";
import { type ChildEnd, runChild } from "./child.ts";
import { removeIfThere } from "./files.ts";

/** A controller, and as whom it is spoken to. */
export interface IpmiLogin {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** K_g, of secret.ipmikg. */
  readonly kg: string | undefined;
  readonly role: "ADMINISTRATOR" | "OPERATOR";
  /** Undefined: the best that the controller says it has. */
  readonly cipherSuite: number | undefined;
}

/** How one request is made. */
export interface IpmiAttempt {
  /** Words of ipmitool: what is to be done. */
  readonly words: readonly string[];
  /** With what ipmitool says of it; some of its lists look otherwise then. */
  readonly isVerbose: boolean;
  /** How long a packet waits for its answer, in whole seconds, and how often it is sent. A raw
   * request is sent once, whatever is said here. */
  readonly stepSeconds: number;
  readonly tries: number;
  /** All of it, whatever the member does meanwhile. */
  readonly withinMs: number;
  /** Ends it. */
  readonly signal: AbortSignal;
}

const NEEDED = ["ipmitool", "timeout"] as const;
const USUAL_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/** timeout(1): 128 and the number of SIGKILL. */
const KILLED_BY_TIMEOUT = 137;
const PROBE_MS = 5_000;

/** ipmitool, as it was found on this machine. */
export class Ipmitool {
  readonly #path: string;
  readonly #ipmitool: string;
  readonly #diesWithMember: boolean;
  #making: Promise<string | undefined> | undefined;
  #home: string | undefined;

  private constructor(path: string, ipmitool: string, diesWithMember: boolean) {
    this.#path = path;
    this.#ipmitool = ipmitool;
    this.#diesWithMember = diesWithMember;
  }

  /** What is on `path` (PATH, unless it is given), or why it cannot be used. */
  static async find(path = Deno.env.get("PATH") ?? USUAL_PATH): Promise<Ipmitool | string> {
    const [ipmitool, timeout] = await Promise.all(NEEDED.map((name) => findOn(path, name)));
    if (ipmitool === undefined) {
      return "ipmitool is not installed on this member: apt install ipmitool, or dnf install " +
        "ipmitool";
    }
    if (timeout === undefined) {
      return "timeout is not installed on this member: apt install coreutils, or dnf install " +
        "coreutils";
    }
    return new Ipmitool(path, ipmitool, await canDieWithParent(path));
  }

  /** Whether children die with the member; else they live until their time is over. */
  get diesWithMember(): boolean {
    return this.#diesWithMember;
  }

  /** Resolves once {@link run} can be called. */
  async ready(): Promise<void> {
    this.#home = await (this.#making ??= makeHome());
  }

  /** Has started it when it returns its promise, which fails where it cannot be started. */
  async run(login: IpmiLogin, attempt: IpmiAttempt): Promise<ChildEnd> {
    const seconds = (Math.max(1, attempt.withinMs) / 1_000).toFixed(3);
    const binding = this.#diesWithMember ? BINDING : [];
    const end = await runChild({
      command: [
        ...binding,
        ...["timeout", "-s", "KILL", seconds],
        ...binding,
        ...[this.#ipmitool, ...argumentsOf(login, attempt)],
      ],
      env: {
        PATH: this.#path,
        LC_ALL: "C",
        ...(this.#home === undefined ? {} : { HOME: this.#home }),
        ...(login.kg === undefined ? {} : { IPMI_KGKEY: login.kg }),
      },
      input: `${login.password}\n`,
      maxBytes: MAX_IPMI_OUTPUT_BYTES,
      signal: attempt.signal,
      // timeout passes SIGTERM on to its child, and would leave it behind by SIGKILL.
      kill: this.#diesWithMember ? "SIGKILL" : "SIGTERM",
    });
    return { ...end, code: end.code === KILLED_BY_TIMEOUT ? undefined : end.code };
  }

  /** Removes what it made on the disk. */
  async close(): Promise<void> {
    const home = await this.#making;
    if (home !== undefined) await removeIfThere(home);
  }
}

const BINDING = ["setpriv", "--pdeathsig", "KILL"] as const;

function argumentsOf(login: IpmiLogin, attempt: IpmiAttempt): string[] {
  return [
    ...(attempt.isVerbose ? ["-v"] : []),
    ...["-I", "lanplus", "-H", login.host, "-p", String(login.port)],
    ...["-U", login.user, "-f", "/dev/stdin"],
    ...(login.kg === undefined ? [] : ["-K"]),
    ...["-L", login.role],
    ...(login.cipherSuite === undefined ? [] : ["-C", String(login.cipherSuite)]),
    ...["-R", String(attempt.tries), "-N", String(attempt.stepSeconds)],
    ...attempt.words,
  ];
}

async function findOn(path: string, name: string): Promise<string | undefined> {
  for (const folder of path.split(":").filter((each) => each.startsWith("/"))) {
    const file = `${folder}/${name}`;
    try {
      const { isFile, mode } = await Deno.stat(file);
      if (isFile && ((mode ?? 0) & 0o111) !== 0) return file;
    } catch {
      // Not in this folder, or not for us.
    }
  }
  return undefined;
}

/**
 * ipmitool reads the names of all manufacturers that IANA knows before it does anything: 5 MB, two
 * thirds of its time and half of its memory. One that it finds at home comes before those.
 */
async function makeHome(): Promise<string | undefined> {
  try {
    const home = await Deno.makeTempDir({ prefix: "confluent-ipmi-" });
    const folder = `${home}/.local/usr/share/misc`;
    await Deno.mkdir(folder, { recursive: true });
    for (const name of ["enterprise-numbers", "enterprise-numbers.txt"]) {
      await Deno.writeTextFile(`${folder}/${name}`, "0\n  Reserved\n");
    }
    return home;
  } catch {
    return undefined; // it is as well without, only slower
  }
}

async function canDieWithParent(path: string): Promise<boolean> {
  try {
    const { code } = await runChild({
      command: [...BINDING, "true"],
      env: { PATH: path },
      input: "",
      maxBytes: MAX_IPMI_OUTPUT_BYTES,
      signal: AbortSignal.timeout(PROBE_MS),
    });
    return code === 0;
  } catch {
    return false;
  }
}
