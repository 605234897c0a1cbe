/**
 * Watching that the states are the same (I5): members sum theirs up at the same indexes, tell what
 * they come to with each heartbeat, and compare.
 *
 * 1. Whoever finds its own state to be another than that of a majority of the voters is *odd*: it
 *    applies and serves nothing more, and takes a whole copy of one whose is right. It still votes
 *    and acknowledges, for its log is true. That it is odd is on disk until the copy is.
 * 2. Without such a majority nobody can tell who is right: all say so, and nothing is touched
 *    until an entry says whose state is kept.
 * 3. A root belongs to one index for ever. So an entry that names index and root does nothing to
 *    whoever's is right meanwhile, however late or often it comes.
 */
import {
  AUDIT_BUCKETS_EXAMINED,
  AUDIT_CELLS_NAMED,
  AUDIT_CELLS_TOLD,
  AUDIT_QUIET_MS,
  AUDIT_SUMS_KEPT,
  AUDIT_UNDECIDED_MS,
  DELTA_SILENT_MS,
} from "../../base/limits.ts";
import { type Judgement, Roots } from "../../collective/roots.ts";
import type { Pong } from "../../collective/liveness.ts";
import type { Raft } from "../../consensus/raft.ts";
import { type MemberId, nameOf } from "../../model/member.ts";
import type { Operation } from "../../model/operation.ts";
import { differing } from "../../replica/differing.ts";
import { auditCells, type AuditRoot, auditRoot } from "../../replica/audit_root.ts";
import type { Replica } from "../../replica/replica.ts";
import { sumsFromBytes, sumsToBytes } from "../../replica/sums.ts";
import type { AuditAsk, AuditCells } from "../../wire/audit.ts";
import { decodeBody, type Entry } from "../../wire/entry.ts";
import type { PeerMessage } from "../../wire/peer.ts";
import type { CatchUp } from "./catch_up.ts";
import type { Disk } from "./disk.ts";

type Message = Extract<PeerMessage, { type: "auditAsk" | "auditSums" | "auditCells" }>;
type Repair = Extract<Operation, { kind: "repair" }>;

/** What the audit needs of the member it belongs to. */
interface Owner {
  readonly replica: () => Replica;
  readonly send: (to: MemberId, message: PeerMessage) => void;
  /** This member serves nothing more until it has a copy. */
  readonly becameOdd: (why: string) => void;
  /** When it began. */
  readonly nowMs: number;
}

/** Finding out with a peer what it is that differs. */
interface Examining {
  readonly peer: MemberId;
  readonly index: number;
  readonly untilMs: number;
  /** The state that was found to be another: it is looked at also when a copy took its place. */
  readonly replica: Replica;
  readonly sums: Uint32Array;
  buckets: number[];
  named: number;
}

export class Audit {
  readonly #raft: Raft;
  readonly #disk: Disk;
  readonly #catchUp: CatchUp;
  readonly #owner: Owner;
  readonly #roots = new Roots();
  /** This member's own newest roots, with the sums, oldest first. */
  #own: AuditRoot[] = [];
  #judgement: Judgement = { odd: new Map(), split: undefined };
  #odd: string | undefined;
  /** Where the states are different without a majority, since when, and whether that was told. */
  #undecided: { readonly index: number; readonly sinceMs: number; isTold: boolean } | undefined;
  /** The index of each member's oddness that was told of. */
  readonly #toldOf = new Map<MemberId, number>();
  #examining: Examining | undefined;
  #alarms: string[] = [];
  #last = { index: 0, sinceMs: 0, isAudit: false };

