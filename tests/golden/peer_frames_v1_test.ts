/**
 * The frames between members, version 1 of the protocol, byte by byte. FROM RELEASE 0.1.0 ON
 * THESE FIXTURES ARE NEVER EDITED: members of one collective run different releases side by side,
 * and each must read what the other says. Whoever changes a frame gives it a new number or the
 * protocol a new version, and pins that one beside these.
 */
import { deepEqual, equal } from "node:assert/strict";

import { fromHex, toHex } from "../../src/base/bytes.ts";
import { type Member, memberId } from "../../src/model/member.ts";
import {
  decodeEnvelope,
  encodeEnvelope,
  type Envelope,
  type PeerMessage,
  type RosterChange,
} from "../../src/wire/peer.ts";
import type { RefusalKind } from "../../src/base/outcome.ts";

type Pinned = readonly (readonly [value: Envelope, hex: string])[];

const N1 = memberId("0123456789abcdef"), N2 = memberId("fedcba9876543210");

const MEMBER: Member = {
  id: N2,
  name: "n2",
  fingerprint: "ab".repeat(32),
  addresses: ["n2.example:13001", "[2001:db8::2]:13001"],
  role: "learner",
  support: { fewest: 1, most: 2, level: 1 },
};

function said(message: PeerMessage, count = 300): Envelope {
  return { life: 42, count, message };
}

function asked(ask: RosterChange): Envelope {
  return said({ type: "rosterAsk", id: 12, ask });
}

const AFTER = { prevIndex: 1024, prevTerm: 4, commit: 1000, round: 7 };

const ENTRIES = [
  { index: 1025, term: 4, hlc: 1_740_800_000_000_001, body: fromHex("010000") },
  { index: 1026, term: 5, hlc: 1_740_800_000_000_002, body: fromHex("") },
];

const PONG = {
  type: "pong",
  round: 77,
  rosterIndex: 41,
  votersSum: 0x0102_0304,
  commit: 1026,
  applied: 1025,
  durable: 1024,
  wallMs: 1_700_000_000_000,
  leader: undefined,
  auditIndex: 1024,
  auditRoot: 0xfedc_ba98,
  isOdd: false,
  isHeld: true,
  placement: 300,
  silentTo: [],
} as const;

const PROMISE = { of: N1, term: 300, ask: 2, since: 70_000 };

const PLACE = { row: "node/n1", attribute: "a" };

const TOLD = {
  applied: 1026,
  collected: 1025,
  cells: [
    { row: "node/n1", attribute: undefined, stamp: 1026, hash: 9 },
    { row: "node/n1", attribute: "a", stamp: 1025, hash: 0x0102_0304 },
  ],
};

const CHUNK = {
  from: 300,
  cut: 9000,
  cutTerm: 4,
  collected: 200,
  rows: 2,
  ofRows: 130,
  bytes: fromHex("00ff80"),
};

type LogMessage =
  | "preVote"
  | "preVoteReply"
  | "vote"
  | "voteReply"
  | "append"
  | "appendReply"
  | "lead"
  | "pull"
  | "pulled"
  | "behind"
  | "deltaAsk"
  | "deltaChunk"
  | "commit";

