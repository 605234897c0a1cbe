/**
 * A write of any size: its operations go out part by part, each an entry that changes nothing, and
 * one last entry applies them all, or none of them. Nothing but the parts under way is in memory.
 */
import { assert } from "../base/assert.ts";
import {
  MAX_ENTRY_BYTES,
  STAGE_PART_BYTES,
  STAGE_PARTS_UNDER_WAY,
  STAGE_SILENT_MS,
} from "../base/limits.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";
import type { Clock } from "../io/clock.ts";
import { KEY_PREFIX, type Operation, STAGE_PREFIX } from "../model/operation.ts";
import { encodeStagePart } from "../wire/entry.ts";
import type { StagedWrite, Written } from "./member_service.ts";

/** What a staged write needs of the member it goes through. */
export interface StagingParts {
  /** The stage's name, which no other ever has: hexadecimal digits. */
  readonly stage: string;
  readonly clock: Clock;
  readonly write: (operations: readonly Operation[]) => Promise<Outcome<Written>>;
}

/** Between tries of a part whose fate is not known. */
const AGAIN_MS = 200;

export class Staging implements StagedWrite {
  readonly #parts: StagingParts;
  /** All of it, while that may fit one entry. */
  #whole: Operation[] | undefined = [];
  #wholeBytes = 0;
  /** What must stand in the entry itself. */
  readonly #once: Operation[] = [];
  #waiting: Operation[] = [];
  #waitingBytes = 0;
  #count = 0;
  readonly #underWay = new Set<Promise<void>>();
  #failed: Outcome<never> | undefined;
  /** How many operations came, and the places of the guards that were sent among them. */
  #operations = 0;
  readonly #guards: number[] = [];

  constructor(parts: StagingParts) {
    this.#parts = parts;
  }

