/**
 * What one entry changed in public rows: nodes that changed in the same way stand together, so that
 * an attribute of ten thousand nodes is told once.
 */
import { hlcMillis } from "../base/hlc.ts";
import type { RowRecord } from "../model/cell.ts";
import { type Operation, ROW_MARK } from "../model/operation.ts";
import { isPublicAttribute, publicNode } from "../model/public_row.ts";
import { decodeBody, type Entry } from "../wire/entry.ts";
import type { WatchedChange } from "../wire/watch.ts";

/** Nodes, and the operations of the entry that are on each of them. */
interface Group {
  readonly nodes: readonly string[];
  readonly operations: readonly Operation[];
}

/** An entry, for who watches. */
export interface EntryChange {
  /** When it was written: milliseconds since 1970. */
  readonly timeMs: number;
  /** Changes of the nodes that `isWanted`, made one by one as they are asked for. */
  changes(isWanted: (node: string) => boolean): Iterable<WatchedChange>;
}

/** What the entry changed, given that it was applied and not refused; undefined where it does not
 * say so itself: what it took from a stage is only in the state now. */
export function changeOf(entry: Entry): EntryChange | undefined {
  const { operations } = decodeBody(entry.body);
  if (operations.some(({ kind }) => kind === "applyStage")) return undefined;
  const groups = groupsOf(operations);
  return {
    timeMs: hlcMillis(entry.hlc),
    *changes(isWanted): Iterable<WatchedChange> {
      for (const { nodes, operations } of groups) {
        const wanted = nodes.filter(isWanted);
        const change = wanted.length === 0 ? undefined : changeBy(wanted, operations);
        if (change !== undefined) yield change;
      }
    },
  };
}

function groupsOf(operations: readonly Operation[]): Group[] {
  const touching = new Map<string, number[]>();
  for (const [i, operation] of operations.entries()) {
    if (!("rows" in operation)) continue;
    for (const row of operation.rows) {
      const node = publicNode(row);
      if (node === undefined) continue;
      const known = touching.get(node);
      if (known === undefined) touching.set(node, [i]);
      else if (known.at(-1) !== i) known.push(i);
    }
  }
  const groups = new Map<string, { nodes: string[]; operations: Operation[] }>();
  for (const [node, by] of touching) {
    const key = by.join();
    const group = groups.get(key);
    if (group !== undefined) group.nodes.push(node);
    else groups.set(key, { nodes: [node], operations: by.map((i) => operations[i] as Operation) });
  }
  return [...groups.values()];
}

/** Drops come first wherever they stand, and of two operations on a cell the last wins. */
function changeBy(nodes: string[], operations: readonly Operation[]): WatchedChange | undefined {
  const cells = new Map<string, string | null>();
  for (const operation of operations) {
    if (operation.kind === "set") {
      for (const [name, value] of operation.cells) cells.set(name, value);
    }
    if (operation.kind === "clear") {
      for (const name of operation.attributes) cells.set(name, null);
    }
  }
  return changeFrom(nodes, operations.some(({ kind }) => kind === "drop"), cells);
}

/** Undefined where nothing of it is public. */
function changeFrom(
  nodes: string[],
  isDropped: boolean,
  cells: Iterable<readonly [attribute: string, value: string | null]>,
): WatchedChange | undefined {
  const attributes: [string, string | null][] = [];
  let isCreated = false, isGone = isDropped;
  for (const [name, value] of cells) {
    if (name === ROW_MARK) value === null ? isGone = true : isCreated = true;
    else if (isPublicAttribute(name)) attributes.push([name, value]);
  }
  if (!isCreated && !isGone && attributes.length === 0) return undefined;
  return {
    nodes,
    ...isCreated ? { created: true } : {},
    ...isGone ? { dropped: true } : {},
    attributes: Object.fromEntries(attributes),
  };
}

type Row = Pick<RowRecord, "row" | "floor" | "cells">;

/** What of a row was written at exactly `stamp` and is still so; undefined where nothing is. */
export function changeAt(record: Row, stamp: number): WatchedChange | undefined {
  const node = publicNode(record.row);
  if (node === undefined) return undefined;
  const cells = record.cells.filter(([, cell]) => cell.stamp === stamp)
    .map(([name, { value }]) => [name, value] as const);
  return changeFrom([node], record.floor === stamp, cells);
}

/** What a row was at `stamp`, as far as that was not changed since: its mark may be among what was.
 * Undefined where it was not there, or nothing of it is left: of a dropped row nothing is. */
export function stateAt(record: Row, stamp: number): WatchedChange | undefined {
  const node = publicNode(record.row);
  const old = record.cells.filter(([, cell]) => cell.stamp <= stamp && cell.value !== null);
  if (node === undefined || old.length === 0) return undefined;
  const cells = old.map(([name, { value }]) => [name, value] as const);
  return changeFrom([node], false, [[ROW_MARK, ""], ...cells]);
}

/** About how many bytes it takes as JSON. */
export function bytesOf({ nodes, attributes }: WatchedChange): number {
  let bytes = 32;
  for (const node of nodes) bytes += node.length + 3;
  for (const [name, value] of Object.entries(attributes)) {
    bytes += name.length + 6 + (value?.length ?? 4);
  }
  return bytes;
}