/** Elections, the log, and catching up without it. */
const LOG: { readonly [T in LogMessage]: Pinned } = {
  preVote: [[said({ type: "preVote", term: 5, lastIndex: 1024, lastTerm: 4 }), "102aac0205800804"]],
  preVoteReply: [
    [said({ type: "preVoteReply", term: 5, asked: 6, granted: true }), "112aac02050601"],
    [said({ type: "preVoteReply", term: 128, asked: 6, granted: false }), "112aac0280010600"],
  ],
  vote: [[said({ type: "vote", term: 5, lastIndex: 1024, lastTerm: 4 }), "122aac0205800804"]],
  voteReply: [
    [said({ type: "voteReply", term: 5, granted: true }), "132aac020501"],
    [said({ type: "voteReply", term: 5, granted: false }, 0), "132a000500"],
  ],
  append: [
    [
      said({ type: "append", term: 5, ...AFTER, entries: ENTRIES }),
      "142aac0205800804e8070702810804818080adf9e78b0303010000820805828080adf9e78b0300",
    ],
    [said({ type: "append", term: 5, ...AFTER, entries: [] }), "142aac0205800804e8070700"],
  ],
  appendReply: [
    [
      said({ type: "appendReply", term: 5, accepted: true, match: 1026, round: 7 }),
      "152aac020501820807",
    ],
    [
      said({ type: "appendReply", term: 5, accepted: false, match: 0, round: 7 }),
      "152aac0205000007",
    ],
  ],
  pull: [[said({ type: "pull", index: 1024, term: 4 }), "232aac02800804"]],
  pulled: [[
    said({ type: "pulled", index: 1024, term: 4, entries: ENTRIES }),
    "242aac0280080402810804818080adf9e78b0303010000820805828080adf9e78b0300",
  ]],
  behind: [[said({ type: "behind", term: 5, start: 9000, startTerm: 4 }), "162aac0205a84604"]],
  deltaAsk: [
    [said({ type: "deltaAsk", ask: { from: 0, after: undefined, atLeast: 0 } }), "172aac02000000"],
    [
      said({ type: "deltaAsk", ask: { from: 300, after: PLACE, atLeast: 9000 } }),
      "172aac02ac02a84601076e6f64652f6e31010161",
    ],
  ],
  deltaChunk: [
    [
      said({ type: "deltaChunk", chunk: { ...CHUNK, after: undefined, next: PLACE } }),
      "182aac02ac0200a84604c80102820101076e6f64652f6e310101610300ff80",
    ],
    [
      said({ type: "deltaChunk", chunk: { ...CHUNK, after: PLACE, next: undefined } }),
      "182aac02ac0201076e6f64652f6e31010161a84604c801028201000300ff80",
    ],
  ],
  lead: [[said({ type: "lead", term: 300 }), "222aac02ac02"]],
  commit: [[said({ type: "commit", term: 5, commit: 1026 }), "212aac02058208"]],
};

