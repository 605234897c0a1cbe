/** An inventory as a table of comma-separated values: `name` and attributes, a node a line. */
import { CsvError, parse } from "csv-parse/sync";

import { ok, type Outcome, refused } from "../base/outcome.ts";
import type { CreateNode } from "../wire/http.ts";

export interface InventoryTable {
  readonly nodes: readonly CreateNode[];
  /** On which line of the file each node stands, counted from 1. */
  readonly lines: readonly number[];
}

/** An empty cell leaves its attribute out. `invalid` says on which line the table is wrong. */
export function readInventory(text: string): Outcome<InventoryTable> {
  let records: { record: string[]; info: { lines: number } }[];
  try {
    records = parse(text, {
      bom: true,
      info: true,
      skip_empty_lines: true,
      relax_column_count: true,
      trim: true,
    }) as unknown as typeof records;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return refused("invalid", error.message);
  }
  const [header, ...rest] = records;
  if (header === undefined) return refused("invalid", "the table is empty");
  const columns = readHeader(header.record);
  if (!columns.ok) return columns;
  const nodes: CreateNode[] = [], lines: number[] = [];
  for (const { record, info } of rest) {
    const node = readRow(record, columns.value);
    if (!node.ok) return refused("invalid", `line ${info.lines}: ${node.refusal.message}`);
    nodes.push(node.value);
    lines.push(info.lines);
  }
  if (nodes.length === 0) return refused("invalid", "the table has a header and no node");
  return ok({ nodes, lines });
}

function readHeader(columns: readonly string[]): Outcome<readonly string[]> {
  if (!columns.includes("name")) {
    const first = columns.slice(0, 5).join(",");
    return refused("invalid", `the header "${first}" has no column called name`);
  }
  for (const [i, column] of columns.entries()) {
    if (column === "") return refused("invalid", `column ${i + 1} has no name in the header`);
    if (columns.indexOf(column) !== i) return refused("invalid", `column ${column} is there twice`);
  }
  return ok(columns);
}

function readRow(record: readonly string[], columns: readonly string[]): Outcome<CreateNode> {
  if (record.length !== columns.length) {
    const message = `${record.length} columns, and ${columns.length} in the header`;
    return refused("invalid", message);
  }
  const name = record[columns.indexOf("name")] ?? "";
  if (name === "") return refused("invalid", "no name");
  const cells = columns.map((column, i) => [column, record[i] ?? ""] as const);
  return ok({ name, ...Object.fromEntries(cells.filter(([, cell]) => cell !== "")) });
}
