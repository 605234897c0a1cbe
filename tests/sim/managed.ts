/**
 * Nodes that are managed, in a storm: people set and clear their managers and candidates, remove
 * them and make them anew, and drain members; and whoever may act on a node must be alone with that
 * at any true time (I4).
 */
import type { Prng } from "../../src/base/prng.ts";
import type { MemberId } from "../../src/model/member.ts";
import { nodeRow, type Operation, ROW_MARK } from "../../src/model/operation.ts";
import { CANDIDATES, drainedRow, FAILBACK, MANAGER } from "../../src/model/placement.ts";
import type { Reply } from "../../src/service/machine/requests.ts";
import { Violation } from "./checks.ts";
import type { Host } from "./host.ts";
import type { World } from "./world.ts";

export interface ManagedPlan {
  /** How many nodes there are; none: nothing is managed. */
  readonly nodes: number;
  /** Mean milliseconds between two changes. */
  readonly everyMs: number;
  /** Whether members are drained now and then. */
  readonly drains: boolean;
  /** The chance that a node goes back to a member that was away. */
  readonly failback: number;
  /** Whether everybody is a candidate for everything. */
  readonly isAnybodys: boolean;
}

export const NO_NODES: ManagedPlan = {
  nodes: 0,
  everyMs: 1e9,
  drains: false,
  failback: 0,
  isAnybodys: false,
};

/** With every member there and nothing changing, every node is where it should be after this. */
const SETTLED_MS = 30_000;

export class Managed {
  readonly #world: World;
  readonly #prng: Prng;
  readonly #plan: ManagedPlan;
  readonly #nodes: readonly string[];
  #isOn = false;
  /** How often a node came to be held by another member than before. */
  moves = 0;
  readonly #holders = new Map<string, MemberId | undefined>();

  constructor(world: World, prng: Prng, plan: ManagedPlan) {
    this.#world = world;
    this.#prng = prng;
    this.#plan = plan;
    this.#nodes = Array.from({ length: plan.nodes }, (_, i) => `p${i + 1}`);
  }

