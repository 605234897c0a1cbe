/** What happens in the demo, step by step. A step is true only where its check holds. */
import { ok, type Outcome, refused } from "../../base/outcome.ts";
import {
  attributesAnswer,
  type CollectiveAnswer,
  collectiveAnswer,
  links,
  NO_QUORUM_ERROR,
  readyAnswer,
} from "../../wire/http.ts";
import { collectiveLines } from "../collective_lines.ts";
import { loadTable } from "../commands/nodedefine.ts";
import type { InventoryTable } from "../inventory_table.ts";
import { type Asked, inPath } from "../service_client.ts";
import { type Actor, failed, type Stage } from "../stage/stage.ts";

export interface Step {
  readonly title: string;
  /** What came true, a line each; refused where it did not. */
  readonly run: () => Promise<Outcome<readonly string[]>>;
}

const ATTEMPT_MS = 5_000;

/** Three members, told apart by what becomes of them. */
export class Story {
  readonly actors: Actor[] = [];
  readonly #stage: Stage;
  readonly #table: InventoryTable;
  readonly #path: string;
  #leader: Actor | undefined;
  #next: Actor | undefined;
  #last: Actor | undefined;
  /** What a write said while one member was dead: it must not be lost. */
  #said = "";
  #index = 0;

  constructor(stage: Stage, table: InventoryTable, path: string) {
    this.#stage = stage;
    this.#table = table;
    this.#path = path;
  }

  /** The node that is written to. */
  get node(): string {
    const { nodes } = this.#table;
    return nodes[nodes.length >> 1]?.name ?? "";
  }

  get steps(): readonly Step[] {
    const step = (title: string, run: () => Promise<Outcome<readonly string[]>>): Step => ({
      title,
      run,
    });
    return [
      step("m1 starts, and is a collective of one", () => this.#found()),
      step("m2 joins by a token", () => this.#join("m2")),
      step("m3 joins by another", () => this.#join("m3")),
      step(`${this.#table.nodes.length} nodes are made in one change`, () => this.#load()),
      step("three members hold one database", () => this.#show()),
      step("what is written on one member is read on another", () => this.#writeAndRead()),
      step("the leader is killed with -9, and the other two go on", () => this.#killLeader()),
      step("a second is killed, and the last one refuses", () => this.#killSecond()),
      step("both start again and catch up", () => this.#startAgain()),
    ];
  }

  // ---- the steps

  async #found(): Promise<Outcome<readonly string[]>> {
    const beganMs = performance.now();
    const m1 = await this.#stage.found("m1");
    if (!m1.ok) return m1;
    this.actors.push(m1.value);
    return ok([`ready after ${since(beganMs)}`]);
  }

  async #join(name: string): Promise<Outcome<readonly string[]>> {
    const first = this.#actor(0);
    const token = await this.#stage.invitation(first, name);
    if (!token.ok) return token;
    const beganMs = performance.now();
    const actor = await this.#stage.join(name, token.value);
    if (!actor.ok) return actor;
    this.actors.push(actor.value);
    const seen = await this.#collective(first);
    if (!seen.ok) return seen;
    const listed = seen.value.members.find((member) => member.name === name);
    if (listed?.voting !== true) return refused("conflict", `m1 does not list ${name} as voting`);
    const took = `has all data and a vote ${since(beganMs)} after its process began`;
    return ok([took, ...seen.value.notices.map((notice) => `notice: ${notice}`)]);
  }

  async #load(): Promise<Outcome<readonly string[]>> {
    const first = this.#actor(0);
    const count = this.#table.nodes.length;
    const beganMs = performance.now();
    const loaded = await this.#stage.patiently(() =>
      loadTable(first.client, this.#path, this.#table)
    );
    if (!loaded.ok) return failed(first, loaded);
    const written = since(beganMs), thenMs = performance.now();
    for (const actor of this.actors) {
      const query = { minIndex: String(loaded.index) };
      const listed = await actor.client.ask("GET /nodes/", links, { query });
      if (!listed.ok) return failed(actor, listed);
      const has = listed.value._links.item.length;
      if (has !== count) return refused("conflict", `${actor.name} lists ${has} of ${count} nodes`);
    }
    return ok([`written in ${written}; all three listed them ${since(thenMs)} later`]);
  }

  async #show(): Promise<Outcome<readonly string[]>> {
    return await this.#stage.until(async () => {
      const seen = await this.#collective(this.#actor(2));
      if (!seen.ok) return seen;
      const { quorum, members, leader } = seen.value;
      const alive = members.filter(({ state, voting }) => state === "alive" && voting);
      this.#leader = this.actors.find(({ name }) => name === leader);
      [this.#next, this.#last] = this.actors.filter((actor) => actor !== this.#leader);
      const lines = collectiveLines(seen.value);
      if (quorum && alive.length === 3 && this.#leader !== undefined) return ok(lines);
      return refused("conflict", `m3 tells: ${lines.join("; ")}`);
    });
  }

  async #writeAndRead(): Promise<Outcome<readonly string[]>> {
    const [writer, reader] = [this.#actor(0), this.#actor(2)];
    const said = `written on ${writer.name}`;
    const beganMs = performance.now();
    const written = await this.#stage.patiently(() => this.#write(writer, said));
    if (!written.ok) return failed(writer, written);
    const took = since(beganMs), thenMs = performance.now();
    const read = await this.#read(reader, written.index ?? 0);
    if (!read.ok) return read;
    if (read.value !== said) return wrongNote(reader, read.value, said);
    return ok([
      `${this.node}: info.note: "${said}"`,
      `acknowledged after ${took}, read on ${reader.name} ${since(thenMs)} later`,
    ]);
  }

  async #killLeader(): Promise<Outcome<readonly string[]>> {
    const leader = this.#leader ?? this.#actor(0), next = this.#next ?? this.#actor(1);
    await leader.process.kill();
    const beganMs = performance.now();
    this.#said = `written while ${leader.name} was dead`;
    const written = await this.#stage.until(async () => {
      const asked = await this.#write(next, this.#said);
      return asked.ok ? ok(asked.index ?? 0) : failed(next, asked);
    });
    if (!written.ok) return written;
    this.#index = written.value;
    return ok([
      `${leader.name} is dead; ${next.name} acknowledged a write ${since(beganMs)} after that`,
    ]);
  }

  async #killSecond(): Promise<Outcome<readonly string[]>> {
    const second = this.#next ?? this.#actor(1), last = this.#last ?? this.#actor(2);
    await second.process.kill();
    const beganMs = performance.now();
    const lost = await this.#stage.until(async () => {
      const seen = await this.#collective(last);
      if (!seen.ok || !seen.value.quorum) return seen;
      return refused("conflict", `${last.name} still believes that it has quorum`);
    });
    if (!lost.ok) return lost;
    const noticed = since(beganMs), thenMs = performance.now();
    const written = await this.#write(last, "must not be");
    const took = since(thenMs);
    if (written.ok) return refused("conflict", `${last.name} made a change without a majority`);
    const { failure } = written;
    if (failure?.errorcode !== 503 || failure.error !== NO_QUORUM_ERROR) {
      return refused("conflict", `wanted 503 for want of quorum, got: ${written.message}`);
    }
    const copy = await this.#read(last, undefined);
    if (!copy.ok) return copy;
    if (copy.value !== this.#said) return wrongNote(last, copy.value, this.#said);
    return ok([
      `${last.name} knew it ${noticed} after ${second.name} died, and refuses a write in ${took}:`,
      `503 ${written.message}`,
      `its local copy can be read when that is asked for (--stale): "${copy.value}"`,
    ]);
  }

