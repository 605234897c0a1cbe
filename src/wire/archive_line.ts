/**
 * A line of `bsdtar --numeric-owner -tv` in the locale C.UTF-8, as list_item_verbose() of
 * libarchive prints it (tar/util.c):
 *
 *     -rw-r--r--  0 0      0           3 Nov 26 05:17 ./a/b.txt
 *     drwxr-xr-x  0 0      0           0 Nov 26  2024 ./a/
 *     lrwxrwxrwx  0 0      0           0 Nov 26 05:17 ./l -> a/b.txt
 *     hrw-r--r--  0 0      0           0 Nov 26 05:17 ./h link to ./a/b.txt      of a tar
 *     -r--r--r--  2 0      0           0 Nov 26 05:17 h link to a/b.txt          of an ISO image
 *     brw-r--r--  0 0      0         8,0 Nov 26 05:17 ./sda
 *
 * What cannot be printed is spelled as in C, a backslash as two. A name may have ` -> ` in it, or
 * ` link to `: that is not told apart here, and what was unpacked is compared with the list.
 */
import type { MediumEntry } from "../model/medium_listing.ts";

/** Type, mode and access control; links, owner, group; size or device; date; name. */
const LINE = new RegExp(
  String.raw`^([-a-zA-Z?])[-rwxsStT]{9}[ +@]? *\d+ +\d+ +\d+ +(\d+)(?:, *\d+)?` +
    String.raw` +[A-Z][a-z]{2} +\d+ +[-\d:]+ (.+)$`,
);

/** What the line says; undefined where it is none of that kind. */
export function parseArchiveLine(line: string): MediumEntry | undefined {
  const [, type = "", digits = "", rest = ""] = LINE.exec(line) ?? [];
  if (type === "") return undefined;
  const size = Number(digits);
  switch (type) {
    case "d":
      return { path: plain(rest), kind: "folder" };
    case "l": {
      const [path, target] = split(rest, " -> ");
      return target === undefined ? undefined : { path, kind: "link", target };
    }
    case "h":
    case "-": {
      const [path, target] = type === "h" || size === 0 ? split(rest, " link to ") : [plain(rest)];
      if (target !== undefined) return { path, kind: "same", target };
      return type === "h" ? undefined : { path, kind: "file", size };
    }
    default:
      return { path: plain(rest), kind: "other" };
  }
}

function split(text: string, between: string): [string, string?] {
  const at = text.indexOf(between);
  return at < 0
    ? [plain(text)]
    : [plain(text.slice(0, at)), plain(text.slice(at + between.length))];
}

const LETTERS: Readonly<Record<string, string>> = {
  ...{ a: "\x07", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v", "\\": "\\" },
};

/** Without what C spells otherwise; bytes that are no UTF-8 stay what they are not. */
function plain(text: string): string {
  return text.replace(
    /((?:\\[0-7]{3})+)|\\(.)/g,
    (all, octal: string | undefined, letter: string | undefined) =>
      octal === undefined ? LETTERS[letter ?? ""] ?? all : bytesOf(octal),
  );
}

function bytesOf(octal: string): string {
  const codes = octal.split("\\").slice(1).map((digits) => parseInt(digits, 8) & 0xff);
  return new TextDecoder().decode(new Uint8Array(codes));
}
