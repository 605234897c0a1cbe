import { deepEqual, equal, ok as holds } from "node:assert/strict";
import fc from "fast-check";

import {
  MAX_SEARCH_ANSWER_BYTES,
  MAX_SEARCH_MACS,
  MAX_SEARCH_VALUE_LENGTH,
  RAW_RECEIVE_BYTES,
} from "../../src/base/boot_limits.ts";
import { MAX_NAME_LENGTH } from "../../src/base/limits.ts";
import {
  parseSearchAnswer,
  parseSsdp,
  printSearch,
  printSearchAnswer,
  type SearchAnswer,
  type SearchField,
  searchFieldsOf,
} from "../../src/wire/ssdp.ts";

const UUID = "4c4c4544-0042-3510-8054-b7c04f4e3132";
const START = "M-SEARCH * HTTP/1.1\r\nST: urn:xcat.org:service:confluent:";

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** `search /mac=...`, `ping`, `other`, or why it makes no sense. */
function read(text: string): string {
  const parsed = parseSsdp(bytesOf(text));
  if (!parsed.ok) return `wrong: ${parsed.refusal.message}`;
  const { value } = parsed;
  if (value.type !== "search") return value.type;
  return `search ${value.fields.map(fieldText).join(" ")}`.trim();
}

function fieldText(field: SearchField): string {
  return "value" in field ? `${field.name}=${field.value}` : field.name;
}

const SEARCHES: readonly (readonly [text: string, meaning: string])[] = [
  [
    `${START}/confluentuuid=00ff/uuid=${UUID}/mac=52:54:00:00:00:01/mac=52:54:00:00:00:02`,
    `search confluentuuid=00ff uuid=${UUID} mac=52:54:00:00:00:01 mac=52:54:00:00:00:02`,
  ],
  [`${START}/confluentuuid=00ff/allconfluent=1`, "search confluentuuid=00ff allconfluent"],
  // In their order, whatever it is; letters in either case.
  [
    `${START}/mac=525400-0000AB/confluentuuid=00FF\n/uuid=${UUID.toUpperCase()}\n`,
    "wrong: wanted fields as NAME: VALUE",
  ],
  [
    `${START}/mac=525400-0000AB/confluentuuid=00FF/uuid=${UUID.toUpperCase()} `,
    `search mac=52:54:00:00:00:ab confluentuuid=00ff uuid=${UUID}`,
  ],
  // As other programs write HTTP.
  [
    'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\n' +
    "st:urn:xcat.org:service:confluent:/mac=52:54:00:00:00:01\r\nMX: 3\r\n\r\nwhatever",
    "search mac=52:54:00:00:00:01",
  ],
  // InfiniBand has longer ones.
  [`${START}/mac=00:11:22:33:44:55:66:77`, "search mac=00:11:22:33:44:55:66:77"],
  // What is wrong, or not known, is passed over; the rest counts.
  [
    `${START}/mac=/mac=52:54/uuid=x/uuid=/allconfluent=2/allconfluent/later=7/=/ /mac=525400000001`,
    "search mac=52:54:00:00:00:01",
  ],
  [`${START}/mac=525400000001/mac=52:54:00:00:00:01`, "search mac=52:54:00:00:00:01"],
  [`${START}/confluentuuid=`, "search confluentuuid="],
  [START, "search"],
  [`${START}\r\n\r\n`, "search"],
  ["PING", "ping"],
  ["PING\0\0\0", "ping"],
  ["M-SEARCH * HTTP/1.1\r\nST: ssdp:all\r\n\r\n", "other"],
  ["M-SEARCH * HTTP/1.1\r\nST: urn:xcat.org:service:other:/mac=525400000001", "other"],
  ["NOTIFY * HTTP/1.1\r\nNT: upnp:rootdevice\r\n\r\n", "other"],
  ["HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\n\r\n", "other"],
  ["", "wrong: wanted M-SEARCH * HTTP/1.1"],
  ["M-SEARCH / HTTP/1.1\r\nST: x", "wrong: wanted M-SEARCH * HTTP/1.1"],
  ["M-SEARCH * HTTP/1.1", "wrong: a search without a field ST"],
  ["M-SEARCH * HTTP/1.1\r\n\r\nST: x", "wrong: a search without a field ST"],
  ["M-SEARCH * HTTP/1.1\r\nST", "wrong: wanted fields as NAME: VALUE"],
  ["M-SEARCH * HTTP/1.1\r\n: x", "wrong: wanted fields as NAME: VALUE"],
  [`${START}/uuid=\x1b[2J`, "wrong: wanted fields as NAME: VALUE"],
  [`${START}/mac=525400000001\0\0`, "wrong: wanted fields as NAME: VALUE"],
  [`${START}\r\nST: ssdp:all`, "wrong: two fields ST"],
];

Deno.test("searches, and what else comes to their port", () => {
  for (const [text, meaning] of SEARCHES) equal(read(text), meaning, JSON.stringify(text));
});

Deno.test("of a machine so many hardware addresses count, the first", () => {
  const macs = Array.from(
    { length: MAX_SEARCH_MACS + 3 },
    (_, i) => `02:00:00:00:00:${i.toString(16).padStart(2, "0")}`,
  );
  const fields = searchFieldsOf(`uuid=${UUID}/${macs.map((mac) => `mac=${mac}`).join("/")}`);
  deepEqual(fields.map(fieldText), [
    `uuid=${UUID}`,
    ...macs.slice(0, MAX_SEARCH_MACS).map((mac) => `mac=${mac}`),
  ]);
});

