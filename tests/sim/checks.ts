/**
 * What must hold in every world, looked at after every step of every member:
 *
 * - one leader a term; what is committed never changes and is the same everywhere;
 * - equal applied index, equal state, against a reference that applies each entry once (I5 to I7);
 * - quorum is held only where a majority really answered within 4 s (I2);
 * - a state that is right is never condemned, and one that was spoilt is healed in the end;
 * - a disk that was put back in time leads nobody (I9); healthy disks are never condemned;
 * - nobody spends a term without having asked a majority first (PreVote).
 *
 * And at the end: every acknowledged write is there (I1), registers are linearizable,
 * transactions are whole, all members agree, and the healed collective makes progress.
 */
import { crc32c } from "../../src/base/crc32c.ts";
import { majorityOf, type MemberId, type Roster, votersOf } from "../../src/model/member.ts";
import { Replica } from "../../src/replica/replica.ts";
import { encodeRow } from "../../src/wire/record.ts";
import type { Envelope } from "../../src/wire/peer.ts";
import type { Entry } from "../../src/wire/entry.ts";
import type { Host } from "./host.ts";
import { checkRegisters } from "./registers.ts";
import { RowHistory } from "./row_history.ts";
import { type Acknowledged, LIST_PREFIX } from "./workload.ts";
import type { World } from "./world.ts";

export class Violation extends Error {
  override readonly name = "Violation";
}

/** Answers take this long at most to be counted by a clock that runs 1 % off. */
const HELD_MS = 4_000 * 1.03 + 1;
const PROGRESS_MS = 10_000;
const READ_MS = 3_000;
const CONVERGENCE_MS = 60_000;

interface Seen {
  machine: Host["machine"];
  commit: number;
  applied: number;
  term: number;
  quorumAt: number;
}

export class Checks {
  readonly #world: World;
  readonly #leaders = new Map<number, MemberId>();
  /** The log as it was committed, and the state it makes. */
  readonly #committed: Entry[] = [];
  readonly #reference = new Replica();
  readonly #rowSums = new Map<string, number>();
  /** What nodes were, for who watches them. */
  readonly history = new RowHistory();
  /** The digest of the reference after each index. */
  readonly #digests: number[] = [0];
  readonly #acknowledged: Acknowledged[] = [];
  readonly #seen = new Map<MemberId, Seen>();
  readonly #pongs = new Map<string, number>();
  readonly #preVotes = new Map<string, Set<MemberId>>();
  /** Hosts whose disks the storm itself took. */
  readonly taken = new Set<MemberId>();
  readonly #handedTo = new Set<string>();
  #undecided: string | undefined;
  #hasEnded = false;

  constructor(world: World) {
    this.#world = world;
  }

  /** Why nothing can be said about the registers, where their histories were too tangled. */
  get undecided(): string | undefined {
    return this.#undecided;
  }

  /** From here on there may be two histories: what is known here is of one. */
  end(): void {
    this.#hasEnded = true;
  }