  async #startAgain(): Promise<Outcome<readonly string[]>> {
    const beganMs = performance.now();
    const dead = [this.#leader, this.#next].filter((actor) => actor !== undefined);
    const started = await Promise.all(dead.map((actor) => this.#stage.restart(actor)));
    for (const outcome of started) if (!outcome.ok) return outcome;
    const lines: string[] = [];
    for (const actor of this.actors) {
      const ready = await this.#stage.until(async () => {
        const asked = await actor.client.ask("GET /readyz", readyAnswer);
        return asked.ok ? ok() : failed(actor, asked);
      });
      if (!ready.ok) return ready;
      const read = await this.#read(actor, this.#index);
      if (!read.ok) return read;
      if (read.value !== this.#said) return wrongNote(actor, read.value, this.#said);
      lines.push(`${actor.name} is ready and has it all ${since(beganMs)} after the start`);
    }
    return ok([...lines, `nothing was lost: info.note is "${this.#said}" on all three`]);
  }

  // ---- what the steps are made of

  #actor(at: number): Actor {
    const actor = this.actors[at];
    if (actor === undefined) throw new Error(`no member m${at + 1} came so far`);
    return actor;
  }

  async #collective(actor: Actor): Promise<Outcome<CollectiveAnswer>> {
    const seen = await actor.client.ask("GET /collective/", collectiveAnswer);
    return seen.ok ? ok(seen.value) : failed(actor, seen);
  }

  #write(actor: Actor, note: string): Promise<Asked<unknown>> {
    const route = `PUT /nodes/${inPath(this.node)}/attributes/current`;
    const options = { body: { "info.note": note }, timeoutMs: ATTEMPT_MS };
    return actor.client.ask(route, attributesAnswer, options);
  }

  /** With an index: from a member that has applied it; else from its local copy. */
  async #read(actor: Actor, index: number | undefined): Promise<Outcome<string>> {
    const route = `GET /nodes/${inPath(this.node)}/attributes/current`;
    const query: Record<string, string> = index === undefined
      ? { stale: "ok" }
      : { minIndex: String(index) };
    const read = await actor.client.ask(route, attributesAnswer, { query });
    if (!read.ok) return failed(actor, read);
    const { "info.note": note } = read.value;
    return ok(note !== undefined && "value" in note ? String(note.value) : "");
  }
}

function wrongNote(actor: Actor, has: string, wanted: string): Outcome<never> {
  return refused("conflict", `${actor.name} has "${has}" where "${wanted}" was written`);
}

function since(beganMs: number): string {
  const ms = performance.now() - beganMs;
  return ms < 100 ? `${ms.toFixed(1)} ms` : `${(ms / 1000).toFixed(2)} s`;
}
