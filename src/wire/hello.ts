/**
 * What two ends of a link say before they are peers. Every frame is
 *
 *     type(1 byte) fewest(uint) most(uint) level(uint) fields...
 *
 * where `fewest` to `most` are the protocol versions its sender speaks and `level` is its feature
 * level (model/support.ts): these four are read in any version for ever, the fields only where
 * both know a version in common. A later program may say more behind the fields of today, and
 * whoever does not know it leaves it. The dialing end speaks first; its first frame says what it
 * wants:
 *
 *     hello    ->   <- hello                        peers; or a survey, that only asks
 *     enrol    ->   <- proven   redeem ->   <- admitted       a joiner with a token
 *     rejoin   ->   <- admitted                               a member that lost its disk
 *     anything ->   <- refused                                and the link closes
 */
import { ByteReader, ByteWriter, MalformedError } from "../base/bytes.ts";
import { unreachable } from "../base/assert.ts";
import type { RefusalKind } from "../base/outcome.ts";
import type { CollectiveChain } from "../model/collective_chain.ts";
import type { MemberId, Roster, Statement } from "../model/member.ts";
import { canTalk, SUPPORT, type Support } from "../model/support.ts";
import { readKind, writeKind } from "./refusal_kind.ts";
import {
  readChain,
  readMemberId,
  readRoster,
  readStatement,
  readSupport,
  writeChain,
  writeRoster,
  writeStatement,
  writeSupport,
} from "./roster.ts";

/** What is said before two ends are peers. */
export type HelloMessage =
  | {
    readonly type: "hello";
    readonly chain: CollectiveChain;
    /** Where the sender's log ends: what a survey before `force-quorum` compares. */
    readonly lastTerm: number;
    readonly lastIndex: number;
    /** Not a peer's link: the sender only wants the answer. */
    readonly isSurvey: boolean;
    /** Whence the sender's certificate followed, for a peer that pinned the one before. */
    readonly statement: Statement | undefined;
  }
  | { readonly type: "enrol"; readonly id: string; readonly index: number; proof: Uint8Array }
  | { readonly type: "proven"; readonly proof: Uint8Array; readonly chain: CollectiveChain }
  | { readonly type: "redeem"; readonly member: MemberId; readonly addresses: readonly string[] }
  | {
    readonly type: "rejoin";
    readonly member: MemberId;
    /** DER of the new certificate, and its key's word for it over both and the server's. */
    readonly certificate: Uint8Array;
    readonly signature: Uint8Array;
    readonly addresses: readonly string[];
  }
  | { readonly type: "admitted"; readonly chain: CollectiveChain; readonly roster: Roster }
  | {
    readonly type: "refused";
    readonly kind: RefusalKind;
    readonly message: string;
    /** The far end was let go at this index; 0 where it was not. */
    readonly removedAt: number;
    /** Whose word it is; empty for strangers. */
    readonly chain: CollectiveChain;
  }
  /** After the greetings, to a peer whose log ends before the newest committed roster: whom it
   * must expect calls from to get on. Who was let go is left out. */
  | { readonly type: "roster"; readonly index: number; readonly roster: Roster };

/** A frame: what its sender supports, and what it says where this program can understand it. */
export interface Greeting {
  readonly support: Support;
  /** Undefined where the two know no version in common. */
  readonly message: HelloMessage | undefined;
}

const NUMBERS: readonly HelloMessage["type"][] = [
  "hello",
  "enrol",
  "proven",
  "redeem",
  "rejoin",
  "admitted",
  "refused",
  "roster",
];
const FIRST_NUMBER = 1;

/** Whether a frame is one of these, and not a peer's. */
export function isHello(frame: Uint8Array): boolean {
  return NUMBERS[(frame[0] ?? 0) - FIRST_NUMBER] !== undefined;
}

const PROOF_BYTES = 32;

export function encodeHello(message: HelloMessage): Uint8Array {
  const w = new ByteWriter();
  writeSupport(w.byte(FIRST_NUMBER + NUMBERS.indexOf(message.type)), SUPPORT);
  writeFields(w, message);
  return w.finish();
}

/** The frame's meaning; {@link MalformedError} for anything else. */
export function decodeHello(frame: Uint8Array): Greeting {
  const r = new ByteReader(frame);
  const number = r.byte();
  const type = NUMBERS[number - FIRST_NUMBER];
  if (type === undefined) throw new MalformedError(`greeting ${number} is not known`);
  const support = readSupport(r);
  return { support, message: canTalk(SUPPORT, support) ? readFields(r, type) : undefined };
}

/** Why the two ends cannot talk, and what helps. */
export function otherVersionText(who: string, far: Support, own: Support): string {
  const older = far.fewest > own.most ? "this member" : who;
  return `${who} speaks protocol ${far.fewest} to ${far.most}, this member ${own.fewest} to ` +
    `${own.most}: upgrade ${older}`;
}

function writeFields(w: ByteWriter, m: HelloMessage): void {
  switch (m.type) {
    case "hello":
      writeChain(w, m.chain);
      w.uint(m.lastTerm).uint(m.lastIndex).bool(m.isSurvey);
      return void w.optional(m.statement, (statement) => writeStatement(w, statement));
    case "enrol":
      return void w.text(m.id).uint(m.index).raw(m.proof);
    case "proven":
      return writeChain(w.raw(m.proof), m.chain);
    case "redeem":
      w.text(m.member);
      return void w.list(m.addresses, (address) => w.text(address));
    case "rejoin":
      w.text(m.member).bytes(m.certificate).bytes(m.signature);
      return void w.list(m.addresses, (address) => w.text(address));
    case "admitted":
      writeChain(w, m.chain);
      return writeRoster(w, m.roster);
    case "refused":
      writeKind(w, m.kind);
      return writeChain(w.text(m.message).uint(m.removedAt), m.chain);
    case "roster":
      return writeRoster(w.uint(m.index), m.roster);
    default:
      return unreachable(m);
  }
}

function readFields(r: ByteReader, type: HelloMessage["type"]): HelloMessage {
  switch (type) {
    case "hello": {
      const chain = readChain(r);
      return {
        type,
        chain,
        lastTerm: r.uint(),
        lastIndex: r.uint(),
        isSurvey: r.bool(),
        statement: r.optional(() => readStatement(r)),
      };
    }
    case "enrol":
      return { type, id: r.text(), index: r.uint(), proof: r.raw(PROOF_BYTES) };
    case "proven":
      return { type, proof: r.raw(PROOF_BYTES), chain: readChain(r) };
    case "redeem":
      return { type, member: readMemberId(r), addresses: r.list(() => r.text()) };
    case "rejoin":
      return {
        type,
        member: readMemberId(r),
        certificate: r.bytes(),
        signature: r.bytes(),
        addresses: r.list(() => r.text()),
      };
    case "admitted":
      return { type, chain: readChain(r), roster: readRoster(r) };
    case "refused": {
      const kind = readKind(r), message = r.text();
      return { type, kind, message, removedAt: r.uint(), chain: readChain(r) };
    }
    case "roster":
      return { type, index: r.uint(), roster: readRoster(r) };
    default:
      return unreachable(type);
  }
}
