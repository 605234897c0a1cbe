/** Media that are a folder: one that is mounted, or was unpacked. No link of it is followed. */
import {
  MAX_MEDIUM_DEPTH,
  MAX_MEDIUM_FILES,
  MAX_MEDIUM_TEXT_BYTES,
} from "../../base/boot_limits.ts";
import { oneLine } from "../../base/one_line.ts";
import { ok, type Outcome, refused } from "../../base/outcome.ts";
import { type MediumEntry, type MediumListing, mediumListing } from "../../model/medium_listing.ts";
import { brokenOff, type MediumSource } from "./medium_source.ts";

export class FolderSource implements MediumSource {
  readonly isImage = false;
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async list(signal: AbortSignal): Promise<Outcome<MediumListing>> {
    const entries: MediumEntry[] = [];
    try {
      await this.#walk("", 0, entries, signal);
    } catch (error) {
      return this.#unreadable(error);
    }
    return signal.aborted ? brokenOff(signal) : mediumListing(entries);
  }

  async text(path: string): Promise<Outcome<string>> {
    try {
      using file = await Deno.open(`${this.#folder}/${path}`);
      const bytes = new Uint8Array(MAX_MEDIUM_TEXT_BYTES);
      const length = await file.read(bytes) ?? 0;
      return ok(new TextDecoder().decode(bytes.subarray(0, length)));
    } catch (error) {
      return this.#unreadable(error);
    }
  }

  async unpack(
    { files, links }: MediumListing,
    paths: readonly string[] | undefined,
    into: string,
    took: () => void,
    signal: AbortSignal,
  ): Promise<Outcome<void>> {
    try {
      for (const path of paths ?? files.keys()) {
        if (signal.aborted) return brokenOff(signal);
        await makeAbove(`${into}/${path}`);
        await Deno.copyFile(`${this.#folder}/${path}`, `${into}/${path}`);
        took();
      }
      for (const [path, target] of paths === undefined ? links : []) {
        await makeAbove(`${into}/${path}`);
        await Deno.symlink(target, `${into}/${path}`);
        took();
      }
      return ok();
    } catch (error) {
      return this.#unreadable(error);
    }
  }

  async #walk(
    folder: string,
    depth: number,
    entries: MediumEntry[],
    signal: AbortSignal,
  ): Promise<void> {
    for await (const { name } of Deno.readDir(`${this.#folder}/${folder}`)) {
      // What is too much is told by the listing.
      if (entries.length > 2 * MAX_MEDIUM_FILES || depth > MAX_MEDIUM_DEPTH || signal.aborted) {
        return;
      }
      const path = folder === "" ? name : `${folder}/${name}`;
      const { isFile, isDirectory, isSymlink, size } = await Deno.lstat(`${this.#folder}/${path}`);
      if (isFile) entries.push({ path, kind: "file", size });
      else if (isSymlink) {
        const target = await Deno.readLink(`${this.#folder}/${path}`);
        entries.push({ path, kind: "link", target });
      } else {
        entries.push({ path, kind: isDirectory ? "folder" : "other" });
        if (isDirectory) await this.#walk(path, depth + 1, entries, signal);
      }
    }
  }

  #unreadable(error: unknown): Outcome<never> {
    if (!(error instanceof Error)) throw error;
    return refused("unavailable", `cannot read ${this.#folder}: ${oneLine(error)}`);
  }
}

async function makeAbove(path: string): Promise<void> {
  await Deno.mkdir(path.replace(/\/[^/]*$/, ""), { recursive: true });
}
