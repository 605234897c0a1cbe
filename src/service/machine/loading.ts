/** A member out of what its disk holds. */
import { assert } from "../../base/assert.ts";
import { Log } from "../../consensus/log.ts";
import type { StoreRecord } from "../../io/store.ts";
import type { Verdict } from "../../model/operation.ts";
import { Replica } from "../../replica/replica.ts";
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
  segmentSequence,
} from "../../wire/record.ts";
import { piecesIn } from "./batch.ts";
import { Disk, type LoadOptions } from "./disk.ts";

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
  const all = [...records];
  const metaRecord = all.find(({ key }) => key === META_KEY);
  if (metaRecord === undefined) return undefined;
  const meta = decodeMeta(metaRecord.value);
  const replica = new Replica(options.mutant);
  const garbage = new Set<string>();
  const overlays = new Map<number, string[]>(meta.overlays.map((overlay) => [overlay, []]));
  let newestGeneration = meta.generation;
  const current: string[] = [];
  for (const { key, value } of all) {
    if (!key.startsWith(ROW_PREFIX)) continue;
    const generation = rowGeneration(key);
    newestGeneration = Math.max(newestGeneration, generation);
    const keys = generation === meta.generation ? current : overlays.get(generation);
    if (keys === undefined) garbage.add(key);
    else {
      const record = decodeRow(value);
      replica.join(record);
      keys.push(key);
      if (keys !== current) replica.markDirty(record.row);
    }
  }
  replica.caughtUp(meta.checkpoint);
  const log = new Log(meta.logStart, meta.logStartTerm, replica.roster);
  const verdicts = new Map<number, Verdict>();
  const entries: Entry[] = [];
  const segments: { sequence: number; lastIndex: number }[] = [];
  for (const { key, value } of all) {
    if (!key.startsWith(LOG_PREFIX)) continue;
    const sequence = segmentSequence(key);
    if (sequence < meta.firstSegment) garbage.add(key);
    else segments.push({ sequence, lastIndex: replaySegment(value, entries, verdicts) });
  }
  // Only now: the log may begin in the midst of a tail that a later segment overwrites.
  for (const entry of entries) if (entry.index > log.start) log.append(entry);
  log.writing(log.last);
  log.written();
  replayVerdicts(log, replica, verdicts);
  replica.pruneStages();
  const found = { segments, garbage, overlays, newestGeneration, pieces: piecesIn(current) };
  const livesRecord = all.find(({ key }) => key === LIVES_KEY);
  const lives = livesRecord === undefined
    ? { lives: [], lostAt: undefined }
    : decodeLives(livesRecord.value);
  return { meta, lives, log, replica, disk: new Disk(meta, log, replica, found, options) };
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
