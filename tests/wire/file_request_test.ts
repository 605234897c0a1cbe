/** Heads of requests for files: as boot clients send them, and as nobody should. */
import { deepEqual, equal, match } from "node:assert/strict";
import fc from "fast-check";

import {
  emptyLinesLength,
  type FileRequest,
  fileRequestLength,
  fileRequestOf,
  parseFileRequest,
  targetWithin,
} from "../../src/wire/file_request.ts";
import { MAX_FILE_REQUEST_FIELDS, MAX_FILE_REQUEST_TARGET } from "../../src/base/boot_limits.ts";

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function parse(...lines: readonly string[]): ReturnType<typeof parseFileRequest> {
  const head = bytesOf(lines.map((line) => `${line}\r\n`).join("") + "\r\n");
  equal(fileRequestLength(head), head.length);
  return parseFileRequest(head);
}

function requestOf(...lines: readonly string[]): FileRequest {
  const parsed = parse(...lines);
  if (parsed.wrong !== undefined) throw new Error(parsed.wrong.why);
  return parsed.request;
}

function statusOf(...lines: readonly string[]): number | undefined {
  return parse(...lines).wrong?.status;
}

Deno.test("what boot clients send", () => {
  const clients: Readonly<Record<string, readonly string[]>> = {
    "iPXE": [
      "GET /confluent-public/os/p1/boot.ipxe HTTP/1.1",
      "User-Agent: iPXE/1.21.1+ (g988d2)",
      "Connection: keep-alive",
      "Host: 10.0.0.2",
    ],
    "OVMF": [
      "HEAD /confluent-public/os/p1/boot.ipxe HTTP/1.1",
      "Host: 10.0.0.2",
      "Accept: */*",
      "User-Agent: UefiHttpBoot/1.0",
    ],
    "GRUB": [
      "GET /confluent-public/os/p1/boot.ipxe HTTP/1.1",
      "Host: 10.0.0.2",
      "User-Agent: GRUB 2.06-13+deb12u1",
      "Range: bytes=0-",
    ],
  };
  for (const [name, lines] of Object.entries(clients)) {
    const { path, isHead, isKept, isOldVersion } = requestOf(...lines);
    deepEqual(
      { path, isHead, isKept, isOldVersion },
      {
        path: "/confluent-public/os/p1/boot.ipxe",
        isHead: name === "OVMF",
        isKept: true,
        isOldVersion: false,
      },
    );
  }
  const busybox = requestOf("GET /a HTTP/1.0", "Host: x", "Connection: close");
  deepEqual([busybox.isKept, busybox.isOldVersion], [false, true]);
});

Deno.test("conditions are taken as they are, fields by any case", () => {
  const { conditions } = requestOf(
    "GET / HTTP/1.1",
    "hOSt:\t x \t",
    "RANGE: bytes=1-2",
    'if-range: "a"',
    'If-Match: "b"',
    'If-None-Match: "c"',
    'If-None-Match: W/"d"',
    "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT",
    "If-Unmodified-Since: never",
    "X: \x80\xff",
    "Empty:",
  );
  deepEqual(conditions, {
    range: "bytes=1-2",
    ifRange: '"a"',
    ifMatch: '"b"',
    ifNoneMatch: '"c", W/"d"',
    ifModifiedSince: "Sun, 06 Nov 1994 08:49:37 GMT",
    ifUnmodifiedSince: "never",
  });
});

Deno.test("a path is decoded once, and its query left out", () => {
  const paths: Readonly<Record<string, string>> = {
    "/a%20b/%C3%A9?c=/d": "/a b/\u00e9",
    "http://10.0.0.2:80/a": "/a",
    "/%2e%2e/%2Fetc": "/..//etc",
    "/%252e": "/%2e",
    "/a%00b": "/a\0b",
    "//a": "//a",
  };
  for (const [target, path] of Object.entries(paths)) {
    equal(requestOf(`GET ${target} HTTP/1.1`, "Host: x").path, path, target);
  }
  const targets = ["a", "*", "/%", "/%4", "/%zz", "/%ff", "/%c3", "/a#b", "https://x/a", "x:80"];
  for (const target of targets) {
    equal(statusOf(`GET ${target} HTTP/1.1`, "Host: x"), 400, target);
  }
});

Deno.test("an absolute target is of the scheme that it came by, or misdirected", () => {
  equal(targetWithin("http://m1:80/a?b", "http"), "/a?b");
  equal(targetWithin("HTTPS://m1/a", "https"), "/a");
  equal(targetWithin("/a", "https"), "/a");
  equal(targetWithin("https://m1/a", "http"), undefined);
  equal(targetWithin("http://m1/a", "https"), undefined);
  for (const target of ["https://m1", "m1:443", "*", "", "ftp://m1/a"]) {
    equal(targetWithin(target, "https"), undefined, target);
  }
});