  constructor(raft: Raft, disk: Disk, catchUp: CatchUp, owner: Owner) {
    this.#raft = raft;
    this.#disk = disk;
    this.#catchUp = catchUp;
    this.#owner = owner;
    this.#last.sinceMs = owner.nowMs;
    if (disk.copyFrom.length > 0) this.#odd = this.#oddText("was found to differ", disk.copyFrom);
    const { applied } = owner.replica();
    const entry = raft.log.at(applied);
    const isAudit = entry !== undefined && isAuditEntry(entry);
    if (applied > 0 && (isAudit || this.#isDue(applied))) this.#sumUp(owner.nowMs);
  }

  /** Why the state here may not be read, while that is so. */
  get odd(): string | undefined {
    return this.#odd;
  }

  /** What a heartbeat's answer says of the state. */
  get told(): Pick<Pong, "auditIndex" | "auditRoot" | "isOdd"> {
    const { index = 0, root = 0 } = this.#own.at(-1) ?? {};
    return { auditIndex: index, auditRoot: root, isOdd: this.#odd !== undefined };
  }

  /** What is wrong, one line each, as long as it is. */
  get notices(): readonly string[] {
    const notices = [...this.#judgement.odd]
      .filter(([id]) => id !== this.#raft.self)
      .map(([id, { index }]) => this.#othersOddText(id, index));
    return this.#undecided?.isTold === true ? [...notices, this.#splitText()] : notices;
  }

  /** What was found since this was last asked, for the log. */
  takeAlarms(): string[] {
    return this.#alarms.splice(0);
  }

  /** Whose state is known to be another than that of `from`, and by which root; undefined: nobody's
   * is. */
  apart(from: MemberId): ReturnType<Roots["apart"]> {
    return this.#roots.apart(from, this.#raft.log.roster.roster);
  }

  /** Whether a majority has another state than this member. */
  isOutvoted(member: MemberId): boolean {
    return this.#judgement.odd.has(member);
  }

  /** An entry was applied just now. */
  applied(index: number, operations: readonly Operation[], nowMs: number): void {
    const isAudit = operations.some(({ kind }) => kind === "audit");
    if (isAudit || this.#isDue(index)) this.#sumUp(nowMs);
  }

  /** Does what an entry that was applied says of whose state is right. */
  obey(operations: readonly Operation[], nowMs: number): void {
    for (const operation of operations) {
      if (operation.kind === "repair") this.#ordered(operation, nowMs);
    }
  }

  /** A peer answered a heartbeat. */
  heard(from: MemberId, { auditIndex, auditRoot }: Pong, nowMs: number): void {
    if (this.#roots.tell(from, auditIndex, auditRoot)) this.#judge(nowMs);
  }

  /** Another state took the place of the one here; `isWhole`: nothing of that is left. */
  flipped(isWhole: boolean, nowMs: number): void {
    if (!isWhole) return;
    this.#roots.tell(this.#raft.self, 0, 0);
    this.#own = [];
    if (this.#odd !== undefined) {
      this.#alarms.push("the state here is whole again: a copy is in place");
    }
    this.#odd = undefined;
    // It may have been found odd while this copy went to the disk: the mark is of the state before.
    if (this.#disk.copyFrom.length > 0) this.#disk.mustCopy([]);
    this.#judge(nowMs);
  }

  take(from: MemberId, message: Message, nowMs: number): void {
    if (message.type === "auditAsk") return this.#answer(from, message.ask);
    const examining = this.#examining;
    if (examining === undefined || examining.peer !== from) return;
    if (message.type === "auditCells") return this.#compare(examining, message.told);
    if (message.index === examining.index) this.#look(examining, message.sums, nowMs);
  }

  /** Goes on with what waits; what a leader should propose now, if something is due. */
  tick(nowMs: number): Operation | undefined {
    if (this.#odd !== undefined) this.#catchUp.mend(nowMs);
    if (this.#examining !== undefined && nowMs >= this.#examining.untilMs) {
      this.#examining = undefined;
    }
    this.#tellUndecided(nowMs);
    return this.#due(nowMs);
  }

  // ---- finding out

  #isDue(index: number): boolean {
    return index % this.#disk.pace.auditEveryEntries === 0;
  }

  #sumUp(nowMs: number): void {
    const own = auditRoot(this.#owner.replica());
    this.#own = [...this.#own, own].slice(-AUDIT_SUMS_KEPT);
    if (this.#roots.tell(this.#raft.self, own.index, own.root)) this.#judge(nowMs);
  }

  #judge(nowMs: number): void {
    const { self, log } = this.#raft;
    this.#judgement = this.#roots.judge(log.roster.roster);
    const { odd, split } = this.#judgement;
    if (split === undefined) this.#undecided = undefined;
    else if (this.#undecided?.index !== split.index) {
      this.#undecided = { index: split.index, sinceMs: nowMs, isTold: false };
    }
    for (const [id, { index, sound }] of odd) {
      if (id === self) this.#becomeOdd(index, sound, "is not that of the majority", nowMs);
      else if (this.#toldOf.get(id) !== index) {
        this.#toldOf.set(id, index);
        this.#alarms.push(this.#othersOddText(id, index));
      }
    }
  }

  #becomeOdd(index: number, from: readonly MemberId[], how: string, nowMs: number): void {
    if (this.#odd !== undefined) return;
    this.#odd = this.#oddText(`at index ${index} ${how}`, from);
    this.#alarms.push(this.#odd);
    this.#disk.mustCopy(from);
    this.#examine(from[0] as MemberId, index, nowMs);
    this.#owner.becameOdd(this.#odd);
    this.#catchUp.mend(nowMs);
  }

  /** Somebody said whose state is right. */
  #ordered({ from, index, root }: Repair, nowMs: number): void {
    const own = this.#roots.at(this.#raft.self, index);
    if (from === this.#raft.self || own === undefined || own === root) return;
    const how = `is not that of ${this.#name(from)}, which was said to be right`;
    this.#becomeOdd(index, [from], how, nowMs);
  }

  #tellUndecided(nowMs: number): void {
    const undecided = this.#undecided, { split } = this.#judgement;
    if (undecided === undefined || undecided.isTold || split === undefined) return;
    if (nowMs < undecided.sinceMs + AUDIT_UNDECIDED_MS) return;
    undecided.isTold = true;
    this.#alarms.push(this.#splitText());
    const { self } = this.#raft;
    const others = split.sides.filter((side) => !side.includes(self)).flat();
    if (others[0] !== undefined) this.#examine(others[0], split.index, nowMs);
  }

  /** The entry at which idle members compare, once after the last change. */
  #due(nowMs: number): Operation | undefined {
    const { log, leading } = this.#raft;
    if (log.last !== this.#last.index) {
      const entry = log.at(log.last);
      const isAudit = entry !== undefined && isAuditEntry(entry);
      this.#last = { index: log.last, sinceMs: nowMs, isAudit };
    }
    const { sinceMs, isAudit } = this.#last;
    if (leading?.isSettled !== true || isAudit || nowMs < sinceMs + AUDIT_QUIET_MS) {
      return undefined;
    }
    return { kind: "audit" };
  }

  // ---- naming what differs

  #examine(peer: MemberId, index: number, nowMs: number): void {
    const sums = this.#own.find((own) => own.index === index)?.sums;
    if (sums === undefined) return;
    const untilMs = nowMs + 3 * DELTA_SILENT_MS;
    const replica = this.#owner.replica();
    this.#examining = { peer, index, untilMs, replica, sums, buckets: [], named: 0 };
    this.#ask(peer, { index, bucket: undefined });
  }

  #look(examining: Examining, bytes: Uint8Array, nowMs: number): void {
    const { index, peer, sums: mine } = examining;
    const theirs = sumsFromBytes(bytes);
    if (theirs === undefined || nowMs >= examining.untilMs) return;
    const buckets = [...theirs.keys()].filter((bucket) => theirs[bucket] !== mine[bucket]);
    this.#alarms.push(
      `compared with ${this.#name(peer)} at index ${index}, ${buckets.length} of ` +
        `${theirs.length} buckets differ: ${buckets.slice(0, AUDIT_BUCKETS_EXAMINED).join(", ")}`,
    );
    examining.buckets = buckets.slice(0, AUDIT_BUCKETS_EXAMINED);
    for (const bucket of examining.buckets) this.#ask(peer, { index, bucket });
  }

  /** Values stay where they are: a log is no place for them. */
  #compare(examining: Examining, theirs: AuditCells): void {
    const { peer, buckets, replica } = examining;
    if (!buckets.includes(theirs.bucket) || replica.isBetween) return;
    examining.buckets = buckets.filter((bucket) => bucket !== theirs.bucket);
    const mine = cellsTold(replica, theirs.bucket);
    for (const { row, attribute, mine: here, theirs: there } of differing(mine, theirs)) {
      if (++examining.named > AUDIT_CELLS_NAMED) break;
      const what = attribute === undefined ? "what is known of the row" : `cell ${attribute}`;
      const stamps = here === there
        ? `another value of the same index ${here}`
        : `of index ${here ?? "none"} here, ${there ?? "none"} at ${this.#name(peer)}`;
      this.#alarms.push(`bucket ${theirs.bucket}, row ${row}, ${what}: ${stamps}`);
    }
    if (examining.buckets.length === 0) this.#examining = undefined;
  }

  #answer(to: MemberId, { index, bucket }: AuditAsk): void {
    const replica = this.#owner.replica();
    if (bucket === undefined) {
      const sums = this.#own.find((own) => own.index === index)?.sums;
      const bytes = sums === undefined ? new Uint8Array() : sumsToBytes(sums);
      this.#owner.send(to, { type: "auditSums", index, sums: bytes });
    } else if (!replica.isBetween) {
      this.#owner.send(to, { type: "auditCells", told: cellsTold(replica, bucket) });
    }
  }

  #ask(peer: MemberId, ask: AuditAsk): void {
    this.#owner.send(peer, { type: "auditAsk", ask });
  }

  // ---- words

  #name(id: MemberId): string {
    return nameOf(this.#raft.log.roster.roster, id);
  }

  #oddText(how: string, from: readonly MemberId[]): string {
    const names = from.map((id) => this.#name(id)).join(" or ");
    return `its state ${how}; it takes a copy of ${names}, and serves again then`;
  }

  #othersOddText(id: MemberId, index: number): string {
    return `the state of ${this.#name(id)} at index ${index} is not that of the majority; ` +
      "it takes a copy by itself and serves nothing until then";
  }

  #splitText(): string {
    const { index, sides } = this.#judgement.split as NonNullable<Judgement["split"]>;
    const names = sides.map((side) => side.map((id) => this.#name(id)).join(" and "));
    return `the states at index ${index} of ${names.join(", and of ")} are different, and no ` +
      "majority tells which is right: nothing is touched until you choose; look at both, then " +
      "run `confluent check --repair --from NAME` with the name of the one to keep";
  }
}

export function isOfAudit(message: PeerMessage): message is Message {
  return message.type === "auditAsk" || message.type === "auditSums" ||
    message.type === "auditCells";
}

function isAuditEntry(entry: Entry): boolean {
  return decodeBody(entry.body).operations.some(({ kind }) => kind === "audit");
}

function cellsTold(replica: Replica, bucket: number): AuditCells {
  const { applied, collected } = replica;
  const all = [...auditCells(replica, bucket)];
  const cells = all.slice(0, AUDIT_CELLS_TOLD);
  return { bucket, applied, collected, isWhole: cells.length === all.length, cells };
}
