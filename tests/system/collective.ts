/** Servers of a test: each has a folder, ports and a socket of its own, and may run a member. */
import { equal } from "node:assert/strict";

import {
  type CollectiveAnswer,
  collectiveAnswer,
  inviteAnswer,
  links,
} from "../../src/wire/http.ts";
import type { LinkIdentity } from "../../src/io/link.ts";
import { type Ended, PROGRAM, Program, until } from "./program.ts";

const ASK_MS = 20_000;
const CLI_MS = 60_000;

/** An answer of the API. */
export interface Answer {
  readonly status: number;
  readonly index: number;
  /** The index of the node's last change, where it tells one. */
  readonly etag: number;
  readonly body: unknown;
}

/** Where a server stands, if not on this host beside the others. */
export interface Place {
  /** In front of the command line of what runs there. */
  readonly before: readonly string[];
  readonly address: string;
  /** What members there are told besides. */
  readonly flags: readonly string[];
}

/** Whoever asks for servers; takes all of them down at the end. */
export class Scene {
  readonly folder: string;
  readonly servers: Server[] = [];
  readonly #programs: Program[] = [];
  readonly #command: readonly string[];

  /** `command`: what runs the program, where that is not main.ts. */
  constructor(folder: string, command = PROGRAM) {
    this.folder = folder;
    this.#command = command;
  }

  /** A server on which nothing runs yet, m1 being the first. */
  server(place?: Place): Server {
    const server = new Server(this, this.servers.length + 1, place);
    this.servers.push(server);
    return server;
  }

