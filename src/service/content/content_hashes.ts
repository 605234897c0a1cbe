/**
 * SHA-256 of the files of profiles, remembered by what tells one state of a file from every other:
 * device, inode, size and times. A file that did not change is read once, also over restarts.
 *
 * Files are read in pieces, at most CONTENT_BYTES_PER_SECOND, so that those who are served are not
 * slowed.
 */
import { createHash } from "node:crypto";
import { z } from "zod";

import {
  CONTENT_BYTES_PER_SECOND,
  CONTENT_PIECE_BYTES,
  MAX_CONTENT_HASHES,
} from "../../base/boot_limits.ts";
import { oneLine } from "../../base/one_line.ts";
import type { Clock } from "../../io/clock.ts";
import { readFileIfThere, writeFileDurably } from "../../io/files.ts";
import type { Logger } from "../logger.ts";
import { type FileKey, keyOf, keyText } from "./profile_tree.ts";

export interface HashesParts {
  /** Where they are kept between two runs. */
  readonly file: string;
  readonly clock: Clock;
  readonly log: Logger;
}

const KEPT = z.object({
  version: z.literal(1),
  hashes: z.record(z.string(), z.string().regex(/^[0-9a-f]{64}$/)),
});

export class ContentHashes {
  readonly #parts: HashesParts;
  readonly #pace: Pace;
  /** Those asked for longest ago first. */
  readonly #known = new Map<string, string>();
  #isKept = true;
  /** Bytes of files that were read so far. */
  bytesRead = 0;

  constructor(parts: HashesParts) {
    this.#parts = parts;
    this.#pace = new Pace(parts.clock);
  }

  /** Takes up what was kept. Where that cannot be used all is read anew. */
  async open(): Promise<void> {
    const { file, log } = this.#parts;
    try {
      const text = await readFileIfThere(file);
      if (text === undefined) return;
      const { hashes } = KEPT.parse(JSON.parse(text));
      for (const [key, hash] of Object.entries(hashes).slice(-MAX_CONTENT_HASHES)) {
        this.#known.set(key, hash);
      }
    } catch (error) {
      log.info(`the files of profiles are read anew, ${file} is of no use: ${oneLine(error)}`);
    }
  }

  /** 64 hexadecimal digits; undefined where a file of that key was never read. */
  known(key: FileKey): string | undefined {
    const text = keyText(key), hash = this.#known.get(text);
    if (hash === undefined) return undefined;
    this.#known.delete(text);
    this.#known.set(text, hash);
    return hash;
  }

  /** Reads the file; false where it is not that of the key any more, or is not wanted any more.
   * Throws errors of the system. */
  async read(path: string, key: FileKey, isWanted: () => boolean): Promise<boolean> {
    using file = await Deno.open(path);
    const wanted = keyText(key);
    const isStill = async (): Promise<boolean> => keyText(keyOf(await file.stat())) === wanted;
    if (!await isStill()) return false;
    const hash = createHash("sha256"), piece = new Uint8Array(CONTENT_PIECE_BYTES);
    let length = 0;
    for (;;) {
      const got = await file.read(piece) ?? 0;
      if (got === 0) break;
      length += got;
      this.bytesRead += got;
      hash.update(piece.subarray(0, got));
      await this.#pace.took(got);
      if (length > key.size || !isWanted()) return false;
    }
    if (length !== key.size || !await isStill()) return false;
    this.#keep(wanted, hash.digest("hex"));
    return true;
  }

  /** Has on disk what is known. Where that fails it is told, and goes on. */
  async save(): Promise<void> {
    if (this.#isKept) return;
    const { file, log } = this.#parts;
    this.#isKept = true;
    try {
      const kept = { version: 1, hashes: Object.fromEntries(this.#known) };
      await writeFileDurably(file, `${JSON.stringify(kept)}\n`);
    } catch (error) {
      log.warn(`cannot keep what was read of profiles in ${file}: ${oneLine(error)}`);
    }
  }

  #keep(key: string, hash: string): void {
    this.#isKept = false;
    this.#known.set(key, hash);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= MAX_CONTENT_HASHES) break;
      this.#known.delete(oldest);
    }
  }
}

/** Timers are no finer. */
const LEAST_WAIT_MS = 4;

/** Has whoever reads wait until it is no faster than the rate. */
class Pace {
  readonly #clock: Clock;
  #dueMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async took(bytes: number): Promise<void> {
    const nowMs = this.#clock.now().monoMs;
    this.#dueMs = Math.max(nowMs, this.#dueMs) + 1_000 * bytes / CONTENT_BYTES_PER_SECOND;
    const aheadMs = this.#dueMs - nowMs;
    if (aheadMs < LEAST_WAIT_MS) return;
    await new Promise<void>((resolve) => void this.#clock.after(aheadMs, resolve));
  }
}
