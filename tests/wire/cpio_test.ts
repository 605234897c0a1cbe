import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";

import { fromUtf8, utf8 } from "../../src/base/bytes.ts";
import { type CpioEntry, printCpio } from "../../src/wire/cpio.ts";
import { said } from "./outside_program.ts";

/** Reads an archive as the kernel does, entry by entry. */
function entriesOf(archive: Uint8Array): CpioEntry[] {
  const entries: CpioEntry[] = [];
  for (let at = 0;;) {
    const head = fromUtf8(archive.subarray(at, at + 110));
    equal(head.slice(0, 6), "070701");
    const [, mode = 0, , , , , size = 0, , , , , nameSize = 0] =
      (head.slice(6).match(/.{8}/g) ?? [])
        .map((digits) => parseInt(digits, 16));
    const path = fromUtf8(archive.subarray(at + 110, at + 110 + nameSize - 1));
    const from = Math.ceil((at + 110 + nameSize) / 4) * 4;
    at = Math.ceil((from + size) / 4) * 4;
    if (path === "TRAILER!!!") return entries;
    entries.push(
      mode === 0o40755
        ? { kind: "folder", path }
        : { kind: "file", path, bytes: archive.slice(from, from + size) },
    );
    equal(mode === 0o40755 || mode === 0o100644, true);
  }
}

const PATH = fc.string({ minLength: 1, unit: "binary" }).filter((path) => !path.includes("\0"));
const ENTRY: fc.Arbitrary<CpioEntry> = fc.oneof(
  fc.record({ kind: fc.constant("folder"), path: PATH }),
  fc.record({ kind: fc.constant("file"), path: PATH, bytes: fc.uint8Array() }),
);

Deno.test("what goes into an archive comes out of it, and it ends with whole blocks", () => {
  fc.assert(fc.property(fc.array(ENTRY), (entries) => {
    const archive = printCpio(entries);
    deepEqual(entriesOf(archive), entries);
    equal(archive.length % 512, 0);
  }));
});

Deno.test("cpio reads it", async () => {
  const archive = printCpio([
    { kind: "file", path: "a", bytes: utf8("one\n") },
    { kind: "folder", path: "b" },
    { kind: "file", path: "b/c.txt", bytes: new Uint8Array(4_097) },
  ]);
  const listed = await said(["cpio", "-itv", "--quiet"], archive);
  if (listed === undefined) return;
  const lines = listed.trimEnd().split("\n").map((line) => line.split(/\s+/));
  deepEqual(lines.map((words) => [words[0], words[4], words.at(-1)]), [
    ["-rw-r--r--", "4", "a"],
    ["drwxr-xr-x", "0", "b"],
    ["-rw-r--r--", "4097", "b/c.txt"],
  ]);
  deepEqual(lines.map((words) => words.slice(2, 4)), Array(3).fill(["root", "root"]));
});
