/** Real members, each a process with a folder of its own, joined by real tokens; three of them
 * where nothing else is said. */
import { type CollectiveAnswer, collectiveAnswer, inviteAnswer } from "../../src/wire/http.ts";
import {
  type Address,
  type Answer,
  indexOf,
  jsonOf,
  KeptConnection,
  textOf,
} from "./kept_connection.ts";
import { Running, until } from "./processes.ts";
import type { World } from "./world.ts";

const READY_MS = 30_000;
const SETTLED_MS = 60_000;
const ASK_MS = 10_000;
const PIECE_LENGTH = 64 * 1024;
const API_PORT = 4005;
const PEER_PORT = 13001;

/** How a bench is set up: where members stand, what runs them, and where their data is. */
export interface Bench {
  readonly world: World;
  /** The command line of the program, without its command. */
  readonly program: readonly string[];
  /** What stands in front of that for a member. */
  readonly before?: (member: number) => readonly string[];
  /** Flags of members that boot machines; where there are none, they boot none. */
  readonly booting?: readonly string[];
  /** A folder on disk; every collective takes one of its own in it. */
  readonly folder: string;
  readonly runs: number;
  readonly rounds: number;
  /** The seed of the first round, where rounds are made of seeds. */
  readonly first: number;
  readonly seconds: number;
  /** How many nodes, where a bench can do with fewer. */
  readonly nodes: number;
  /** The folder of the project. */
  readonly root: string;
}

/** One of them. */
export class BenchMember {
  readonly number: number;
  readonly name: string;
  readonly api: Address;
  readonly peer: Address;
  readonly folder: string;
  readonly #bench: Bench;
  #process: Running | undefined;
  #conn: KeptConnection | undefined;

  constructor(bench: Bench, number: number, folder: string) {
    this.#bench = bench;
    this.number = number;
    this.name = `m${number}`;
    this.folder = `${folder}/${this.name}`;
    const host = bench.world.host(number);
    this.api = { host, port: bench.world.canCut ? API_PORT : freePort() };
    this.peer = { host, port: bench.world.canCut ? PEER_PORT : freePort() };
  }

  get pid(): number {
    return this.#running().pid;
  }

  /** Its local API. */
  get socket(): string {
    return `${this.folder}/http.sock`;
  }

  get token(): string {
    return Deno.readTextFileSync(`${this.folder}/token`).trim();
  }

  get isRunning(): boolean {
    return this.#process !== undefined && !this.#process.hasEnded;
  }

  /** Starts it, or makes it join with the token, and waits until it is ready. */
  async start(token?: string, withinMs = READY_MS): Promise<void> {
    const command = token === undefined ? ["serve"] : ["join", token];
    const peer = printed(this.peer);
    const { world, program, before, booting = ["--no-boot"] } = this.#bench;
    const content = `${this.folder}-content`;
    const flags = [
      ...["--data", this.folder, "--content", content, "--name", this.name],
      ...["--api", printed(this.api), ...booting],
    ];
    const more = ["--socket", this.socket, "--peer", peer, "--advertise", peer];
    this.#process = new Running([
      ...world.inside(this.number),
      ...before?.(this.number) ?? [],
      ...program,
      ...command,
      ...flags,
      ...more,
    ]);
    await this.#process.line(/^ready /, withinMs);
  }

  /** Resolves when the process is gone. */
  async kill(signal: "SIGKILL" | "SIGTERM" = "SIGKILL"): Promise<void> {
    this.#conn?.close();
    this.#conn = undefined;
    await this.#running().end(signal);
    this.#process = undefined;
  }

  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    Deno.kill(this.pid, signal);
  }

  connect(): Promise<KeptConnection> {
    return KeptConnection.open(this.api, this.token);
  }

  /** Asks over a connection kept for such questions. Throws where the answer is a refusal. */
  async ask(method: string, path: string, body?: unknown): Promise<Answer> {
    const answer = await this.tryAsk(method, path, body);
    if (answer.status === 200) return answer;
    throw new Error(`${this.name}: ${method} ${path}: ${answer.status} ${textOf(answer)}`);
  }

  /** The same, but a refusal is an answer like any other. */
  async tryAsk(method: string, path: string, body?: unknown): Promise<Answer> {
    if (this.#conn === undefined || this.#conn.isClosed) this.#conn = await this.connect();
    const conn = this.#conn;
    const timer = setTimeout(() => conn.close(), ASK_MS);
    try {
      return await conn.ask(method, path, body === undefined ? undefined : JSON.stringify(body));
    } finally {
      clearTimeout(timer);
    }
  }

  /** One atomic write of a line of JSON for each node, however many; the index of its entry. */
  async writeLines(lines: Iterable<string>): Promise<number> {
    const body = ReadableStream.from(inPieces(lines)).pipeThrough(new TextEncoderStream());
    return await this.send("POST", "/nodes/?existing=update", body, "application/x-ndjson");
  }

  /** A write with a body of any length; its index. The server closes a connection over which more
   * came than it reads at once, so each has one of its own. */
  async send(
    method: string,
    path: string,
    body: BodyInit,
    kind = "application/json",
  ): Promise<number> {
    const { host, port } = this.api;
    const headers = { "Authorization": `Bearer ${this.token}`, "Content-Type": kind };
    const answer = await fetch(`http://${host}:${port}${path}`, { method, headers, body });
    const said = await answer.text();
    if (answer.ok) return Number(answer.headers.get("confluent-index"));
    throw new Error(`${this.name}: ${method} ${path}: ${answer.status} ${said.slice(0, 256)}`);
  }

  /** The token by which a member of that name joins. */
  async invite(name: string): Promise<string> {
    const invited = await this.ask("POST", "/collective/invitations", { name });
    return inviteAnswer.parse(jsonOf(invited)).token;
  }

  async collective(): Promise<CollectiveAnswer> {
    return collectiveAnswer.parse(jsonOf(await this.ask("GET", "/collective/")));
  }

  /** What it printed last, for whoever looks for the reason of a failure. */
  said(): string {
    return this.#process?.said() ?? "";
  }

  #running(): Running {
    if (this.#process === undefined) throw new Error(`${this.name} does not run`);
    return this.#process;
  }
}

