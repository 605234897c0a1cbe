/** A member out of what its disk holds. */
import { assert } from "../../base/assert.ts";
import { MalformedError } from "../../base/bytes.ts";
import { QueueSet } from "../../base/queue_set.ts";
import { Log } from "../../consensus/log.ts";
import type { StoreRecord } from "../../io/store.ts";
import type { Verdict } from "../../model/operation.ts";
import { Replica } from "../../replica/replica.ts";
import { auditKey } from "../../replica/sums.ts";
import type { Entry } from "../../wire/entry.ts";
import {
  decodeLives,
  decodeMeta,
  decodeRow,
  decodeSegment,
  LIVES_KEY,
  type LivesRecord,
  LOG_PREFIX,
  type Meta,
  META_KEY,
  ROW_PREFIX,
  rowGeneration,
  rowPiece,
  segmentSequence,
} from "../../wire/record.ts";
import { piecesIn } from "./batch.ts";
import { Disk } from "./disk.ts";
import type { LoadOptions } from "./disk_parts.ts";
import { Effects } from "./effects.ts";

/** A member as its disk has it. */
export interface Loaded {
  readonly meta: Meta;
  readonly lives: LivesRecord;
  readonly log: Log;
  readonly replica: Replica;
  readonly disk: Disk;
}

/**
 * A member out of the records of its store, or undefined where the store is empty.
 * {@link MalformedError} where they do not say what they should.
 */
export function loadDisk(
  records: Iterable<StoreRecord>,
  options: LoadOptions = {},
): Loaded | undefined {
  const loading = new Loading(options);
  for (const record of records) loading.take(record);
  return loading.finish();
}

/** Takes records one by one; rows must come behind the meta record, as they do by their keys. */
export class Loading {
  readonly #options: LoadOptions;
  #replica: Replica;
  readonly #garbage = new QueueSet<string>();
  readonly #overlays = new Map<number, string[]>();
  readonly #current: string[] = [];
  readonly #segments: StoreRecord[] = [];
  #newestGeneration = 0;
  #meta: Meta | undefined;
  #lives: LivesRecord = { lives: [], lostAt: undefined };

  constructor(options: LoadOptions = {}) {
    this.#options = options;
    this.#replica = new Replica(options.mutant);
  }

  take({ key, value }: StoreRecord): void {
    if (key === META_KEY) this.#takeMeta(decodeMeta(value));
    else if (key === LIVES_KEY) this.#lives = decodeLives(value);
    else if (key.startsWith(LOG_PREFIX)) this.#segments.push({ key, value });
    else if (key.startsWith(ROW_PREFIX)) this.#takeRow(key, value);
  }

  #takeMeta(meta: Meta): void {
    this.#meta = meta;
    this.#replica = new Replica(this.#options.mutant, auditKey(meta.chain));
    // An overlay may have no rows, and its number is taken all the same.
    this.#newestGeneration = Math.max(meta.generation, ...meta.overlays);
    for (const overlay of meta.overlays) this.#overlays.set(overlay, []);
  }

  #takeRow(key: string, value: Uint8Array): void {
    const meta = this.#meta;
    if (meta === undefined) throw new MalformedError(`${key} stands before the meta record`);
    const generation = rowGeneration(key);
    this.#newestGeneration = Math.max(this.#newestGeneration, generation);
    const isCurrent = generation === meta.generation;
    const keys = isCurrent ? this.#current : this.#overlays.get(generation);
    if (keys === undefined) {
      this.#garbage.add(key);
      return;
    }
    const record = decodeRow(value);
    this.#replica.join(record);
    if (!isCurrent) this.#replica.markDirty(record.row);
    // Of most rows there is one piece, whose key need not be kept.
    if (!isCurrent || rowPiece(key) > 0) keys.push(key);
  }

  finish(): Loaded | undefined {
    const meta = this.#meta, replica = this.#replica;
    if (meta === undefined) return undefined;
    replica.caughtUp(meta.checkpoint);
    const log = new Log(meta.logStart, meta.logStartTerm, replica.roster);
    const verdicts = new Map<number, Verdict>();
    const entries: Entry[] = [];
    const segments: { sequence: number; lastIndex: number }[] = [];
    for (const { key, value } of this.#segments) {
      const sequence = segmentSequence(key);
      if (sequence < meta.firstSegment) this.#garbage.add(key);
      else segments.push({ sequence, lastIndex: replaySegment(value, entries, verdicts) });
    }
    // Only now: the log may begin in the midst of a tail that a later segment overwrites.
    for (const entry of entries) if (entry.index > log.start) log.append(entry);
    log.writing(log.last);
    log.written();
    replayVerdicts(log, replica, verdicts);
    replica.pruneStages();
    const found = {
      segments,
      garbage: this.#garbage,
      overlays: this.#overlays,
      newestGeneration: this.#newestGeneration,
      pieces: piecesIn(this.#current),
      effects: effectsOf(log, replica, verdicts),
    };
    const disk = new Disk(meta, log, replica, found, this.#options);
    return { meta, lives: this.#lives, log, replica, disk };
  }
}

/** A segment first takes back what it overwrites of the entries so far; the index of its last. */
function replaySegment(
  value: Uint8Array,
  entries: Entry[],
  verdicts: Map<number, Verdict>,
): number {
  const segment = decodeSegment(value);
  const first = segment.entries[0]?.index ?? Number.POSITIVE_INFINITY;
  const kept = entries.findLastIndex(({ index }) => index < first);
  entries.splice(kept + 1, Number.POSITIVE_INFINITY, ...segment.entries);
  for (const [i, verdict] of segment.verdicts.entries()) {
    verdicts.set(segment.verdictsFrom + i, verdict);
  }
  return Math.max(
    segment.entries.at(-1)?.index ?? 0,
    segment.verdictsFrom + segment.verdicts.length - 1,
  );
}

function replayVerdicts(log: Log, replica: Replica, verdicts: Map<number, Verdict>): void {
  for (;;) {
    const entry = log.at(replica.applied + 1);
    const verdict = verdicts.get(replica.applied + 1);
    if (entry === undefined || verdict === undefined) return;
    replica.replay(entry, verdict);
    assert(replica.applied <= log.last, "what was applied is in the log");
  }
}

/** What the verdicts say of the entries that were applied; a delta may have jumped over some. */
function effectsOf(log: Log, replica: Replica, verdicts: ReadonlyMap<number, Verdict>): Effects {
  const effects = new Effects(log.start);
  for (let index = log.start + 1; index <= replica.applied; index++) {
    const verdict = verdicts.get(index);
    if (verdict === undefined) effects.forget(index);
    else effects.judged(index, verdict);
  }
  return effects;
}
