import { deepEqual, equal } from "node:assert/strict";

import { parseArchiveLine } from "../../src/wire/archive_line.ts";

const LINES: Readonly<Record<string, unknown>> = {
  "-rw-r--r--  0 0      0           3 Nov 26 05:17 ./a/b.txt": {
    ...{ path: "./a/b.txt", kind: "file", size: 3 },
  },
  "-rw-r--r--  0 1000   1000 10737418240 Nov 26  2024 big.squashfs": {
    ...{ path: "big.squashfs", kind: "file", size: 10_737_418_240 },
  },
  "drwxr-xr-x  0 0      0           0 Nov 26  2024 ./a/": { path: "./a/", kind: "folder" },
  "lrwxrwxrwx  0 0      0           0 Nov 26 05:17 ./l -> a/b.txt": {
    ...{ path: "./l", kind: "link", target: "a/b.txt" },
  },
  "hrw-r--r--  0 0      0           0 Nov 26 05:17 ./h link to ./a/b.txt": {
    ...{ path: "./h", kind: "same", target: "./a/b.txt" },
  },
  "-r--r--r--  2 0      0           0 Nov 26 05:17 h link to a/b.txt": {
    ...{ path: "h", kind: "same", target: "a/b.txt" },
  },
  "-r--r--r--  1 0      0           9 Nov 26 05:17 h link to a/b.txt": {
    ...{ path: "h link to a/b.txt", kind: "file", size: 9 },
  },
  "-r--r--r--  1 0      0           9 Nov 26 05:17 a -> b": {
    ...{ path: "a -> b", kind: "file", size: 9 },
  },
  "brw-r--r--  0 0      0         8,0 Nov 26 05:17 ./sda": { path: "./sda", kind: "other" },
  "crw-r--r--  0 0      0        1, 3 Nov 26 05:17 null": { path: "null", kind: "other" },
  "prw-r--r--  0 0      0           0 Nov 26 05:17 pipe": { path: "pipe", kind: "other" },
  "-rwsr-sr-t  0 0      0           1 Nov 26 05:17  x ": { path: " x ", kind: "file", size: 1 },
  "-rw-r--r--  0 0      0           1 Nov 26 05:17 a\\nb\\033[31m\\\\c": {
    ...{ path: "a\nb\x1b[31m\\c", kind: "file", size: 1 },
  },
  "-rw-r--r--  0 0      0           1 Nov 26 05:17 \\303\\251\\377": {
    ...{ path: "é\ufffd", kind: "file", size: 1 },
  },
};
for (const [line, wanted] of Object.entries(LINES)) {
  Deno.test(`a line of bsdtar: ${line}`, () => deepEqual(parseArchiveLine(line), wanted));
}

Deno.test("what is no such line is undefined", () => {
  for (
    const line of [
      "",
      "bsdtar: Error",
      "-rw-r--r-- 0 0 0 3",
      "lrwxrwxrwx  0 0      0           0 Nov 26 05:17 ./l",
      "hrw-r--r--  0 0      0           0 Nov 26 05:17 ./h",
      "-rw-r--r--  0 root   root        3 Nov 26 05:17 a",
    ]
  ) equal(parseArchiveLine(line), undefined, line);
});
