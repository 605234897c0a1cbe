/**
 * What a leader gives away: nodes that nobody holds, and those of a lost member, all of them in one
 * entry, once a majority promised that it cannot act any more.
 */
import { MAX_ENTRY_BYTES, STAGE_PART_BYTES } from "../../base/limits.ts";
import { decide, type Move, type PlacedNode } from "../../collective/placement.ts";
import type { Raft } from "../../consensus/raft.ts";
import { findMember, type MemberId } from "../../model/member.ts";
import { type Operation, ROW_MARK } from "../../model/operation.ts";
import { lostRow, placementRow } from "../../model/placement.ts";
import type { Placements } from "../../replica/placements.ts";
import type { Replica } from "../../replica/replica.ts";
import { encodeBody, encodeStagePart } from "../../wire/entry.ts";
import type { FieldNow } from "./field.ts";
import type { Losses } from "./losses.ts";
import { bytesOf, type Moves, operationsOf } from "./moves.ts";

export interface GivingParts {
  readonly raft: Raft;
  readonly placements: Placements;
  readonly losses: Losses;
  readonly replica: () => Replica;
  readonly nameOf: (id: MemberId) => string;
  readonly append: (body: Uint8Array) => void;
}

/** Between a taking that was refused and the next. */
const AGAIN_MS = 2_000;

/** Looks at a node as it is now. */
type Look = (node: string) => PlacedNode;

interface UnderWay {
  readonly index: number;
  readonly nodes: readonly string[];
  readonly lost: MemberId | undefined;
}

export class Giving {
  readonly #parts: GivingParts;
  #underWay: UnderWay | undefined;
  /** Lost members none of whose nodes can go anywhere now. */
  readonly #immovable = new Set<MemberId>();
  /** The last taking was refused: the next waits, lest it fill the log. */
  #wasRefused = false;
  #againAtMs = 0;

  constructor(parts: GivingParts) {
    this.#parts = parts;
  }

  /** Whether an entry of this leadership is not applied yet. */
  get isUnderWay(): boolean {
    return this.#underWay !== undefined;
  }

  /** A leadership begins or ends. */
  begin(): void {
    this.#underWay = undefined;
    this.#immovable.clear();
  }

  /** Others are able than before. */
  lookAgain(): void {
    this.#immovable.clear();
  }

  /** Whether none of the member's nodes could go anywhere when it was looked at. */
  isImmovable(holder: MemberId): boolean {
    return this.#immovable.has(holder);
  }

  /** A node of such a member changed: that one may be one that can go now. */
  lookAgainAt(holder: MemberId, placed: PlacedNode, field: FieldNow): void {
    const move = decide(placed, field, this.#whyOut(holder, field));
    if (move !== undefined) this.#immovable.delete(holder);
  }

  give(moves: Moves): void {
    this.#propose(moves, undefined);
  }

  /** Everything up to this index is applied. */
  applied(index: number): void {
    const { placements, losses, replica } = this.#parts;
    const underWay = this.#underWay;
    if (underWay === undefined || index < underWay.index) return;
    this.#underWay = undefined;
    const { nodes, lost } = underWay;
    const [first = ""] = nodes;
    const isDone = replica().cells.newest(placementRow(first)) >= underWay.index;
    if (!isDone) {
      this.#wasRefused = true;
      placements.lookAgain(nodes);
    }
    if (isDone && lost !== undefined) losses.over(lost);
  }

  /** Asks for promises where a member is lost, and takes its nodes once there are enough. */
  lookForLost(field: FieldNow, look: Look, nowMs: number): void {
    const { placements, losses } = this.#parts;
    if (this.#wasRefused) this.#againAtMs = nowMs + AGAIN_MS;
    this.#wasRefused = false;
    if (this.isUnderWay || nowMs < this.#againAtMs) return;
    for (const id of new Set([...losses.asked, ...placements.holders])) {
      const isToGo = losses.isLost(id, nowMs) && placements.heldBy(id).size > 0;
      if (!isToGo || !losses.canBeSilenced(id, nowMs)) {
        losses.withdraw(id);
        continue;
      }
      if (this.#immovable.has(id)) continue;
      if (!losses.isAsking(id)) {
        if (this.#canMove(id, field, look)) losses.ask(id, nowMs);
        else this.#immovable.add(id);
      } else if (losses.isSilenced(id, nowMs)) {
        const moves = this.#movesOf(id, field, look);
        if (moves.size > 0) return this.#propose(moves, id);
        losses.withdraw(id);
      } else if (losses.isVain(id, nowMs)) losses.startOver(id);
    }
  }

  // ----

  #canMove(id: MemberId, field: FieldNow, look: Look): boolean {
    const why = this.#whyOut(id, field);
    for (const node of this.#parts.placements.heldBy(id)) {
      if (decide(look(node), field, why) !== undefined) return true;
    }
    return false;
  }

  #movesOf(id: MemberId, field: FieldNow, look: Look): Moves {
    const why = this.#whyOut(id, field);
    const moves = new Map<string, Move>();
    for (const node of this.#parts.placements.heldBy(id)) {
      const move = decide(look(node), field, why);
      if (move === undefined) continue;
      field.give(move.to, 1);
      moves.set(node, move);
    }
    return moves;
  }

  #whyOut(id: MemberId, field: FieldNow): string {
    const isListed = findMember(this.#parts.raft.log.roster.roster, id) !== undefined;
    return `${field.nameOf(id)} ${isListed ? this.#parts.losses.whyLost(id) : "was removed"}`;
  }

  /** `lost`: from whom they are taken. What is too long for an entry goes by a stage. */
  #propose(moves: Moves, lost: MemberId | undefined): void {
    const { raft, replica, nameOf, append } = this.#parts;
    const mark: Operation[] = lost === undefined
      ? []
      : [{ kind: "set", rows: [lostRow(lost)], cells: [[ROW_MARK, String(raft.term)]] }];
    const state = replica();
    const bytes = [...moves.keys()].reduce((sum, node) => sum + bytesOf(node), 0);
    const whole = encodeBody({ operations: [...operationsOf(moves, state, nameOf), ...mark] });
    if (whole.length <= MAX_ENTRY_BYTES) append(whole);
    else {
      const stage = `${raft.log.last.toString(16)}${raft.term.toString(16)}`;
      const parts = inParts(moves, Math.ceil(bytes / STAGE_PART_BYTES));
      for (const [part, some] of parts.entries()) {
        const staged = operationsOf(some, state, nameOf);
        const operations = part === 0 ? [...staged, ...mark] : staged;
        const operation = { kind: "stage", stage, part, bytes: encodeStagePart(operations) };
        append(encodeBody({ operations: [operation as Operation] }));
      }
      append(encodeBody({ operations: [{ kind: "applyStage", stage, parts: parts.length }] }));
    }
    this.#underWay = { index: raft.log.last, nodes: [...moves.keys()], lost };
  }
}

/** The moves in so many parts of about the same length. */
function inParts(moves: Moves, count: number): Moves[] {
  const all = [...moves];
  const length = Math.ceil(all.length / count);
  return Array.from({ length: count }, (_, i) => new Map(all.slice(i * length, (i + 1) * length)))
    .filter(({ size }) => size > 0);
}