  /** The program, which ends with the scene. `before` stands in front of its command line. */
  program(args: readonly string[], before: readonly string[] = []): Program {
    const program = new Program([...before, ...this.#command, ...args]);
    this.#programs.push(program);
    return program;
  }

  /** Runs the program to its end. */
  async run(...args: readonly string[]): Promise<Ended> {
    return await this.program(args).ended(CLI_MS);
  }

  /** So many members of one collective, m1 the first; all vote and are caught up. */
  async members(count: number, places: readonly Place[] = []): Promise<Server[]> {
    const first = this.server(places[0]);
    await first.serve();
    const members = [first];
    for (let i = 1; i < count; i++) {
      const next = this.server(places[i]);
      await next.join(await first.invite(next.name));
      members.push(next);
    }
    await settled(members);
    return members;
  }

  async end(): Promise<void> {
    for (const program of this.#programs) if (!program.hasEnded) await program.kill();
  }

  said(): string {
    return this.servers.map(({ name, process }) => `${name}:\n${process?.said() ?? ""}`).join("\n");
  }
}

/** A test with a scene of its own. `ignore`: where it cannot run, of which a line has told. */
export function memberTest(
  title: string,
  act: (scene: Scene) => Promise<void>,
  ignore = false,
): void {
  Deno.test({ name: `members: ${title}`, ignore }, async () => {
    const scene = new Scene(await Deno.makeTempDir({ prefix: "confluent-members-" }));
    try {
      await act(scene);
    } catch (error) {
      console.log(scene.said());
      throw error;
    } finally {
      await scene.end();
      await Deno.remove(scene.folder, { recursive: true });
    }
  });
}

export class Server {
  readonly name: string;
  readonly data: string;
  /** Its content folder, which is not there unless a test makes it. */
  readonly content: string;
  readonly socket: string;
  readonly api: string;
  /** Where it listens for members; `move` gives it another. */
  peer: string;
  readonly #scene: Scene;
  readonly #place: Place | undefined;
  /** The newest process that ran a member here. */
  process: Program | undefined;

  constructor(scene: Scene, number: number, place?: Place) {
    this.#scene = scene;
    this.#place = place;
    this.name = `m${number}`;
    this.data = `${scene.folder}/${this.name}`;
    this.content = `${scene.folder}/c${number}`;
    this.socket = `${scene.folder}/s${number}/http.sock`;
    // A place has all ports for itself.
    this.api = place === undefined ? `127.0.0.1:${freePort()}` : "127.0.0.1:4005";
    this.peer = place === undefined ? `127.0.0.1:${freePort()}` : `${place.address}:13001`;
  }

  /** How a member runs on this server. */
  get flags(): string[] {
    const { data, content, socket, api, peer } = this;
    return [
      ...["--data", data, "--content", content, "--socket", socket, "--api", api, "--peer", peer],
      // Only in a place of its own are there no machines but those of the test.
      ...this.#place?.flags ?? ["--no-boot"],
    ];
  }

  /** Its site was renumbered: at its next start it listens elsewhere. */
  move(): void {
    this.peer = `127.0.0.1:${freePort()}`;
  }

  get peerPort(): number {
    return Number(this.peer.split(":")[1]);
  }

  /** What it shows itself by. */
  async identity(): Promise<LinkIdentity> {
    const [certificatePem = "", keyPem = ""] = await Promise.all(
      ["certificate", "key"].map((file) => Deno.readTextFile(`${this.data}/identity/${file}.pem`)),
    );
    return { certificatePem, keyPem };
  }

  /** Starts a member and leaves it to the caller what comes of it. */
  start(command: readonly string[], before: readonly string[] = []): Program {
    const all = [...before, ...this.#place?.before ?? []];
    this.process = this.#scene.program([...command, ...this.flags], all);
    return this.process;
  }

  async serve(before: readonly string[] = [], more: readonly string[] = []): Promise<Program> {
    const program = this.start(["serve", "--name", this.name, ...more], before);
    await program.line(/^ready /);
    return program;
  }

  /** Joins and goes on serving. */
  async join(token: string, ...more: readonly string[]): Promise<Program> {
    const program = this.start(["join", token, ...more]);
    await program.line(/^ready /);
    return program;
  }

  get running(): Program {
    if (this.process === undefined) throw new Error(`${this.name} never ran`);
    return this.process;
  }

  async kill(): Promise<void> {
    await this.running.kill();
  }

  /** Stops it in good order. */
  async stop(): Promise<Ended> {
    return await this.running.kill("SIGTERM");
  }

  /** A command of the command line, asked of the member here. */
  async run(...args: readonly string[]): Promise<Ended> {
    return await this.#scene.run("--socket", this.socket, ...args);
  }

  /** The same, for what must succeed: its stdout. */
  async done(...args: readonly string[]): Promise<string> {
    const { code, out, err } = await this.run(...args);
    equal(code, 0, `${args.join(" ")}: ${err}`);
    return out;
  }

  async invite(name: string, ...more: readonly string[]): Promise<string> {
    return await this.done("invite", name, ...more);
  }

  /** An invitation by the API, which is faster. */
  async token(name: string, more: Record<string, unknown> = {}): Promise<string> {
    const asked = await this.ask("POST", "/collective/invitations", { name, ...more });
    equal(asked.status, 200, JSON.stringify(asked.body));
    return inviteAnswer.parse(asked.body).token;
  }

  async ask(method: string, path: string, body?: unknown): Promise<Answer> {
    const token = (await Deno.readTextFile(`${this.data}/token`)).trim();
    // The API of a place is heard only there; its socket is a file.
    const proxy = { transport: "unix", path: this.socket } as const;
    using client = Deno.createHttpClient(this.#place === undefined ? {} : { proxy });
    const response = await fetch(`http://${this.api}${path}`, {
      method,
      client,
      headers: { Authorization: `Bearer ${token}`, Connection: "close" },
      signal: AbortSignal.timeout(ASK_MS),
      ...body === undefined ? {} : { body: JSON.stringify(body) },
    });
    const index = Number(response.headers.get("confluent-index"));
    const etag = Number(response.headers.get("etag")?.replaceAll('"', ""));
    return { status: response.status, index, etag, body: await response.json() };
  }

  async collective(): Promise<CollectiveAnswer> {
    return collectiveAnswer.parse((await this.ask("GET", "/collective/")).body);
  }

  /** What `collective show` says of itself, once it fits. */
  async shows(wanted: RegExp, withinMs?: number): Promise<string> {
    return await until(`${this.name} shows ${wanted}`, async () => {
      return (await this.collective()).notices.find((notice) => wanted.test(notice));
    }, withinMs);
  }

  /** Defines a node with a note, or gives a node another. */
  async write(node: string, note: string): Promise<Answer> {
    const path = `/nodes/${node}/attributes/current`;
    const answer = await this.ask("PUT", path, { "info.note": note });
    if (answer.status !== 404) return answer;
    return await this.ask("POST", "/nodes/", { name: node, "info.note": note });
  }

  /** A write that must be made. */
  async wrote(node: string, note: string): Promise<number> {
    const answer = await this.write(node, note);
    equal(Math.floor(answer.status / 100), 2, `${this.name}: ${JSON.stringify(answer.body)}`);
    return answer.index;
  }

  /** All nodes and what they are, as this member has them. `query`: `?stale=ok`, or nothing. */
  async dump(query = ""): Promise<string> {
    const { status, body } = await this.ask("GET", "/nodes/");
    equal(status, 200, JSON.stringify(body));
    const names = links.parse(body)._links.item.map(({ href }) => href.replace("/", ""));
    if (names.length === 0) return "";
    const all = await this.ask("GET", `/noderange/${names.join(",")}/attributes/current${query}`);
    equal(all.status, 200, JSON.stringify(all.body));
    return JSON.stringify(all.body);
  }
}

/** Waits until these are all the members there are, vote, and have applied the same. */
export async function settled(members: readonly Server[]): Promise<void> {
  await agreed(members, members.length);
}

/** The same, where others of the `total` members may be silent. */
export async function agreed(members: readonly Server[], total: number): Promise<void> {
  const names = members.map(({ name }) => name);
  await until(`${names.join(", ")} have settled`, async () => {
    const views = await Promise.all(members.map((member) => member.collective()));
    const [first] = views;
    const isSettled = views.every((view) =>
      view.quorum && view.leader === first?.leader && view.index === first?.index &&
      view.members.length === total &&
      view.members.filter(({ name }) => names.includes(name))
        .every(({ state, role }) => state === "alive" && role !== "learner")
    );
    return isSettled || undefined;
  });
}

/** The member that leads, once all agree. */
export async function leaderOf(members: readonly Server[]): Promise<Server> {
  return await until("they agree on a leader", async () => {
    const views = await Promise.all(members.map((member) => member.collective()));
    const names = new Set(views.map(({ leader }) => leader));
    return names.size === 1 ? members.find(({ name }) => names.has(name)) : undefined;
  });
}

const taken = new Set<number>();

/** A port that is free, and not one the kernel gives to whoever dials out. */
function freePort(): number {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (taken.has(port)) continue;
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      taken.add(port);
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}
