/**
 * Changes too long for one entry, as they come in: a stage is filled part by part, each part an
 * entry of its own, and then one entry applies all of it or lets it go. What a stage holds changes
 * nothing before that.
 *
 * A stage is there while its row is (`stage/ID`, a row like any other); its parts lie beside the
 * cells, in rows `stage/ID/PART` of their own, and go without a trace when it goes.
 */
import { MAX_STAGE_BYTES } from "../base/limits.ts";
import { fromBase64, MalformedError, toBase64 } from "../base/bytes.ts";
import type { RowRecord } from "../model/cell.ts";
import { STAGE_PREFIX, stageRow } from "../model/operation.ts";

const PART_CELL = "part";

interface Part {
  readonly bytes: Uint8Array;
  readonly stamp: number;
}

export class Stages {
  readonly #stages = new Map<string, Map<number, Part>>();
  /** Parts of stages that have gone, by their rows: a restart may yet have to apply them again. */
  readonly #gone = new Map<string, Part>();
  #bytes = 0;

  /** Whether so many bytes more may wait in stages. */
  hasRoom(bytes: number): boolean {
    return this.#bytes + bytes <= MAX_STAGE_BYTES;
  }

  /** The parts of a stage, if there are `count` of them, none missing. */
  parts(stage: string, count: number): readonly Uint8Array[] | undefined {
    const parts = this.#stages.get(stage);
    if (parts?.size !== count) return undefined;
    const bytes = Array.from({ length: count }, (_, part) => parts.get(part)?.bytes);
    return bytes.every((part) => part !== undefined) ? bytes : undefined;
  }

  /** Takes a part in; the row it is kept in. */
  put(stage: string, part: number, bytes: Uint8Array, stamp: number): string {
    const parts = this.#stages.get(stage) ?? new Map<number, Part>();
    this.#stages.set(stage, parts);
    this.#bytes += bytes.length - (parts.get(part)?.bytes.length ?? 0);
    parts.set(part, { bytes, stamp });
    return partRow(stage, part);
  }

  /** Lets a stage go. Its parts are kept aside until they are forgotten. */
  drop(stage: string): void {
    for (const [part, held] of this.#stages.get(stage) ?? []) {
      this.#bytes -= held.bytes.length;
      this.#gone.set(partRow(stage, part), held);
    }
    this.#stages.delete(stage);
  }

  /** The rows of parts that are gone and not forgotten. */
  get gone(): string[] {
    return [...this.#gone.keys()];
  }

  /** No restart will need these any more. */
  forget(rows: Iterable<string>): void {
    for (const row of rows) this.#gone.delete(row);
  }

  /** The stages there are. */
  names(): Iterable<string> {
    return this.#stages.keys();
  }

  /** The rows of all parts that came after `stamp`. */
  *rows(stamp = 0): Iterable<string> {
    for (const [stage, parts] of this.#stages) {
      for (const [part, held] of parts) if (held.stamp > stamp) yield partRow(stage, part);
    }
  }

  record(row: string): RowRecord | undefined {
    const place = placeOf(row);
    return recordOf(row, place && this.#stages.get(place.stage)?.get(place.part));
  }

  /** The record of a part that is gone and not forgotten. */
  goneRecord(row: string): RowRecord | undefined {
    return recordOf(row, this.#gone.get(row));
  }

  /** Takes in a row that {@link record} gave, here or elsewhere. */
  join(record: RowRecord): void {
    const place = placeOf(record.row);
    const cell = record.cells[0]?.[1];
    if (place === undefined || cell === undefined || cell.value === null) {
      throw new MalformedError(`"${record.row.slice(0, 64)}" is no part of a stage`);
    }
    if (this.#stages.get(place.stage)?.has(place.part)) return;
    this.put(place.stage, place.part, fromBase64(cell.value), cell.stamp);
  }

  /** As they are now; parts never change. */
  frozen(): Stages {
    const copy = new Stages();
    for (const [stage, parts] of this.#stages) copy.#stages.set(stage, new Map(parts));
    return copy;
  }
}

/** Whether a row is that of a part, and so not among the cells. */
export function isPartRow(row: string): boolean {
  return row.startsWith(STAGE_PREFIX) && placeOf(row) !== undefined;
}

function recordOf(row: string, part: Part | undefined): RowRecord | undefined {
  if (part === undefined) return undefined;
  const { bytes, stamp } = part;
  const cells = [[PART_CELL, { value: toBase64(bytes), stamp }]] as const;
  return { row, floor: 0, newest: stamp, cells };
}

function partRow(stage: string, part: number): string {
  return `${stageRow(stage)}/${part}`;
}

function placeOf(row: string): { readonly stage: string; readonly part: number } | undefined {
  const [, stage, part] = /^stage\/([0-9a-f]+)\/(\d+)$/.exec(row) ?? [];
  return stage === undefined ? undefined : { stage, part: Number(part) };
}
