import { deepEqual, equal } from "node:assert/strict";

import {
  MAX_MEDIUM_BYTES,
  MAX_MEDIUM_DEPTH,
  MAX_MEDIUM_FILES,
  MAX_MEDIUM_PATH_LENGTH,
} from "../../src/base/boot_limits.ts";
import { type MediumEntry, mediumListing, plainPath } from "../../src/model/medium_listing.ts";

function file(path: string, size = 1): MediumEntry {
  return { path, kind: "file", size };
}

function link(path: string, target: string): MediumEntry {
  return { path, kind: "link", target };
}

function same(path: string, target: string): MediumEntry {
  return { path, kind: "same", target };
}

function refusalOf(...entries: readonly MediumEntry[]): string {
  const listed = mediumListing(entries);
  return listed.ok ? "" : `${listed.refusal.kind}: ${listed.refusal.message}`;
}

Deno.test("a listing has files with their sizes, links, and other names of files", () => {
  const listed = mediumListing([
    { path: "./", kind: "folder" },
    { path: "./a/", kind: "folder" },
    file("./a/b", 3),
    file("c//d", 4),
    link("a/up", "../c/d"),
    link("here", "."),
    same("e", "./a/b"),
  ]);
  equal(listed.ok, true);
  if (!listed.ok) return;
  const { files, links, sames, bytes } = listed.value;
  deepEqual([...files], [["a/b", 3], ["c/d", 4], ["e", 3]]);
  deepEqual([...links], [["a/up", "../c/d"], ["here", "."]]);
  deepEqual([...sames], [["e", "a/b"]]);
  equal(bytes, 7);
  equal(plainPath("./a//b/./"), "a/b");
});

const UNSOUND: Readonly<Record<string, readonly MediumEntry[]>> = {
  "../x: it leads out of the medium": [file("../x")],
  "a/../../x: it leads out of the medium": [file("a/../../x")],
  "/etc/passwd: it does not begin at the medium": [file("/etc/passwd")],
  "a\\nb: it has control characters": [file("a\nb")],
  "dev/sda: it is a device, a pipe or a socket": [{ path: "dev/sda", kind: "other" }],
  "a: it is there twice": [file("a"), file("./a")],
  "a: it lies behind a, no folder": [file("a"), { path: "a", kind: "folder" }],
  "l: it is a link that leads out, to /etc": [link("l", "/etc")],
  "a/l: it is a link that leads out, to ../../b": [link("a/l", "../../b")],
  "l: it is a link that leads out, to a/../../b": [link("l", "a/../../b")],
  "l: it is a link that leads out, to (empty)": [link("l", "")],
  "l/x: it lies behind l, no folder": [link("l", "a"), file("l/x")],
  "f/x: it lies behind f, no folder": [file("f/x"), file("f")],
  "f/x: it is said to be g, no file": [same("f/x", "g")],
  "h: it is /etc/shadow: it does not begin at the medium": [same("h", "/etc/shadow")],
  "h: it is ../x: it leads out of the medium": [same("h", "../x")],
  "h: it is said to be l, no file": [link("l", "a"), same("h", "l")],
};
for (const [why, entries] of Object.entries(UNSOUND)) {
  Deno.test(`not taken: ${why}`, () => {
    equal(refusalOf(file("good"), ...entries), `invalid: the medium is not taken: ${why}`);
  });
}

Deno.test("what is too long, too deep or too much has bounds", () => {
  const long = "x".repeat(MAX_MEDIUM_PATH_LENGTH), deep = "d/".repeat(MAX_MEDIUM_DEPTH - 1);
  equal(refusalOf(file(long)), "");
  equal(refusalOf(file(`${long}x`)).endsWith(": it is too long"), true);
  equal(refusalOf(file(`${deep}f`)), "");
  equal(refusalOf(file(`${deep}d/f`)).endsWith(": it is too deep"), true);
  const many = Array.from({ length: MAX_MEDIUM_FILES }, (_, at) => file(`f${at}`));
  equal(refusalOf(...many), "");
  equal(
    refusalOf(...many, link("one", "f0")),
    `too-large: the medium has more than ${MAX_MEDIUM_FILES} files`,
  );
  equal(refusalOf(file("a", MAX_MEDIUM_BYTES)), "");
  equal(
    refusalOf(file("a", MAX_MEDIUM_BYTES), file("b")),
    `too-large: the medium has more than ${MAX_MEDIUM_BYTES} bytes of files`,
  );
});
