/**
 * What lies on an installation medium, by its list of names, before any of it is taken. Nothing on
 * a medium is trusted: a name that leads out of the folder it is unpacked into, lies behind a link
 * or is a device has the whole medium refused, for no installer has such.
 */
import {
  MAX_MEDIUM_BYTES,
  MAX_MEDIUM_DEPTH,
  MAX_MEDIUM_FILES,
  MAX_MEDIUM_PATH_LENGTH,
} from "../base/boot_limits.ts";
import { spelledOutControls } from "../base/one_line.ts";
import { ok, type Outcome, type Refused, refused } from "../base/outcome.ts";

/** One name on a medium. `same`: the file that `target`, another name, has as well. `other`: a
 * device, a pipe, a socket. */
export type MediumEntry =
  | { readonly path: string; readonly kind: "file"; readonly size: number }
  | { readonly path: string; readonly kind: "folder" | "other" }
  | { readonly path: string; readonly kind: "link" | "same"; readonly target: string };

/** A medium whose names were found sound; paths are relative, without `.` and `..`. */
export interface MediumListing {
  /** Bytes of each file. */
  readonly files: ReadonlyMap<string, number>;
  /** Where each link leads, as it says. */
  readonly links: ReadonlyMap<string, string>;
  /** Files that have the content of another, by what that is called. */
  readonly sames: ReadonlyMap<string, string>;
  /** Of all files, one that has several names once. */
  readonly bytes: number;
}

/** The listing; `invalid` with the name that is not sound, `too-large` where a bound is hit. */
export function mediumListing(entries: Iterable<MediumEntry>): Outcome<MediumListing> {
  const draft = new Draft();
  for (const entry of entries) {
    const fault = draft.add(entry);
    if (fault !== undefined) return fault;
  }
  return draft.end();
}

/** `./a//b/` is `a/b`; empty for the top. */
export function plainPath(path: string): string {
  return path.split("/").filter((part) => part !== "" && part !== ".").join("/");
}

class Draft {
  readonly #files = new Map<string, number>();
  readonly #links = new Map<string, string>();
  readonly #sames = new Map<string, string>();
  readonly #folders = new Set<string>();
  #bytes = 0;

  add(entry: MediumEntry): Refused | undefined {
    const wrong = whyUnsound(entry.path);
    if (wrong !== undefined) return unsound(entry.path, wrong);
    const path = plainPath(entry.path);
    if (path === "") return entry.kind === "folder" ? undefined : unsound(entry.path, "no name");
    if (entry.kind === "folder") {
      this.#folders.add(path);
      return undefined;
    }
    if (entry.kind === "other") return unsound(path, "it is a device, a pipe or a socket");
    if (this.#has(path)) return unsound(path, "it is there twice");
    return this.#keep(path, entry) ?? this.#whyTooLarge();
  }

  end(): Outcome<MediumListing> {
    for (const [path, target] of this.#sames) {
      const size = this.#files.get(target);
      if (size === undefined) return unsound(path, `it is said to be ${shown(target)}, no file`);
    }
    for (const [path, target] of this.#sames) this.#files.set(path, this.#files.get(target) ?? 0);
    for (const path of [...this.#files.keys(), ...this.#links.keys(), ...this.#folders]) {
      const behind = this.#whatBars(path);
      if (behind !== undefined) return unsound(path, `it lies behind ${shown(behind)}, no folder`);
    }
    return ok({
      files: this.#files,
      links: this.#links,
      sames: this.#sames,
      bytes: this.#bytes,
    });
  }

  #keep(path: string, entry: MediumEntry): Refused | undefined {
    if (entry.kind === "file") {
      this.#files.set(path, entry.size);
      this.#bytes += entry.size;
    } else if (entry.kind === "link") {
      if (leadsOut(path, entry.target)) {
        return unsound(path, `it is a link that leads out, to ${shown(entry.target)}`);
      }
      this.#links.set(path, entry.target);
    } else if (entry.kind === "same") {
      const wrong = whyUnsound(entry.target);
      if (wrong !== undefined) return unsound(path, `it is ${shown(entry.target)}: ${wrong}`);
      this.#sames.set(path, plainPath(entry.target));
    }
    return undefined;
  }

  #has(path: string): boolean {
    return this.#files.has(path) || this.#links.has(path) || this.#sames.has(path);
  }

  #whyTooLarge(): Refused | undefined {
    if (this.#files.size + this.#links.size + this.#sames.size > MAX_MEDIUM_FILES) {
      return refused("too-large", `the medium has more than ${MAX_MEDIUM_FILES} files`);
    }
    if (this.#bytes <= MAX_MEDIUM_BYTES) return undefined;
    return refused("too-large", `the medium has more than ${MAX_MEDIUM_BYTES} bytes of files`);
  }

  /** What is no folder and would have to be one. */
  #whatBars(path: string): string | undefined {
    for (let at = path.indexOf("/"); at > 0; at = path.indexOf("/", at + 1)) {
      const above = path.slice(0, at);
      if (this.#files.has(above) || this.#links.has(above)) return above;
    }
    return this.#folders.has(path) && this.#has(path) ? path : undefined;
  }
}

function whyUnsound(path: string): string | undefined {
  if (path.length > MAX_MEDIUM_PATH_LENGTH) return "it is too long";
  if (/\p{Cc}/u.test(path)) return "it has control characters";
  if (path.startsWith("/")) return "it does not begin at the medium";
  const parts = path.split("/");
  if (parts.includes("..")) return "it leads out of the medium";
  return parts.length > MAX_MEDIUM_DEPTH ? "it is too deep" : undefined;
}

/** Whether the link, followed name by name, leaves the medium. */
function leadsOut(path: string, target: string): boolean {
  if (target === "" || target.startsWith("/") || /\p{Cc}/u.test(target)) return true;
  let depth = plainPath(path).split("/").length - 1;
  for (const part of target.split("/")) {
    if (part === "..") depth--;
    else if (part !== "" && part !== ".") depth++;
    if (depth < 0) return true;
  }
  return false;
}

function unsound(path: string, why: string): Refused {
  return refused("invalid", `the medium is not taken: ${shown(path)}: ${why}`);
}

function shown(path: string): string {
  return spelledOutControls(path.slice(0, 200)) || "(empty)";
}
