/**
 * Who acts on which node (src/model/placement.ts), kept true: each member lets go of what it
 * should not hold; the leader gives away what nobody holds, and what a lost member holds once it
 * is certain that this one cannot act any more.
 *
 * Invariant I4: at most one member acts on a node at any true time. A member acts on the nodes that
 * it holds by its own state, as long as its lease runs. The lease counts from when it sent the
 * newest round that a majority answered, on its monotonic clock; an answer counts only once this
 * member has applied every change of holders that its sender had.
 */
import { type Deadline, type Now } from "../../base/instant.ts";
import {
  CLOCK_JUMP_MS,
  FAILBACK_AFTER_MS,
  FAILBACK_LOOK_MS,
  INVITATION_SWEEP_MS,
  LEASE_MS,
  PLACEMENT_SLICE,
} from "../../base/limits.ts";
import type { Pong } from "../../collective/liveness.ts";
import {
  AS_SET,
  best,
  decide,
  type Field,
  type Move,
  type PlacedNode,
} from "../../collective/placement.ts";
import { type MemberId, nameOf, type RosterAt } from "../../model/member.ts";
import type { Operation } from "../../model/operation.ts";
import {
  BECAUSE_CELL,
  drainedRow,
  nodeOfPlacement,
  PLACEMENT_PREFIX,
  placementRow,
} from "../../model/placement.ts";
import { Placements } from "../../replica/placements.ts";
import type { NodeIndex } from "../../replica/node_index.ts";
import type { SilencePromise } from "../../wire/promise.ts";
import { FieldNow, whyClockIsOut } from "./field.ts";
import { Giving } from "./giving.ts";
import { rowsOfGone } from "./gone_members.ts";
import { Losses, type LossesParts } from "./losses.ts";
import { OwnNodes } from "./own_nodes.ts";
import type { Reply } from "./requests.ts";

export interface PlacingParts extends LossesParts {
  readonly nodes: () => NodeIndex;
  readonly append: (body: Uint8Array) => void;
  readonly write: (operations: readonly Operation[], reply: Reply) => void;
  /** The roster that leases are counted by. */
  readonly roster: () => RosterAt;
  /** Whether this member's own word counts. */
  readonly counts: () => boolean;
  readonly isStopping: () => boolean;
}

/** Nodes and members at one moment. */
export interface NodesNow {
  readonly field: Field;
  isLost(id: MemberId): boolean;
  placed(node: string): PlacedNode;
  /** Why what the node has for candidates makes no sense, where it is so. */
  fault(node: string): string | undefined;
}

/** How often it is looked for members that are lost. */
const LOOK_MS = 250;
/** How often the clocks are written down. */
const CLOCKS_EVERY_MS = 100;
/** Who has no lease for so long cannot act. */
const LEASELESS_MS = 1_000;

export class Placing {
  readonly placements: Placements;
  readonly losses: Losses;
  readonly #parts: PlacingParts;
  readonly #own: OwnNodes;
  readonly #giving: Giving;
  /** The newest entry applied that changed who holds a node. */
  #placement: number;
  /** Nodes that would be elsewhere if somebody were there. */
  readonly #stuck = new Set<string>();
  #able = "";
  readonly #ableSinceMs = new Map<MemberId, number>();
  #out: string | undefined;
  #leadingSeen: LossesParts["raft"]["leading"];
  #lookAtMs: number;
  #failbackAtMs: number;
  #sweepAtMs: number;
  /** Both clocks as they were in the time that a lease may be of, oldest first. */
  readonly #clocks: Now[] = [];
  #leaseAtMs = Number.NEGATIVE_INFINITY;

  constructor(parts: PlacingParts, kept: readonly SilencePromise[], now: Now) {
    this.#parts = parts;
    this.#clocks.push(now);
    this.#lookAtMs = now.monoMs;
    this.#failbackAtMs = now.monoMs + FAILBACK_LOOK_MS;
    this.#sweepAtMs = now.monoMs + INVITATION_SWEEP_MS;
    this.#placement = parts.replica().applied;
    this.placements = new Placements(() => parts.replica().cells, parts.nodes);
    this.losses = new Losses(parts, kept, now);
    const { raft, replica, write, append } = parts;
    const naming = (id: MemberId): string => nameOf(raft.log.roster.roster, id);
    const common = { placements: this.placements, replica, nameOf: naming };
    this.#own = new OwnNodes({ self: raft.self, write, ...common });
    this.#giving = new Giving({ raft, append, losses: this.losses, ...common });
  }

