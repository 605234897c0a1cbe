/**
 * A stage for the log's machine: members with real `Raft`s, a disk each, and the messages on
 * their way between every two. Nothing happens by itself; the script says what comes next.
 * A member does after each event what the member machine does: a new leader appends the first
 * entry of its term, a leader flushes, and what was said goes on its way.
 */
import { Log } from "../../src/consensus/log.ts";
import { type HardState, Raft, type RaftMessage } from "../../src/consensus/raft.ts";
import type { Mutant } from "../../src/base/mutant.ts";
import { Prng } from "../../src/base/prng.ts";
import {
  EMPTY_ROSTER,
  type MemberId,
  type MemberRole,
  type Roster,
} from "../../src/model/member.ts";
import { SUPPORT } from "../../src/model/support.ts";
import { encodeBody, type Entry } from "../../src/wire/entry.ts";
import type { PeerMessage } from "../../src/wire/peer.ts";

/** The id of the member called `m1` to `m9`. */
export function idOf(name: string): MemberId {
  if (!/^m[1-9]$/.test(name)) throw new TypeError(`"${name}" is not the name of a member`);
  return name.slice(1).padStart(16, "0") as MemberId;
}

export function nameOf(id: MemberId): string {
  return `m${id.slice(-1)}`;
}

/** `m1 m2, learners m3`: the members and what they may do. */
export function rosterOf(text: string): Roster {
  const [voters = "", ...others] = text.split(", learners ");
  const listed = (names: string, role: MemberRole): Roster["members"] =>
    names.split(" ").map((name) => ({
      id: idOf(name),
      name,
      fingerprint: idOf(name).repeat(4),
      addresses: [],
      role,
      support: SUPPORT,
    }));
  const learners = others.flatMap((names) => listed(names, "learner"));
  return { level: 1, members: [...listed(voters, "voter"), ...learners], removed: [] };
}

const NOTHING = encodeBody({ operations: [] });

export function emptyEntry(index: number, term: number): Entry {
  return { index, term, hlc: 0, body: NOTHING };
}

/** What a restart finds. */
interface Disk extends HardState {
  /** In force where the log begins. */
  readonly roster: Roster;
  readonly start: number;
  readonly startTerm: number;
  readonly entries: readonly Entry[];
  /** Applied before, and so known to be committed. */
  readonly commit: number;
}

/** A batch on its way to the disk. */
interface Batch {
  readonly state: HardState;
  readonly entries: readonly Entry[];
  readonly commit: number;
}

interface Player {
  readonly id: MemberId;
  raft: Raft;
  disk: Disk;
  batch: Batch | undefined;
  lives: number;
  /** The term in which the first entry was appended. */
  ledTerm: number;
}

const FRESH: Disk = {
  roster: EMPTY_ROSTER,
  term: 0,
  vote: undefined,
  start: 0,
  startTerm: 0,
  entries: [],
  commit: 0,
};

export class Stage {
  nowMs = 10_000;
  readonly #roster: Roster;
  readonly #mutant: Mutant | undefined;
  readonly #players = new Map<string, Player>();
  readonly #onTheWay = new Map<string, RaftMessage[]>();
  readonly #heard = new Map<string, RaftMessage>();
  /** Told of every message as it is said. */
  readonly #said: (from: MemberId, to: MemberId, message: PeerMessage) => void;

  constructor(
    roster: Roster,
    said: (from: MemberId, to: MemberId, message: PeerMessage) => void,
    mutant?: Mutant,
  ) {
    this.#roster = roster;
    this.#said = said;
    this.#mutant = mutant;
    for (const { id } of roster.members) this.enter(nameOf(id), { roster });
  }