Deno.test("a message is so long at most, and so is a UUID", () => {
  const long = START.padEnd(RAW_RECEIVE_BYTES, "x");
  equal(read(long), "search");
  const wrong = `wrong: ${RAW_RECEIVE_BYTES + 1} bytes, ${RAW_RECEIVE_BYTES} are the most`;
  equal(read(`${long}x`), wrong);
  const answer = parseSearchAnswer(new Uint8Array(RAW_RECEIVE_BYTES + 1));
  equal(answer.ok ? "" : `wrong: ${answer.refusal.message}`, wrong);
  const [field] = searchFieldsOf(`confluentuuid=${"0".repeat(MAX_SEARCH_VALUE_LENGTH + 1)}`);
  equal(field && "value" in field && field.value.length, MAX_SEARCH_VALUE_LENGTH);
});

const NODE: SearchAnswer["node"] = {
  name: "n1",
  wallMs: 1_700_000_000_007,
  via: "eth0",
  isDefaultNet: true,
};

const ANSWERS: readonly (readonly [answer: SearchAnswer, text: string])[] = [
  [
    { node: NODE, isPresent: false },
    "HTTP/1.1 200 OK\r\nNODENAME: n1\r\nCURRTIME: 1700000000\r\nCURRMSECS: 7\r\n" +
    "MGTIFACE: eth0\r\nDEFAULTNET: 1\r\n",
  ],
  [
    { node: { ...NODE, via: "bond0.7", isDefaultNet: false }, isPresent: true },
    "HTTP/1.1 200 OK\r\nNODENAME: n1\r\nCURRTIME: 1700000000\r\nCURRMSECS: 7\r\n" +
    "MGTIFACE: bond0.7\r\nCONFLUENT: PRESENT\r\n",
  ],
  [{ node: undefined, isPresent: true }, "HTTP/1.1 200 OK\r\nCONFLUENT: PRESENT\r\n"],
];

Deno.test("answers are these bytes, and are read back", () => {
  for (const [answer, text] of ANSWERS) {
    deepEqual(printSearchAnswer(answer), bytesOf(text));
    deepEqual(parseSearchAnswer(bytesOf(text)), { ok: true, value: answer });
  }
});

Deno.test("what is no answer of a member is told so", () => {
  const why = (text: string): string => {
    const parsed = parseSearchAnswer(bytesOf(text));
    return parsed.ok ? "" : parsed.refusal.message;
  };
  equal(why("HTTP/1.1 404 Not Found\r\n"), "wanted HTTP/1.1 200 OK");
  equal(why("HTTP/1.1 200 OK\r\n"), "an answer that names no node");
  equal(why("HTTP/1.1 200 OK\r\nNODENAME: n1\r\n"), "an answer that tells no time");
  equal(
    why("HTTP/1.1 200 OK\r\nNODENAME: n1\r\nCURRTIME: -1\r\nCURRMSECS: 0"),
    "an answer that tells no time",
  );
});

Deno.test("the longest answer fits what is sent at once", () => {
  const node = { ...NODE, name: "n".repeat(MAX_NAME_LENGTH), via: "i".repeat(15) };
  holds(printSearchAnswer({ node, isPresent: true }).length <= MAX_SEARCH_ANSWER_BYTES);
});

// ---- any bytes

const HEX = fc.constantFrom(..."0123456789abcdef");
const hex = (length: number): fc.Arbitrary<string> =>
  fc.string({ unit: HEX, minLength: length, maxLength: length });
const MAC = fc.array(hex(2), { minLength: 6, maxLength: 6 }).map((bytes) => bytes.join(":"));

const FIELD: fc.Arbitrary<SearchField> = fc.oneof(
  hex(32).map((value) => ({ name: "confluentuuid" as const, value })),
  fc.tuple(hex(8), hex(4), hex(4), hex(4), hex(12))
    .map((parts) => ({ name: "uuid" as const, value: parts.join("-") })),
  MAC.map((value) => ({ name: "mac" as const, value })),
  fc.constant({ name: "allconfluent" as const }),
);

const FIELDS = fc.uniqueArray(FIELD, { maxLength: 12, selector: fieldText });

Deno.test("a search that is written is read back, and cut short it is none or less", () => {
  fc.assert(fc.property(FIELDS, fc.nat(), (fields, cut) => {
    const bytes = printSearch(fields);
    deepEqual(parseSsdp(bytes), { ok: true, value: { type: "search", fields } });
    const less = parseSsdp(bytes.subarray(0, cut % bytes.length));
    if (!less.ok || less.value.type !== "search") return;
    holds(less.value.fields.length <= fields.length);
  }));
});

Deno.test("any bytes come to a meaning or a reason, and no text in it can steer a terminal", () => {
  const changed = fc.tuple(FIELDS, fc.nat(), fc.uint8Array({ maxLength: 6 })).map(
    ([fields, at, by]) => {
      const bytes = Uint8Array.from(printSearch(fields));
      bytes.set(by, at % Math.max(1, bytes.length - by.length));
      return bytes;
    },
  );
  const started = fc.uint8Array({ maxLength: 300 }).map((rest) =>
    Uint8Array.of(...bytesOf(START), ...rest)
  );
  const any = fc.oneof(changed, started, fc.uint8Array({ maxLength: 400 }));
  fc.assert(
    fc.property(any, (bytes) => {
      const parsed = parseSsdp(bytes);
      parseSearchAnswer(bytes);
      if (!parsed.ok || parsed.value.type !== "search") return;
      const text = parsed.value.fields.map(fieldText).join("");
      holds(/^[\x20-\x7e]*$/.test(text), JSON.stringify(text));
    }),
    { numRuns: 2_000 },
  );
});
