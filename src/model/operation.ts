/**
 * What an entry of the log says. An entry is a list of operations, judged and applied as one
 * (I6): guards first decide, then drops, then sets and clears in their order.
 */
import type { MemberId, Roster } from "./member.ts";

/** Names one request for ever: the member it came in at, that process' boot, and a count. */
export interface OperationId {
  readonly origin: MemberId;
  readonly boot: number;
  readonly sequence: number;
}

/** A condition on the state at apply; an entry is refused whole where one fails (I6). */
export type Guard =
  /** Every row exists. */
  | { readonly test: "exists"; readonly rows: readonly string[] }
  /** No row exists. */
  | { readonly test: "absent"; readonly rows: readonly string[] }
  /** The cell holds exactly this; null stands for no value. */
  | {
    readonly test: "equals";
    readonly row: string;
    readonly attribute: string;
    readonly value: string | null;
  }
  /** Nothing in these rows is newer than the index (compare-and-set). */
  | { readonly test: "unchanged"; readonly rows: readonly string[]; readonly since: number }
  /** The entry's time is before the one in the cell, in milliseconds since the epoch. */
  | { readonly test: "before"; readonly row: string; readonly attribute: string };

export type Operation =
  | {
    readonly kind: "set";
    readonly rows: readonly string[];
    readonly cells: readonly (readonly [attribute: string, value: string])[];
  }
  | {
    readonly kind: "clear";
    readonly rows: readonly string[];
    readonly attributes: readonly string[];
  }
  | { readonly kind: "drop"; readonly rows: readonly string[] }
  | { readonly kind: "guard"; readonly guard: Guard }
  /** The entry takes effect once for this key, and is told of its first time after that. */
  | {
    readonly kind: "once";
    /** A digest of the key and of whose it is, 32 hexadecimal digits. */
    readonly key: string;
    /** What the key was used for, 16 hexadecimal digits: for something else it is refused. */
    readonly request: string;
  }
  /** A part of a change too long for one entry: it waits in a stage and changes nothing yet. */
  | {
    readonly kind: "stage";
    readonly stage: string;
    readonly part: number;
    readonly bytes: Uint8Array;
  }
  /** All that waits in the stage, as if it stood here; refused unless so many parts are there. */
  | { readonly kind: "applyStage"; readonly stage: string; readonly parts: number }
  | { readonly kind: "dropStage"; readonly stage: string }
  /** What only says that something was gone at `floor` or before is forgotten (I8); only a leader
   * proposes it, alone in its entry. */
  | { readonly kind: "collect"; readonly floor: number }
  /** Changes nothing: here all compare what their states come to. Only a leader proposes it. */
  | { readonly kind: "audit" }
  /** The state of `from`, which came to `root` at `index`, is the right one: whoever's came to
   * another there takes a copy of it. */
  | {
    readonly kind: "repair";
    readonly from: MemberId;
    readonly index: number;
    readonly root: number;
  }
  /** The whole new roster; only a leader proposes it, alone in its entry. */
  | { readonly kind: "roster"; readonly roster: Roster };

/** What became of an entry when it was applied; the same on every member (I5, I6). */
export type Verdict =
  | { readonly result: "applied" }
  /** A guard failed: which operation of the entry, and the row it failed on. */
  | { readonly result: "refused"; readonly operation: number; readonly row: string }
  /** Its operation id was seen before (I7). */
  | { readonly result: "duplicate" }
  /** Its key was used before: by the entry at this index, which took effect. */
  | { readonly result: "repeated"; readonly index: number }
  /** From an earlier boot of its origin, from before its window, or of an unlisted origin. */
  | { readonly result: "outdated" };

/** The cell that every row which exists holds: a row is there even without attributes. */
export const ROW_MARK = ".";

export function nodeRow(name: string): string {
  return `node/${name}`;
}

/** The node of a node's row. */
export function nodeOfRow(row: string): string {
  return row.slice("node/".length);
}

/** The group of a group's row. */
export function groupOfRow(row: string): string {
  return row.slice("group/".length);
}

export function groupRow(name: string): string {
  return `group/${name}`;
}

export function invitationRow(id: string): string {
  return `invitation/${id}`;
}

/** The row of an `Idempotency-Key` begins so, and its cell says when it was used and for what. An
 * entry is refused for such a row where the key was used for something else, and for the bare
 * prefix where there are too many. */
export const KEY_PREFIX = "key/";

/** The row of a stage begins so; the rest is its name, hexadecimal digits. */
export const STAGE_PREFIX = "stage/";
/** Whose a stage is, `ORIGIN/BOOT`, and when its newest part came, in milliseconds. */
export const STAGE_BY_CELL = "by";
export const STAGE_AT_CELL = "at";

export function stageRow(stage: string): string {
  return STAGE_PREFIX + stage;
}

/** The row and cell that say up to which index tombstones were collected. */
export const COLLECTED_ROW = "collective/collected";
export const COLLECTED_CELL = "floor";

/** The row and cell that hold the roster. */
export const ROSTER_ROW = "collective/roster";
export const ROSTER_CELL = "roster";
