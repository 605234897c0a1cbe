/**
 * The profiles in this member's content folder, for reading from memory at any time. The folder is
 * looked at every CONTENT_LOOK_MS, by names and times alone, which works for any file system; where
 * that takes long, less often (CONTENT_LOOK_SHARE). Beside it the files of profiles that changed
 * are read, once they are at rest, for their digests.
 */
import {
  CONTENT_LOOK_MS,
  CONTENT_LOOK_SHARE,
  CONTENT_REST_MS,
  CONTENT_RETRY_MS,
  MAX_PROFILES,
} from "../../base/boot_limits.ts";
import { oneLine } from "../../base/one_line.ts";
import type { Clock } from "../../io/clock.ts";
import { naturalSort } from "../../model/natural_order.ts";
import { profileName } from "../../model/profile.ts";
import { type DigestEntry, profileDigest } from "../../wire/profile_digest.ts";
import type { Logger } from "../logger.ts";
import { ContentHashes } from "./content_hashes.ts";
import { type ProfileStanding, reasonOf, standingOf, unreadable } from "./profile_standing.ts";
import { readTree, sameTree, type TreeEntry } from "./profile_tree.ts";

export interface ProfilesParts {
  /** The content folder, which need not be there; undefined for none. */
  readonly content: string | undefined;
  /** The data folder, where is kept what was read. */
  readonly data: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called when another thing is true of some profile, and after the first look. */
  readonly changed: () => void;
}

/** A profile as the last look found it. */
interface Held {
  /** Undefined where it could not be looked at. */
  readonly tree: readonly TreeEntry[] | undefined;
  standing: ProfileStanding;
  /** Not read before, on the monotonic clock. */
  readFromMs: number;
}

export class Profiles {
  readonly #parts: ProfilesParts;
  readonly #hashes: ContentHashes;
  #isStopped = false;
  #held = new Map<string, Held>();
  #names: readonly string[] = [];
  #isLooked = false;
  #trouble: string | undefined;
  #running: Promise<void> | undefined;
  #reading: Promise<void> | undefined;
  /** Ends the wait for the next look. */
  #wake: () => void = () => {};
  #asked: (() => void)[] = [];

  constructor(parts: ProfilesParts) {
    this.#parts = parts;
    const { data, clock, log } = parts;
    this.#hashes = new ContentHashes({ file: `${data}/content-hashes.json`, clock, log });
  }

  /** Begins to look, and goes on with it until it is closed. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Whether there was a look at all. */
  get isLooked(): boolean {
    return this.#isLooked;
  }

  /** Why the folder of all profiles cannot be used. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** In natural order. */
  get names(): readonly string[] {
    return this.#names;
  }

  standing(name: string): ProfileStanding | undefined {
    return this.#held.get(name)?.standing;
  }

  /** Bytes of files that were read since the start. */
  get bytesRead(): number {
    return this.#hashes.bytesRead;
  }