  // ---- what can be asked

  /** The newest entry applied that changed who holds a node. */
  get placement(): number {
    return this.#placement;
  }

  /** Whether this member may act on the node now. */
  mayAct(node: string, now: Now): boolean {
    return this.isOwn(node) && this.leaseLeftMs(now) > 0;
  }

  /** Whether it holds the node and is not about to let it go. */
  isOwn(node: string): boolean {
    return this.placements.holderOf(node) === this.#parts.raft.self && !this.#own.isLeaving(node);
  }

  /** How long this member may go on acting; 0 or less: not at all. */
  leaseLeftMs(now: Now): number {
    const { heartbeats, roster, counts, replica, mutant } = this.#parts;
    const { applied } = replica();
    const isCounted = ({ placement }: Pong): boolean =>
      placement <= applied || mutant === "lease-without-placement";
    const untilMs = heartbeats.leaseUntilMs(roster(), counts(), isCounted) ?? 0;
    if (untilMs === Number.POSITIVE_INFINITY) return untilMs;
    return this.#hasJumpedSince(untilMs - LEASE_MS, now) ? 0 : untilMs - now.monoMs;
  }

  /** Whether it had a lease just now: at each hand-over it takes a moment to have one again. */
  hadLease(now: Now): boolean {
    if (this.leaseLeftMs(now) > 0) this.#leaseAtMs = now.monoMs;
    return now.monoMs - this.#leaseAtMs <= LEASELESS_MS;
  }

  /** How nodes and members are now, for whoever looks at many nodes. */
  lookNow(now: Now): NodesNow {
    const field = this.#field(now);
    return {
      field,
      isLost: (id) => this.losses.isLost(id, now.monoMs),
      placed: (node) => this.#placed(node, field),
      fault: (node) => this.placements.candidatesFault(node, field.names),
    };
  }

  /** Why the node is about to go elsewhere, or would if it could; for people. */
  moveOf(node: string): Move | undefined {
    return this.#own.moveOf(node);
  }

  /** Why the member should not keep the nodes that it holds, as this one sees it; undefined where
   * it may. */
  whyOut(id: MemberId, now: Now): string | undefined {
    const { raft } = this.#parts;
    if (id === raft.self) return this.#out;
    if (!this.losses.isLost(id, now.monoMs)) return undefined;
    return `${nameOf(raft.log.roster.roster, id)} does not answer`;
  }

  /** What should become of the node, as this member sees it now. */
  wanted(node: string, now: Now): Move | undefined {
    const field = this.#field(now);
    const placed = this.#placed(node, field);
    const { holder } = placed;
    return decide(placed, field, holder === undefined ? undefined : this.whyOut(holder, now));
  }

  /** Why no node may be given to a member now, in a few words for people. */
  whyUnable(id: MemberId, now: Now): string | undefined {
    return this.#field(now).whyUnable(id);
  }

  /** Whether there are nodes that it is about to give away. */
  get isGiving(): boolean {
    return this.#own.isGiving || (this.placements.isDirty && this.placements.isUsed);
  }

  /** Something begins at the node, which is given to nobody until what is returned is called. */
  hold(node: string): () => void {
    return this.#own.hold(node);
  }

  // ---- what happens

  /** An entry was applied; what a stage brought is not named in its operations. */
  applied(index: number, operations: readonly Operation[]): void {
    const { replica } = this.#parts;
    const isStaged = operations.some(({ kind }) => kind === "applyStage");
    const rows = isStaged ? replica().cells.changedRows(index - 1) : touched(operations);
    for (const row of rows) {
      this.placements.see(row);
      if (!row.startsWith(PLACEMENT_PREFIX)) continue;
      this.#placement = index;
      this.#own.seen(nodeOfPlacement(row));
    }
    if (operations.some(({ kind }) => kind === "roster")) this.placements.lookAgain();
    this.losses.applied();
    this.#giving.applied(index);
  }

  /** Another state took the place of the one before. */
  flipped(): void {
    this.#placement = this.#parts.replica().applied;
    this.placements.seeAll();
    this.losses.applied();
  }

