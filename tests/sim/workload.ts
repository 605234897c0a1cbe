/**
 * Clients: each sends one request after another to a member of its choosing and writes down when
 * it asked, when it was answered and what: registers (write, compare-and-set, linearizable read)
 * and lists that a transaction appends to in several rows at once.
 */
import type { Prng } from "../../src/base/prng.ts";
import { encodeStagePart } from "../../src/wire/entry.ts";
import { groupRow, nodeRow, type Operation, ROW_MARK } from "../../src/model/operation.ts";
import type { Answer } from "../../src/service/machine/requests.ts";
import type { Outcome } from "../../src/base/outcome.ts";
import type { Host } from "./host.ts";
import type { WorkloadPlan } from "./plan.ts";
import type { World } from "./world.ts";

/** One operation on one register, as its client saw it. */
export interface RegisterOperation {
  readonly key: string;
  readonly kind: "read" | "write" | "cas";
  /** Read: what came back. Write, compare-and-set: what was written. Null: no value. */
  readonly value: string | null;
  /** Compare-and-set: what had to be there. */
  readonly expected?: string | null;
  readonly start: number;
  /** Undefined: the outcome is unknown; it may take effect at any time after the start. */
  readonly end: number | undefined;
  /** Compare-and-set: whether it took effect, where that is known. */
  readonly applied?: boolean;
}

/** A write that was acknowledged, for the checks at the end. */
export interface Acknowledged {
  readonly row: string;
  readonly value: string;
  readonly index: number;
}

interface Appended {
  readonly element: string;
  readonly rows: readonly string[];
  readonly outcome: "acknowledged" | "unknown" | "refused";
}

/** What a client does once it has its answer, or gave up waiting for one. */
type Next = (outcome: Outcome<Answer> | undefined) => void;

const CELL = "v";
/** As a request through the API has it: what is written to a node is of a node that is there. */
const MARK = [ROW_MARK, ""] as const;

/** All rows are of nodes and of a group, so that they can be watched. */
function registerRow(key: string): string {
  return key === "k2" ? groupRow(key) : nodeRow(key);
}

/** Rows of lists, by their numbers. */
export const LIST_PREFIX = nodeRow("list");

export class Workload {
  readonly history: RegisterOperation[] = [];
  readonly appends: Appended[] = [];
  readonly #world: World;
  readonly #prng: Prng;
  readonly #plan: WorkloadPlan;
  #next = 1;
  #isOn = false;
  #acknowledged = 0;
  #underWay = 0;

  constructor(world: World, prng: Prng, plan: WorkloadPlan) {
    this.#world = world;
    this.#prng = prng;
    this.#plan = plan;
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  get underWay(): number {
    return this.#underWay;
  }

  start(): void {
    this.#isOn = true;
    for (let i = 0; i < this.#plan.clients; i++) this.#later(() => this.#act());
  }

  stop(): void {
    this.#isOn = false;
  }

  /** One request through this member now, whatever the clients do. */
  probe(
    host: Host,
    kind: "read" | "write",
    done: (outcome: Outcome<Answer> | undefined) => void,
  ): void {
    if (kind === "write") this.#appendToLists(host, done);
    else this.#read(host, "k1", done);
  }

  #later(run: () => void): void {
    const ms = this.#prng.unit() * 2 * this.#plan.thinkMs + 0.5;
    this.#world.at(this.#world.time + ms, run);
  }

  #act(): void {
    if (!this.#isOn) return;
    const hosts = this.#world.live();
    if (hosts.length === 0) return this.#later(() => this.#act());
    const host = this.#prng.pick(hosts);
    const key = `k${this.#prng.between(1, this.#plan.keys)}`;
    const draw = this.#prng.unit();
    if (draw < 0.35) this.#read(host, key);
    else if (draw < 0.6) this.#write(host, key);
    else if (draw < 0.85) this.#compareAndSet(host, key);
    else this.#appendToLists(host);
  }

  /** Sends it off; whatever comes back, or nothing for 8 s, lets the client go on once. */
  #ask(
    host: Host,
    operations: readonly Operation[] | undefined,
    done: (outcome: Outcome<Answer> | undefined) => void,
    next: Next = () => this.#later(() => this.#act()),
  ): void {
    let isOver = false;
    this.#underWay++;
    const finish = (outcome: Outcome<Answer> | undefined): void => {
      if (isOver) return;
      isOver = true;
      this.#underWay--;
      if (outcome?.ok && operations) this.#acknowledged++;
      done(outcome);
      next(outcome);
    };
    this.#world.at(this.#world.time + 8_000, () => finish(undefined));
    const reply = finish;
    host.handle(operations ? { type: "write", operations, reply } : { type: "read", reply });
  }

