/** Rows about members that were let go: they are swept, for ids never come again. */
import type { Roster } from "../../model/member.ts";
import { drainedRow, lostRow } from "../../model/placement.ts";
import type { CellView } from "../../replica/cells.ts";
import type { Placements } from "../../replica/placements.ts";

/**
 * The rows that are to be dropped. The stamp of a `lost` row ends promises that were made before,
 * and so would that of its dropping: it stays while the member holds nodes, which others may have
 * promised about. Whoever holds none is not asked about.
 */
export function rowsOfGone(
  { removed }: Roster,
  placements: Pick<Placements, "heldBy">,
  cells: Pick<CellView, "exists">,
): string[] {
  return removed.flatMap(({ id }) => {
    const rows = placements.heldBy(id).size === 0 ? [drainedRow(id), lostRow(id)] : [];
    return rows.filter((row) => cells.exists(row));
  });
}