  /** The clocks are looked at with every event: what stood still or jumped must show. */
  see(now: Now): void {
    const newest = this.#clocks.at(-1);
    if (newest !== undefined && now.monoMs - newest.monoMs < CLOCKS_EVERY_MS) return;
    this.#clocks.push(now);
    if (now.monoMs - (this.#clocks[1]?.monoMs ?? now.monoMs) > LEASE_MS) this.#clocks.shift();
  }

  /** This member stops: it gives its nodes away first. */
  stop(now: Now): void {
    this.#lookAtMs = now.monoMs;
    this.tick(now);
  }

  tick(now: Now): void {
    const nowMs = now.monoMs;
    this.losses.tick(nowMs);
    if (nowMs < this.#lookAtMs) return;
    this.#lookAtMs = nowMs + LOOK_MS;
    if (this.#leads && nowMs >= this.#sweepAtMs) this.#sweep(nowMs);
    if (!this.placements.isUsed && !this.losses.isAskingAny) return;
    const field = this.#field(now);
    this.#lookAtMembers(field, now);
    if (this.#leads) this.#giving.lookForLost(field, (node) => this.#placed(node, field), nowMs);
    if (nowMs >= this.#failbackAtMs) this.#failBack(field, nowMs);
  }

  /** Does what the last events made possible. */
  advance(now: Now): void {
    // Between two states nothing is decided, but the leadership is the same: what it has proposed
    // is under way all the same.
    const leading = this.#parts.raft.leading?.isSettled === true
      ? this.#parts.raft.leading
      : undefined;
    if (leading !== this.#leadingSeen) {
      this.#leadingSeen = leading;
      this.#giving.begin();
      if (leading !== undefined) this.placements.lookAgain();
    }
    if (this.placements.isDirty && this.#mayLook) this.#look(now);
    this.#own.advance(now.monoMs);
  }

  deadline(nowMs: number): Deadline {
    const isUsed = this.placements.isUsed;
    const lookAtMs = this.placements.isDirty && this.#mayLook ? nowMs : Number.POSITIVE_INFINITY;
    const usedAtMs = isUsed ? Math.min(this.#lookAtMs, this.#own.dueAtMs) : lookAtMs;
    const atMs = Math.min(lookAtMs, usedAtMs, this.losses.dueAtMs);
    return { atMs, reason: "placement" };
  }

  // ----

  get #leads(): boolean {
    const { raft, replica } = this.#parts;
    return raft.leading?.isSettled === true && !replica().isBetween;
  }

  /** One entry at a time, on what the one before made. */
  get #mayLook(): boolean {
    return !this.#parts.replica().isBetween && !this.#giving.isUnderWay;
  }

  #field(now: Now): FieldNow {
    return new FieldNow({ ...this.#parts, placements: this.placements, out: () => this.#out }, now);
  }

  #placed(node: string, field: FieldNow): PlacedNode {
    const { placements } = this;
    const names = placements.candidatesOf(node, field.names);
    const candidates = names && new Set([...names].flatMap((name) => field.byName(name) ?? []));
    const exists = placements.exists(node);
    const manager = exists ? placements.managerOf(node) : "";
    return { exists, holder: placements.holderOf(node), manager, candidates };
  }

  /** A slice of the nodes that may not be where they should. */
  #look(now: Now): void {
    const { raft } = this.#parts;
    const field = this.#field(now);
    const moves = new Map<string, Move>();
    const { isUsed } = this.placements;
    for (const node of this.placements.takeDirty(PLACEMENT_SLICE)) {
      const holder = this.placements.holderOf(node);
      this.#stuck.delete(node);
      if (holder !== raft.self) this.#own.forget(node);
      if (holder === raft.self) this.#lookAtOwn(node, field);
      else if (holder === undefined) {
        if (isUsed && this.#leads) this.#lookAtFree(node, field, moves);
      } else if (this.#leads && this.#giving.isImmovable(holder)) {
        this.#giving.lookAgainAt(holder, this.#placed(node, field), field);
      }
    }
    if (moves.size > 0) this.#giving.give(moves);
  }

  #lookAtOwn(node: string, field: FieldNow): void {
    const placed = this.#placed(node, field);
    const move = decide(placed, field, this.#out);
    this.#own.decided(node, move);
    if (move === undefined) {
      if (this.#out !== undefined || placed.manager !== field.nameOf(this.#parts.raft.self)) {
        this.#stuck.add(node);
      }
      return;
    }
    field.give(this.#parts.raft.self, -1);
    field.give(move.to, 1);
  }

  #lookAtFree(node: string, field: FieldNow, moves: Map<string, Move>): void {
    const placed = this.#placed(node, field);
    const move = decide(placed, field, undefined);
    if (move === undefined) {
      if (placed.candidates !== undefined) this.#stuck.add(node);
      return;
    }
    moves.set(node, move);
    field.give(move.to, 1);
  }

  /** Where others are able than before, what waits for somebody is looked at again. */
  #lookAtMembers(field: FieldNow, now: Now): void {
    const { raft, isStopping, replica } = this.#parts;
    const stops = isStopping() ? `${field.nameOf(raft.self)} stops` : undefined;
    const isDrained = replica().cells.exists(drainedRow(raft.self));
    const drained = isDrained ? `${field.nameOf(raft.self)} is drained` : undefined;
    const out = stops ?? whyClockIsOut(this.#parts, now) ?? drained;
    const { signature } = field;
    if (signature === this.#able && out === this.#out) return;
    this.#able = signature;
    for (const { id } of raft.log.roster.roster.members) {
      if (!field.isAble(id)) this.#ableSinceMs.delete(id);
      else if (!this.#ableSinceMs.has(id)) this.#ableSinceMs.set(id, now.monoMs);
    }
    if (out !== this.#out) this.placements.lookAgain(this.placements.heldBy(raft.self));
    this.#out = out;
    this.placements.lookAgain(this.#stuck);
    this.#giving.lookAgain();
  }

  /** Gives nodes that want it to members that were away, until they have their share. What is with
   * whom people wanted it stays there. */
  #failBack(field: FieldNow, nowMs: number): void {
    this.#failbackAtMs = nowMs + FAILBACK_LOOK_MS;
    const { raft, mutant } = this.#parts;
    const isRude = mutant === "failback-without-handover";
    if (isRude && !this.#leads) return;
    const others = [...this.placements.holders].filter((id) => id !== raft.self);
    const holders = isRude ? others : [raft.self];
    const moves = new Map<string, Move>();
    for (const holder of holders) {
      for (const node of this.placements.heldBy(holder)) {
        if (!this.placements.isFailback(node) || this.#isAsSet(node)) continue;
        const to = this.#poorer(node, holder, field, nowMs);
        if (to === undefined) continue;
        field.give(holder, -1);
        field.give(to, 1);
        moves.set(node, { to, isOurs: true, because: `${field.nameOf(to)} is back` });
      }
    }
    if (isRude && moves.size > 0) return this.#giving.give(moves);
    for (const [node, move] of moves) this.#own.decided(node, move);
  }

  #isAsSet(node: string): boolean {
    return this.#parts.replica().cells.value(placementRow(node), BECAUSE_CELL) === AS_SET;
  }

  /** A candidate that is there for good and has clearly less. */
  #poorer(
    node: string,
    holder: MemberId,
    field: FieldNow,
    nowMs: number,
  ): MemberId | undefined {
    const { heartbeats, raft } = this.#parts;
    const able = [...this.#placed(node, field).candidates ?? []].filter((id) => {
      const sinceMs = this.#ableSinceMs.get(id);
      const applied = heartbeats.heard(id)?.pong.applied ?? 0;
      const isThere = sinceMs !== undefined && nowMs - sinceMs >= FAILBACK_AFTER_MS;
      return id !== holder && isThere && applied >= raft.commit - PLACEMENT_SLICE;
    });
    const to = best(able, field);
    return to !== undefined && field.loadOf(to) + 1 < field.loadOf(holder) ? to : undefined;
  }

  /** Whoever was let go leaves no rows behind. */
  #sweep(nowMs: number): void {
    this.#sweepAtMs = nowMs + INVITATION_SWEEP_MS;
    const { raft, replica, write } = this.#parts;
    const rows = rowsOfGone(raft.log.roster.roster, this.placements, replica().cells);
    if (rows.length > 0) write([{ kind: "drop", rows }], () => undefined);
  }

  /** Against the clocks as they were at that time, or right before: also what moved bit by bit
   * shows. */
  #hasJumpedSince(sinceMs: number, { wallMs, monoMs }: Now): boolean {
    const then = this.#clocks.findLast((clocks) => clocks.monoMs <= sinceMs) ?? this.#clocks[0];
    if (then === undefined) return true;
    return Math.abs((wallMs - monoMs) - (then.wallMs - then.monoMs)) > CLOCK_JUMP_MS;
  }
}

function* touched(operations: readonly Operation[]): Iterable<string> {
  for (const operation of operations) {
    if (operation.kind === "set" || operation.kind === "clear" || operation.kind === "drop") {
      yield* operation.rows;
    }
  }
}
