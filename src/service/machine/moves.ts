/** Moves of nodes from one holder to another, as operations of one entry. */
import { PLACEMENT_ENTRY_BYTES } from "../../base/limits.ts";
import type { Move } from "../../collective/placement.ts";
import type { MemberId } from "../../model/member.ts";
import { nodeRow, type Operation, ROW_MARK } from "../../model/operation.ts";
import { BECAUSE_CELL, MANAGER, placementRow } from "../../model/placement.ts";
import { toCell } from "../../model/stored_value.ts";
import type { CellView } from "../../replica/cells.ts";

/** What is to become of which node. */
export type Moves = ReadonlyMap<string, Move>;

/** The state that moves are decided by. */
export interface Decided {
  readonly cells: Pick<CellView, "value">;
  /** Its index. */
  readonly applied: number;
}

/**
 * The operations, refused whole where any of these nodes went to another holder after that, was
 * removed, or where people said since who is to manage one whose manager they rewrite.
 */
export function operationsOf(
  moves: Moves,
  { cells, applied }: Decided,
  nameOf: (id: MemberId) => string,
): Operation[] {
  const alike = new Map<string, { move: Move; nodes: string[] }>();
  for (const [node, move] of moves) {
    const key = `${move.to} ${move.isOurs} ${move.because}`;
    const known = alike.get(key);
    if (known === undefined) alike.set(key, { move, nodes: [node] });
    else known.nodes.push(node);
  }
  const rows = [...moves.keys()].map(placementRow);
  const renamed = [...moves].flatMap(([node, { isOurs }]) => isOurs ? [nodeRow(node)] : []);
  return [
    { kind: "guard", guard: { test: "unchanged", rows, since: applied } },
    ...renamed.length === 0
      ? []
      : [{ kind: "guard", guard: { test: "exists", rows: renamed } } as const],
    ...renamed.map((row): Operation => {
      const value = cells.value(row, MANAGER);
      return { kind: "guard", guard: { test: "equals", row, attribute: MANAGER, value } };
    }),
    ...[...alike.values()].flatMap(({ move, nodes }) => moved(move, nodes, nameOf)),
  ];
}

function moved(
  { to, isOurs, because }: Move,
  nodes: readonly string[],
  nameOf: (id: MemberId) => string,
): Operation[] {
  const rows = nodes.map(placementRow);
  if (to === undefined) return [{ kind: "drop", rows }];
  const set = { kind: "set", rows, cells: [[ROW_MARK, to], [BECAUSE_CELL, because]] } as const;
  if (!isOurs) return [set];
  const text = toCell({ kind: "text", text: nameOf(to) });
  return [set, { kind: "set", rows: nodes.map(nodeRow), cells: [[MANAGER, text]] }];
}

/** The first of the moves, as many as one entry has room for. */
export function firstOf(moves: Moves): Moves {
  let bytes = 0;
  const first = new Map<string, Move>();
  for (const [node, move] of moves) {
    bytes += bytesOf(node);
    if (bytes > PLACEMENT_ENTRY_BYTES) break;
    first.set(node, move);
  }
  return first;
}

/** What a move takes in an entry: its node is named up to five times, its manager twice. */
export function bytesOf(node: string): number {
  return 5 * (3 * node.length + 12) + 60;
}
