/**
 * Scripts of what happens between members. Lines at the margin are directions; the indented
 * lines under each are what came of it, and are what the test compares:
 *
 *     cast m1 m2 m3
 *     m1 wakes
 *       m1 > m2 preVote term 1 last 0/0
 *       m1 > m3 preVote term 1 last 0/0
 *
 * An entry is `index/term`; a log is the terms of its entries; `..3` says it begins after 3.
 * Nothing is delivered, written or late unless a direction says so. `quietly` before a direction
 * leaves out what came of it. The directions are the table at the end of this file.
 */
import { deepEqual } from "node:assert/strict";

import type { Mutant } from "../../src/base/mutant.ts";
import type { MemberId } from "../../src/model/member.ts";
import { encodeBody } from "../../src/wire/entry.ts";
import type { PeerMessage } from "../../src/wire/peer.ts";
import { emptyEntry, idOf, nameOf, rosterOf, Stage } from "./stage.ts";

/** Plays the directions of `script`, and fails where what comes of them is not what it says. */
export function transcript(script: string, mutant?: Mutant): void {
  const expected = outdent(script);
  deepEqual(perform(expected, mutant).split("\n"), expected.split("\n"));
}

/** The script as it should have been: its directions, and what comes of them. */
export function perform(script: string, mutant?: Mutant): string {
  return new Play(mutant).perform(script);
}

function outdent(script: string): string {
  const lines = script.replace(/^\n/, "").trimEnd().split("\n");
  const margin = /^ */.exec(lines[0] ?? "")?.[0] ?? "";
  return lines.map((line) => line.startsWith(margin) ? line.slice(margin.length) : line).join("\n");
}

/** One message as one line. */
export function render(from: MemberId, to: MemberId, message: PeerMessage): string {
  const { type } = message;
  return `${nameOf(from)} > ${nameOf(to)} ${type} ${renderFields(message)}`;
}

function renderFields(message: PeerMessage): string {
  switch (message.type) {
    case "preVote":
    case "vote":
      return `term ${message.term} last ${message.lastIndex}/${message.lastTerm}`;
    case "preVoteReply":
      return `term ${message.term} asked ${message.asked} ${verdictOf(message)}`;
    case "voteReply":
      return `term ${message.term} ${verdictOf(message)}`;
    case "append": {
      const { term, prevIndex, prevTerm, entries, commit } = message;
      const list = entries.length === 0 ? "" : ` [${entries.map(renderEntry).join(" ")}]`;
      return `term ${term} prev ${prevIndex}/${prevTerm}${list} commit ${commit}${
        renderRound(message)
      }`;
    }
    case "appendReply": {
      const { term, accepted, match } = message;
      return `term ${term} ${accepted ? "match" : "rejected, try"} ${match}${renderRound(message)}`;
    }
    case "commit":
      return `term ${message.term} up to ${message.commit}`;
    default:
      throw new TypeError(`the log's machine says nothing like "${message.type}"`);
  }
}

function renderEntry({ index, term }: { index: number; term: number }): string {
  return `${index}/${term}`;
}

function verdictOf({ granted }: { granted: boolean }): string {
  return granted ? "granted" : "refused";
}

function renderRound({ round }: { round: number }): string {
  return round === 0 ? "" : ` round ${round}`;
}

/** What is told of a member when it changes. */
interface Seen {
  readonly term: number;
  readonly leader: MemberId | undefined;
  readonly leads: boolean;
  readonly log: string;
  readonly commit: number;
  /** Whom it offers a full copy, as its leader. */
  readonly copies: string;
}

class Play {
  #stage = new Stage({ level: 1, members: [], removed: [] }, () => {});
  readonly #mutant: Mutant | undefined;
  #came: string[] = [];
  /** What was last told of each member. */
  readonly #told = new Map<string, Seen>();
  #reads = 0;

  constructor(mutant: Mutant | undefined) {
    this.#mutant = mutant;
  }

  get stage(): Stage {
    return this.#stage;
  }