/** Requests on their way to the leader, heartbeats, and disks put back in time. */
const REST: { readonly [T in Exclude<PeerMessage["type"], LogMessage | "rosterAnswer">]: Pinned } =
  {
    submit: [[said({ type: "submit", body: fromHex("0100010302") }), "192aac02050100010302"]],
    readAsk: [[said({ type: "readAsk", id: 12 }), "1a2aac020c"]],
    readAnswer: [
      [said({ type: "readAnswer", id: 12, index: 1026 }), "1b2aac020c8208"],
      [said({ type: "readAnswer", id: 12, index: 0 }), "1b2aac020c00"],
    ],
    rosterAsk: [
      [
        asked({ change: "admit", member: MEMBER, replaces: undefined }),
        "1c2aac020c011066656463626139383736353433323130026e324061626162616261626162616261" +
        "62616261626162616261626162616261626162616261626162616261626162616261626162616261" +
        "626162616261626162616202106e322e6578616d706c653a3133303031135b323030313a6462383a" +
        "3a325d3a313330303101010201000000",
      ],
      [
        asked({ change: "admit", member: { ...MEMBER, role: "nonvoting" }, replaces: N1 }),
        "1c2aac020c011066656463626139383736353433323130026e324061626162616261626162616261" +
        "62616261626162616261626162616261626162616261626162616261626162616261626162616261" +
        "626162616261626162616202106e322e6578616d706c653a3133303031135b323030313a6462383a" +
        "3a325d3a3133303031020102010000011030313233343536373839616263646566",
      ],
      [
        asked({ change: "admit", member: { ...MEMBER, role: "voter" }, replaces: N1 }),
        "1c2aac020c011066656463626139383736353433323130026e324061626162616261626162616261" +
        "62616261626162616261626162616261626162616261626162616261626162616261626162616261" +
        "626162616261626162616202106e322e6578616d706c653a3133303031135b323030313a6462383a" +
        "3a325d3a3133303031000102010000011030313233343536373839616263646566",
      ],
      [asked({ change: "promote", id: N2 }), "1c2aac020c021066656463626139383736353433323130"],
      [asked({ change: "remove", id: N2 }), "1c2aac020c031066656463626139383736353433323130"],
      [
        asked({ change: "readdress", id: N2, addresses: ["é:1"] }),
        "1c2aac020c0410666564636261393837363534333231300104c3a93a31",
      ],
      [
        asked({ change: "support", id: N2, support: { fewest: 1, most: 2, level: 300 } }),
        "1c2aac020c0510666564636261393837363534333231300102ac02",
      ],
      [asked({ change: "raise" }), "1c2aac020c06"],
      [
        asked({ change: "stale", id: N2, isStale: true }),
        "1c2aac020c09106665646362613938373635343332313001",
      ],
      [
        asked({
          change: "rotate",
          id: N2,
          fingerprint: "cd".repeat(32),
          statement: { certificate: fromHex("3003010203"), signature: fromHex("ffee") },
          now: true,
        }),
        "1c2aac020c0710666564636261393837363534333231304063646364636463646364636463646364" +
        "63646364636463646364636463646364636463646364636463646364636463646364636463646364" +
        "636463646364636405300301020302ffee01",
      ],
      [
        asked({ change: "unpin", id: N2, fingerprint: "cd".repeat(32) }),
        "1c2aac020c0810666564636261393837363534333231304063646364636463646364636463646364" +
        "63646364636463646364636463646364636463646364636463646364636463646364636463646364" +
        "6364636463646364",
      ],
    ],
    ping: [[said({ type: "ping", round: 77, rosterIndex: 41 }), "1e2aac024d29"]],
    pong: [
      [
        said({ ...PONG, mayVote: true, canWrite: false, stopping: false }),
        "1f2aac024d290102030482088108800801000080d095ffbc31008008fedcba980001ac0200",
      ],
      [
        said({ ...PONG, mayVote: false, canWrite: true, stopping: false }),
        "1f2aac024d290102030482088108800800010080d095ffbc31008008fedcba980001ac0200",
      ],
      [
        said({
          ...{ ...PONG, mayVote: false, canWrite: false, stopping: true },
          ...{ auditIndex: 0, auditRoot: 0, isOdd: true },
          ...{ isHeld: false, placement: 0, silentTo: [{ of: N1, ask: 2 }] },
        }),
        "1f2aac024d290102030482088108800800000180d095ffbc310000000000" +
        "000100000110303132333435363738" +
        "3961626364656602",
      ],
    ],
    auditAsk: [
      [said({ type: "auditAsk", ask: { index: 1024, bucket: undefined } }), "252aac02800800"],
      [said({ type: "auditAsk", ask: { index: 1024, bucket: 17 } }), "252aac0280080111"],
    ],
    auditSums: [
      [said({ type: "auditSums", index: 1024, sums: fromHex("00ff") }), "262aac0280080200ff"],
    ],
    auditCells: [[
      said({ type: "auditCells", told: { ...TOLD, bucket: 17, isWhole: true } }),
      "272aac0211820881080102076e6f64652f6e3100820800000009076e6f64652f6e31010161810801020304",
    ]],
    promiseAsk: [[
      said({ type: "promiseAsk", promise: PROMISE }),
      "282aac021030313233343536373839616263646566ac0202f0a204",
    ]],
    promised: [[
      said({ type: "promised", promise: PROMISE }),
      "292aac021030313233343536373839616263646566ac0202f0a204",
    ]],
    promiseEnd: [[
      said({ type: "promiseEnd", of: N1, term: 300, ask: 2 }),
      "2a2aac021030313233343536373839616263646566ac0202",
    ]],
    recall: [
      [
        said({ type: "recall", ask: true, heard: { life: 0xffff_ffff, count: 70_000 } }),
        "202aac020101ffffffff0ff0a204",
      ],
      [said({ type: "recall", ask: false, heard: undefined }), "202aac020000"],
    ],
  };

/** The byte of each kind of refusal. */
const KINDS: Readonly<Record<RefusalKind, string>> = {
  "invalid": "00",
  "unauthorized": "01",
  "forbidden": "02",
  "not-found": "03",
  "conflict": "04",
  "stale": "05",
  "too-large": "06",
  "busy": "07",
  "no-quorum": "08",
  "catching-up": "09",
  "unavailable": "0a",
  "unknown-outcome": "0b",
};

function holdsTo(value: Envelope, hex: string): void {
  equal(toHex(encodeEnvelope(value)), hex);
  deepEqual(decodeEnvelope(fromHex(hex)), value);
}

for (const [type, pinned] of Object.entries({ ...LOG, ...REST })) {
  Deno.test(`version 1 of the protocol: the bytes of "${type}"`, () => {
    for (const [value, hex] of pinned) holdsTo(value, hex);
  });
}

for (const [kind, byte] of Object.entries(KINDS)) {
  Deno.test(`version 1 of the protocol: the bytes of "rosterAnswer" with ${kind}`, () => {
    const answer = { type: "rosterAnswer", id: 12, index: 0, kind: kind as RefusalKind } as const;
    const value = said({ ...answer, message: "no", missing: ["n2", "n3"] });
    holdsTo(value, `1d2aac020c00${byte}026e6f02026e32026e33`);
  });
}