Deno.test("a head that came over TLS is judged like any other", () => {
  const of = (target: string, lines = ["Host: x"]): string | number => {
    const parsed = fileRequestOf({
      ...{ method: "GET", target, lines, scheme: "https", isOldVersion: false },
    });
    return parsed.wrong === undefined ? parsed.request.path : parsed.wrong.status;
  };
  equal(of("https://x/a%20b?c"), "/a b");
  equal(of("http://x/a"), 400);
  equal(of("/a", []), 400);
  equal(of("/a", ["Host: x", "Content-Length: 1"]), 413);
});

Deno.test("whether the connection is kept", () => {
  const kept = (version: string, ...fields: string[]): boolean =>
    requestOf(`GET / HTTP/${version}`, "Host: x", ...fields).isKept;
  equal(kept("1.1"), true);
  equal(kept("1.1", "Connection: x , Close"), false);
  equal(kept("1.1", "Connection: closed"), true);
  equal(kept("1.0"), false);
  equal(kept("1.0", "Connection: Keep-Alive"), true);
});

Deno.test("what cannot be answered says why", () => {
  const good = "GET / HTTP/1.1", host = "Host: x";
  const wrongs: readonly (readonly [number, ...string[]])[] = [
    [400, ""],
    [400, "GET /"],
    [400, "GET  / HTTP/1.1", host],
    [400, "GET / HTTP/1.1 ", host],
    [400, "GET /\x80 HTTP/1.1", host],
    [400, " GET / HTTP/1.1", host],
    [400, "G=T / HTTP/1.1", host],
    [505, "GET / HTTP/2.0", host],
    [405, "POST / HTTP/1.1", host],
    [405, "get / HTTP/1.1", host],
    [414, `GET /${"x".repeat(MAX_FILE_REQUEST_TARGET)} HTTP/1.1`, host],
    [431, good, host, ...Array.from({ length: MAX_FILE_REQUEST_FIELDS }, (_, i) => `X${i}: y`)],
    [400, good],
    [400, good, host, host],
    [400, good, host, " folded"],
    [400, good, host, "X : y"],
    [400, good, host, "no colon"],
    [400, good, host, ": y"],
    [400, good, host, "X: a\rb"],
    [400, good, host, "X: a\nb"],
    [400, good, host, "X: a\0b"],
    [400, good, host, "Content-Length: x"],
    [400, good, host, "Content-Length: 0", "Content-Length: 1"],
    [413, good, host, "Content-Length: 1"],
    [413, good, host, "Transfer-Encoding: chunked"],
  ];
  for (const [status, ...lines] of wrongs) equal(statusOf(...lines), status, lines.join("|"));
  equal(statusOf(good, host, "Content-Length: 0"), undefined);
  equal(statusOf("GET / HTTP/1.0"), undefined);
  match(parse("PUT / HTTP/1.1").wrong?.why ?? "", /^PUT: wanted GET or HEAD$/);
  equal(parse("HEAD / HTTP/1.1").wrong?.isHead, true);
});

Deno.test("the end of a head is found however it comes", () => {
  const head = bytesOf("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  fc.assert(fc.property(fc.integer({ min: 0, max: head.length - 1 }), (cut) => {
    equal(fileRequestLength(head.subarray(0, cut)), 0);
    equal(fileRequestLength(head, cut), head.length);
  }));
  const two = new Uint8Array([...head, ...head]);
  equal(fileRequestLength(two), head.length);
  equal(fileRequestLength(bytesOf("GET / HTTP/1.1\n\n")), 0);
  deepEqual(["", "\r\n\r\nGET", "\r\r\n", "\n\n"].map((text) => emptyLinesLength(bytesOf(text))), [
    ...[0, 4, 0, 0],
  ]);
});

Deno.test("any bytes at all give a request or a reason", () => {
  const line = fc.oneof(
    fc.constantFrom("GET / HTTP/1.1", "HEAD /a%41 HTTP/1.0", "Host: x", "Content-Length: 0", ""),
    fc.string({ unit: "binary", maxLength: 40 }).map((text) => text.replace(/[^\0-\xff]/g, "")),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 6 }), (lines) => {
      const head = bytesOf(`${lines.join("\r\n")}\r\n\r\n`);
      const parsed = parseFileRequest(head.subarray(0, fileRequestLength(head)));
      if (parsed.wrong === undefined) match(parsed.request.path, /^\//);
      else match(parsed.wrong.why, /wanted/);
    }),
    { numRuns: 500 },
  );
});