  /** Resolves after a look that began after this call. */
  async look(): Promise<void> {
    if (this.#isStopped) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#asked.push(resolve);
    this.#wake();
    await promise;
  }

  async close(): Promise<void> {
    this.#isStopped = true;
    this.#wake();
    await this.#running;
    await this.#reading;
    for (const answer of this.#asked.splice(0)) answer();
  }

  // ---- looking

  async #run(): Promise<void> {
    const { clock } = this.#parts;
    await this.#hashes.open();
    while (!this.#isStopped) {
      const asked = this.#asked.splice(0), beganMs = clock.now().monoMs;
      await this.#look();
      for (const answer of asked) answer();
      this.#reading ??= this.#read();
      const tookMs = clock.now().monoMs - beganMs;
      if (this.#asked.length > 0) continue;
      await this.#wait(Math.max(CONTENT_LOOK_MS, tookMs * CONTENT_LOOK_SHARE));
    }
  }

  async #wait(ms: number): Promise<void> {
    if (this.#isStopped) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#parts.clock.after(ms, resolve);
    this.#wake = resolve;
    await promise;
    cancel();
  }

  async #look(): Promise<void> {
    const names = await this.#listed();
    const held = new Map<string, Held>();
    let hasChanged = !this.#isLooked;
    for (const name of names) {
      const before = this.#held.get(name);
      const now = await this.#lookAt(name, before);
      held.set(name, now);
      hasChanged ||= now !== before;
      if (this.#isStopped) return;
    }
    hasChanged ||= held.size !== this.#held.size;
    this.#held = held;
    this.#names = names;
    this.#isLooked = true;
    if (hasChanged) this.#parts.changed();
  }

  /** The folders that may be profiles. No such folder, or none at all, is no trouble. */
  async #listed(): Promise<readonly string[]> {
    const { content, log } = this.#parts;
    if (content === undefined) return [];
    const folder = `${content}/public/os`;
    const names: string[] = [];
    let trouble: string | undefined;
    try {
      for await (const { name, isDirectory, isSymlink } of Deno.readDir(folder)) {
        if (!profileName(name).ok || !(isDirectory || isSymlink)) continue;
        if (isDirectory || await leadsToFolder(`${folder}/${name}`)) names.push(name);
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) trouble = `${folder}: ${reasonOf(error)}`;
    }
    const sorted = naturalSort(names);
    if (sorted.length > MAX_PROFILES) {
      trouble = `${folder} has ${sorted.length} profiles, the first MAX_PROFILES ` +
        `(${MAX_PROFILES}) are used`;
    }
    if (trouble !== undefined && trouble !== this.#trouble) log.warn(trouble);
    this.#trouble = trouble;
    return sorted.slice(0, MAX_PROFILES);
  }

  /** What was known before, where that is still so. */
  async #lookAt(name: string, before: Held | undefined): Promise<Held> {
    const { content = "" } = this.#parts;
    const place = { content, profile: name };
    try {
      const tree = await readTree(place);
      if (before?.tree !== undefined && sameTree(before.tree, tree)) return before;
      const standing = { ...await standingOf(place, tree), digest: this.#digestOf(tree) };
      return { tree, standing, readFromMs: 0 };
    } catch (error) {
      const standing = unreadable(name, error);
      const isKnown = before?.tree === undefined && before?.standing.whyNot === standing.whyNot;
      if (before !== undefined && isKnown) return before;
      if (!(error instanceof Error)) throw error;
      return { tree: undefined, standing, readFromMs: 0 };
    }
  }

  /** Undefined while a file is to be read first. */
  #digestOf(tree: readonly TreeEntry[]): string | undefined {
    if (!this.#isAtRest(tree)) return undefined;
    const entries: DigestEntry[] = [];
    for (const { path, target, file } of tree) {
      if (target !== undefined) entries.push({ path, target });
      else if (file !== undefined) {
        const sha256 = this.#hashes.known(file);
        if (sha256 === undefined) return undefined;
        entries.push({ path, size: file.size, sha256 });
      }
    }
    return profileDigest(entries);
  }

  /** A file that is being written may change again without another time. */
  #isAtRest(tree: readonly TreeEntry[]): boolean {
    const { wallMs } = this.#parts.clock.now();
    return tree.every(({ target, file }) =>
      target !== undefined || file === undefined ||
      Math.abs(wallMs - file.mtimeMs) >= CONTENT_REST_MS
    );
  }

  // ---- reading

  /** Reads for one digest after another, until all that can be known are. */
  async #read(): Promise<void> {
    try {
      for (;;) {
        const next = [...this.#held].find(([, held]) => this.#isToBeRead(held));
        if (next === undefined || this.#isStopped) break;
        await this.#readOne(...next);
      }
      await this.#hashes.save();
    } catch (error) {
      this.#parts.log.error(`profiles are not compared any more: ${oneLine(error)}`);
    } finally {
      this.#reading = undefined;
    }
  }

  #isToBeRead({ tree, standing, readFromMs }: Held): boolean {
    return tree !== undefined && standing.digest === undefined &&
      this.#parts.clock.now().monoMs >= readFromMs && this.#isAtRest(tree);
  }

  async #readOne(name: string, held: Held): Promise<void> {
    const { clock, content, changed } = this.#parts;
    const before = held.standing;
    held.readFromMs = clock.now().monoMs + CONTENT_LOOK_MS;
    const tree = held.tree ?? [];
    const isWanted = (): boolean => !this.#isStopped && this.#held.get(name) === held;
    let whyNoDigest: string | undefined;
    for (const { path, target, file } of tree) {
      if (target !== undefined || file === undefined) continue;
      if (this.#hashes.known(file) !== undefined) continue;
      try {
        const absolute = `${content}/public/os/${name}/${path}`;
        if (!await this.#hashes.read(absolute, file, isWanted)) return;
      } catch (error) {
        whyNoDigest = `${path} cannot be read: ${reasonOf(error)}`;
        held.readFromMs = clock.now().monoMs + CONTENT_RETRY_MS;
        break;
      }
      if (!isWanted()) return;
    }
    const digest = whyNoDigest === undefined ? this.#digestOf(tree) : undefined;
    held.standing = { ...before, digest, whyNoDigest };
    if (digest !== before.digest || whyNoDigest !== before.whyNoDigest) changed();
  }
}

async function leadsToFolder(link: string): Promise<boolean> {
  try {
    return (await Deno.stat(link)).isDirectory;
  } catch {
    return false; // it leads nowhere
  }
}
