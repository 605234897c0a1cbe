/**
 * What the clients of a nemesis saw in ten rounds or so, on nodes that nobody wrote before, and
 * whether it can be true. Times are of one monotonic clock, in milliseconds.
 *
 * - A register is one node, or a group of nodes that only ever get the same value in one request:
 *   a group whose nodes differ is torn. Registers must be linearizable (`tests/sim/registers.ts`).
 *   Every value is written once, so that an `If-Match` on the index that made it compares values,
 *   and a value found at two indexes was written twice.
 * - A list is three nodes; an element is appended to several of them in one request. Its reads must
 *   be prefixes of one order in which no append comes after one that began after it ended.
 */
import { checkRegisters } from "../sim/registers.ts";
import type { RegisterOperation } from "../sim/workload.ts";

/** One element on its way into rows of the list. */
export interface Append {
  readonly element: string;
  readonly rows: readonly string[];
  readonly start: number;
  /** Undefined: nobody knows whether it was made, or will be. */
  readonly end: number | undefined;
}

/** What a linearizable read of the whole list showed: elements, each with the rows it is in. */
export interface ListRead {
  readonly found: ReadonlyMap<string, ReadonlySet<string>>;
  readonly start: number;
  readonly end: number;
}

/** A register's value in one of its nodes, and the index that made it where that was told. */
export interface Shown {
  readonly value: string | null;
  readonly index: number | undefined;
}

/** Looked at by the linearizability checker for one register; sixty times what one takes. */
const MOST_CONFIGURATIONS = 2_000_000;

export class Chapter {
  readonly number: number;
  readonly registers: readonly string[];
  readonly groups: readonly string[];
  readonly listRows: readonly string[];
  readonly history: RegisterOperation[] = [];
  readonly #wrongs: string[] = [];
  /** Of each value of each register, and of the newest acknowledged write. */
  readonly #indexes = new Map<string, number>();
  readonly #newest = new Map<string, { readonly value: string; readonly index: number }>();
  readonly #appends = new Map<string, Append>();
  readonly #reads: ListRead[] = [];

  constructor(number: number, registers: number, groups: number) {
    this.number = number;
    const names = (kind: string, count: number): string[] =>
      Array.from({ length: count }, (_, i) => `c${number}${kind}${i + 1}`);
    this.registers = names("r", registers);
    this.groups = names("g", groups);
    this.listRows = names("l", 3);
  }

  /** The nodes of a register: three for a group. */
  rowsOf(register: string): string[] {
    return this.groups.includes(register) ? [1, 2, 3].map((n) => `${register}x${n}`) : [register];
  }

  get nodes(): string[] {
    return [
      ...[...this.registers, ...this.groups].flatMap((register) => this.rowsOf(register)),
      ...this.listRows,
    ];
  }

  get counts(): { readonly operations: number; readonly appends: number; readonly lists: number } {
    const { length: operations } = this.history;
    return { operations, appends: this.#appends.size, lists: this.#reads.length };
  }

  wasWritten(operation: RegisterOperation, index: number | undefined): void {
    this.history.push(operation);
    const { key, value } = operation;
    if (index === undefined || value === null) return;
    this.#isAt(key, value, index);
    const newest = this.#newest.get(key)?.index ?? 0;
    if (index > newest) this.#newest.set(key, { value, index });
  }

  /** A linearizable read: one answer for each of the register's nodes. */
  wasRead(key: string, rows: readonly Shown[], start: number, end: number): void {
    const [first] = rows;
    if (first === undefined) return this.#accuse(`a read of ${key} shows none of its nodes`);
    const { value } = first;
    if (rows.some((row) => row.value !== value)) {
      this.#accuse(`${key} is torn: ${rows.map((row) => row.value)}`);
    }
    for (const { index } of rows) this.#isAt(key, value, index);
    this.history.push({ key, kind: "read", value, start, end });
  }

  /** Or may have been. What was refused must never be seen. */
  wasAppended(append: Append): void {
    this.#appends.set(append.element, append);
  }

  wasListed(read: ListRead): void {
    this.#reads.push(read);
  }

  /** What a member holds now that nothing happens: nothing acknowledged may be missing. */
  isHeld(key: string, rows: readonly Shown[], by: string): void {
    const { value, index } = this.#newest.get(key) ?? { value: null, index: 0 };
    for (const row of rows) {
      if ((row.index ?? 0) >= index) continue;
      this.#accuse(`${by}: ${key} is of index ${row.index}; ${value} of ${index} is lost`);
    }
  }

  /** All that cannot be true, at most a few of each kind. */
  wrongs(): string[] {
    const verdict = checkRegisters(this.history, MOST_CONFIGURATIONS);
    const registers = verdict.result === "linearizable"
      ? []
      : [`${verdict.result}: ${verdict.why}`];
    return [...this.#wrongs.slice(0, 5), ...registers, ...this.#wrongLists().slice(0, 5)];
  }

  #accuse(what: string): void {
    this.#wrongs.push(what);
  }

  #isAt(key: string, value: string | null, index: number | undefined): void {
    if (value === null || index === undefined) return;
    const name = `${key} ${value}`, known = this.#indexes.get(name);
    if (known !== undefined && known !== index) {
      this.#accuse(`${value} was written to ${key} twice, at index ${known} and ${index}`);
    }
    this.#indexes.set(name, index);
  }

  /** Reads in the order of what they show are each a part of the next; time must agree. */
  #wrongLists(): string[] {
    const wrongs: string[] = [];
    const inOrder = this.#reads.toSorted((a, b) => a.found.size - b.found.size);
    let before: ListRead | undefined, latestStart = 0, startOfShorter = 0;
    for (const read of inOrder) {
      wrongs.push(...this.#wrongRows(read));
      const missing = [...before?.found.keys() ?? []].find((element) => !read.found.has(element));
      if (missing !== undefined) {
        wrongs.push(`a read of the list lacks ${missing}, which a shorter one shows`);
      }
      if (read.found.size > (before?.found.size ?? 0)) startOfShorter = latestStart;
      if (read.end < startOfShorter) {
        wrongs.push(`a read of the list ended at ${read.end}, before a shorter one began`);
      }
      latestStart = Math.max(latestStart, read.start);
      before = read;
    }
    return wrongs;
  }

  #wrongRows({ found, start }: ListRead): string[] {
    const wrongs: string[] = [];
    let latest = start; // whatever ended before this must be there
    for (const [element, rows] of found) {
      const append = this.#appends.get(element);
      if (append === undefined) wrongs.push(`${element} was refused and made`);
      else if (append.rows.length !== rows.size || append.rows.some((row) => !rows.has(row))) {
        wrongs.push(`${element} is torn: in ${[...rows]}, not in ${append.rows}`);
      } else latest = Math.max(latest, append.start);
    }
    for (const { element, end } of this.#appends.values()) {
      if (end === undefined || end >= latest || found.has(element)) continue;
      wrongs.push(`${element} was acknowledged and is not in a later read of the list`);
    }
    return wrongs;
  }
}