/** Makes members one collective and takes them down again. */
export class Collective {
  readonly members: readonly BenchMember[];

  private constructor(members: readonly BenchMember[]) {
    this.members = members;
  }

  /** Runs `work` on a new collective that has settled. */
  static async during<T>(
    bench: Bench,
    work: (collective: Collective) => Promise<T>,
    count = 3,
  ): Promise<T> {
    const folder = await Deno.makeTempDir({ dir: bench.folder, prefix: "collective-" });
    const numbers = Array.from({ length: count }, (_, i) => i + 1);
    const collective = new Collective(numbers.map((n) => new BenchMember(bench, n, folder)));
    try {
      await collective.#join();
      return await work(collective);
    } catch (error) {
      for (const member of collective.members) {
        console.error(`${member.name} said last:\n${member.said()}`);
      }
      throw error;
    } finally {
      for (const member of collective.members) if (member.isRunning) await member.kill();
      await Deno.remove(folder, { recursive: true });
    }
  }

  get pids(): number[] {
    return this.members.map((member) => member.pid);
  }

  get running(): BenchMember[] {
    return this.members.filter((member) => member.isRunning);
  }

  /** The member of that number, from 1 on. */
  member(number: number): BenchMember {
    const found = this.members[number - 1];
    if (found === undefined) throw new Error(`there is no member ${number}`);
    return found;
  }

  /** Defines n1 to n<count>, all in one write. */
  async defineNodes(count: number): Promise<void> {
    const answer = await this.member(1).ask("POST", "/noderange/", { name: `n[1-${count}]` });
    await this.settled(indexOf(answer));
  }

  async leader(): Promise<BenchMember> {
    let found: BenchMember | undefined;
    await until("the members agree on a leader", SETTLED_MS, async () => {
      const views = await Promise.all(this.running.map((member) => member.collective()));
      const leader = views[0]?.leader;
      if (views.some((view) => view.leader !== leader || !view.quorum)) return false;
      found = this.running.find((member) => member.name === leader);
      return found !== undefined;
    });
    if (found === undefined) throw new Error("no leader");
    return found;
  }

  async followers(): Promise<BenchMember[]> {
    const leader = await this.leader();
    return this.running.filter((member) => member !== leader);
  }

  /** Waits until all that run vote, see each other, and have applied the same. */
  async settled(leastIndex = 0, withinMs = SETTLED_MS): Promise<void> {
    const count = this.running.length;
    await until(`${count} members have settled`, withinMs, async () => {
      const views = await Promise.all(this.running.map((member) => member.collective()));
      const [first] = views;
      if (first === undefined || first.index < leastIndex) return false;
      return views.every(({ quorum, leader, index, members }) =>
        quorum && leader === first.leader && index === first.index && members.length === count &&
        members.every(({ state, voting }) => state === "alive" && voting)
      );
    });
  }

  async #join(): Promise<void> {
    const [first, ...others] = this.members;
    await first?.start();
    for (const other of others) {
      if (first === undefined) continue;
      await other.start(await first.invite(other.name));
      await this.settled();
    }
  }
}

/** Lines as a body is sent: many at a time. */
function* inPieces(lines: Iterable<string>): Iterable<string> {
  let piece = "";
  for (const line of lines) {
    piece += `${line}\n`;
    if (piece.length < PIECE_LENGTH) continue;
    yield piece;
    piece = "";
  }
  yield piece;
}

function printed({ host, port }: Address): string {
  return `${host}:${port}`;
}

/** A port nobody listens on now. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
