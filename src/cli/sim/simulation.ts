/** Three members, and the simulated nodes they manage: set up, told of, and looked after. */
import { ok, type Outcome, refused } from "../../base/outcome.ts";
import { type CollectiveAnswer, collectiveAnswer } from "../../wire/http.ts";
import { loadTable } from "../commands/nodedefine.ts";
import { DONE, type ExitCode, FAILED, INTERRUPTED } from "../exit_code.ts";
import { Progress } from "../progress.ts";
import { showLogs, strong, whereItIs } from "../stage/on_stage.ts";
import { type Actor, failed, type Stage } from "../stage/stage.ts";
import { complain, print, type Surroundings } from "../surroundings.ts";
import type { ActionRecord } from "./action_record.ts";
import type { Fleet } from "./fleet.ts";
import { sharesText, type SimEvent, textOf } from "./sim_events.ts";
import type { SimPlan } from "./sim_plan.ts";
import type { RecordedAction } from "./simulated_bmc.ts";
import { definitionsOf, MEMBERS, nodeOf, rangeOf } from "./simulated_nodes.ts";

/** Nodes in one write: few enough that progress is seen. */
const NODES_A_WRITE = 500;

/** What it all stands on. */
export interface SimGround {
  readonly stage: Stage;
  readonly fleet: Fleet;
  readonly record: ActionRecord | undefined;
  readonly isJson: boolean;
  /** A line of words. */
  readonly say: (line: string) => void;
}

export class Simulation {
  readonly #surroundings: Surroundings;
  readonly #plan: SimPlan;
  readonly #on: SimGround;
  readonly #actors: Actor[] = [];
  /** Why it ends before anybody wants that. */
  readonly #over = Promise.withResolvers<ExitCode>();
  #isOver = false;
  #howFar = "";

  constructor(surroundings: Surroundings, plan: SimPlan, on: SimGround) {
    this.#surroundings = surroundings;
    this.#plan = plan;
    this.#on = on;
  }