  perform(script: string): string {
    const lines: string[] = [];
    for (const line of script.split("\n")) {
      if (line.startsWith("  ")) continue;
      lines.push(line);
      if (line === "" || line.startsWith("#")) continue;
      this.#came = [];
      this.#direct(line.replace(/^quietly /, ""));
      if (!line.startsWith("quietly ")) lines.push(...this.#came.map((came) => `  ${came}`));
    }
    return lines.join("\n");
  }

  /** Whatever the members are now is how the play begins. */
  begin(): void {
    for (const name of this.#stage.names) this.#told.set(name, this.look(name));
  }

  cast(roster: string): void {
    const said = (from: MemberId, to: MemberId, message: PeerMessage): void => {
      this.watch();
      this.tell(render(from, to, message));
    };
    this.#stage = new Stage(rosterOf(roster), said, this.#mutant);
    this.begin();
  }

  tell(line: string): void {
    this.#came.push(line);
  }

  write(name: string): boolean {
    if (!this.#stage.beginWrite(name)) return false;
    this.endWrite(name);
    return true;
  }

  endWrite(name: string): void {
    this.watch();
    const at = this.#came.length;
    const { state, entries } = this.#stage.endWrite(name);
    const vote = state.vote === undefined ? "" : ` vote ${nameOf(state.vote)}`;
    const list = entries.length === 0 ? "" : ` [${entries.map(renderEntry).join(" ")}]`;
    this.#came.splice(at, 0, `${name} disk: term ${state.term}${vote}${list}`);
  }

  /** Everything these have to write is written, and what they say to each other heard. */
  settle(names: readonly string[]): void {
    for (let moved = true; moved;) {
      moved = false;
      for (const to of names) {
        for (const from of names) while (this.#stage.hear(to, from)) moved = true;
        if (this.write(to)) moved = true;
        this.watch();
      }
    }
  }

  /** Elects a member by the votes of a few; to the others nothing comes through. */
  elect(name: string, voters: readonly string[]): void {
    const raft = this.#stage.raft(name);
    for (let tries = 0; tries < 4 && raft.leading === undefined; tries++) {
      wake(this, name, undefined);
      for (let round = 0; round < 3; round++) {
        for (const voter of voters) {
          while (this.#stage.hear(voter, name)) this.watch();
          this.write(voter);
          while (this.#stage.hear(name, voter)) this.watch();
        }
        if (raft.leading !== undefined) return;
        this.write(name);
        for (const other of this.#stage.names) {
          if (!voters.includes(other)) this.#stage.miss(other, name);
        }
      }
    }
    if (raft.leading === undefined) this.tell(`${name} is not elected`);
  }

  promotable(name: string): void {
    const leading = this.#stage.raft(name).leading;
    const learners = leading?.promotable(this.#stage.nowMs).map(nameOf) ?? [];
    this.tell(`${name} would promote ${learners.join(" ") || "nobody"}`);
  }

  read(name: string): void {
    const number = ++this.#reads;
    this.#stage.turn(name, (raft) => {
      if (raft.leading === undefined) throw new RangeError(`${name} does not lead`);
      raft.leading.readIndex(this.#stage.nowMs, (index) => {
        this.tell(`${name} read ${number}: ${index === undefined ? "no" : `from ${index} on`}`);
      });
    });
  }

  confirm(name: string, roster: string): void {
    this.#stage.turn(name, (raft) => {
      raft.leading?.confirm(rosterOf(roster), this.#stage.nowMs, (confirmed, silent) => {
        const whom = silent.length === 0 ? "nobody" : silent.map(nameOf).join(" ");
        this.tell(`${name} ${confirmed ? "may" : "may not"} change the roster, silent: ${whom}`);
      });
    });
  }

  look(name: string): Seen {
    const { term, leader, leading, log, commit } = this.#stage.raft(name);
    const terms = log.slice(log.start + 1, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
      .map((entry) => entry.term);
    const start = log.start === 0 ? [] : [`..${log.start}`];
    return {
      term,
      leader,
      leads: leading !== undefined,
      log: [...start, ...terms].join(" "),
      commit,
      copies: [...leading?.wantCopy ?? []].map(nameOf).join(" "),
    };
  }

  /** Tells what changed at anybody. */
  watch(): void {
    for (const name of this.#stage.names) {
      const before = this.#told.get(name) ?? this.look(name);
      const now = this.look(name);
      this.#told.set(name, now);
      if (before.leads && !now.leads) this.tell(`${name} leads no more`);
      if (now.term !== before.term) this.tell(`${name} term ${now.term}`);
      if (now.leads && (!before.leads || now.term !== before.term)) this.tell(`${name} leads`);
      if (now.leader !== before.leader && !now.leads && !before.leads) {
        this.tell(
          now.leader === undefined
            ? `${name} knows no leader`
            : `${name} follows ${nameOf(now.leader)}`,
        );
      }
      if (now.log !== before.log) this.tell(`${name} log ${now.log || "empty"}`);
      if (now.commit !== before.commit) this.tell(`${name} commit ${now.commit}`);
      if (now.copies !== before.copies) {
        this.tell(`${name} offers a copy to ${now.copies || "none"}`);
      }
    }
  }

  #direct(direction: string): void {
    for (const [pattern, act] of DIRECTIONS) {
      const words = pattern.exec(direction);
      if (words === null) continue;
      act(this, ...(words.slice(1) as string[]));
      return this.watch();
    }
    throw new SyntaxError(`no direction reads "${direction}"`);
  }
}

/** The member does what is due at its deadline, or so much later. */
function wake(play: Play, name: string, lateMs: string | undefined): void {
  const { stage } = play;
  const deadline = stage.raft(name).deadline();
  if (deadline === undefined) return play.tell(`${name} waits for nothing`);
  stage.nowMs = Math.max(stage.nowMs, deadline.atMs + Number(lateMs ?? 0));
  stage.turn(name, (raft) => raft.tick(stage.nowMs));
}

/** `m1 has log 1 1 2, term 3, vote m2, commit 1`: what its disk holds before the play. */
function equip(play: Play, name: string, log: string, more = ""): void {
  const terms = log === "nothing" ? [] : log.split(" ").map(Number);
  const word = (key: string): string | undefined => new RegExp(`, ${key} (\\w+)`).exec(more)?.[1];
  const vote = word("vote");
  play.stage.enter(name, {
    term: Number(word("term") ?? terms.at(-1) ?? 0),
    vote: vote === undefined ? undefined : idOf(vote),
    entries: terms.map((term, i) => emptyEntry(i + 1, term)),
    commit: Number(word("commit") ?? 0),
  });
  play.begin();
}

function append(play: Play, name: string, count: number, body?: Uint8Array): void {
  play.stage.turn(name, ({ leading }) => {
    if (leading === undefined) throw new RangeError(`${name} does not lead`);
    const entry = emptyEntry(0, 0);
    leading.append(Array.from({ length: count }, () => body ? { ...entry, body } : entry));
  });
}

function must(play: Play, happened: boolean): void {
  if (!happened) play.tell("nothing to do");
}

function appendRoster(play: Play, name: string, roster: string): void {
  const operations = [{ kind: "roster" as const, roster: rosterOf(roster) }];
  append(play, name, 1, encodeBody({ operations }));
}

type Direction = readonly [pattern: RegExp, act: (play: Play, ...words: string[]) => void];

const M = "(m[1-9])";
const DIRECTIONS: readonly Direction[] = ([
  ["cast (.+)", (play, roster = "") => play.cast(roster)],
  [
    `${M} has log ((?:\\d+ ?)+|nothing)(, .*)?`,
    (play, name = "", log = "", more) => equip(play, name, log, more),
  ],
  [`${M} wakes(?: (\\d+) ms late)?`, (play, name = "", late) => wake(play, name, late)],
  ["(\\d+) ms pass", (play, ms) => void (play.stage.nowMs += Number(ms))],
  [`${M} hears ${M}`, (play, to = "", from = "") => must(play, play.stage.hear(to, from))],
  [`${M} hears ${M} again`, (play, to = "", from = "") => play.stage.hearAgain(to, from)],
  [
    `the last of ${M} to ${M} overtakes`,
    (play, from = "", to = "") => play.stage.overtake(to, from),
  ],
  [`${M} misses ${M}`, (play, to = "", from = "") => must(play, play.stage.miss(to, from))],
  [`${M} writes`, (play, name = "") => must(play, play.write(name))],
  [`${M} begins to write`, (play, name = "") => must(play, play.stage.beginWrite(name))],
  [`${M} has written`, (play, name = "") => play.endWrite(name)],
  [`${M} appends(?: (\\d+))?`, (play, name = "", count) => append(play, name, Number(count ?? 1))],
  [`${M} appends roster (.+)`, (play, name = "", roster = "") => appendRoster(play, name, roster)],
  [
    `${M} asks whether it may set roster (.+)`,
    (play, name = "", roster = "") => play.confirm(name, roster),
  ],
  [
    `${M} is elected by ((?:m[1-9] ?)+)`,
    (play, name = "", voters = "") => play.elect(name, voters.split(" ")),
  ],
  ["stranger (m[1-9])", (play, name = "") => play.stage.enterStranger(name)],
  [`${M} looks whom to promote`, (play, name = "") => play.promotable(name)],
  [`${M} reads`, (play, name = "") => play.read(name)],
  [`${M} restarts`, (play, name = "") => play.stage.restart(name)],
  [
    `${M} is barred`,
    (play, name = "") => play.stage.turn(name, (raft) => raft.bar(true, play.stage.nowMs)),
  ],
  [
    `${M} is free again`,
    (play, name = "") => play.stage.turn(name, (raft) => raft.bar(false, play.stage.nowMs)),
  ],
  [
    `${M} loses its link to ${M}`,
    (play, name = "", peer = "") =>
      play.stage.turn(name, (raft) => raft.linkDown(idOf(peer), play.stage.nowMs)),
  ],
  [
    `${M} is linked with ${M}`,
    (play, name = "", peer = "") =>
      play.stage.turn(name, ({ leading }) => leading?.linkUp(idOf(peer), play.stage.nowMs)),
  ],
  [`${M} forgets up to (\\d+)`, (play, name = "", index) => play.stage.forget(name, Number(index))],
  [`${M} takes a copy of ${M}`, (play, to = "", from = "") => play.stage.copy(to, from)],
  ["all settle", (play) => play.settle(play.stage.names)],
  ["((?:m[1-9] )+)settle", (play, names = "") => play.settle(names.trim().split(" "))],
] as const satisfies readonly (readonly [string, Direction[1]])[])
  .map(([text, act]) => [new RegExp(`^${text}$`), act]);
