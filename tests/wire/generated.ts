/** Values of everything members send and keep, drawn by fast-check: one generator for each kind. */
import fc from "fast-check";

import { MAX_ADDRESSES_PER_MEMBER } from "../../src/base/limits.ts";
import type { RefusalKind } from "../../src/base/outcome.ts";
import type { RowRecord } from "../../src/model/cell.ts";
import type { CollectiveChain } from "../../src/model/collective_chain.ts";
import {
  INVITED_ROLES,
  type Member,
  type MemberId,
  memberId,
  type RemovedMember,
  type Roster,
  type Statement,
} from "../../src/model/member.ts";
import { SUPPORT, type Support } from "../../src/model/support.ts";
import type { Guard, Operation, OperationId, Verdict } from "../../src/model/operation.ts";
import type { AuditAsk, AuditCells } from "../../src/wire/audit.ts";
import type { Entry, EntryBody } from "../../src/wire/entry.ts";
import type { DeltaAsk, DeltaChunk, DeltaPlace } from "../../src/wire/delta.ts";
import type { DiskMark } from "../../src/wire/disk_mark.ts";
import type { HelloMessage } from "../../src/wire/hello.ts";
import type { PeerMessage, RosterChange } from "../../src/wire/peer.ts";
import type { SilencePromise } from "../../src/wire/promise.ts";
import type { LivesRecord, Meta, Segment } from "../../src/wire/record.ts";
import type { Token } from "../../src/wire/token.ts";

type Drawn<T> = fc.Arbitrary<T>;
type MessageType = PeerMessage["type"];

/** Unsigned integers, the edges of their length on the wire among them. */
export const UINT: Drawn<number> = fc.oneof(
  fc.maxSafeNat(),
  fc.nat(300),
  fc.nat(53).map((power) => Math.min(2 ** power, Number.MAX_SAFE_INTEGER)),
);

export const DISK_MARK: Drawn<DiskMark> = fc.record({ life: UINT, count: UINT });

/** Texts of any characters, around the lengths where their form on the wire changes. */
export const TEXT: Drawn<string> = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.string({ unit: "grapheme-ascii", maxLength: 12 }),
  fc.nat(4).map((more) => "x".repeat(62 + more)),
  fc.constantFrom("", "\uFEFF", "\uFEFFlocation.rack", "é".repeat(70), "\0", "a\nb"),
);

const TEXTS = fc.array(TEXT, { maxLength: 4 });
const BYTES = fc.uint8Array({ maxLength: 200 });

function hex(digits: number): Drawn<string> {
  const unit = fc.constantFrom(..."0123456789abcdef");
  return fc.string({ unit, minLength: digits, maxLength: digits });
}

const PLACE: Drawn<DeltaPlace | undefined> = fc.option(
  fc.record({ row: TEXT, attribute: fc.option(TEXT, { nil: undefined }) }),
  { nil: undefined },
);

export const DELTA_ASK: Drawn<DeltaAsk> = fc.record({ from: UINT, after: PLACE, atLeast: UINT });

export const DELTA_CHUNK: Drawn<DeltaChunk> = fc.record({
  from: UINT,
  after: PLACE,
  cut: UINT,
  cutTerm: UINT,
  collected: UINT,
  rows: UINT,
  ofRows: UINT,
  next: PLACE,
  bytes: BYTES,
});

const U32: Drawn<number> = fc.nat(0xffff_ffff);

export const AUDIT_ASK: Drawn<AuditAsk> = fc.record({
  index: UINT,
  bucket: fc.option(UINT, { nil: undefined }),
});

export const AUDIT_CELLS: Drawn<AuditCells> = fc.record({
  bucket: UINT,
  applied: UINT,
  collected: UINT,
  isWhole: fc.boolean(),
  cells: fc.array(
    fc.record({
      row: TEXT,
      attribute: fc.option(TEXT, { nil: undefined }),
      stamp: UINT,
      hash: U32,
    }),
    { maxLength: 4 },
  ),
});

export const MEMBER_ID: Drawn<MemberId> = hex(16).map(memberId);

const SUPPORTS: Drawn<Support> = fc.record({ fewest: UINT, most: UINT, level: UINT });

const PLAIN_MEMBER: Drawn<Member> = fc.record({
  id: MEMBER_ID,
  name: TEXT,
  fingerprint: hex(64),
  addresses: TEXTS,
  role: fc.constantFrom("voter" as const, "learner" as const, "nonvoting" as const),
  support: SUPPORTS,
});

