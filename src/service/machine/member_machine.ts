/**
 * One member, whole: the log, the state, the heartbeats, the disk and the requests, composed.
 * Pure like its parts: `handle` takes what happened, `drain` gives what to do, `deadline` says
 * when to call again. The service runs it over real links and disks, the simulator over cruel ones.
 *
 * Invariants kept here: I1 (nothing is answered before it is applied, nothing applied before it is
 * committed), I9 (nobody hears a word that counts of a disk that was put back in time; lives.ts),
 * and that one who is locked says nothing that could count.
 */
import { assert } from "../../base/assert.ts";
import { MalformedError } from "../../base/bytes.ts";
import { type Deadline, earlier, type Now } from "../../base/instant.ts";
import { hlcAfter } from "../../base/hlc.ts";
import { refused } from "../../base/outcome.ts";
import { Heartbeats, type QuorumVerdict } from "../../collective/liveness.ts";
import type { Leader } from "../../consensus/leader.ts";
import type { Log } from "../../consensus/log.ts";
import { Raft } from "../../consensus/raft.ts";
import type { StoreBatch } from "../../io/store.ts";
import { findMember, type MemberId, type RosterAt } from "../../model/member.ts";
import type { Operation } from "../../model/operation.ts";
import { NodeIndex, presentOf } from "../../replica/node_index.ts";
import type { Replica } from "../../replica/replica.ts";
import { encodeBody } from "../../wire/entry.ts";
import type { Envelope, PeerMessage } from "../../wire/peer.ts";
import { Applying } from "./applying.ts";
import { Asked, type PassedOn } from "./asked.ts";
import { Beating } from "./beating.ts";
import { Audit } from "./audit.ts";
import { Collector } from "./collecting.ts";
import { Commits } from "./commits.ts";
import { CatchUp, type CaughtUp } from "./catch_up.ts";
import { Detour } from "./detour.ts";
import { Hearing } from "./hearing.ts";
import type { Disk } from "./disk.ts";
import { Lives } from "./lives.ts";
import type { Effects, Lock, MemberEvent, MemberMachineOptions } from "./member_event.ts";
import { Placing } from "./placing.ts";
import { Recalls } from "./recalls.ts";
import { noQuorum, type Reply, Requests, type ToLeader } from "./requests.ts";
import { Steward } from "./steward.ts";

export class MemberMachine {
  readonly self: MemberId;
  readonly raft: Raft;
  readonly #log: Log;
  readonly #disk: Disk;
  readonly #lives: Lives;
  readonly #recalls: Recalls;
  readonly #heartbeats: Heartbeats;
  readonly #beating: Beating;
  readonly #hearing: Hearing;
  readonly #requests: Requests;
  readonly #steward: Steward;
  readonly #asked: Asked;
  readonly #applying: Applying;
  readonly #catchUp: CatchUp;
  readonly #detour: Detour;
  readonly #collector: Collector;
  readonly audit: Audit;
  readonly placing: Placing;
  /** What is derived of the rows of nodes and groups. */
  readonly nodes: NodeIndex;
  readonly #commits: Commits;
  #replica: Replica;
  #sends: { to: MemberId; envelope: Envelope }[] = [];
  #count: number;
  #now: Now;
  #knownLeading: Leader | undefined;
  /** The roster that the last heartbeats named. */
  #askedRoster = 0;
  #lockedBy: Lock | undefined;
  #isStopping = false;

