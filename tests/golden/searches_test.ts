/**
 * What nodes send to find members and what they are answered, byte by byte. Nodes run what they
 * were installed with, for years: THESE FIXTURES ARE NEVER EDITED.
 */
import { deepEqual, equal } from "node:assert/strict";

import { toHex, utf8 } from "../../src/base/bytes.ts";
import {
  parseSearchAnswer,
  parseSsdp,
  printSearch,
  printSearchAnswer,
  type SearchAnswer,
  type SearchField,
} from "../../src/wire/ssdp.ts";

const SEARCHES: readonly (readonly [fields: readonly SearchField[], text: string])[] = [
  [
    [
      { name: "confluentuuid", value: "8a2be5d2c1f04f0fb8a1a0f4a9e6c7d3" },
      { name: "uuid", value: "4c4c4544-0042-3510-8054-b7c04f4e3132" },
      { name: "mac", value: "52:54:00:00:00:01" },
      { name: "mac", value: "52:54:00:00:00:02" },
    ],
    "M-SEARCH * HTTP/1.1\r\nST: urn:xcat.org:service:confluent:" +
    "/confluentuuid=8a2be5d2c1f04f0fb8a1a0f4a9e6c7d3" +
    "/uuid=4c4c4544-0042-3510-8054-b7c04f4e3132/mac=52:54:00:00:00:01/mac=52:54:00:00:00:02",
  ],
  [
    [{ name: "mac", value: "52:54:00:00:00:01" }, { name: "allconfluent" }],
    "M-SEARCH * HTTP/1.1\r\nST: urn:xcat.org:service:confluent:" +
    "/mac=52:54:00:00:00:01/allconfluent=1",
  ],
];

const NODE = { name: "n1", wallMs: 1_700_000_000_123, via: "eth0", isDefaultNet: true };

const ANSWERS: readonly (readonly [answer: SearchAnswer, text: string])[] = [
  [
    { node: NODE, isPresent: false },
    "HTTP/1.1 200 OK\r\nNODENAME: n1\r\nCURRTIME: 1700000000\r\nCURRMSECS: 123\r\n" +
    "MGTIFACE: eth0\r\nDEFAULTNET: 1\r\n",
  ],
  [
    { node: { ...NODE, isDefaultNet: false }, isPresent: false },
    "HTTP/1.1 200 OK\r\nNODENAME: n1\r\nCURRTIME: 1700000000\r\nCURRMSECS: 123\r\n" +
    "MGTIFACE: eth0\r\n",
  ],
  [{ node: undefined, isPresent: true }, "HTTP/1.1 200 OK\r\nCONFLUENT: PRESENT\r\n"],
];

Deno.test("a search is these bytes", () => {
  for (const [fields, text] of SEARCHES) {
    equal(toHex(printSearch(fields)), toHex(utf8(text)));
    deepEqual(parseSsdp(utf8(text)), { ok: true, value: { type: "search", fields } });
  }
});

Deno.test("an answer is these bytes", () => {
  for (const [answer, text] of ANSWERS) {
    equal(toHex(printSearchAnswer(answer)), toHex(utf8(text)));
    deepEqual(parseSearchAnswer(utf8(text)), { ok: true, value: answer });
  }
});
