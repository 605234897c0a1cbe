/**
 * The nodes that this member acts on, and how it lets go of them: it stops acting on a node first,
 * waits until what it had begun there is over, and then proposes who acts next (I4).
 *
 * What was proposed may take effect long after nobody answered for it. So a node is acted on again
 * only once an entry of this member's is applied that no earlier one can follow: their guards
 * demand that the node's holder did not change since. And whoever was just started does not know
 * what it proposed before: it acts on nothing until an entry of this start is applied, for then
 * those of earlier starts are refused (I7).
 */

import type { Move } from "../../collective/placement.ts";
import type { MemberId } from "../../model/member.ts";
import type { Operation } from "../../model/operation.ts";
import { BECAUSE_CELL, placementRow } from "../../model/placement.ts";
import type { Placements } from "../../replica/placements.ts";
import type { Replica } from "../../replica/replica.ts";
import { firstOf, type Moves, operationsOf } from "./moves.ts";
import type { Reply } from "./requests.ts";

/** After a proposal that came to nothing the next one waits for so long. */
const AGAIN_MS = 200;

/** Something that is under way at a node, and since which hand-over that is this member's. */
interface Hold {
  readonly node: string;
  readonly epoch: number;
}

export interface OwnNodesParts {
  readonly self: MemberId;
  readonly placements: Placements;
  readonly replica: () => Replica;
  readonly nameOf: (id: MemberId) => string;
  readonly write: (operations: readonly Operation[], reply: Reply) => void;
}

export class OwnNodes {
  readonly #parts: OwnNodesParts;
  /** Nodes that are not acted on any more, and what is to become of them. */
  readonly #leaving = new Map<string, Move>();
  /** Nodes of which a proposal may yet take effect, and where the state was then. */
  readonly #tainted = new Map<string, number>();
  readonly #holds = new Set<Hold>();
  #proposed: Moves | undefined;
  #againAtMs = 0;
  /** Whether nothing of an earlier start can take effect any more. */
  #isSure = false;
  #isMakingSure = false;

  constructor(parts: OwnNodesParts) {
    this.#parts = parts;
  }

  /** Whether it has stopped acting on the node, though it holds it. */
  isLeaving(node: string): boolean {
    return !this.#isSure || this.#leaving.has(node) || this.#tainted.has(node);
  }

  /** What is to become of the node. */
  moveOf(node: string): Move | undefined {
    return this.#leaving.get(node);
  }

  /** Whether anything is to be given away. */
  get isGiving(): boolean {
    return this.#leaving.size > 0;
  }

  /** Something begins at the node, which keeps it from being given away until what is returned is
   * called. */
  hold(node: string): () => void {
    const hold = { node, epoch: this.#parts.placements.epochOf(node) };
    this.#holds.add(hold);
    return () => void this.#holds.delete(hold);
  }

  /** What is to become of a node of its own; undefined: it keeps it. */
  decided(node: string, move: Move | undefined): void {
    if (move !== undefined) this.#leaving.set(node, move);
    else if (this.#tainted.has(node)) this.#leaving.set(node, this.#asIs(node));
    else if (this.#proposed?.has(node) !== true) this.#leaving.delete(node);
  }

  /** The node is another's, or nobody's. */
  forget(node: string): void {
    this.#leaving.delete(node);
    this.#tainted.delete(node);
  }

  /** The row of the node's holder changed: whatever was proposed before cannot follow any more. */
  seen(node: string): void {
    const since = this.#tainted.get(node);
    if (since === undefined || this.#parts.placements.epochOf(node) <= since) return;
    this.#tainted.delete(node);
    this.#leaving.delete(node);
  }

  /** Proposes what can be proposed now. */
  advance(nowMs: number): void {
    if (!this.#isSure) return this.#makeSure(nowMs);
    if (this.#proposed !== undefined || this.#leaving.size === 0 || nowMs < this.#againAtMs) return;
    const { replica, nameOf, write } = this.#parts;
    const free = firstOf(new Map(this.#free()));
    if (free.size === 0) return;
    const since = replica().applied;
    this.#proposed = free;
    write(operationsOf(free, replica(), nameOf), (outcome) => {
      this.#proposed = undefined;
      const isApplied = outcome.ok && outcome.value.verdict.result === "applied";
      if (!isApplied) this.#failed(free, since, outcome, nowMs);
    });
  }

  /** When it tries again. */
  get dueAtMs(): number {
    if (!this.#isSure) return this.#hasToMakeSure ? this.#againAtMs : Number.POSITIVE_INFINITY;
    const isWaiting = this.#proposed === undefined && this.#free().next().done === false;
    return isWaiting ? this.#againAtMs : Number.POSITIVE_INFINITY;
  }

  // ----

  get #hasToMakeSure(): boolean {
    const { self, placements } = this.#parts;
    return !this.#isMakingSure && placements.heldBy(self).size > 0;
  }

  #makeSure(nowMs: number): void {
    if (!this.#hasToMakeSure || nowMs < this.#againAtMs) return;
    this.#isMakingSure = true;
    this.#parts.write([], (outcome) => {
      this.#isMakingSure = false;
      this.#isSure = outcome.ok;
      this.#againAtMs = nowMs + AGAIN_MS;
    });
  }

  /** Where something is under way at a node that was renamed since, that one is among those under
   * other names: until it is over, nothing is given away. */
  *#free(): Generator<[string, Move], undefined> {
    const { placements, self } = this.#parts;
    const held = new Set<string>();
    for (const { node, epoch } of this.#holds) {
      if (placements.holderOf(node) !== self || placements.epochOf(node) !== epoch) return;
      held.add(node);
    }
    for (const [node, move] of this.#leaving) if (!held.has(node)) yield [node, move];
  }

  #failed(moves: Moves, since: number, outcome: Parameters<Reply>[0], nowMs: number): void {
    const isUnknown = !outcome.ok && outcome.refusal.kind === "unknown-outcome";
    this.#againAtMs = nowMs + AGAIN_MS;
    for (const node of moves.keys()) {
      if (isUnknown) this.#tainted.set(node, since);
      else this.#leaving.delete(node);
    }
    this.#parts.placements.lookAgain(moves.keys());
  }

  /** It stays where it is, in an entry of its own. */
  #asIs(node: string): Move {
    const { self, replica } = this.#parts;
    const because = replica().cells.value(placementRow(node), BECAUSE_CELL) ?? "";
    return { to: self, isOurs: false, because };
  }
}
