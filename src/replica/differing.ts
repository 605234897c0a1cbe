/** Which cells make two states differ, as far as two looks at one bucket can tell. */
import type { AuditCell, AuditCells } from "../wire/audit.ts";

/** A cell, or what is known of a row beside its cells, that is not the same on both sides. */
export interface Difference {
  readonly row: string;
  readonly attribute: string | undefined;
  /** Undefined where there is none. */
  readonly mine: number | undefined;
  readonly theirs: number | undefined;
}

/**
 * What differs and is no newer than both states: the two may be of different indexes. `mine` and
 * `theirs` of a difference are stamps, which may be equal.
 */
export function differing(mine: AuditCells, theirs: AuditCells): Difference[] {
  const common = Math.min(mine.applied, theirs.applied);
  const ours = byPlace(mine), others = byPlace(theirs);
  const ends = [mine, theirs].flatMap(({ isWhole, cells }) => {
    const last = cells.at(-1);
    return isWhole || last === undefined ? [] : [placeOf(last)];
  });
  const found: Difference[] = [];
  for (const place of [...new Set([...ours.keys(), ...others.keys()])].sort()) {
    if (ends.some((end) => place > end)) break;
    const a = ours.get(place), b = others.get(place);
    if (a?.stamp === b?.stamp && a?.hash === b?.hash) continue;
    if (Math.max(a?.stamp ?? 0, b?.stamp ?? 0) > common) continue;
    const { row, attribute } = (a ?? b) as AuditCell;
    // Gone on one side, it may have gone with its row, or with the tombstones, since.
    const rest = a === undefined ? ours : others;
    const newest = rest.get(placeOf({ row, attribute: undefined }))?.stamp ?? 0;
    const mayBeGone = newest > common || mine.collected !== theirs.collected;
    if ((a === undefined || b === undefined) && mayBeGone) continue;
    found.push({ row, attribute, mine: a?.stamp, theirs: b?.stamp });
  }
  return found;
}

function byPlace({ cells }: AuditCells): Map<string, AuditCell> {
  return new Map(cells.map((cell) => [placeOf(cell), cell]));
}

function placeOf({ row, attribute }: Pick<AuditCell, "row" | "attribute">): string {
  return attribute === undefined ? row : `${row}\0${attribute}`;
}
