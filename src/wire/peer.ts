/**
 * What members say to each other once a link is proven. A frame is
 *
 *     type(1 byte) life(uint) count(uint) fields...
 *
 * where life and count say what the sender's disk held when it spoke (disk_mark.ts). Whoever hears
 * that remembers it, and says so with `recall` when the two meet again.
 */
import { ByteReader, ByteWriter, MalformedError } from "../base/bytes.ts";
import { unreachable } from "../base/assert.ts";
import type { RefusalKind } from "../base/outcome.ts";
import {
  type AuditAsk,
  type AuditCells,
  readAuditAsk,
  readAuditCells,
  writeAuditAsk,
  writeAuditCells,
} from "./audit.ts";
import type { Member, MemberId, Statement } from "../model/member.ts";
import type { Support } from "../model/support.ts";
import {
  type DeltaAsk,
  type DeltaChunk,
  readDeltaAsk,
  readDeltaChunk,
  writeDeltaAsk,
  writeDeltaChunk,
} from "./delta.ts";
import { type DiskMark, readMark, writeMark } from "./disk_mark.ts";
import { type Entry, readEntry, writeEntry } from "./entry.ts";
import { readPromise, type SilencePromise, writePromise } from "./promise.ts";
import { readKind, writeKind } from "./refusal_kind.ts";
import {
  readMember,
  readMemberId,
  readStatement,
  readSupport,
  writeMember,
  writeStatement,
  writeSupport,
} from "./roster.ts";

/** A change of the roster that any member may ask the leader for. Each may be repeated. */
export type RosterChange =
  | {
    readonly change: "admit";
    readonly member: Member;
    /** The id the newcomer takes the place of, removed by the same entry. */
    readonly replaces: MemberId | undefined;
  }
  | { readonly change: "promote"; readonly id: MemberId }
  | { readonly change: "remove"; readonly id: MemberId }
  | { readonly change: "readdress"; readonly id: MemberId; readonly addresses: readonly string[] }
  /** A member's program is another now. */
  | { readonly change: "support"; readonly id: MemberId; readonly support: Support }
  /** A member was away too long for tombstones to wait for it, or is past all that again. */
  | { readonly change: "stale"; readonly id: MemberId; readonly isStale: boolean }
  /** The feature level goes up to what every member supports. */
  | { readonly change: "raise" }
  /** A member has another certificate, and its old key says so. */
  | {
    readonly change: "rotate";
    readonly id: MemberId;
    /** Of the new certificate. */
    readonly fingerprint: string;
    /** The old one, and its key's signature. */
    readonly statement: Statement;
    /** The old one lets nobody in from then on, as after its key was stolen. */
    readonly now: boolean;
  }
  /** Every other member has met the certificate of this fingerprint: the one before goes. */
  | { readonly change: "unpin"; readonly id: MemberId; readonly fingerprint: string };