  #read(host: Host, key: string, next?: Next): void {
    const start = this.#world.time;
    this.#ask(host, undefined, (outcome) => {
      if (!outcome?.ok || host.machine === undefined) return;
      const value = host.machine.replica.cells.value(registerRow(key), CELL);
      this.history.push({ key, kind: "read", value, start, end: this.#world.time });
    }, next);
  }

  #write(host: Host, key: string): void {
    const value = String(this.#next++);
    const start = this.#world.time;
    const rows = [registerRow(key)];
    const draw = this.#prng.unit();
    if (draw < 0.2) return this.#empty(host, key, draw < 0.1);
    this.#ask(host, [{ kind: "set", rows, cells: [MARK, [CELL, value]] }], (outcome) => {
      if (isNotDone(outcome)) return;
      const end = outcome?.ok ? this.#world.time : undefined;
      this.history.push({ key, kind: "write", value, start, end });
      if (outcome?.ok) this.#replied(rows[0]!, value, outcome.value.index);
    });
  }

  /** Writes no value: only a tombstone says so, until it is collected. */
  #empty(host: Host, key: string, drops: boolean): void {
    const start = this.#world.time;
    const rows = [registerRow(key)];
    const operation: Operation = drops
      ? { kind: "drop", rows }
      : { kind: "clear", rows, attributes: [CELL] };
    this.#ask(host, [operation], (outcome) => {
      if (isNotDone(outcome)) return;
      const end = outcome?.ok ? this.#world.time : undefined;
      this.history.push({ key, kind: "write", value: null, start, end });
    });
  }

  #compareAndSet(host: Host, key: string): void {
    const row = registerRow(key);
    const expected = host.machine?.replica.cells.value(row, CELL) ?? null;
    const value = String(this.#next++);
    const start = this.#world.time;
    const guard = { test: "equals", row, attribute: CELL, value: expected } as const;
    const operations: Operation[] = [
      { kind: "guard", guard },
      { kind: "set", rows: [row], cells: [MARK, [CELL, value]] },
    ];
    this.#ask(host, operations, (outcome) => {
      if (isNotDone(outcome)) return;
      const applied = outcome?.ok ? outcome.value.verdict.result === "applied" : undefined;
      const end = outcome?.ok ? this.#world.time : undefined;
      const operation = { key, kind: "cas", value, expected, start, end } as const;
      this.history.push(applied === undefined ? operation : { ...operation, applied });
      if (outcome?.ok && applied) this.#replied(row, value, outcome.value.index);
    });
  }

  /** Appends by setting a cell named after the element in several rows: all or none appear. */
  #appendToLists(host: Host, next?: Next): void {
    const element = `e${this.#next++}`;
    const count = this.#prng.between(2, 3);
    const rows = Array.from({ length: count }, (_, i) => `${LIST_PREFIX}${i}`);
    const sets = rows.map((row): Operation => ({
      kind: "set",
      rows: [row],
      cells: [MARK, [element, "1"]],
    }));
    const done = (outcome: Outcome<Answer> | undefined): void => {
      const isRefused = isNotDone(outcome) ||
        (outcome?.ok === true && outcome.value.verdict.result === "refused");
      const state = isRefused ? "refused" : outcome?.ok ? "acknowledged" : "unknown";
      this.appends.push({ element, rows, outcome: state });
      if (outcome?.ok && !isRefused) this.#replied(rows[0]!, element, outcome.value.index);
    };
    if (next === undefined && this.#prng.chance(0.3)) this.#stage(host, sets, done);
    else this.#ask(host, sets, done, next);
  }

  /** The same in a stage, an operation a part, then applied as one. */
  #stage(
    host: Host,
    sets: readonly Operation[],
    done: (outcome: Outcome<Answer> | undefined) => void,
  ): void {
    const stage = (this.#next++).toString(16);
    const send = (part: number): void => {
      const operation = sets[part];
      if (operation === undefined) {
        return this.#ask(host, [{ kind: "applyStage", stage, parts: sets.length }], done);
      }
      const bytes = encodeStagePart([operation]);
      const again = (): void => this.#later(() => this.#act());
      this.#ask(host, [{ kind: "stage", stage, part, bytes }], () => undefined, (outcome) => {
        if (!outcome?.ok || host.machine === undefined) return again();
        send(part + 1);
      });
    };
    send(0);
  }

  #replied(row: string, value: string, index: number): void {
    this.#world.checks.acknowledged({ row, value, index });
    this.#world.chaos.replied();
  }
}

/** Whether the answer promises that nothing was done. */
function isNotDone(outcome: Outcome<Answer> | undefined): boolean {
  return outcome !== undefined && !outcome.ok && outcome.refusal.kind !== "unknown-outcome";
}