  get names(): string[] {
    return [...this.#players.keys()];
  }

  raft(name: string): Raft {
    return this.#player(name).raft;
  }

  /** Somebody comes to whom no log has said yet who the members are. */
  enterStranger(name: string): void {
    this.enter(name, FRESH);
  }

  /** A process starts on this disk. */
  enter(name: string, disk: Partial<Disk>): void {
    const lives = (this.#players.get(name)?.lives ?? 0) + 1;
    const found = { ...FRESH, roster: this.#roster, ...disk };
    const log = new Log(found.start, found.startTerm, { index: 0, roster: found.roster });
    for (const entry of found.entries) log.append(entry);
    log.writing(log.last);
    log.written();
    const { term, vote, commit } = found;
    const prng = new Prng(`${name}/${lives}`);
    const { nowMs } = this;
    const mutant = this.#mutant;
    const id = idOf(name);
    const raft = new Raft({ self: id, term, vote, log, commit, prng, nowMs, mutant });
    this.#players.set(name, { id, raft, disk: found, batch: undefined, lives, ledTerm: 0 });
  }

  /** The process dies and starts anew; what was on its way to or from it is lost. */
  restart(name: string): void {
    for (const route of this.#onTheWay.keys()) {
      if (route.split(">").includes(name)) this.#onTheWay.delete(route);
    }
    this.enter(name, this.#player(name).disk);
  }

  /** Lets the member do something, and then what always follows. */
  turn(name: string, act: (raft: Raft) => void): void {
    const player = this.#player(name);
    const { raft } = player;
    act(raft);
    if (raft.leading !== undefined && player.ledTerm < raft.term) {
      player.ledTerm = raft.term;
      raft.leading.append([emptyEntry(0, 0)]);
    }
    raft.leading?.flush(this.nowMs);
    for (const { to, message } of raft.outbox.splice(0)) {
      this.#said(player.id, to, message);
      this.#queue(name, nameOf(to)).push(message as RaftMessage);
    }
  }

  /** Lets the member hear the oldest message of a peer; false where there is none. */
  hear(to: string, from: string): boolean {
    const message = this.#queue(from, to).shift();
    if (message === undefined) return false;
    this.#heard.set(`${from}>${to}`, message);
    this.turn(to, (raft) => raft.step(idOf(from), message, this.nowMs));
    return true;
  }

  /** Lets the member hear a second time what it heard last of a peer. */
  hearAgain(to: string, from: string): void {
    const message = this.#heard.get(`${from}>${to}`);
    if (message === undefined) throw new RangeError(`${to} has heard nothing of ${from}`);
    this.turn(to, (raft) => raft.step(idOf(from), message, this.nowMs));
  }

  /** The newest message on its way overtakes the others. */
  overtake(to: string, from: string): void {
    const queue = this.#queue(from, to);
    queue.unshift(...queue.splice(-1));
  }

  /** Loses what is on its way; false where nothing is. */
  miss(to: string, from: string): boolean {
    return this.#queue(from, to).splice(0).length > 0;
  }

  /** Hands to the disk what it should hold. False where it holds it all. */
  beginWrite(name: string): boolean {
    const player = this.#player(name);
    const { raft, batch } = player;
    const { log } = raft;
    if (batch !== undefined || (!raft.isHardStateDirty && log.stable === log.last)) return false;
    const entries = log.slice(log.stable + 1, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    log.writing(log.last);
    const { term, vote, commit } = raft;
    player.batch = { state: { term, vote }, entries, commit: Math.min(commit, log.last) };
    return true;
  }

  /** The batch is on disk. What it held is returned. */
  endWrite(name: string): Batch {
    const player = this.#player(name);
    const { batch, disk } = player;
    if (batch === undefined) throw new RangeError(`${name} writes nothing`);
    const first = batch.entries[0]?.index ?? Number.POSITIVE_INFINITY;
    const kept = disk.entries.filter(({ index }) => index < first);
    const entries = [...kept, ...batch.entries];
    player.disk = { ...disk, ...batch.state, entries, commit: batch.commit };
    player.batch = undefined;
    this.turn(name, (raft) => raft.persisted(batch.state, this.nowMs));
    return batch;
  }

  /** The log forgets its entries up to an index, in memory and on disk. */
  forget(name: string, index: number): void {
    const player = this.#player(name);
    player.raft.log.forget(index);
    const { start, startTerm } = player.raft.log;
    const entries = player.disk.entries.filter((entry) => entry.index > index);
    player.disk = { ...player.disk, start, startTerm, entries };
  }

  /** A full copy, cut where the sender's log begins, replaces what the member has. */
  copy(to: string, from: string): void {
    const { start, startTerm } = this.raft(from).log;
    const player = this.#player(to);
    const { roster } = this.#player(from).disk;
    player.disk = { ...player.disk, roster, start, startTerm, entries: [], commit: start };
    this.turn(to, (raft) => {
      raft.log.restart(start, startTerm, { index: 0, roster });
      raft.caughtUp(start, false);
    });
  }

  #player(name: string): Player {
    const player = this.#players.get(name);
    if (player === undefined) throw new TypeError(`nobody is called "${name}"`);
    return player;
  }

  #queue(from: string, to: string): RaftMessage[] {
    const route = `${from}>${to}`;
    const queue = this.#onTheWay.get(route) ?? [];
    this.#onTheWay.set(route, queue);
    return queue;
  }
}

/** Elects m1 by the vote of m2; both have the first entry of its term, and know it committed. */
export function lead(stage: Stage): void {
  stage.nowMs = stage.raft("m1").deadline()?.atMs ?? 0;
  stage.turn("m1", (raft) => raft.tick(stage.nowMs));
  stage.hear("m2", "m1");
  stage.hear("m1", "m2");
  for (const [name, peer] of [["m1", "m2"], ["m2", "m1"], ["m1", "m2"], ["m2", "m1"]] as const) {
    if (stage.beginWrite(name)) stage.endWrite(name);
    stage.hear(peer, name);
  }
  stage.hear("m2", "m1");
}