  async add(operation: Operation): Promise<Outcome<void>> {
    if (this.#whole === undefined) return await this.#addToStage(operation);
    this.#whole.push(operation);
    this.#wholeBytes += mostBytesOf(operation);
    if (this.#wholeBytes <= MAX_ENTRY_BYTES / 2) return ok();
    const whole = this.#whole;
    this.#whole = undefined;
    for (const one of whole) await this.#addToStage(one);
    return this.#failed ?? ok();
  }

  async #addToStage(operation: Operation): Promise<Outcome<void>> {
    if (operation.kind === "once") {
      this.#once.push(operation);
      return ok();
    }
    for (const piece of piecesOf(operation)) {
      const bytes = mostBytesOf(piece);
      if (this.#waitingBytes + bytes > STAGE_PART_BYTES || this.#mixes(piece)) await this.#send();
      this.#waiting.push(piece);
      this.#waitingBytes += bytes;
      if (piece.kind === "guard") this.#guards.push(this.#operations);
    }
    this.#operations++;
    return this.#failed ?? ok();
  }

  async commit(): Promise<Outcome<Written>> {
    if (this.#whole !== undefined) return await this.#parts.write(this.#whole);
    await this.#send();
    await Promise.all(this.#underWay);
    if (this.#failed !== undefined) {
      await this.abandon();
      return this.#failed;
    }
    const { stage, write } = this.#parts;
    const apply = { kind: "applyStage", stage, parts: this.#count } as const;
    const written = await write([...this.#once, apply]);
    if (!written.ok || written.value.verdict.result === "applied") return written;
    const { index, verdict } = written.value;
    await this.abandon();
    if (verdict.result !== "refused") return written;
    if (verdict.row.startsWith(KEY_PREFIX)) return written;
    if (verdict.row.startsWith(STAGE_PREFIX)) {
      return refused("unavailable", "the stage was dropped meanwhile; nothing was done, ask again");
    }
    const operation = this.#guards[verdict.operation] ?? 0;
    return ok({ index, verdict: { ...verdict, operation } });
  }

  async abandon(): Promise<void> {
    this.#waiting = [];
    await Promise.all(this.#underWay);
    const { stage, write } = this.#parts;
    const isThere = this.#count > 0;
    this.#count = 0; // who is told of a refused `commit` abandons once more
    // Should this come to nothing, a leader drops it by and by.
    if (isThere) await write([{ kind: "dropStage", stage }]);
  }

  /** Guards have parts of their own: to judge them nothing else need be read. */
  #mixes({ kind }: Operation): boolean {
    const first = this.#waiting[0];
    return first !== undefined && (first.kind === "guard") !== (kind === "guard");
  }

  async #send(): Promise<void> {
    if (this.#waiting.length === 0 || this.#failed !== undefined) return;
    const operation = {
      kind: "stage",
      stage: this.#parts.stage,
      part: this.#count++,
      bytes: encodeStagePart(this.#waiting),
    } as const;
    this.#waiting = [];
    this.#waitingBytes = 0;
    const sending = this.#sendPart(operation);
    this.#underWay.add(sending);
    void sending.then(() => this.#underWay.delete(sending));
    while (this.#underWay.size >= STAGE_PARTS_UNDER_WAY) await Promise.race(this.#underWay);
  }

  /** A part may be sent again: it takes its own place. */
  async #sendPart(operation: Operation): Promise<void> {
    const { clock, write } = this.#parts;
    const untilMs = clock.now().monoMs + STAGE_SILENT_MS;
    for (;;) {
      const written = await write([operation]);
      if (written.ok) {
        if (written.value.verdict.result !== "applied") this.#failed ??= NO_ROOM;
        return;
      }
      const isOver = this.#failed !== undefined || clock.now().monoMs > untilMs;
      if (isOver || written.refusal.kind === "no-quorum") {
        const { message, missing } = written.refusal;
        const kind = written.refusal.kind === "unknown-outcome"
          ? "unavailable"
          : written.refusal.kind;
        this.#failed ??= refused(kind, message, missing);
        return;
      }
      await new Promise<void>((resolve) => void clock.after(AGAIN_MS, resolve));
    }
  }
}

const NO_ROOM = refused(
  "busy",
  "too many large changes wait already (MAX_STAGES, MAX_STAGE_BYTES); ask again later",
);

/** The operation in pieces that fit a part, each of them good by itself. */
function* piecesOf(operation: Operation): Iterable<Operation> {
  if (mostBytesOf(operation) <= STAGE_PART_BYTES) return yield operation;
  switch (operation.kind) {
    case "set":
      for (const cells of slices(operation.cells, bytesOfCell)) {
        for (const rows of slices(operation.rows, bytesOf, sum(cells, bytesOfCell))) {
          yield { ...operation, rows, cells };
        }
      }
      return;
    case "clear":
      for (const attributes of slices(operation.attributes, bytesOf)) {
        for (const rows of slices(operation.rows, bytesOf, sum(attributes, bytesOf))) {
          yield { ...operation, rows, attributes };
        }
      }
      return;
    case "drop":
      for (const rows of slices(operation.rows, bytesOf)) yield { ...operation, rows };
      return;
    case "guard": {
      const { guard } = operation;
      assert("rows" in guard, "a long guard is about rows");
      for (const rows of slices(guard.rows, bytesOf)) {
        yield { kind: "guard", guard: { ...guard, rows } };
      }
      return;
    }
    default:
      assert(false, `${operation.kind} is not staged`);
  }
}

/** Runs of items of as many bytes as there is room for beside `taken`, but at least of one. */
function* slices<T>(
  items: readonly T[],
  bytesOfItem: (item: T) => number,
  taken = 0,
): Iterable<readonly T[]> {
  // Half for cells, half for the rows that hold them.
  const room = Math.max(STAGE_PART_BYTES / 2, STAGE_PART_BYTES - taken) - 64;
  let start = 0, bytes = 0;
  for (let i = 0; i < items.length; i++) {
    const more = bytesOfItem(items[i] as T);
    if (i > start && bytes + more > room) {
      yield items.slice(start, i);
      start = i;
      bytes = 0;
    }
    bytes += more;
  }
  yield items.slice(start);
}

/** What an operation takes as bytes, at the most. */
export function mostBytesOf(operation: Operation): number {
  switch (operation.kind) {
    case "set":
      return 64 + sum(operation.rows, bytesOf) + sum(operation.cells, bytesOfCell);
    case "clear":
      return 64 + sum(operation.rows, bytesOf) + sum(operation.attributes, bytesOf);
    case "drop":
      return 64 + sum(operation.rows, bytesOf);
    case "guard":
      return 256 + ("rows" in operation.guard ? sum(operation.guard.rows, bytesOf) : 0);
    default:
      return 64;
  }
}

function bytesOf(text: string): number {
  // deno-lint-ignore no-control-regex
  return 4 + (/^[\x00-\x7f]*$/.test(text) ? 1 : 3) * text.length;
}

function bytesOfCell([attribute, value]: readonly [string, string]): number {
  return bytesOf(attribute) + bytesOf(value);
}

function sum<T>(items: readonly T[], bytesOfItem: (item: T) => number): number {
  let bytes = 0;
  for (const item of items) bytes += bytesOfItem(item);
  return bytes;
}
