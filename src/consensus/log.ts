import { assert, present } from "../base/assert.ts";
import type { RosterAt } from "../model/member.ts";
import { bodyChangesRoster, decodeBody, type Entry } from "../wire/entry.ts";

/**
 * The part of the log a member keeps: the entries after `start`, in memory. It knows which of
 * them are on disk (`stable`), and the newest roster in it, committed or not: a roster is in force
 * from the moment it is in the log (Raft dissertation, 4.1).
 */
export class Log {
  #entries: Entry[] = [];
  #start: number;
  #startTerm: number;
  #bytes = 0;
  /** Rosters by rising index; the first is the one in force where the log begins. */
  #rosters: RosterAt[];
  #stable: number;
  /** The last entry of a write to the disk that is under way; lowered where the log is cut. */
  #writing = 0;

  constructor(start: number, startTerm: number, roster: RosterAt) {
    this.#start = start;
    this.#startTerm = startTerm;
    this.#stable = start;
    this.#rosters = [roster];
  }

  /** The index before the first entry kept. */
  get start(): number {
    return this.#start;
  }

  get startTerm(): number {
    return this.#startTerm;
  }

  get last(): number {
    return this.#start + this.#entries.length;
  }

  get lastTerm(): number {
    return this.#entries.at(-1)?.term ?? this.#startTerm;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** All entries up to this one are on this member's disk. */
  get stable(): number {
    return this.#stable;
  }

  /** The newest roster in the log. */
  get roster(): RosterAt {
    return present(this.#rosters.at(-1), "roster");
  }

  /** All rosters in what is kept of the log, the newest last. */
  get rosters(): readonly RosterAt[] {
    return this.#rosters;
  }

  /** The roster that was in force at `index`, which the log still covers. */
  rosterAt(index: number): RosterAt {
    return this.#rosters.findLast((roster) => roster.index <= index) ??
      present(this.#rosters[0], "roster");
  }

  /** The term of the entry at `index`, or undefined where the log does not know it. */
  termAt(index: number): number | undefined {
    if (index === this.#start) return this.#startTerm;
    return this.#entries[index - this.#start - 1]?.term;
  }

  at(index: number): Entry | undefined {
    return this.#entries[index - this.#start - 1];
  }

  append(entry: Entry): void {
    assert(entry.index === this.last + 1, "entries are appended in order");
    assert(entry.term >= this.lastTerm, "terms never fall along the log");
    this.#entries.push(entry);
    this.#bytes += entry.body.length;
    // A checkpoint may already hold a roster that is newer than where the log begins.
    if (!bodyChangesRoster(entry.body) || entry.index <= this.roster.index) return;
    for (const operation of decodeBody(entry.body).operations) {
      if (operation.kind !== "roster") continue;
      this.#rosters.push({ index: entry.index, roster: operation.roster });
    }
  }

  /** Takes back the entries from `index` on, and the rosters in them. */
  truncate(index: number): void {
    for (const entry of this.#entries.splice(index - this.#start - 1)) {
      this.#bytes -= entry.body.length;
    }
    while (this.#rosters.length > 1 && this.roster.index >= index) this.#rosters.pop();
    this.#stable = Math.min(this.#stable, index - 1);
    this.#writing = Math.min(this.#writing, index - 1);
  }

  /** A write to the disk begins which holds the entries up to `index`. */
  writing(index: number): void {
    this.#writing = index;
  }

  /** That write is on disk; what was cut off meanwhile does not count. */
  written(): void {
    this.#stable = Math.max(this.#stable, this.#writing);
  }

  /** Entries from `index` on: as many as fit both bounds, but at least one. */
  slice(index: number, maxEntries: number, maxBytes: number): Entry[] {
    const taken: Entry[] = [];
    let bytes = 0;
    for (let i = index - this.#start - 1; i < this.#entries.length; i++) {
      const entry = this.#entries[i] as Entry;
      bytes += entry.body.length + 32;
      if (taken.length > 0 && (taken.length >= maxEntries || bytes > maxBytes)) break;
      taken.push(entry);
    }
    return taken;
  }

  /** The greatest index that may be forgotten if so many entries and bytes are to be kept. */
  indexKeeping(entries: number, bytes: number): number {
    let kept = 0;
    let index = this.last;
    while (index > this.#start && this.last - index < entries) {
      kept += (this.at(index) as Entry).body.length;
      if (kept > bytes) break;
      index--;
    }
    return index;
  }

  /** A full copy took the place of everything up to `start`: the log begins anew after it. */
  restart(start: number, startTerm: number, roster: RosterAt): void {
    this.#entries = [];
    this.#bytes = 0;
    this.#start = start;
    this.#startTerm = startTerm;
    this.#stable = start;
    this.#writing = start;
    this.#rosters = [roster];
  }

  /** Forgets the entries up to `index`; they must be on disk and in a checkpoint. */
  forget(index: number): void {
    if (index <= this.#start) return;
    const term = present(this.termAt(index), "term of an entry kept");
    assert(index <= this.#stable, "only what is on disk is forgotten");
    for (const entry of this.#entries.splice(0, index - this.#start)) {
      this.#bytes -= entry.body.length;
    }
    this.#start = index;
    this.#startTerm = term;
    while (this.#rosters.length > 1 && (this.#rosters[1] as RosterAt).index <= index) {
      this.#rosters.shift();
    }
  }
}