  stepped(host: Host): void {
    const { machine } = host;
    if (machine === undefined || this.#hasEnded) return;
    const seen = this.#seenOf(host);
    this.#checkLeader(host);
    if (machine.audit.odd !== undefined && !host.isSpoilt) {
      this.#fail(`${host.member.name} condemns its state, which is right: ${machine.audit.odd}`);
    }
    if (machine.locked?.includes("rolled back") && !host.isRolledBack) {
      this.#fail(`${host.member.name} was told its whole disk is rolled back: ${machine.locked}`);
    }
    if (machine.raft.term > seen.term) this.#checkTerm(host, machine.raft.term);
    seen.term = machine.raft.term;
    this.#checkCommit(host, seen);
    if (machine.replica.applied !== seen.applied) {
      const isFirst = seen.applied === -1;
      seen.applied = machine.replica.applied;
      if (isFirst || seen.applied % 23 === 0) this.#checkState(host);
    }
    // A verdict stands for seconds: looking at it a hundred times a second is enough.
    if (this.#world.time - seen.quorumAt < 10) return;
    seen.quorumAt = this.#world.time;
    this.#checkQuorum(host);
  }

  delivered(from: MemberId, to: MemberId, { message }: Envelope): void {
    // Whoever is asked to lead need not ask the others first.
    if (message.type === "lead") this.#handedTo.add(`${to}@${message.term + 1}`);
    if (message.type === "pong") this.#pongs.set(`${to}<${from}`, this.#world.time);
    if (message.type !== "preVoteReply" || !message.granted) return;
    const key = `${to}@${message.asked}`;
    const voters = this.#preVotes.get(key) ?? new Set([to]);
    this.#preVotes.set(key, voters.add(from));
  }

  /** By now a member whose disk was put back has heard that it was. */
  foundOut({ machine, isRolledBack, member }: Host): void {
    if (machine === undefined || !isRolledBack || machine.locked !== undefined) return;
    this.#fail(`${member.name} goes on with a disk that was rolled back`);
  }

  acknowledged(write: Acknowledged): void {
    this.#acknowledged.push(write);
  }

  /** A disk was found damaged or cut: the storm must have done it. */
  lost(host: Host, why: string): void {
    if (!this.taken.has(host.id)) {
      this.#fail(`${host.member.name} condemned a healthy disk: ${why}`);
    }
  }

  /** After the storm: a write begun now must succeed within 10 virtual seconds. */
  demandProgress(): void {
    const until = this.#world.time + PROGRESS_MS;
    let isDone = false;
    const ask = (host: Host): void =>
      this.#world.workload.probe(host, "write", (outcome) => isDone ||= outcome?.ok === true);
    for (let at = this.#world.time; at < until; at += 500) {
      this.#world.at(at, () => {
        if (isDone) return;
        for (const host of this.#members()) if (host.machine) ask(host);
      });
    }
    if (this.#world.runUntil(until, () => isDone)) return;
    this.#fail(`no write succeeded within ${PROGRESS_MS} ms after the storm: ${this.#standing()}`);
  }

  /** What was spoilt is found at the next index where states are compared, and healed. */
  demandHealing(): void {
    const until = this.#world.time + CONVERGENCE_MS;
    const spoilt = (): Host[] => [...this.#world.hosts.values()].filter((host) => host.isSpoilt);
    const write = (): void => {
      if (spoilt().length === 0) return;
      for (const host of this.#members()) {
        if (host.machine !== undefined) this.#world.workload.probe(host, "write", () => undefined);
      }
      this.#world.at(this.#world.time + 200, write);
    };
    write();
    const isDone = (): boolean => {
      for (const host of spoilt()) if (host.machine !== undefined) this.#checkState(host);
      return spoilt().length === 0;
    };
    if (this.#world.runUntil(until, isDone)) return;
    this.#fail(`not healed within ${CONVERGENCE_MS} ms after the storm: ${this.#standing()}`);
  }

  demandConvergence(): void {
    const { workload } = this.#world;
    const until = this.#world.time + CONVERGENCE_MS;
    const done = () => workload.underWay === 0 && this.#haveConverged();
    if (this.#world.runUntil(until, done)) return;
    this.#fail(`no agreement within ${CONVERGENCE_MS} ms after the storm: ${this.#standing()}`);
  }

  demandManagers(): void {
    const running = (): Host[] => this.#members().filter(({ machine }) => machine !== undefined);
    this.#world.managed.demandManagers(running);
  }

  /**
   * In a collective where nothing else happens every member takes reads, and then writes. Reads
   * come first: a write would wake whoever sleeps. A write may meet a disk error that the storm
   * left behind, and then takes an election.
   */
  demandService(): void {
    this.#demandOfAll("read", READ_MS);
    this.#demandOfAll("write", PROGRESS_MS);
  }

  #demandOfAll(kind: "read" | "write", withinMs: number): void {
    const open = new Map<Host, string>();
    for (const host of this.#members()) {
      open.set(host, "no answer");
      const ask = (): void =>
        this.#world.workload.probe(host, kind, (outcome) => {
          if (outcome?.ok) return void open.delete(host);
          // A full copy may come in between; a client asks again.
          open.set(host, outcome?.refusal.message ?? "no answer");
          this.#world.at(this.#world.time + 200, ask);
        });
      ask();
    }
    // A removal that was asked for in the storm may come true only now.
    const isDone = (): boolean => {
      const members = this.#members();
      return [...open.keys()].every((host) => !members.includes(host));
    };
    if (this.#world.runUntil(this.#world.time + withinMs, isDone)) return;
    const [[host, why] = []] = open;
    const where = `no ${kind} at ${host?.member.name} in a quiet collective`;
    this.#fail(`${where} within ${withinMs} ms: ${why}; ${this.#standing()}`);
  }

  atTheEnd(): void {
    // One whose last commit failed may be setting its store right at this very moment.
    for (const host of this.#members()) if (host.machine !== undefined) this.#checkState(host);
    const final = this.#reference;
    for (const { row, value, index } of this.#acknowledged) {
      const isList = row.startsWith(LIST_PREFIX);
      const stamp = isList ? final.cells.cell(row, value)?.stamp ?? 0 : final.cells.newest(row);
      // Of a register that was emptied later there may be no trace at all.
      if (stamp < index && (isList || final.collected < index)) {
        this.#fail(`the write of ${value} to ${row}, index ${index}, is lost`);
      }
    }
    this.#checkLists();
    this.#checkWatchers();
    const verdict = checkRegisters(this.#world.workload.history);
    if (verdict.result === "violated") this.#fail(verdict.why);
    if (verdict.result === "undecided") {
      this.#undecided = verdict.why;
      this.#world.tell(`undecided: ${verdict.why}`);
    }
  }

  // ----

  #fail(what: string): never {
    throw new Violation(what);
  }

  #seenOf(host: Host): Seen {
    const seen = this.#seen.get(host.id);
    if (seen !== undefined && seen.machine === host.machine) return seen;
    const term = host.machine?.raft.term ?? 0;
    const fresh = { machine: host.machine, commit: 0, applied: -1, term, quorumAt: 0 };
    this.#seen.set(host.id, fresh);
    return fresh;
  }

  #checkLeader(host: Host): void {
    const raft = host.machine?.raft;
    if (raft?.leading === undefined) return;
    const known = this.#leaders.get(raft.term);
    if (known === undefined) {
      this.#leaders.set(raft.term, host.id);
      this.#world.tell(`${host.member.name} leads term ${raft.term}`);
    } else if (known !== host.id) this.#fail(`two leaders in term ${raft.term}`);
    if (host.isRolledBack) this.#fail(`${host.member.name} leads on a disk that was rolled back`);
    // Whoever is being removed may have to lead until that is committed.
    const rosters = [raft.log.roster, raft.log.rosterAt(raft.commit)];
    if (!rosters.some(({ roster }) => votersOf(roster).some(({ id }) => id === host.id))) {
      this.#fail(`${host.member.name} leads without a vote`);
    }
  }

  /** Whoever calls an election has asked a majority first. */
  #checkTerm(host: Host, term: number): void {
    const machine = host.machine!;
    if (machine.raft.vote !== host.id || this.#handedTo.has(`${host.id}@${term}`)) return;
    const voters = votersOf(machine.roster.roster).length;
    const granted = this.#preVotes.get(`${host.id}@${term}`)?.size ?? 1;
    const needed = this.#world.mutant === "half-is-majority" ? 1 : majorityOf(voters);
    if (granted < needed) this.#fail(`${host.member.name} spent term ${term} without asking`);
  }

  #checkCommit(host: Host, seen: Seen): void {
    const machine = host.machine!;
    const { log, commit } = { log: machine.raft.log, commit: machine.raft.commit };
    for (let index = Math.max(seen.commit, log.start) + 1; index <= commit; index++) {
      const entry = log.at(index);
      if (entry === undefined) continue;
      const known = this.#committed[index - 1];
      if (known !== undefined) {
        if (known.term !== entry.term || crc32c(known.body) !== crc32c(entry.body)) {
          this.#fail(`entry ${index}, committed, is another on ${host.member.name}`);
        }
      } else if (index === this.#committed.length + 1) this.#commit(entry);
      else this.#fail(`${host.member.name} commits ${index} before anybody has the one before`);
    }
    seen.commit = Math.max(seen.commit, commit);
  }

  #commit(entry: Entry): void {
    this.#committed.push(entry);
    this.#reference.apply(entry);
    let digest = this.#digests.at(-1)!;
    const reference = this.#reference;
    const gone = reference.goneRows;
    reference.forgetGone(gone);
    const changed = [
      ...gone.map((row) => ({ row, record: undefined })),
      ...reference.takeDirty(Infinity),
    ];
    for (const { row, record } of changed) {
      if (record !== undefined) this.history.add(entry.index, record);
      const sum = record === undefined ? 0 : crc32c(encodeRow(record));
      digest ^= (this.#rowSums.get(row) ?? 0) ^ sum;
      this.#rowSums.set(row, sum);
    }
    this.#digests.push(digest);
  }

  #checkState(host: Host): void {
    const { replica, audit } = host.machine!;
    if (replica.isBetween) return;
    let digest = 0;
    for (const record of replica.records()) digest ^= crc32c(encodeRow(record));
    if (digest === (this.#digests[replica.applied] ?? 0)) {
      // Found and then lost in a restart, it is replaced all the same.
      if (audit.odd === undefined) host.isSpoilt = false;
      return;
    }
    if (host.isSpoilt) return;
    const right = new Replica();
    for (const entry of this.#committed.slice(0, replica.applied)) right.apply(entry);
    const rows = [...new Set([...right.rowNames(), ...replica.rowNames()])].filter((row) =>
      JSON.stringify(right.record(row)) !== JSON.stringify(replica.record(row))
    );
    this.#fail(
      `${host.member.name} has another state at index ${replica.applied}: ${rows.join(" ")}`,
    );
  }

  #checkQuorum(host: Host): void {
    const machine = host.machine!;
    if (!machine.quorum(host.now().monoMs).held) return;
    const { roster } = machine.roster;
    const since = this.#world.time - HELD_MS;
    const answered =
      votersOf(roster).filter(({ id }) =>
        id === host.id || (this.#pongs.get(`${host.id}<${id}`) ?? -1e9) >= since
      ).length;
    if (answered < majorityOf(votersOf(roster).length)) {
      this.#fail(`${host.member.name} holds quorum with ${answered} answers`);
    }
  }

  /** Members of the newest roster whose disks are whole. */
  #members(): Host[] {
    const roster = this.newestRoster();
    return roster.members
      .map(({ id }) => this.#world.hosts.get(id))
      .filter((host) => host !== undefined)
      .filter((host) => !host.isLost && !host.isRolledBack && host.machine?.locked === undefined);
  }

  newestRoster(): Roster {
    const live = this.#world.live().map(({ machine }) => machine!.replica.roster);
    live.push(this.#reference.roster);
    return live.reduce((newest, roster) => roster.index > newest.index ? roster : newest).roster;
  }

  /** All have the same, hold quorum, and vote: learners were promoted. */
  #haveConverged(): boolean {
    const members = this.#members();
    const first = members[0]?.machine;
    if (first === undefined) return false;
    return members.every((host) => {
      const { machine } = host;
      if (machine === undefined || !machine.raft.isVoter(host.id)) return false;
      return machine.replica.applied === first.replica.applied &&
        machine.raft.log.last === machine.replica.applied &&
        machine.quorum(host.now().monoMs).held;
    });
  }

  /** Every transaction's element is in all its rows or in none, and in all if acknowledged. */
  #checkLists(): void {
    for (const { element, rows, outcome } of this.#world.workload.appends) {
      const found = rows.filter((row) => this.#reference.cells.value(row, element) !== null).length;
      if (found !== 0 && found !== rows.length) this.#fail(`transaction ${element} is torn`);
      if (found === 0 && outcome === "acknowledged") this.#fail(`transaction ${element} is lost`);
      if (found > 0 && outcome === "refused") this.#fail(`${element} was refused and done`);
    }
  }

  #checkWatchers(): void {
    const members = this.#members().filter(({ machine }) => machine !== undefined);
    const applied = ({ machine }: Host): number => machine?.replica.applied ?? 0;
    this.#world.watchers.atTheEnd(members.reduce((a, b) => applied(b) > applied(a) ? b : a));
  }

  #standing(): string {
    return [...this.#world.hosts.values()].map((host) => {
      const { machine, member } = host;
      if (host.isLost) return `${member.name} lost`;
      if (machine === undefined) return `${member.name} down`;
      const { raft } = machine;
      const state = machine.locked ?? machine.audit.odd ?? machine.cannotWrite ??
        (raft.leading ? "leads" : "follows");
      const { term, commit, log } = raft;
      return `${member.name} term ${term} last ${log.last} commit ${commit} ${state}`;
    }).join("; ");
  }
}