/** What peers say. Terms, indexes, rounds and ids are whole numbers from 0. */
export type PeerMessage =
  /** Would you vote for me in `term`? Asked before a term is spent (Raft dissertation 9.6). */
  | { readonly type: "preVote"; term: number; lastIndex: number; lastTerm: number }
  | { readonly type: "preVoteReply"; term: number; asked: number; granted: boolean }
  | { readonly type: "vote"; term: number; lastIndex: number; lastTerm: number }
  | { readonly type: "voteReply"; term: number; granted: boolean }
  | {
    readonly type: "append";
    term: number;
    prevIndex: number;
    prevTerm: number;
    commit: number;
    /** The newest round of the leader; an answer to it confirms the leadership (read index). */
    round: number;
    entries: readonly Entry[];
  }
  | {
    readonly type: "appendReply";
    term: number;
    accepted: boolean;
    /** Accepted: what is on disk here up to and like the leader's. Else: where to try next. */
    match: number;
    round: number;
  }
  /** More is committed. Not answered: nothing hangs on whether it arrives. */
  | { readonly type: "commit"; term: number; commit: number }
  /** Lead in my place: I stop, and you hold all I have (Raft dissertation 3.10). */
  | { readonly type: "lead"; term: number }
  /** What is committed behind this entry? Asked of any peer by who hears no leader. */
  | { readonly type: "pull"; index: number; term: number }
  | { readonly type: "pulled"; index: number; term: number; entries: readonly Entry[] }
  /** Your log ends before mine begins, which is after this entry: catch up another way. */
  | { readonly type: "behind"; term: number; start: number; startTerm: number }
  | { readonly type: "deltaAsk"; ask: DeltaAsk }
  | { readonly type: "deltaChunk"; chunk: DeltaChunk }
  /** A request on its way to the leader, as the body of its entry. */
  | { readonly type: "submit"; body: Uint8Array }
  | { readonly type: "readAsk"; id: number }
  /** `index` 0: not by me (no leader, or not yet sure). */
  | { readonly type: "readAnswer"; id: number; index: number }
  | { readonly type: "rosterAsk"; id: number; ask: RosterChange }
  | {
    readonly type: "rosterAnswer";
    id: number;
    /** The entry's index; 0 with a refusal. */
    index: number;
    kind: RefusalKind;
    message: string;
    missing: readonly string[];
  }
  | { readonly type: "ping"; round: number; rosterIndex: number }
  | {
    readonly type: "pong";
    round: number;
    rosterIndex: number;
    /** Of the voters in it (`votersSum` of model/member.ts). */
    votersSum: number;
    commit: number;
    applied: number;
    /** What it has applied and would still know after a power cut. */
    durable: number;
    mayVote: boolean;
    canWrite: boolean;
    stopping: boolean;
    wallMs: number;
    /** Whom it hears lead, itself included. */
    leader: MemberId | undefined;
    /** The newest index at which it knows what its state comes to, and that; 0 for none. */
    auditIndex: number;
    auditRoot: number;
    /** Its state is as wrong as its root says: it takes a copy, and nobody may take one of it. */
    isOdd: boolean;
    /** Whether a majority answers it. */
    isHeld: boolean;
    /** The newest entry it has applied that changed who holds a node: whoever draws a lease from
     * this answer must have applied it too. */
    placement: number;
    /** Whom it does not answer, and for which asking. */
    silentTo: readonly { readonly of: MemberId; readonly ask: number }[];
  }
  /** A leader asks not to answer somebody any more (src/collective/promises.ts). */
  | { readonly type: "promiseAsk"; readonly promise: SilencePromise }
  | { readonly type: "promised"; readonly promise: SilencePromise }
  /** That asking is taken back: nothing was proposed. */
  | { readonly type: "promiseEnd"; of: MemberId; term: number; ask: number }
  | { readonly type: "auditAsk"; ask: AuditAsk }
  /** The sums at that index; no bytes where they are not known any more. */
  | { readonly type: "auditSums"; index: number; sums: Uint8Array }
  | { readonly type: "auditCells"; told: AuditCells }
  /** What I last heard your disk to hold. `ask`: I do not know yet what you heard of mine. */
  | { readonly type: "recall"; ask: boolean; heard: DiskMark | undefined };

/** A message, and what its sender's disk held when it was said. */
export interface Envelope extends DiskMark {
  readonly message: PeerMessage;
}

type MessageType = PeerMessage["type"];
type MessageOf<T extends MessageType> = Extract<PeerMessage, { type: T }>;

/** The number of each message on the wire. Never re-used, never re-ordered. */
const NUMBERS: readonly MessageType[] = [
  "preVote",
  "preVoteReply",
  "vote",
  "voteReply",
  "append",
  "appendReply",
  "behind",
  "deltaAsk",
  "deltaChunk",
  "submit",
  "readAsk",
  "readAnswer",
  "rosterAsk",
  "rosterAnswer",
  "ping",
  "pong",
  "recall",
  "commit",
  "lead",
  "pull",
  "pulled",
  "auditAsk",
  "auditSums",
  "auditCells",
  "promiseAsk",
  "promised",
  "promiseEnd",
];

/** Peer messages are numbered from here; lower numbers belong to the hello (hello.ts). */
const FIRST_NUMBER = 16;

export function encodeEnvelope(envelope: Envelope): Uint8Array {
  const writer = new ByteWriter();
  writer.byte(FIRST_NUMBER + NUMBERS.indexOf(envelope.message.type));
  writeMark(writer, envelope);
  writeMessage(writer, envelope.message);
  return writer.finish();
}

/** The frame's meaning; {@link MalformedError} for anything else. */
export function decodeEnvelope(frame: Uint8Array): Envelope {
  const reader = new ByteReader(frame);
  const number = reader.byte();
  const type = NUMBERS[number - FIRST_NUMBER];
  if (type === undefined) throw new MalformedError(`message ${number} is not known`);
  const mark = readMark(reader);
  const message = readMessage(reader, type);
  reader.end();
  return { ...mark, message };
}

