/**
 * Media that are one file: ISO images, and tars with or without compression. bsdtar reads them, as
 * a child that leaves the processor to others (docs/decisions/0040-bsdtar.md). What it prints is
 * judged before it unpacks anything, and what it unpacked is compared with it after that.
 */
import { MAX_MEDIUM_FILES, MAX_MEDIUM_TEXT_BYTES } from "../../base/boot_limits.ts";
import { utf8 } from "../../base/bytes.ts";
import { ok, type Outcome, type Refused, refused } from "../../base/outcome.ts";
import { followChild, isInstalled } from "../../io/followed_child.ts";
import { type MediumEntry, type MediumListing, mediumListing } from "../../model/medium_listing.ts";
import { parseArchiveLine } from "../../wire/archive_line.ts";
import { brokenOff, type MediumSource } from "./medium_source.ts";

export const BSDTAR_REMEDY = "`apt-get install libarchive-tools`, or `dnf install bsdtar`";

/** What is unpacked belongs to whoever unpacks it, and nothing is taken along beside content. */
const PLAINLY = [
  ..."--no-same-owner --no-same-permissions --no-acls --no-xattrs --no-fflags".split(" "),
];

export class ArchiveSource implements MediumSource {
  readonly isImage = true;
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  async list(signal: AbortSignal): Promise<Outcome<MediumListing>> {
    const entries: MediumEntry[] = [];
    const stop = new AbortController();
    let strange: string | undefined;
    const read = await this.#bsdtar(["--numeric-owner", "-tvf", this.#file], {
      signal: AbortSignal.any([signal, stop.signal]),
      out: (line) => {
        const entry = parseArchiveLine(line);
        if (entry !== undefined) entries.push(entry);
        else if (line !== "") strange ??= line;
        // As many folders again are no medium either.
        if (entries.length > 2 * MAX_MEDIUM_FILES) stop.abort();
      },
    });
    if (signal.aborted) return brokenOff(signal);
    if (stop.signal.aborted) {
      return refused("too-large", `the medium has more than ${MAX_MEDIUM_FILES} files`);
    }
    if (!read.ok) return read;
    if (strange !== undefined) {
      const message = `bsdtar lists what makes no sense here: ${strange.slice(0, 200)}`;
      return refused("invalid", message);
    }
    return mediumListing(entries);
  }

  async text(path: string, signal: AbortSignal): Promise<Outcome<string>> {
    const stop = new AbortController();
    let text = "";
    const read = await this.#bsdtar(["-xOqf", this.#file, "--", pattern(path)], {
      signal: AbortSignal.any([signal, stop.signal]),
      out: (line) => {
        text += `${line}\n`;
        if (text.length > MAX_MEDIUM_TEXT_BYTES) stop.abort();
      },
    });
    if (signal.aborted) return brokenOff(signal);
    return read.ok || stop.signal.aborted ? ok(text.slice(0, MAX_MEDIUM_TEXT_BYTES)) : read;
  }

  async unpack(
    { sames }: MediumListing,
    paths: readonly string[] | undefined,
    into: string,
    took: () => void,
    signal: AbortSignal,
  ): Promise<Outcome<void>> {
    // The first name of a file is that which has the content.
    const wanted = paths?.flatMap((path) => [sames.get(path) ?? [], path].flat());
    const only = wanted === undefined ? [] : ["--", ...new Set(wanted.map(pattern))];
    const args = ["-xvf", this.#file, "-C", into, ...PLAINLY, ...only];
    const read = await this.#bsdtar(args, { signal, took });
    return signal.aborted ? brokenOff(signal) : read;
  }

  async #bsdtar(
    args: readonly string[],
    how: {
      readonly signal: AbortSignal;
      readonly out?: (line: string) => void;
      readonly took?: () => void;
    },
  ): Promise<Outcome<void>> {
    if (!await isInstalled("bsdtar")) return NO_BSDTAR;
    let fault: string | undefined, ofFile: string | undefined;
    const { code } = await followChild({
      command: ["bsdtar", ...args],
      signal: how.signal,
      out: how.out,
      err: (line) => {
        if (line.startsWith("x ")) {
          how.took?.();
          // What goes wrong with a file stands behind its name.
          if (line.includes(": ")) ofFile = line.slice(2);
        } else if (line !== "" && line !== TOLD_BEFORE) fault ??= line.replace(/^bsdtar: /, "");
      },
    });
    if (code === 0) return ok();
    const ended = code === undefined ? "bsdtar was killed" : `bsdtar ended with ${code}`;
    const why = fault ?? ofFile ?? ended;
    const remedy = /no space left/i.test(why)
      ? "make room"
      : "is it whole? compare its checksum with that of its makers";
    return refused("invalid", `cannot read ${this.#file}: ${why}; ${remedy}`);
  }
}

const TOLD_BEFORE = "bsdtar: Error exit delayed from previous errors.";

const NO_BSDTAR: Refused = refused(
  "unavailable",
  `bsdtar, which reads installation media, is not installed on this member: ${BSDTAR_REMEDY}`,
);

/** A path as bsdtar takes it for itself alone. */
function pattern(path: string): string {
  return path.replace(/[*?[\]\\]/g, "\\$&");
}

/** Whether the file begins as one of those that are read; others of bsdtar's many kinds are not. */
export async function isMediumFile(path: string): Promise<boolean> {
  using file = await Deno.open(path);
  const head = new Uint8Array(ISO_MARK_AT + ISO_MARK.length);
  let length = 0;
  while (length < head.length) {
    const got = await file.read(head.subarray(length));
    if (got === null) break;
    length += got;
  }
  return MARKS.some(([at, mark]) =>
    mark.every((byte, i) => at + i < length && head[at + i] === byte)
  );
}

/** ECMA-119, section 8.1: of the first volume descriptor, at sector 16. */
const ISO_MARK = utf8("CD001"), ISO_MARK_AT = 16 * 2_048 + 1;
/** Where what is; compressed tars as web servers have them: gzip, xz, zstd, bzip2. */
const MARKS: readonly (readonly [at: number, mark: readonly number[]])[] = [
  [0, [0x1f, 0x8b]],
  [0, [0xfd, ...utf8("7zXZ"), 0]],
  [0, [0x28, 0xb5, 0x2f, 0xfd]],
  [0, [...utf8("BZh")]],
  [257, [...utf8("ustar")]],
  [ISO_MARK_AT, [...ISO_MARK]],
];
