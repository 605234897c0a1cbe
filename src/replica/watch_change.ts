/**
 * What one entry changed in public rows: nodes that changed in the same way stand together, so that
 * an attribute of ten thousand nodes is told once; groups likewise.
 */
import { hlcMillis } from "../base/hlc.ts";
import type { RowRecord } from "../model/cell.ts";
import { type Operation, ROW_MARK } from "../model/operation.ts";
import {
  isPublicAttribute,
  isThereBy,
  type PublicKind,
  type PublicRow,
  publicRow,
  type PublicValue,
  publicValue,
} from "../model/public_row.ts";
import { decodeBody, type Entry } from "../wire/entry.ts";
import { namesOf, type WatchedChange } from "../wire/watch.ts";

/** Rows of one kind, and the operations of the entry that are on each of them. */
interface Alike {
  readonly kind: PublicKind;
  readonly rows: PublicRow[];
  readonly operations: readonly Operation[];
}

/** An entry, for who watches. */
export interface EntryChange {
  /** When it was written: milliseconds since 1970. */
  readonly timeMs: number;
  /** Changes of the rows that `isWanted`, made one by one as they are asked for. */
  changes(isWanted: (row: PublicRow) => boolean): Iterable<WatchedChange>;
}

/** What the entry changed, given that it was applied and not refused; undefined where it does not
 * say so itself: what it took from a stage is only in the state now. */
export function changeOf(entry: Entry): EntryChange | undefined {
  const { operations } = decodeBody(entry.body);
  if (operations.some(({ kind }) => kind === "applyStage")) return undefined;
  const all = alikeOf(operations);
  return {
    timeMs: hlcMillis(entry.hlc),
    *changes(isWanted): Iterable<WatchedChange> {
      for (const { kind, rows, operations } of all) {
        const names = rows.filter(isWanted).map(({ name }) => name);
        const change = names.length === 0 ? undefined : changeBy(kind, names, operations);
        if (change !== undefined) yield change;
      }
    },
  };
}

function alikeOf(operations: readonly Operation[]): Alike[] {
  const touching = new Map<string, number[]>();
  for (const [i, operation] of operations.entries()) {
    if (!("rows" in operation)) continue;
    for (const row of operation.rows) {
      const known = touching.get(row);
      if (known === undefined) touching.set(row, [i]);
      else if (known.at(-1) !== i) known.push(i);
    }
  }
  const all = new Map<string, Alike>();
  for (const [name, by] of touching) {
    const row = publicRow(name);
    if (row === undefined) continue;
    const { kind } = row, key = `${kind} ${by.join()}`;
    const alike = all.get(key);
    if (alike !== undefined) alike.rows.push(row);
    else all.set(key, { kind, rows: [row], operations: by.map((i) => operations[i] as Operation) });
  }
  return [...all.values()];
}

/** Drops come first wherever they stand, and of two operations on a cell the last wins. */
function changeBy(
  kind: PublicKind,
  names: string[],
  operations: readonly Operation[],
): WatchedChange | undefined {
  const cells = new Map<string, string | null>();
  for (const operation of operations) {
    if (operation.kind === "set") {
      for (const [name, value] of operation.cells) cells.set(name, value);
    }
    if (operation.kind === "clear") {
      for (const name of operation.attributes) cells.set(name, null);
    }
  }
  return changeFrom(kind, names, operations.some(({ kind }) => kind === "drop"), cells);
}

/** Undefined where nothing of it is public. */
function changeFrom(
  kind: PublicKind,
  names: string[],
  isDropped: boolean,
  cells: Iterable<readonly [attribute: string, cell: string | null]>,
): WatchedChange | undefined {
  const attributes: [string, PublicValue][] = [];
  let isGone = isDropped, isCreated = isDropped && kind === "everything";
  for (const [name, cell] of cells) {
    const isThere = isThereBy(kind, name, cell);
    if (isThere !== undefined) {
      isCreated = isThere;
      isGone ||= !isThere;
    } else if (isPublicAttribute(name)) attributes.push([name, publicValue(cell)]);
  }
  if (!isCreated && !isGone && attributes.length === 0) return undefined;
  return {
    ...kind === "node" ? { nodes: names } : { groups: names },
    ...isCreated ? { created: true } : {},
    ...isGone ? { dropped: true } : {},
    attributes: Object.fromEntries(attributes),
  };
}

type Row = Pick<RowRecord, "row" | "floor" | "cells">;

/** What of a row was written at exactly `stamp` and is still so; undefined where nothing is. */
export function changeAt(record: Row, stamp: number): WatchedChange | undefined {
  const row = publicRow(record.row);
  if (row === undefined) return undefined;
  const cells = record.cells.filter(([, cell]) => cell.stamp === stamp)
    .map(([name, { value }]) => [name, value] as const);
  return changeFrom(row.kind, [row.name], record.floor === stamp, cells);
}

/** What a row was at `stamp`, as far as that was not changed since: its mark may be among what was.
 * Undefined where it was not there, or nothing of it is left: of a dropped row nothing is, but of
 * the group of all that it was removed. */
export function stateAt(record: Row, stamp: number): WatchedChange | undefined {
  const row = publicRow(record.row);
  const old = record.cells.filter(([, { stamp: at, value }]) =>
    at <= stamp && publicValue(value) !== null
  );
  if (row === undefined || old.length === 0) return undefined;
  const cells = old.map(([name, { value }]) => [name, value] as const);
  return changeFrom(row.kind, [row.name], false, [[ROW_MARK, ""], ...cells]);
}

/** About how many bytes it takes as JSON. */
export function bytesOf(change: WatchedChange): number {
  let bytes = 32;
  for (const name of namesOf(change)) bytes += name.length + 3;
  for (const [name, value] of Object.entries(change.attributes)) {
    const length = typeof value === "string" ? value.length : JSON.stringify(value).length;
    bytes += name.length + 6 + length;
  }
  return bytes;
}