function writeMessage(w: ByteWriter, m: PeerMessage): void {
  switch (m.type) {
    case "preVote":
    case "vote":
      return void w.uint(m.term).uint(m.lastIndex).uint(m.lastTerm);
    case "preVoteReply":
      return void w.uint(m.term).uint(m.asked).bool(m.granted);
    case "voteReply":
      return void w.uint(m.term).bool(m.granted);
    case "append":
      w.uint(m.term).uint(m.prevIndex).uint(m.prevTerm).uint(m.commit).uint(m.round);
      return void w.list(m.entries, (entry) => writeEntry(w, entry));
    case "appendReply":
      return void w.uint(m.term).bool(m.accepted).uint(m.match).uint(m.round);
    case "commit":
      return void w.uint(m.term).uint(m.commit);
    case "lead":
      return void w.uint(m.term);
    case "pull":
      return void w.uint(m.index).uint(m.term);
    case "pulled":
      return void w.uint(m.index).uint(m.term).list(m.entries, (entry) => writeEntry(w, entry));
    case "behind":
      return void w.uint(m.term).uint(m.start).uint(m.startTerm);
    case "deltaAsk":
      return writeDeltaAsk(w, m.ask);
    case "deltaChunk":
      return writeDeltaChunk(w, m.chunk);
    case "submit":
      return void w.bytes(m.body);
    case "readAsk":
      return void w.uint(m.id);
    case "readAnswer":
      return void w.uint(m.id).uint(m.index);
    case "rosterAsk":
      w.uint(m.id);
      return writeChange(w, m.ask);
    case "rosterAnswer":
      writeKind(w.uint(m.id).uint(m.index), m.kind);
      w.text(m.message);
      return void w.list(m.missing, (name) => w.text(name));
    case "ping":
      return void w.uint(m.round).uint(m.rosterIndex);
    case "pong":
      w.uint(m.round).uint(m.rosterIndex).u32(m.votersSum).uint(m.commit).uint(m.applied).uint(
        m.durable,
      );
      w.bool(m.mayVote).bool(m.canWrite).bool(m.stopping).uint(m.wallMs);
      w.optional(m.leader, (id) => w.text(id));
      w.uint(m.auditIndex).u32(m.auditRoot).bool(m.isOdd).bool(m.isHeld).uint(m.placement);
      return void w.list(m.silentTo, ({ of, ask }) => w.text(of).uint(ask));
    case "promiseAsk":
    case "promised":
      return writePromise(w, m.promise);
    case "promiseEnd":
      return void w.text(m.of).uint(m.term).uint(m.ask);
    case "auditAsk":
      return writeAuditAsk(w, m.ask);
    case "auditSums":
      return void w.uint(m.index).bytes(m.sums);
    case "auditCells":
      return writeAuditCells(w, m.told);
    case "recall":
      return void w.bool(m.ask).optional(m.heard, (heard) => writeMark(w, heard));
    default:
      return unreachable(m);
  }
}

type Readers = { readonly [T in MessageType]: (r: ByteReader) => MessageOf<T> };

