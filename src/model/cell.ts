/**
 * A cell: a last-writer-wins register whose stamp is the index of the log entry that wrote it.
 * Because one log orders all writes no two different values ever carry the same stamp.
 */
export interface Cell {
  /** Null is a tombstone: the value was cleared at `stamp`. */
  readonly value: string | null;
  readonly stamp: number;
}

/** A row and everything known of it, in one piece: what is stored, copied and compared. */
export interface RowRecord {
  readonly row: string;
  /** The index the row was last dropped at, or 0. Cells of a lower stamp are gone. */
  readonly floor: number;
  /** The index of the row's last change, that of a cell since forgotten included. */
  readonly newest: number;
  readonly cells: readonly (readonly [attribute: string, cell: Cell])[];
}
