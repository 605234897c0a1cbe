/**
 * Clients that watch, by the piece that `GET /watch` is made of: each reads at one member, some
 * events at a time and slowly at that, is cut off when the process there dies or for no reason, and
 * goes on wherever it likes after what it took last. A store that is set right under it and a copy
 * that takes the place of the state do not cut it off. What must hold:
 *
 * - the indexes that one connection gives never go back, nor behind what it goes on after;
 * - whatever is shown was so, and what an event shows as changed was changed by that entry;
 * - whoever was told all there is has what the state is at that index: no last value is missing,
 *   nothing that was cleared or dropped is left.
 */
import type { Prng } from "../../src/base/prng.ts";
import { groupRow, nodeOfRow, nodeRow, ROW_MARK } from "../../src/model/operation.ts";
import {
  Watcher,
  type WatcherEvent,
  type WatchPace,
  type WatchSource,
} from "../../src/replica/watch.ts";
import { namesOf, resumeIndex, type WatchedChange } from "../../src/wire/watch.ts";
import { Violation } from "./checks.ts";
import type { Host } from "./host.ts";
import type { RowHistory } from "./row_history.ts";
import type { World } from "./world.ts";

export interface WatchersPlan {
  readonly count: number;
  /** Mean milliseconds between two looks of one of them. */
  readonly everyMs: number;
  /** The most events that are taken at one look. */
  readonly most: number;
  readonly pace: WatchPace;
}

/** What happened to watchers, by the names of events; and how often one that had been told all was
 * found to have the state. */
export type WatchCounts = Record<WatcherEvent["event"] | "moved" | "whole", number>;

type Shown = Extract<WatcherEvent, { event: "change" | "state" }>;

export class Watchers {
  readonly counts: WatchCounts = {
    state: 0,
    sync: 0,
    change: 0,
    gap: 0,
    reset: 0,
    bookmark: 0,
    moved: 0,
    whole: 0,
  };
  readonly #clients: Client[] = [];

  constructor(world: World, prng: Prng, plan: WatchersPlan) {
    for (let i = 1; i <= plan.count; i++) {
      const name = `w${i}`;
      this.#clients.push(new Client(name, world, prng.fork(name), plan, this.counts));
    }
  }

  start(): void {
    for (const client of this.#clients) client.start();
  }

  /** All is quiet: where it is each is told all there is, and at `host`, which has the newest. */
  atTheEnd(host: Host): void {
    for (const client of this.#clients) client.end(host);
  }
}

interface Connection {
  readonly host: Host;
  readonly source: WatchSource;
  readonly watcher: Watcher;
  /** The greatest index it gave, or that it goes on after. */
  given: number;
}

class Client {
  readonly #name: string;
  readonly #world: World;
  readonly #prng: Prng;
  readonly #plan: WatchersPlan;
  readonly #counts: WatchCounts;
  /** All nodes without it. */
  readonly #wanted: ReadonlySet<string> | undefined;
  /** Nodes and groups by the names of their rows. */
  readonly #rows = new Map<string, Map<string, string>>();
  #connection: Connection | undefined;
  /** What it goes on after: the `id` that was sent last. */
  #last: number | undefined;
  /** What it has may be newer than what it goes on after, or lack what was overwritten, up to here:
   * parts of entries; a state or a gap, which leave out what is told later. */
  #mixedTo = 0;

  constructor(name: string, world: World, prng: Prng, plan: WatchersPlan, counts: WatchCounts) {
    this.#name = name;
    this.#world = world;
    this.#prng = prng;
    this.#plan = plan;
    this.#counts = counts;
    this.#wanted = prng.chance(0.3) ? new Set(["k1", "list0", "never"]) : undefined;
  }

  start(): void {
    const ms = this.#prng.unit() * 2 * this.#plan.everyMs;
    this.#world.at(this.#world.time + ms, () => {
      this.#look();
      this.start();
    });
  }

