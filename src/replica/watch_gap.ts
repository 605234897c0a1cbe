/**
 * What is told where entries are missing: which rows changed since an index, at which stamps, in
 * the order of the stamps. Only rows and stamps are kept; what the cells are is looked up when it
 * is told. A cell that was written again meanwhile has a later stamp and is told with that.
 */
import type { RowRecord } from "../model/cell.ts";

/** A row, and a stamp that something of it has. */
export interface RowAtStamp {
  readonly stamp: number;
  readonly row: string;
}

/** The row once for each stamp in it, up to `most`, of what a delta says of it. */
export function atItsStamps(
  { row, floor, cells }: Pick<RowRecord, "row" | "floor" | "cells">,
  most: number,
): RowAtStamp[] {
  const stamps = new Set(cells.map(([, { stamp }]) => stamp));
  if (floor > 0) stamps.add(floor);
  return Array.from(stamps, (stamp) => ({ stamp, row })).filter(({ stamp }) => stamp <= most);
}

/** Sorts by rising stamp, and rows of one stamp by their names. */
export function sortByStamp(rows: RowAtStamp[]): RowAtStamp[] {
  return rows.sort((a, b) => a.stamp - b.stamp || (a.row < b.row ? -1 : 1));
}