  async run(interrupted: Promise<"interrupted">): Promise<ExitCode> {
    const { say, stage } = this.#on;
    say(`Three members and ${countOf(this.#plan.count)} on this machine, in ${stage.folder}`);
    const progress = new Progress(this.#surroundings, () => this.#howFar);
    const set = await Promise.race([this.#setUp(), interrupted]);
    progress.end();
    if (set === "interrupted") {
      say("Interrupted before it was ready.");
      return INTERRUPTED;
    }
    if (!set.ok) {
      complain(this.#surroundings, `cannot set the simulation up: ${set.refusal.message}`);
      showLogs(this.#surroundings, stage);
      return FAILED;
    }
    this.#introduce(set.value);
    if (this.#surroundings.stdout.isClosed) return DONE;
    for (const actor of this.#actors) void this.#follow(actor);
    return await Promise.race([interrupted.then((): ExitCode => DONE), this.#over.promise]);
  }

  /** Hears what a controller was told to do. */
  hear(action: RecordedAction): void {
    if (this.#isOver) return;
    const recorded = this.#on.record?.append(action) ?? ok();
    if (!recorded.ok) this.#end(FAILED, recorded.refusal.message);
    this.#show({ event: "action", node: nodeOf(action.bmc), ...action });
  }

  /** How many nodes each member has in the end. */
  async #setUp(): Promise<Outcome<Readonly<Record<string, number>>>> {
    const { stage } = this.#on;
    for (const name of MEMBERS) {
      this.#howFar = `starting ${name}`;
      const actor = await this.#enter(name);
      if (!actor.ok) return actor;
      this.#actors.push(actor.value);
    }
    const defined = await this.#define();
    if (!defined.ok) return defined;
    return await stage.until(async () => {
      const managed = await this.#managed();
      if (!managed.ok) return managed;
      const sum = Object.values(managed.value).reduce((all, one) => all + one, 0);
      this.#howFar = `nodes that have a manager: ${sum} of ${this.#plan.count}`;
      return sum === this.#plan.count ? managed : refused("unavailable", this.#howFar);
    });
  }

  async #enter(name: string): Promise<Outcome<Actor>> {
    const { stage } = this.#on;
    const [first] = this.#actors;
    if (first === undefined) return await stage.found(name);
    const token = await stage.invitation(first, name);
    return token.ok ? await stage.join(name, token.value) : token;
  }

  async #define(): Promise<Outcome<void>> {
    const { stage, fleet } = this.#on;
    const [first] = this.#actors;
    if (first === undefined) throw new Error("nodes are defined before there is a member");
    const nodes = definitionsOf(fleet.all);
    for (let at = 0; at < nodes.length; at += NODES_A_WRITE) {
      this.#howFar = `nodes defined: ${at} of ${nodes.length}`;
      const some = nodes.slice(at, at + NODES_A_WRITE);
      const table = { nodes: some, lines: some.map((_, i) => at + i + 1) };
      const loaded = await stage.patiently(() => loadTable(first.client, "the nodes", table));
      if (!loaded.ok) return failed(first, loaded);
    }
    return ok();
  }

  /** How many nodes each member manages, as one that runs knows it. */
  async #managed(): Promise<Outcome<Readonly<Record<string, number>>>> {
    const seen = await this.#collective();
    if (!seen.ok) return seen;
    return ok(Object.fromEntries(seen.value.members.map(({ name, nodes }) => [name, nodes])));
  }

  async #collective(): Promise<Outcome<CollectiveAnswer>> {
    const actor = this.#actors.find(({ process }) => process.ended === undefined);
    if (actor === undefined) return refused("unavailable", "no member runs");
    const seen = await actor.client.ask("GET /collective/", collectiveAnswer);
    return seen.ok ? ok(seen.value) : failed(actor, seen);
  }

  #introduce(managed: Readonly<Record<string, number>>): void {
    const { count, silent } = this.#plan, { say, isJson } = this.#on;
    const range = rangeOf(1, count);
    const dead = silent === 0 ? null : rangeOf(count - silent + 1, count);
    const members = this.#actors.map(({ name, process: { pid, logFile }, ready }) => {
      return { name, pid, socket: ready.socket, api: ready.api, log: logFile };
    });
    if (isJson) return this.#show({ event: "ready", nodes: range, silent: dead, members });
    const [first, second] = members;
    if (first === undefined || second === undefined) return;
    const confluent = this.#surroundings.ownCommand.join(" ");
    say(`${range} are defined, and each is managed by a member: ${sharesText(managed)}.`);
    if (dead !== null) say(`The controllers of ${dead} are dead: they take calls and say nothing.`);
    say("");
    for (const line of this.#actors.flatMap(whereItIs)) say(line);
    say("");
    say("Try in another shell:");
    say(`    export CONFLUENT_SOCKET=${first.socket}`);
    say(`    ${confluent} nodepower ${range}`);
    say(`    ${confluent} nodepower ${range} on`);
    say(`    ${confluent} nodeboot n1 network`);
    say(`    ${confluent} nodehealth ${range}`);
    say(`    ${confluent} explain n1`);
    say(`    ${confluent} collective show -v`);
    say(`    kill -9 ${second.pid}    # ${second.name}: its nodes go to the others`);
    say("");
    say("A line follows for everything that a controller is told to do.");
    say(strong(this.#surroundings, "Ctrl-C stops them and removes all of it."));
  }

  /** Waits for the end of a member, and tells what becomes of its nodes. */
  async #follow({ name, process }: Actor): Promise<void> {
    await process.end;
    const endedMs = Date.now(), { stage } = this.#on;
    if (stage.isClosed || this.#isOver) return;
    this.#show({ event: "ended", trueTimeMs: endedMs, member: name, how: process.ended ?? "" });
    if (this.#actors.every(({ process }) => process.ended !== undefined)) {
      return this.#end(FAILED, "no member runs any more");
    }
    const moved = await stage.until(async () => {
      const managed = await this.#managed();
      if (!managed.ok || managed.value[name] === 0) return managed;
      return refused("unavailable", `${managed.value[name]} wait for a majority of members`);
    });
    if (stage.isClosed || this.#isOver) return;
    const what = { trueTimeMs: Date.now(), member: name };
    if (!moved.ok) return this.#show({ event: "stuck", ...what, why: moved.refusal.message });
    const { [name]: _, ...managed } = moved.value;
    this.#show({ event: "moved", ...what, managed, afterMs: what.trueTimeMs - endedMs });
  }

  #show(event: SimEvent): void {
    if (this.#on.isJson) print(this.#surroundings, JSON.stringify(event));
    else if (event.event !== "ready") print(this.#surroundings, textOf(event));
    if (this.#surroundings.stdout.isClosed) this.#end(DONE);
  }

  #end(exit: ExitCode, why?: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (why !== undefined) complain(this.#surroundings, why);
    this.#over.resolve(exit);
  }
}

function countOf(nodes: number): string {
  return nodes === 1 ? "a simulated node" : `${nodes} simulated nodes`;
}