  start(): void {
    if (this.#nodes.length === 0) return;
    this.#isOn = true;
    for (const node of this.#nodes) this.#insist(this.#defined(node));
    this.#next();
  }

  stop(): void {
    this.#isOn = false;
    // Else nothing could be given to anybody in the end.
    const ids = [...this.#world.hosts.keys()];
    if (this.#plan.drains) this.#write([{ kind: "drop", rows: ids.map(drainedRow) }]);
  }

  /** A member took a step: nobody else may act on what it acts on now. */
  stepped(host: Host): void {
    if (this.#nodes.length === 0 || !acts(host, this.#world.time)) return;
    for (const node of this.#nodes) {
      if (host.machine?.placing.isOwn(node) !== true) continue;
      this.#noteHolder(node, host.id);
      for (const other of this.#world.hosts.values()) {
        if (other === host || other.machine?.placing.isOwn(node) !== true) continue;
        if (!acts(other, this.#world.time) || !mayAct(host, node) || !mayAct(other, node)) continue;
        throw new Violation(
          `${host.member.name} and ${other.member.name} act on ${node} at the same time`,
        );
      }
    }
  }

  /** Whether the member acts on any of the nodes. */
  isHolder(host: Host): boolean {
    return this.#nodes.some((node) => host.machine?.placing.isOwn(node) === true);
  }

  /** After the storm every node that somebody may act on is acted on. */
  demandManagers(members: () => readonly Host[]): void {
    if (this.#nodes.length === 0) return;
    const until = this.#world.time + SETTLED_MS;
    let left = "";
    const isDone = (): boolean => (left = this.#unsettled(members())) === "";
    if (this.#world.runUntil(until, isDone)) return;
    throw new Violation(`not settled ${SETTLED_MS} ms after the storm: ${left}`);
  }

  // ----

  #noteHolder(node: string, id: MemberId): void {
    const before = this.#holders.get(node);
    if (before !== undefined && before !== id) this.moves++;
    this.#holders.set(node, id);
  }

  /** The nodes that are not where they should be, for people. */
  #unsettled(members: readonly Host[]): string {
    // One whose clock is far off is given nothing, where a majority agrees on that.
    const names = members.filter((host) => {
      return host.machine?.placing.whyUnable(host.id, host.now()) === undefined;
    }).map(({ member }) => member.name);
    return this.#nodes.filter((node) => {
      const { cells } = members[0]!.machine!.replica;
      const row = nodeRow(node);
      if (!cells.exists(row)) return false;
      const manager = cells.value(row, MANAGER) ?? "";
      const candidates = (cells.value(row, CANDIDATES) ?? "").split(",");
      const isAny = this.#plan.isAnybodys;
      const wanted = isAny || candidates.includes(manager) || candidates[0] === ""
        ? isAny || names.includes(manager)
        : candidates.some((name) => names.includes(name));
      if (!wanted) return false;
      return !members.some((host) => mayAct(host, node));
    }).join(" ");
  }

  #next(): void {
    const ms = -Math.log(1 - this.#prng.unit()) * this.#plan.everyMs;
    this.#world.at(this.#world.time + ms, () => {
      if (!this.#isOn) return;
      this.#write(this.#change());
      this.#next();
    });
  }

  #change(): Operation[] {
    const node = this.#prng.pick(this.#nodes);
    const rows = [nodeRow(node)];
    const draw = this.#prng.unit();
    if (this.#plan.drains && draw < 0.15) {
      const drained = [drainedRow(this.#prng.pick([...this.#world.hosts.keys()]))];
      return this.#prng.chance(0.5)
        ? [{ kind: "drop", rows: drained }]
        : [{ kind: "set", rows: drained, cells: [[ROW_MARK, ""]] }];
    }
    if (draw < 0.75) return [{ kind: "guard", guard: { test: "exists", rows } }, this.#edit(rows)];
    return draw < 0.85 ? [{ kind: "drop", rows }] : this.#defined(node);
  }

  #edit(rows: readonly string[]): Operation {
    const draw = this.#prng.unit();
    if (draw < 0.6) return { kind: "set", rows, cells: [[MANAGER, this.#name()]] };
    if (draw < 0.75) return { kind: "clear", rows, attributes: [MANAGER] };
    if (draw < 0.9) return { kind: "set", rows, cells: [[CANDIDATES, this.#names()]] };
    return { kind: "clear", rows, attributes: [CANDIDATES] };
  }

  #defined(node: string): Operation[] {
    const cells: [string, string][] = [[ROW_MARK, ""], [MANAGER, this.#name()]];
    if (this.#plan.isAnybodys) cells.push([CANDIDATES, "~m"]);
    else if (this.#prng.chance(0.8)) cells.push([CANDIDATES, this.#names()]);
    if (this.#prng.chance(this.#plan.failback)) cells.push([FAILBACK, "auto"]);
    return [{ kind: "set", rows: [nodeRow(node)], cells }];
  }

  #name(): string {
    return this.#prng.pick([...this.#world.hosts.values()]).member.name;
  }

  #names(): string {
    const all = [...this.#world.hosts.values()].map(({ member }) => member.name);
    if (this.#prng.chance(0.5)) return all.join(",");
    return all.filter(() => this.#prng.chance(0.6)).join(",") || all.join(",");
  }

  #write(operations: readonly Operation[], reply: Reply = () => undefined): void {
    const hosts = this.#world.live();
    if (hosts.length > 0) this.#prng.pick(hosts).handle({ type: "write", operations, reply });
  }

  /** Asks again until it is done: nobody leads when the world begins. */
  #insist(operations: readonly Operation[]): void {
    this.#write(operations, ({ ok }) => {
      if (ok || !this.#isOn) return;
      this.#world.at(this.#world.time + 300, () => this.#insist(operations));
    });
  }
}

/** Whether its process runs at this time at all. */
function acts({ machine, frozenUntil }: Host, time: number): boolean {
  return machine !== undefined && frozenUntil <= time;
}

function mayAct(host: Host, node: string): boolean {
  return host.machine?.mayAct(node, host.now()) === true;
}
