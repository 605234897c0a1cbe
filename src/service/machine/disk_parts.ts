/** What goes onto a member's disk and what was found there: the shapes that disk.ts works with. */
import type { Mutant } from "../../base/mutant.ts";
import type { QueueSet } from "../../base/queue_set.ts";
import type { HardState } from "../../consensus/raft.ts";
import type { StoreBatch, StoreRecord } from "../../io/store.ts";
import type { Pieces } from "./batch.ts";
import type { Effects } from "./effects.ts";
import type { DiskPace } from "./pace.ts";

/** A batch on its way to the disk, and what will be true once it is there. */
export interface UnderWay {
  readonly batch: StoreBatch;
  readonly hardState: HardState;
  readonly verdicts: number;
  readonly checkpoint: number;
  readonly delta: DeltaWrite["done"] | undefined;
  /** Nothing but what was heard of other disks (lives.ts, 3). */
  readonly isHeardOnly: boolean;
  /** The version of the promises that it holds. */
  readonly promises: number;
}

/** Rows of a delta for a generation to come, or the flip to it. */
export interface DeltaWrite {
  readonly generation: number;
  readonly records: readonly StoreRecord[];
  /** The last write of a delta: what it brought becomes the state, cut at this index. */
  readonly flipTo: DeltaFlip | undefined;
  /** Called once all of it is on disk. */
  readonly done: (nowMs: number) => void;
}

export interface DeltaFlip {
  readonly cut: number;
  readonly cutTerm: number;
  /** The log goes on as it is; else it begins anew behind the cut. */
  readonly keepsLog: boolean;
  /** The generation lies over the one in force, until a checkpoint has taken it in. */
  readonly isOverlay: boolean;
}

/** What else was on the disk. */
export interface Found {
  readonly segments: { readonly sequence: number; readonly lastIndex: number }[];
  readonly garbage: QueueSet<string>;
  /** Keys of the generations that lie over the one in force. */
  readonly overlays: ReadonlyMap<number, readonly string[]>;
  readonly newestGeneration: number;
  readonly pieces: Map<string, Pieces>;
  readonly effects: Effects;
}

/** What the simulator changes; a real member has neither. */
export interface LoadOptions {
  readonly mutant?: Mutant | undefined;
  readonly pace?: DiskPace | undefined;
}