  end(host: Host): void {
    if (this.#isConnected()) this.#read(Infinity);
    this.#connect(host);
    this.#read(Infinity);
    const at = this.#connection?.watcher.at ?? -1;
    if (at < this.#mixedTo) this.#fail(`is told no more than ${at} of ${this.#mixedTo}`);
  }

  // ----

  #isConnected(): boolean {
    return this.#connection !== undefined &&
      this.#connection.host.watched === this.#connection.source;
  }

  #look(): void {
    if (!this.#isConnected() || this.#prng.chance(0.05)) {
      const hosts = this.#world.live();
      if (hosts.length > 0) this.#connect(this.#prng.pick(hosts));
    }
    const { host } = this.#connection ?? {};
    if (host?.machine === undefined || !this.#isConnected()) return;
    if (host.frozenUntil <= this.#world.time) this.#read(this.#prng.between(1, this.#plan.most));
  }

  /** A member that has not reached what it goes on after does not take it yet. */
  #connect(host: Host): void {
    const { watched: source } = host;
    const last = this.#last;
    this.#connection = undefined;
    if (source === undefined || host.machine === undefined) return;
    if (source.applied < (last ?? 0)) return;
    const watcher = new Watcher(source, {
      ...last === 0 ? { isAnew: true } : { from: last },
      nodes: this.#wanted,
      pace: this.#plan.pace,
      mutant: this.#world.mutant,
    });
    this.#counts.moved++;
    this.#world.tell(`${this.#name} watches at ${host.member.name} after ${last ?? "nothing"}`);
    this.#connection = { host, source, watcher, given: last ?? 0 };
  }

  #read(most: number): void {
    const connection = this.#connection;
    for (let taken = 0; connection !== undefined && taken < most; taken++) {
      const step = connection.watcher.next();
      if (step === "told") return this.#told(connection);
      if (step === "over") {
        this.#connection = undefined;
        return;
      }
      if (step !== "later") this.#take(connection, step);
    }
  }

  #take(connection: Connection, event: WatcherEvent): void {
    this.#counts[event.event]++;
    this.#given(connection, event.index);
    this.#last = resumeIndex(event) ?? this.#last;
    const isOfEntry = event.event === "change" && event.timeMs !== undefined;
    this.#mixedTo = Math.max(this.#mixedTo, isOfEntry ? event.index : connection.source.applied);
    if (event.event === "gap" || event.event === "reset") {
      this.#world.tell(`${this.#name}: ${event.event} at ${event.index}`);
    }
    if (event.event === "reset") this.#rows.clear();
    if (event.event !== "change" && event.event !== "state") return;
    for (const change of event.changes) {
      const rowOf = "nodes" in change ? nodeRow : groupRow;
      for (const name of namesOf(change)) this.#show(event, rowOf(name), change);
    }
  }

  /** All there is was told, which a bookmark says to whoever it finds there. */
  #told(connection: Connection): void {
    const { at } = connection.watcher;
    this.#given(connection, at);
    if (this.#prng.chance(0.3)) {
      this.#counts.bookmark++;
      this.#last = at;
    }
    if (at >= this.#mixedTo) this.#compare(at);
  }

  #given(connection: Connection, index: number): void {
    if (index < connection.given) this.#fail(`is given ${index} after ${connection.given}`);
    connection.given = index;
  }

  #show({ event, index }: Shown, row: string, change: WatchedChange): void {
    const { created, dropped, attributes } = change;
    if (!this.#isWanted(row)) this.#fail(`is told of ${row}`);
    const shown: [string, string | null][] = Object.entries(attributes).map(([name, value]) => [
      name,
      value === null ? null : String(value),
    ]);
    if (created) shown.push([ROW_MARK, ""]);
    const was = event === "state" ? new Map(this.#history.state(row, index)) : undefined;
    for (const [name, value] of shown) {
      const right = was === undefined ? this.#history.written(row, name, index) : was.get(name);
      if (value !== right) this.#fail(`is shown ${row} ${name}=${value} at ${index}: ${right}`);
    }
    if (dropped && !this.#history.isDrop(row, index)) {
      this.#fail(`is told at ${index} that ${row} was dropped`);
    }
    if (dropped) this.#rows.delete(row);
    const held = this.#rows.get(row) ?? new Map<string, string>();
    this.#rows.set(row, held);
    for (const [name, value] of shown) {
      if (value === null) held.delete(name);
      else held.set(name, value);
    }
  }

  /** What it has against what the state was. */
  #compare(index: number): void {
    this.#counts.whole++;
    for (const row of this.#history.rows) {
      if (!this.#isWanted(row)) continue;
      const held = this.#rows.get(row);
      let more = held?.size ?? 0;
      for (const [name, value] of this.#history.state(row, index)) {
        more--;
        if (held?.get(name) === value) continue;
        this.#fail(`has ${row} ${name}=${held?.get(name)} at ${index}, where it is ${value}`);
      }
      if (more > 0) this.#fail(`has ${more} cells of ${row} at ${index} that are gone`);
    }
  }

  /** Groups are told to all. */
  #isWanted(row: string): boolean {
    if (this.#wanted === undefined || row.startsWith(groupRow(""))) return true;
    return this.#wanted.has(nodeOfRow(row));
  }

  get #history(): RowHistory {
    return this.#world.checks.history;
  }

  #fail(what: string): never {
    const where = this.#connection?.host.member.name ?? "no member";
    throw new Violation(`watcher ${this.#name} at ${where} ${what}`);
  }
}
