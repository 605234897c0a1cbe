/** Where members of one machine play: a folder, and their processes. */
import { ok, type Outcome, refused } from "../../base/outcome.ts";
import { oneLine } from "../../base/one_line.ts";
import { inviteAnswer } from "../../wire/http.ts";
import { type Asked, ServiceClient, type Unanswered } from "../service_client.ts";
import { MemberProcess, type Ready } from "./member_process.ts";

/** A member that is or was up, and how it is asked. */
export interface Actor {
  readonly name: string;
  process: MemberProcess;
  ready: Ready;
  readonly client: ServiceClient;
}

/** A path of a unix socket has room for 107 bytes. */
const LONGEST_FOLDER = 90;
const START_MS = 30_000;
const JOIN_MS = 60_000;
const STOP_MS = 5_000;
const SETTLE_MS = 30_000;
const POLL_MS = 10;

/** What is played: its folder and its messages are called by it. */
export type Play = "demo" | "sim";

export class Stage {
  readonly folder: string;
  readonly #play: Play;
  readonly #command: readonly string[];
  readonly #processes: MemberProcess[] = [];
  readonly #clients: ServiceClient[] = [];
  #isClosed = false;

  private constructor(play: Play, folder: string, command: readonly string[]) {
    this.#play = play;
    this.folder = folder;
    this.#command = command;
  }

  /** `temporary`: where its folder is made, if not where such folders are made else. */
  static async open(
    play: Play,
    ownCommand: readonly string[],
    temporary: string | undefined,
  ): Promise<Outcome<Stage>> {
    const dir = temporary === undefined ? {} : { dir: temporary };
    const prefix = `confluent-${play}-`;
    try {
      let folder = await Deno.makeTempDir({ ...dir, prefix });
      if (folder.length > LONGEST_FOLDER) {
        await Deno.remove(folder);
        folder = await Deno.makeTempDir({ dir: "/tmp", prefix });
      }
      return ok(new Stage(play, folder, [...await dyingWithUs(), ...ownCommand]));
    } catch (error) {
      return refused("unavailable", `cannot make a folder for the ${play}: ${oneLine(error)}`);
    }
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Every process there was, those that were killed included. */
  get processes(): readonly MemberProcess[] {
    return this.#processes;
  }

  /** A first member, in a folder of its own. */
  async found(name: string): Promise<Outcome<Actor>> {
    return await this.#enter(name, this.#spawn(name, ["serve", ...this.#flags(name)]));
  }

  /** A token of a member for a further one. */
  async invitation(by: Actor, name: string): Promise<Outcome<string>> {
    const body = { name, expires: "10m" };
    const invited = await this.patiently(() =>
      by.client.ask("POST /collective/invitations", inviteAnswer, { body })
    );
    return invited.ok ? ok(invited.value.token) : failed(by, invited);
  }

  /** A further one, by a token. It prints `joined` once its vote counts. */
  async join(name: string, token: string): Promise<Outcome<Actor>> {
    const args = ["join", "-", ...this.#flags(name)];
    const process = this.#spawn(name, args, `${token}\n`);
    if (!process.ok) return process;
    const joined = await process.value.result("joined ", JOIN_MS);
    return joined.ok ? await this.#enter(name, process) : joined;
  }

  /** One that was killed, with its data and at its addresses. */
  async restart(actor: Actor): Promise<Outcome<void>> {
    const { name, ready } = actor;
    const started = this.#spawn(name, ["serve", ...this.#flags(name, ready)]);
    if (!started.ok) return started;
    const answers = await started.value.ready(START_MS);
    if (!answers.ok) return answers;
    actor.process = started.value;
    actor.ready = answers.value;
    return ok();
  }

  /** Tries until it holds, or gives the last reason why not. */
  async until<T>(attempt: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
    const deadline = performance.now() + SETTLE_MS;
    for (;;) {
      const outcome = await attempt();
      if (outcome.ok || performance.now() > deadline || this.#isClosed) return outcome;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Asks again while 503 says that nothing was done: a busy machine may hold a vote now. */
  async patiently<T>(ask: () => Promise<Asked<T>>): Promise<Asked<T>> {
    let asked = await ask();
    await this.until(async () => {
      if (asked.ok || asked.failure?.errorcode !== 503) return ok();
      asked = await ask();
      return refused("unavailable", "not yet");
    });
    return asked;
  }

  /** Ends what runs and removes the folder. Nothing can be started afterwards. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const client of this.#clients) client.close();
    await Promise.all(this.#processes.map((process) => process.stop(STOP_MS)));
    await Deno.remove(this.folder, { recursive: true });
  }

  #spawn(name: string, args: readonly string[], stdin?: string): Outcome<MemberProcess> {
    if (this.#isClosed) return refused("unavailable", `the ${this.#play} is over`);
    const logFile = `${this.folder}/${name}.log`;
    try {
      const process = new MemberProcess({ name, command: this.#command, args, stdin, logFile });
      this.#processes.push(process);
      return ok(process);
    } catch (error) {
      const command = this.#command.join(" ");
      return refused("unavailable", `cannot run ${command} for ${name}: ${oneLine(error)}`);
    }
  }

  async #enter(name: string, started: Outcome<MemberProcess>): Promise<Outcome<Actor>> {
    if (!started.ok) return started;
    const ready = await started.value.ready(START_MS);
    if (!ready.ok) return ready;
    const client = new ServiceClient({ kind: "socket", path: ready.value.socket });
    this.#clients.push(client);
    return ok({ name, process: started.value, ready: ready.value, client });
  }

  #flags(name: string, before?: Ready): string[] {
    const flags = {
      data: `${this.folder}/${name}`,
      content: `${this.folder}/content`,
      name,
      socket: `${this.folder}/${name}.sock`,
      api: before?.api ?? "127.0.0.1:0",
      peer: before?.peer ?? "127.0.0.1:0",
      advertise: "127.0.0.1",
      "log-level": "info",
      "log-format": "text",
    };
    // The host's networks are not the stage's.
    return ["--no-boot", ...Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value])];
  }
}

/** What a member said in place of an answer. */
export function failed(actor: Actor, asked: Unanswered): Outcome<never> {
  return refused("unavailable", `${actor.name} answers: ${asked.message}`);
}

/** What makes the kernel end a member when this process is killed; nothing where it cannot. */
async function dyingWithUs(): Promise<readonly string[]> {
  const command = ["setpriv", "--pdeathsig", "KILL"] as const;
  try {
    const [program, ...args] = command;
    const tried = new Deno.Command(program, { args: [...args, "true"], stderr: "null" });
    return (await tried.output()).success ? command : [];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