const FEW_BYTES = fc.uint8Array({ maxLength: 12 });
const STATEMENT: Drawn<Statement> = fc.record({ certificate: FEW_BYTES, signature: FEW_BYTES });

export const MEMBER: Drawn<Member> = fc.oneof(
  PLAIN_MEMBER,
  fc.tuple(PLAIN_MEMBER, STATEMENT, fc.boolean()).map(([member, statement, isPinned]) => ({
    ...member,
    former: { ...statement, isPinned },
  })),
  PLAIN_MEMBER.map((member) => ({ ...member, isStale: true as const })),
);

const REMOVED: Drawn<RemovedMember> = fc.record({
  id: MEMBER_ID,
  name: TEXT,
  fingerprints: fc.array(hex(64), { maxLength: 2 }),
  addresses: TEXTS,
  index: UINT,
});

export const ROSTER: Drawn<Roster> = fc.record({
  level: fc.nat(SUPPORT.level),
  members: fc.array(MEMBER, { maxLength: 4 }),
  removed: fc.array(REMOVED, { maxLength: 3 }),
});

export const CHAIN: Drawn<CollectiveChain> = fc.array(
  fc.record({ epoch: UINT, random: hex(32) }),
  { maxLength: 4 },
);

export const GUARDS: { readonly [T in Guard["test"]]: Drawn<Extract<Guard, { test: T }>> } = {
  exists: fc.record({ test: fc.constant("exists"), rows: TEXTS }),
  absent: fc.record({ test: fc.constant("absent"), rows: TEXTS }),
  equals: fc.record({
    test: fc.constant("equals"),
    row: TEXT,
    attribute: TEXT,
    value: fc.option(TEXT),
  }),
  unchanged: fc.record({ test: fc.constant("unchanged"), rows: TEXTS, since: UINT }),
  before: fc.record({ test: fc.constant("before"), row: TEXT, attribute: TEXT }),
};

export const OPERATIONS: {
  readonly [T in Operation["kind"]]: Drawn<Extract<Operation, { kind: T }>>;
} = {
  set: fc.record({
    kind: fc.constant("set"),
    rows: TEXTS,
    cells: fc.array(fc.tuple(TEXT, TEXT), { maxLength: 4 }),
  }),
  clear: fc.record({ kind: fc.constant("clear"), rows: TEXTS, attributes: TEXTS }),
  drop: fc.record({ kind: fc.constant("drop"), rows: TEXTS }),
  guard: fc.record({ kind: fc.constant("guard"), guard: fc.oneof(...Object.values(GUARDS)) }),
  once: fc.record({ kind: fc.constant("once"), key: hex(32), request: hex(16) }),
  stage: fc.record({ kind: fc.constant("stage"), stage: hex(16), part: UINT, bytes: BYTES }),
  applyStage: fc.record({ kind: fc.constant("applyStage"), stage: hex(16), parts: UINT }),
  dropStage: fc.record({ kind: fc.constant("dropStage"), stage: hex(16) }),
  collect: fc.record({ kind: fc.constant("collect"), floor: UINT }),
  audit: fc.constant({ kind: "audit" }),
  repair: fc.record({
    kind: fc.constant("repair"),
    from: MEMBER_ID,
    index: UINT,
    root: U32,
  }),
  roster: fc.record({ kind: fc.constant("roster"), roster: ROSTER }),
};

const OPERATION_ID: Drawn<OperationId> = fc.record({
  origin: MEMBER_ID,
  boot: UINT,
  sequence: UINT,
});

const SOME_OPERATIONS = fc.array(fc.oneof(...Object.values(OPERATIONS)), { maxLength: 4 });

export const BODY: Drawn<EntryBody> = fc.oneof(
  fc.record({ id: OPERATION_ID, operations: SOME_OPERATIONS }),
  fc.record({ operations: SOME_OPERATIONS }),
);

export const ENTRY: Drawn<Entry> = fc.record({ index: UINT, term: UINT, hlc: UINT, body: BYTES });

const ENTRIES = fc.array(ENTRY, { maxLength: 4 });