  constructor(options: MemberMachineOptions) {
    const { loaded, prng, now, mutant } = options;
    const { meta, log, replica, disk } = loaded;
    this.self = meta.self;
    this.#log = log;
    this.#replica = replica;
    this.#disk = disk;
    this.#count = options.count;
    // Drawn, not forked: one that starts anew in the same process must not draw the same.
    const life = { life: prng.next(), count: options.count };
    this.#lives = new Lives(loaded.lives, meta.heard, life, mutant, options.lostAt);
    const append = (body: Uint8Array): void => this.#append(body);
    const send = (to: MemberId, message: PeerMessage): void => this.#send(to, message);
    this.#recalls = new Recalls(this.#lives, {
      ...{ send, count: () => this.#count },
      ...{ lock: (lock) => this.#lock(lock), linked: (peer) => this.#linked(peer) },
    });
    disk.keepLives(this.#lives);
    this.#now = now;
    this.raft = raftOf(options);
    this.#heartbeats = new Heartbeats(meta.self, now.monoMs, mutant, disk.numbersFrom);
    const common = {
      ...{ raft: this.raft, heartbeats: this.#heartbeats, append, send, mutant },
      replica: (): Replica => this.#replica,
      counts: (): boolean => this.#counts(),
      isStopping: (): boolean => this.#isStopping,
    };
    this.#requests = new Requests(meta.self, disk.boot, disk.numbersFrom);
    this.#steward = new Steward(this.raft, append);
    this.#asked = new Asked({
      ...{ ...common, steward: this.#steward },
      passOn: (question, reply) => this.#passOn(question, reply),
    });
    this.#detour = new Detour({ raft: this.raft, heartbeats: this.#heartbeats, send });
    this.#collector = new Collector(this.raft, disk, this.#heartbeats);
    this.#commits = new Commits(this.raft, disk);
    this.#catchUp = new CatchUp(this.raft, disk, {
      ...{ replica: () => this.#replica, blank: () => this.#replica.blank(), send },
      senders: (atLeast) => this.#heartbeats.whoApplied(atLeast, this.#now.monoMs),
      caughtUp: (state) => this.#flip(state),
    });
    this.audit = new Audit(this.raft, disk, this.#catchUp, {
      ...{ replica: () => this.#replica, send, nowMs: now.monoMs },
      becameOdd: (why) => this.#requests.abandon(refused("unavailable", why)),
    });
    this.nodes = new NodeIndex(presentOf(() => this.#replica));
    this.#beating = new Beating({
      ...{ ...common, disk, lives: this.#lives, recalls: this.#recalls },
      placing: () => this.placing,
      standing: () => ({ ...this.audit.told, canWrite: this.cannotWrite === undefined }),
    });
    const placing = {
      ...{ ...common, nodes: () => this.nodes, roster: () => this.#beating.roster },
      write: (operations: readonly Operation[], reply: Reply): void =>
        this.#write(operations, reply),
    };
    this.placing = new Placing(placing, meta.promises, now);
    disk.keepPromises(this.placing.losses.promises);
    this.#applying = new Applying({
      ...{ ...common, disk, requests: this.#requests, audit: this.audit },
      ...{ placing: this.placing, catchUp: this.#catchUp },
      understand: (what, run) => this.#understand(what, run),
    });
    this.#hearing = new Hearing({
      ...{ ...common, audit: this.audit, placing: this.placing, beating: this.#beating },
      ...{ detour: this.#detour, catchUp: this.#catchUp, asked: this.#asked },
      requests: this.#requests,
      understand: (what, run) => this.#understand(what, run),
    });
    if (this.#lives.lock !== undefined) this.#lock(this.#lives.lock);
  }

  // ---- what can be asked of it

  get replica(): Replica {
    return this.#replica;
  }

  /** The newest roster in the log, committed or not, and its entry. */
  get roster(): RosterAt {
    return this.#log.roster;
  }

  get lostAt(): number | undefined {
    return this.#lives.lostAt;
  }

  get lockedBy(): Lock | undefined {
    return this.#lockedBy;
  }

  get locked(): string | undefined {
    return this.#lockedBy?.reason;
  }

  /** Why nothing can be written here, while that is so. */
  get cannotWrite(): string | undefined {
    return this.#commits.cannotWrite;
  }

  get catchUpProgress(): CatchUp["progress"] {
    return this.#catchUp.progress;
  }

  /** Why learners wait to be promoted, where this member leads and they have waited long. */
  promotionWaits(nowMs: number): readonly string[] {
    return this.#steward.promotionWaits(nowMs);
  }

  get heartbeats(): Heartbeats {
    return this.#heartbeats;
  }

  get chain(): Disk["chain"] {
    return this.#disk.chain;
  }

  /** Requests are taken once the boot number is on disk. */
  get isReady(): boolean {
    return this.#disk.isBootKept;
  }

  quorum(nowMs: number): QuorumVerdict {
    return this.#beating.quorum(nowMs);
  }

  /** Whether this member may act on the node now (I4). */
  mayAct(node: string, now: Now): boolean {
    const isOut = this.#lockedBy !== undefined || this.audit.odd !== undefined;
    return !isOut && this.placing.mayAct(node, now);
  }

  /** The time of day as most voters have it, where this member's own clock is far off. */
  agreedWallMs(now: Now): number {
    return this.#beating.agreedWallMs(now);
  }

  deadline(): Deadline | undefined {
    if (this.#lockedBy !== undefined) {
      return this.#isCondemning() ? this.#commits.deadline() : undefined;
    }
    return [
      this.raft.deadline(),
      this.#heartbeats.deadline(),
      this.#requests.deadline(),
      this.#steward.deadline(),
      this.#catchUp.deadline(),
      this.#detour.deadline(),
      this.#applying.deadline(this.#now.monoMs),
      this.placing.deadline(this.#now.monoMs),
      { atMs: this.#disk.keepAtMs, reason: "what was heard of disks" },
    ].reduce(earlier, this.#commits.deadline());
  }

  // ---- what happens to it

  handle(event: MemberEvent, now: Now): void {
    this.#now = now;
    this.placing.see(now);
    if (event.type === "lock") return this.#lock(event.lock);
    if (this.#lockedBy !== undefined) return this.#handleLocked(event);
    if ("reply" in event && this.#refuses(event.reply)) return;
    const nowMs = now.monoMs;
    switch (event.type) {
      case "received":
        this.#received(event.from, event.envelope);
        break;
      case "linkUp":
        // First of all: who has heard what this one remembers may answer what comes behind it.
        this.#recalls.meet(event.peer);
        break;
      case "linkDown":
        this.#lives.parted(event.peer);
        this.raft.linkDown(event.peer, nowMs);
        break;
      case "persisted":
        this.#persisted(event.count);
        break;
      case "diskFull":
        this.#commits.full(nowMs);
        break;
      case "write":
        this.#requests.write(event.operations, event.reply, this.#toLeader(), nowMs);
        break;
      case "read":
        this.#requests.read(event.reply);
        break;
      case "changeRoster":
        this.#requests.changeRoster(event.ask, event.reply, this.#toLeader(), nowMs);
        break;
      case "stopping":
        this.#isStopping = true;
        this.placing.stop(now);
        break;
      case "tick":
        this.#tick();
        break;
    }
    this.#settle();
  }

  /** What to do now. Called after one event or after several: what they want is sent together. */
  drain(): Effects {
    if (this.#lockedBy === undefined) {
      this.#requests.flush(this.#toLeader(), this.#now.monoMs);
      this.raft.leading?.flush(this.#now.monoMs);
      this.#settle();
    }
    const sends = this.#sends;
    this.#sends = [];
    return { sends, batch: this.#nextBatch() };
  }

  // ----

  /** Whether this member's own word counts: it can write, and nothing locked it. */
  #counts(): boolean {
    return this.#lockedBy === undefined && this.cannotWrite === undefined &&
      this.raft.isVoter(this.self);
  }

  /** One who is locked writes nothing more, save that its disk was rolled back. */
  #nextBatch(): StoreBatch | undefined {
    if (this.#lockedBy !== undefined && !this.#isCondemning()) return undefined;
    return this.#commits.next(this.#now.monoMs, this.#lockedBy !== undefined);
  }

  #isCondemning(): boolean {
    return this.#lives.lock !== undefined && (this.#lives.isDirty || this.#commits.isOwing);
  }

  /** Refuses at once what could come to nothing now (I2). */
  #refuses(reply: Reply): boolean {
    const why = this.audit.odd ?? (this.isReady ? undefined : "this member is still starting");
    if (why !== undefined) {
      reply(refused("unavailable", `${why}; ask again`));
      return true;
    }
    const { held, missing } = this.quorum(this.#now.monoMs);
    if (held || this.#heartbeats.isHurrying(this.#now.monoMs)) return false;
    reply(noQuorum(missing));
    return true;
  }

  #handleLocked(event: MemberEvent): void {
    if (event.type === "persisted") return this.#commits.done(this.#now.monoMs);
    if (event.type === "diskFull") return this.#commits.full(this.#now.monoMs);
    if (event.type !== "write" && event.type !== "read" && event.type !== "changeRoster") return;
    event.reply(refused("unavailable", `this member is locked: ${this.locked}`));
  }

  /** `unsays`: what was about to be said is not, for it may be untrue. */
  #lock(lock: Lock, unsays = true): void {
    if (this.#lockedBy !== undefined) return;
    this.raft.bar(true, this.#now.monoMs);
    this.#lockedBy = lock;
    if (unsays) this.#sends = [];
    this.raft.outbox.length = 0;
    this.#requests.abandon(refused("unavailable", `this member is locked: ${lock.reason}`));
  }

  /** The peer can be heard and may hear: what it is owed goes out. */
  #linked(peer: MemberId): void {
    this.#requests.linkUp(peer, this.#toLeader(), this.#now.monoMs);
    this.#heartbeats.hurrySoon(this.#now.monoMs);
    this.raft.leading?.linkUp(peer, this.#now.monoMs);
    this.#beating.ask(peer);
  }

  #received(from: MemberId, envelope: Envelope): void {
    const nowMs = this.#now.monoMs;
    const message = this.#recalls.take(from, envelope, nowMs);
    if (message !== undefined) this.#hearing.take(from, message, this.#now);
  }

  /** Asks the leader what another member asked here. */
  #passOn(question: PassedOn, reply: Reply): void {
    if (question.type === "readAsk") return this.#requests.read(reply);
    this.#requests.changeRoster(question.ask, reply, this.#toLeader(), this.#now.monoMs);
  }

  /** A write of this member's own. */
  #write(operations: readonly Operation[], reply: Reply): void {
    const why = this.isReady ? this.audit.odd : "it is still starting";
    if (why !== undefined) return reply(refused("unavailable", why));
    this.#requests.write(operations, reply, this.#toLeader(), this.#now.monoMs);
  }

  #tick(): void {
    const nowMs = this.#now.monoMs;
    this.#applying.tick(this.#replica, nowMs);
    this.raft.tick(nowMs);
    this.#beat(nowMs);
    this.#requests.tick(this.#toLeader(), nowMs);
    const sweep = this.#steward.tick(this.#replica, this.agreedWallMs(this.#now), nowMs);
    if (sweep.length > 0) this.#write(sweep, () => undefined);
    const due = [this.#collector.due(this.#replica, nowMs), this.audit.tick(nowMs)];
    for (const one of due) if (one) this.#append(encodeBody({ operations: [one] }));
    const stale = this.#collector.staleness(this.#replica, nowMs);
    if (stale !== undefined) this.#steward.ask(stale, () => undefined, nowMs);
    this.#commits.tick(nowMs);
    this.#catchUp.tick(nowMs);
    this.#detour.tick(nowMs);
    this.placing.tick(this.#now);
  }

  #beat(nowMs: number): void {
    if (!this.#beating.beat(nowMs)) return;
    if (this.#heartbeats.isHurrying(nowMs)) return;
    const { held, missing } = this.quorum(nowMs);
    if (!held) this.#requests.abandon(noQuorum(missing));
  }

  /** Carries through what the last events made possible: lead, apply, answer, copy. */
  #settle(): void {
    const nowMs = this.#now.monoMs;
    const { leading } = this.raft;
    if (leading !== this.#knownLeading) {
      this.#knownLeading = leading;
      // The first entry of a term: only once it is committed is the commit index known (I1).
      if (leading !== undefined) this.#append(encodeBody({ operations: [] }));
    }
    const removedAt = this.#applyCommitted();
    this.#steward.advance(nowMs);
    this.placing.advance(this.#now);
    if (leading !== undefined) this.#catchUp.tell(leading, nowMs);
    this.#catchUp.goOn(nowMs);
    if (this.#isStopping) leading?.handOver(nowMs, (id) => !this.#heartbeats.isStopping(id));
    for (const { to, message } of this.raft.outbox.splice(0)) this.#send(to, message);
    if (this.#log.roster.index !== this.#askedRoster) {
      this.#askedRoster = this.#log.roster.index;
      this.#heartbeats.hurry(nowMs);
      this.#beat(nowMs);
    }
    // Last of all: what a member said while it was one is true, and others may wait for it.
    if (removedAt !== undefined) {
      this.#lock({ reason: `removed at index ${removedAt}`, removedAt }, false);
    }
  }

  /** Applies what is committed; the index at which this member was removed, if it was. */
  #applyCommitted(): number | undefined {
    const isNew = this.#applying.advance(this.#replica, this.#now.monoMs);
    if (!isNew || this.#lockedBy !== undefined) return undefined;
    const { roster } = this.#replica.roster;
    const { leader } = this.raft;
    // Whoever removed itself leads no more: no need to wait for its silence.
    if (leader && !findMember(roster, leader)) this.raft.linkDown(leader, this.#now.monoMs);
    if (findMember(roster, this.self) !== undefined) return undefined;
    return roster.removed.find(({ id }) => id === this.self)?.index;
  }

  /** What a newer program wrote locks an older one: it never skips. */
  #understand(what: string, run: () => void): boolean {
    try {
      run();
      return true;
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this.#lock({ reason: `${what} says what this program does not know: ${error.message}` });
      return false;
    }
  }

  #append(body: Uint8Array): void {
    const before = this.#log.at(this.#log.last)?.hlc ?? 0;
    const hlc = hlcAfter(this.agreedWallMs(this.#now), before);
    this.raft.leading?.append([{ hlc, body }]);
  }

  /** What is said too early is lost, as on a bad link: it is said again where it matters. */
  #send(to: MemberId, message: PeerMessage): void {
    const mayCount = this.isReady && this.#lives.hasAgreed(to);
    if (!mayCount && message.type !== "recall") return;
    this.#sends.push({ to, envelope: { life: this.#lives.current, count: this.#count, message } });
  }

  #toLeader(): ToLeader {
    return {
      leader: this.raft.leader ?? this.#detour.relay(this.#now.monoMs),
      applied: () => this.#replica.applied,
      propose: (id, body) => this.#asked.propose(id, body),
      send: (to, message) => this.#send(to, message),
      readIndex: (answer) => this.raft.leading?.readIndex(this.#now.monoMs, answer),
      changeRoster: (ask, reply) => this.#steward.ask(ask, reply, this.#now.monoMs),
    };
  }

  // ---- the disk

  #persisted(count: number): void {
    if (this.#disk.isCounted) this.#count = count;
    const nowMs = this.#now.monoMs;
    const isFirst = !this.isReady;
    this.#commits.done(nowMs);
    this.placing.losses.tell();
    if (isFirst) this.#heartbeats.hurry(nowMs);
    const wanted = this.raft.leading?.wantedFrom(nowMs) ?? Number.POSITIVE_INFINITY;
    this.#disk.compact(this.#catchUp.pinned(nowMs), wanted);
  }

  /** What a delta brought is on disk as a whole and is the state from here on. */
  #flip({ replica, cut, cutTerm, keepsLog, isWhole }: CaughtUp): void {
    assert(cut >= this.#replica.applied, "a delta is not behind what it takes the place of");
    replica.caughtUp(cut);
    replica.pruneStages();
    this.#replica = replica;
    if (!keepsLog) this.#log.restart(cut, cutTerm, replica.roster);
    this.#disk.flipped(replica);
    this.raft.caughtUp(cut, keepsLog);
    this.#requests.jumped(cut);
    this.audit.flipped(isWhole, this.#now.monoMs);
    this.placing.flipped();
  }
}

function raftOf({ loaded, prng, now, mutant }: MemberMachineOptions): Raft {
  const { meta: { self, term, vote }, log, replica, disk } = loaded;
  return new Raft({
    ...{ self, term, vote, log, commit: replica.applied, mutant },
    ...{ prng: prng.fork("election"), nowMs: now.monoMs },
    appendEntries: disk.pace.appendEntries,
  });
}