const READERS: Readers = {
  preVote: (r) => ({ type: "preVote", term: r.uint(), lastIndex: r.uint(), lastTerm: r.uint() }),
  preVoteReply: (r) => ({
    type: "preVoteReply",
    term: r.uint(),
    asked: r.uint(),
    granted: r.bool(),
  }),
  vote: (r) => ({ type: "vote", term: r.uint(), lastIndex: r.uint(), lastTerm: r.uint() }),
  voteReply: (r) => ({ type: "voteReply", term: r.uint(), granted: r.bool() }),
  append: (r) => ({
    type: "append",
    term: r.uint(),
    prevIndex: r.uint(),
    prevTerm: r.uint(),
    commit: r.uint(),
    round: r.uint(),
    entries: r.list(() => readEntry(r)),
  }),
  appendReply: (r) => ({
    type: "appendReply",
    term: r.uint(),
    accepted: r.bool(),
    match: r.uint(),
    round: r.uint(),
  }),
  commit: (r) => ({ type: "commit", term: r.uint(), commit: r.uint() }),
  lead: (r) => ({ type: "lead", term: r.uint() }),
  pull: (r) => ({ type: "pull", index: r.uint(), term: r.uint() }),
  pulled: (r) => ({
    type: "pulled",
    index: r.uint(),
    term: r.uint(),
    entries: r.list(() => readEntry(r)),
  }),
  behind: (r) => ({ type: "behind", term: r.uint(), start: r.uint(), startTerm: r.uint() }),
  deltaAsk: (r) => ({ type: "deltaAsk", ask: readDeltaAsk(r) }),
  deltaChunk: (r) => ({ type: "deltaChunk", chunk: readDeltaChunk(r) }),
  submit: (r) => ({ type: "submit", body: r.bytes() }),
  readAsk: (r) => ({ type: "readAsk", id: r.uint() }),
  readAnswer: (r) => ({ type: "readAnswer", id: r.uint(), index: r.uint() }),
  rosterAsk: (r) => ({ type: "rosterAsk", id: r.uint(), ask: readChange(r) }),
  rosterAnswer: (r) => ({
    type: "rosterAnswer",
    id: r.uint(),
    index: r.uint(),
    kind: readKind(r),
    message: r.text(),
    missing: r.list(() => r.text()),
  }),
  ping: (r) => ({ type: "ping", round: r.uint(), rosterIndex: r.uint() }),
  pong: (r) => ({
    type: "pong",
    round: r.uint(),
    rosterIndex: r.uint(),
    votersSum: r.u32(),
    commit: r.uint(),
    applied: r.uint(),
    durable: r.uint(),
    mayVote: r.bool(),
    canWrite: r.bool(),
    stopping: r.bool(),
    wallMs: r.uint(),
    leader: r.optional(() => readMemberId(r)),
    auditIndex: r.uint(),
    auditRoot: r.u32(),
    isOdd: r.bool(),
    isHeld: r.bool(),
    placement: r.uint(),
    silentTo: r.list(() => ({ of: readMemberId(r), ask: r.uint() })),
  }),
  promiseAsk: (r) => ({ type: "promiseAsk", promise: readPromise(r) }),
  promised: (r) => ({ type: "promised", promise: readPromise(r) }),
  promiseEnd: (r) => ({
    type: "promiseEnd",
    of: readMemberId(r),
    term: r.uint(),
    ask: r.uint(),
  }),
  auditAsk: (r) => ({ type: "auditAsk", ask: readAuditAsk(r) }),
  auditSums: (r) => ({ type: "auditSums", index: r.uint(), sums: r.bytes() }),
  auditCells: (r) => ({ type: "auditCells", told: readAuditCells(r) }),
  recall: (r) => ({ type: "recall", ask: r.bool(), heard: r.optional(() => readMark(r)) }),
};

function readMessage(r: ByteReader, type: MessageType): PeerMessage {
  return READERS[type](r);
}

/** The number of each change on the wire. Never re-used, never re-ordered. */
const ADMIT = 1, PROMOTE = 2, REMOVE = 3, READDRESS = 4, SUPPORTS = 5, RAISE = 6, ROTATE = 7;
const UNPIN = 8, STALE = 9;

function writeChange(w: ByteWriter, ask: RosterChange): void {
  switch (ask.change) {
    case "admit":
      w.byte(ADMIT);
      writeMember(w, ask.member);
      return void w.optional(ask.replaces, (id) => w.text(id));
    case "promote":
      return void w.byte(PROMOTE).text(ask.id);
    case "remove":
      return void w.byte(REMOVE).text(ask.id);
    case "readdress":
      w.byte(READDRESS).text(ask.id);
      return void w.list(ask.addresses, (address) => w.text(address));
    case "support":
      return writeSupport(w.byte(SUPPORTS).text(ask.id), ask.support);
    case "raise":
      return void w.byte(RAISE);
    case "rotate":
      writeStatement(w.byte(ROTATE).text(ask.id).text(ask.fingerprint), ask.statement);
      return void w.bool(ask.now);
    case "stale":
      return void w.byte(STALE).text(ask.id).bool(ask.isStale);
    case "unpin":
      return void w.byte(UNPIN).text(ask.id).text(ask.fingerprint);
    default:
      return unreachable(ask);
  }
}

function readChange(r: ByteReader): RosterChange {
  const change = r.byte();
  switch (change) {
    case ADMIT:
      return {
        change: "admit",
        member: readMember(r),
        replaces: r.optional(() => readMemberId(r)),
      };
    case PROMOTE:
      return { change: "promote", id: readMemberId(r) };
    case REMOVE:
      return { change: "remove", id: readMemberId(r) };
    case READDRESS:
      return { change: "readdress", id: readMemberId(r), addresses: r.list(() => r.text()) };
    case SUPPORTS:
      return { change: "support", id: readMemberId(r), support: readSupport(r) };
    case RAISE:
      return { change: "raise" };
    case ROTATE:
      return {
        change: "rotate",
        id: readMemberId(r),
        fingerprint: r.text(),
        statement: readStatement(r),
        now: r.bool(),
      };
    case STALE:
      return { change: "stale", id: readMemberId(r), isStale: r.bool() };
    case UNPIN:
      return { change: "unpin", id: readMemberId(r), fingerprint: r.text() };
    default:
      throw new MalformedError(`roster change ${change} is not known`);
  }
}