export const CHANGES: {
  readonly [T in RosterChange["change"]]: Drawn<Extract<RosterChange, { change: T }>>;
} = {
  admit: fc.record({
    change: fc.constant("admit"),
    member: MEMBER,
    replaces: fc.option(MEMBER_ID, { nil: undefined }),
  }),
  promote: fc.record({ change: fc.constant("promote"), id: MEMBER_ID }),
  remove: fc.record({ change: fc.constant("remove"), id: MEMBER_ID }),
  stale: fc.record({ change: fc.constant("stale"), id: MEMBER_ID, isStale: fc.boolean() }),
  readdress: fc.record({ change: fc.constant("readdress"), id: MEMBER_ID, addresses: TEXTS }),
  support: fc.record({ change: fc.constant("support"), id: MEMBER_ID, support: SUPPORTS }),
  raise: fc.record({ change: fc.constant("raise") }),
  rotate: fc.record({
    change: fc.constant("rotate"),
    id: MEMBER_ID,
    fingerprint: hex(64),
    statement: STATEMENT,
    now: fc.boolean(),
  }),
  unpin: fc.record({ change: fc.constant("unpin"), id: MEMBER_ID, fingerprint: hex(64) }),
};

/** Every kind of refusal; one that is forgotten here does not compile. */
export const REFUSAL_KINDS: readonly RefusalKind[] = Object.keys(
  {
    "invalid": 0,
    "unauthorized": 1,
    "forbidden": 2,
    "not-found": 3,
    "conflict": 4,
    "stale": 5,
    "too-large": 6,
    "busy": 7,
    "no-quorum": 8,
    "catching-up": 9,
    "unavailable": 10,
    "unknown-outcome": 11,
  } satisfies Record<RefusalKind, number>,
) as RefusalKind[];

function message<T extends string, F extends object>(
  type: T,
  fields: { [K in keyof F]: Drawn<F[K]> },
): Drawn<{ type: T } & F> {
  return fc.record(fields).map((drawn) => ({ type, ...(drawn as F) }));
}

export const PROMISE: Drawn<SilencePromise> = fc.record({
  of: MEMBER_ID,
  term: UINT,
  ask: UINT,
  since: UINT,
});

export const MESSAGES: {
  readonly [T in MessageType]: Drawn<Extract<PeerMessage, { type: T }>>;
} = {
  preVote: message("preVote", { term: UINT, lastIndex: UINT, lastTerm: UINT }),
  preVoteReply: message("preVoteReply", { term: UINT, asked: UINT, granted: fc.boolean() }),
  vote: message("vote", { term: UINT, lastIndex: UINT, lastTerm: UINT }),
  voteReply: message("voteReply", { term: UINT, granted: fc.boolean() }),
  append: message("append", {
    term: UINT,
    prevIndex: UINT,
    prevTerm: UINT,
    commit: UINT,
    round: UINT,
    entries: ENTRIES,
  }),
  appendReply: message("appendReply", {
    term: UINT,
    accepted: fc.boolean(),
    match: UINT,
    round: UINT,
  }),
  commit: message("commit", { term: UINT, commit: UINT }),
  pull: message("pull", { index: UINT, term: UINT }),
  pulled: message("pulled", { index: UINT, term: UINT, entries: ENTRIES }),
  behind: message("behind", { term: UINT, start: UINT, startTerm: UINT }),
  deltaAsk: message("deltaAsk", { ask: DELTA_ASK }),
  deltaChunk: message("deltaChunk", { chunk: DELTA_CHUNK }),
  submit: message("submit", { body: BYTES }),
  readAsk: message("readAsk", { id: UINT }),
  readAnswer: message("readAnswer", { id: UINT, index: UINT }),
  rosterAsk: message("rosterAsk", { id: UINT, ask: fc.oneof(...Object.values(CHANGES)) }),
  rosterAnswer: message("rosterAnswer", {
    id: UINT,
    index: UINT,
    kind: fc.constantFrom(...REFUSAL_KINDS),
    message: TEXT,
    missing: TEXTS,
  }),
  ping: message("ping", { round: UINT, rosterIndex: UINT }),
  pong: message("pong", {
    round: UINT,
    rosterIndex: UINT,
    votersSum: U32,
    commit: UINT,
    applied: UINT,
    durable: UINT,
    mayVote: fc.boolean(),
    canWrite: fc.boolean(),
    stopping: fc.boolean(),
    wallMs: UINT,
    leader: fc.option(MEMBER_ID, { nil: undefined }),
    auditIndex: UINT,
    auditRoot: U32,
    isOdd: fc.boolean(),
    isHeld: fc.boolean(),
    placement: UINT,
    silentTo: fc.array(fc.record({ of: MEMBER_ID, ask: UINT }), { maxLength: 3 }),
  }),
  promiseAsk: message("promiseAsk", { promise: PROMISE }),
  promised: message("promised", { promise: PROMISE }),
  promiseEnd: message("promiseEnd", { of: MEMBER_ID, term: UINT, ask: UINT }),
  auditAsk: message("auditAsk", { ask: AUDIT_ASK }),
  auditSums: message("auditSums", { index: UINT, sums: BYTES }),
  auditCells: message("auditCells", { told: AUDIT_CELLS }),
  lead: message("lead", { term: UINT }),
  recall: message("recall", { ask: fc.boolean(), heard: fc.option(DISK_MARK, { nil: undefined }) }),
};

