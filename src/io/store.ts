/**
 * The port to a member's own disk: a small ordered map of bytes, changed by atomic commits.
 * Two things stand behind it, held to one contract suite (tests/contract/store_contract.ts): Deno
 * KV (store_kv.ts), and the simulator's disk, which loses and lies on purpose (store_fake.ts).
 */

/**
 * One atomic change. Deletes go first: a key both deleted and put is put, and the last of two puts
 * counts. Bounds: MAX_BATCH_BYTES of values, MAX_BATCH_ROWS puts and as many deletes, and
 * MAX_BATCH_KEY_BYTES of keys altogether. Beyond them: InvariantError.
 */
export interface StoreBatch {
  readonly puts: readonly StoreRecord[];
  readonly deletes: readonly string[];
}

/** Keys are 1 to MAX_STORED_KEY_BYTES of ASCII without NUL, compared byte by byte; values are at
 * most MAX_BATCH_BYTES. */
export interface StoreRecord {
  readonly key: string;
  readonly value: Uint8Array;
}

/** What became of a commit. Only `done` is a promise that it is on disk. */
export type CommitResult =
  /** On disk. `count` is the store's commit count, one more than before. */
  | { readonly result: "done"; readonly count: number }
  /** No room. Nothing changed; reads go on; a later commit may succeed. */
  | { readonly result: "full"; readonly message: string }
  /**
   * The disk failed: the commit may or may not have happened, and what the page cache says
   * proves nothing. The store accepts nothing more until `recover` was called.
   */
  | { readonly result: "unknown"; readonly message: string };

/** What was read is not what was written: a wrong checksum, a missing part, a store cut short. */
export class DamageError extends Error {
  override readonly name = "DamageError";
  constructor(
    /** `damaged`: a record or page is bad; `cut`: commits that had returned are missing;
     * `unreadable`: the disk gave an error instead of bytes. */
    readonly damage: "damaged" | "cut" | "unreadable",
    message: string,
  ) {
    super(message);
  }
}

export interface Store {
  /**
   * How many commits this store holds on disk. It only grows, is part of every commit, and is
   * checked at open against the floor file: a store that counts less than the floor was cut.
   */
  readonly count: number;

  /** Every record, in the order of the keys, each checked (CRC-32C over key and value).
   * Throws {@link DamageError} naming the key. Not during a commit. */
  load(): AsyncIterable<StoreRecord>;

  /** Makes the batch durable: resolves only after fsync. One at a time: call it again only when
   * the last has resolved. Never rejects for a disk's fault. */
  commit(batch: StoreBatch): Promise<CommitResult>;

  /**
   * After an `unknown` outcome: copies what can be read into a new file, syncs file and folder and
   * swaps it in, so that disk and memory agree again. The caller then loads and compares.
   * Throws {@link DamageError} where that fails: the disk is lost, unless a later call succeeds
   * (there may have been no room for the copy). Until then every commit stays `unknown`.
   */
  recover(): Promise<void>;

  /** Writes the floor file a last time and lets the lock go. Not during a commit; a second call
   * does nothing. */
  close(): Promise<void>;
}