export const VERDICTS: {
  readonly [T in Verdict["result"]]: Drawn<Extract<Verdict, { result: T }>>;
} = {
  applied: fc.constant({ result: "applied" }),
  refused: fc.record({ result: fc.constant("refused"), operation: UINT, row: TEXT }),
  duplicate: fc.constant({ result: "duplicate" }),
  repeated: fc.record({ result: fc.constant("repeated"), index: UINT }),
  outdated: fc.constant({ result: "outdated" }),
};

const PROOF = fc.uint8Array({ minLength: 32, maxLength: 32 });

export const GREETINGS: {
  readonly [T in HelloMessage["type"]]: Drawn<Extract<HelloMessage, { type: T }>>;
} = {
  hello: message("hello", {
    chain: CHAIN,
    lastTerm: UINT,
    lastIndex: UINT,
    isSurvey: fc.boolean(),
    statement: fc.option(STATEMENT, { nil: undefined }),
  }),
  enrol: message("enrol", { id: TEXT, index: UINT, proof: PROOF }),
  proven: message("proven", { proof: PROOF, chain: CHAIN }),
  redeem: message("redeem", { member: MEMBER_ID, addresses: TEXTS }),
  rejoin: message("rejoin", {
    member: MEMBER_ID,
    certificate: BYTES,
    signature: BYTES,
    addresses: TEXTS,
  }),
  admitted: message("admitted", { chain: CHAIN, roster: ROSTER }),
  refused: message("refused", {
    kind: fc.constantFrom(...REFUSAL_KINDS),
    message: TEXT,
    removedAt: UINT,
    chain: CHAIN,
  }),
  roster: message("roster", { index: UINT, roster: ROSTER }),
};

export const TOKEN: Drawn<Token> = fc.record({
  id: hex(16),
  index: UINT,
  role: fc.constantFrom(...INVITED_ROLES),
  name: TEXT,
  expiresAtMs: UINT,
  addresses: fc.array(TEXT, { maxLength: MAX_ADDRESSES_PER_MEMBER }),
  secret: PROOF,
});

export const LIVES: Drawn<LivesRecord> = fc.record({
  lives: fc.array(DISK_MARK, { maxLength: 4 }),
  lostAt: fc.option(UINT, { nil: undefined }),
});

export const SEGMENT: Drawn<Segment> = fc.record({
  entries: ENTRIES,
  verdictsFrom: UINT,
  verdicts: fc.array(fc.oneof(...Object.values(VERDICTS)), { maxLength: 6 }),
});

export const META: Drawn<Meta> = fc.record({
  self: MEMBER_ID,
  chain: CHAIN,
  boot: UINT,
  term: UINT,
  vote: fc.option(MEMBER_ID, { nil: undefined }),
  logStart: UINT,
  logStartTerm: UINT,
  checkpoint: UINT,
  generation: UINT,
  overlays: fc.array(UINT, { maxLength: 3 }),
  firstSegment: UINT,
  copyFrom: fc.array(MEMBER_ID, { maxLength: 3 }),
  heard: fc.array(fc.tuple(MEMBER_ID, DISK_MARK), { maxLength: 4 }),
  promises: fc.array(PROMISE, { maxLength: 3 }),
});

export const ROW: Drawn<RowRecord> = fc.record({
  row: TEXT,
  floor: UINT,
  newest: UINT,
  cells: fc.array(fc.tuple(TEXT, fc.record({ value: fc.option(TEXT), stamp: UINT })), {
    maxLength: 4,
  }),
});
