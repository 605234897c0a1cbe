/**
 * What a leader does beside ordering: it changes the roster, one change at a time, promotes
 * learners that caught up, raises the feature level once all support more, and sweeps invitations
 * and stages that are over.
 *
 * A roster is proposed only after an entry of the leader's own term is committed, after the last
 * roster is, and after a majority of the RESULTING voters answered within ROSTER_CONFIRM_MS: a
 * roster that cannot commit would block the log for good.
 */
import type { Deadline } from "../../base/instant.ts";
import {
  HEARTBEAT_MS,
  INVITATION_SWEEP_MS,
  MAX_KEYS_SWEPT,
  MAX_MEMBERS,
  PROMOTE_EXPLAIN_MS,
  PROMOTE_WITHIN_MS,
  REQUEST_MS,
  STAGE_IDLE_MS,
} from "../../base/limits.ts";
import { ok, refused } from "../../base/outcome.ts";
import { invitationFrom } from "../../collective/invitation.ts";
import { changeRoster, namesOf } from "../../collective/roster_change.ts";
import type { Leader } from "../../consensus/leader.ts";
import type { Raft } from "../../consensus/raft.ts";
import { findMember, type MemberId, nameOf, pinsOf, type Roster } from "../../model/member.ts";
import {
  invitationRow,
  type Operation,
  STAGE_AT_CELL,
  STAGE_BY_CELL,
  STAGE_PREFIX,
} from "../../model/operation.ts";
import type { Replica } from "../../replica/replica.ts";
import { overKeys } from "../../replica/used_keys.ts";
import { encodeBody } from "../../wire/entry.ts";
import type { RosterChange } from "../../wire/peer.ts";
import type { Reply } from "./requests.ts";

interface Change {
  readonly ask: RosterChange;
  readonly reply: Reply;
  readonly untilMs: number;
}

/** The change under way: first it is confirmed, then it is in the log, as this entry. */
interface UnderWay {
  readonly change: Change;
  readonly entry: { readonly index: number; readonly term: number } | undefined;
}

export class Steward {
  readonly #raft: Raft;
  readonly #append: (body: Uint8Array) => void;
  #leading: Leader | undefined;
  #changes: Change[] = [];
  #underWay: UnderWay | undefined;
  /** Since when each learner is known to this leadership. */
  readonly #learnerSinceMs = new Map<MemberId, number>();
  #sweepAtMs = 0;
  #promoteAtMs = 0;

  constructor(raft: Raft, append: (body: Uint8Array) => void) {
    this.#raft = raft;
    this.#append = append;
  }

  ask(ask: RosterChange, reply: Reply, nowMs: number): void {
    if (this.#changes.length >= MAX_MEMBERS) {
      return reply(refused("busy", `${MAX_MEMBERS} roster changes wait already; ask again`));
    }
    this.#changes.push({ ask, reply, untilMs: nowMs + REQUEST_MS });
    this.advance(nowMs);
  }

  /** Why learners that have waited for PROMOTE_EXPLAIN_MS still do, one line each. */
  promotionWaits(nowMs: number): string[] {
    const { roster } = this.#raft.log.roster;
    return [...this.#learnerSinceMs].flatMap(([id, sinceMs]) => {
      // Learners are looked at now and then: this one may be a voter since.
      if (findMember(roster, id)?.role !== "learner") return [];
      const progress = this.#raft.leading?.progress(id);
      if (progress === undefined || nowMs - sinceMs < PROMOTE_EXPLAIN_MS) return [];
      const delay = progress.headDelayMs(nowMs);
      const why = delay === undefined
        ? "it does not hold the newest entry"
        : `it took ${Math.round(delay)} ms to hold the newest entry, ${PROMOTE_WITHIN_MS} are ` +
          `allowed, or twice what the slowest voter takes`;
      return [`${nameOf(roster, id)} is still a learner: ${why}`];
    });
  }

  deadline(): Deadline | undefined {
    if (this.#raft.leading?.isSettled !== true) return undefined;
    const hasLearner = this.#raft.log.roster.roster.members.some(({ role }) => role === "learner");
    const promoteAtMs = hasLearner ? this.#promoteAtMs : Number.POSITIVE_INFINITY;
    return { atMs: Math.min(promoteAtMs, this.#sweepAtMs), reason: "stewardship" };
  }

  /** Goes on with the change under way, or begins the next. */
  advance(nowMs: number): void {
    const { leading } = this.#raft;
    if (leading !== this.#leading) this.#takeOver(leading, nowMs);
    if (leading === undefined) return;
    if (this.#isDone()) this.#answer();
    if (this.#underWay === undefined) this.#begin(leading, nowMs);
  }

  /** Promotes who caught up, and returns what must be written to sweep. */
  tick(replica: Replica, wallMs: number, nowMs: number): Operation[] {
    const { leading } = this.#raft;
    this.advance(nowMs);
    if (leading === undefined || !leading.isSettled) return [];
    this.#watchLearners(nowMs);
    if (nowMs >= this.#promoteAtMs) this.#promote(leading, nowMs);
    this.#raise(nowMs);
    if (nowMs < this.#sweepAtMs) return [];
    this.#sweepAtMs = nowMs + INVITATION_SWEEP_MS;
    const keys = overKeys(replica.cells, wallMs, MAX_KEYS_SWEPT);
    return [
      ...this.#overInvitations(replica, wallMs),
      ...this.#overStages(replica, wallMs),
      ...(keys.length > 0 ? [{ kind: "drop", rows: keys } as const] : []),
    ];
  }

  // ----

  #overInvitations({ cells }: Replica, wallMs: number): Operation[] {
    const rows = [...cells.rows(invitationRow(""))].filter((row) => {
      const invitation = invitationFrom("", (attribute) => cells.value(row, attribute));
      if (invitation === undefined || invitation.expiresAtMs <= wallMs) return true;
      return isVoter(this.#raft.log.roster.roster, invitation.redeemedBy);
    });
    return rows.length === 0 ? [] : [{ kind: "drop", rows }];
  }

  /** Stages that nobody adds to any more, and those of a process that has ended. */
  #overStages(replica: Replica, wallMs: number): Operation[] {
    return [...replica.cells.rows(STAGE_PREFIX)].flatMap((row): Operation[] => {
      const [origin, boot] = (replica.cells.value(row, STAGE_BY_CELL) ?? "").split("/");
      const atMs = Number(replica.cells.value(row, STAGE_AT_CELL));
      const isOver = atMs + STAGE_IDLE_MS <= wallMs ||
        findMember(replica.roster.roster, origin as MemberId) === undefined ||
        replica.isPastBoot(origin as MemberId, Number(boot));
      return isOver ? [{ kind: "dropStage", stage: row.slice(STAGE_PREFIX.length) }] : [];
    });
  }

  /** Whether the change's own entry is committed: another leader's may stand in its place. */
  #isDone(): boolean {
    const entry = this.#underWay?.entry;
    return entry !== undefined && entry.index <= this.#raft.commit &&
      this.#raft.log.termAt(entry.index) === entry.term;
  }

  #answer(): void {
    const underWay = this.#underWay;
    this.#underWay = undefined;
    const index = underWay?.entry?.index ?? 0;
    underWay?.change.reply(ok({ index, verdict: { result: "applied" } }));
  }

  #watchLearners(nowMs: number): void {
    const learners = this.#raft.log.roster.roster.members.filter(({ role }) => role === "learner");
    for (const id of this.#learnerSinceMs.keys()) {
      if (!learners.some((learner) => learner.id === id)) this.#learnerSinceMs.delete(id);
    }
    for (const { id } of learners) {
      if (!this.#learnerSinceMs.has(id)) this.#learnerSinceMs.set(id, nowMs);
    }
  }

  #takeOver(leading: Leader | undefined, nowMs: number): void {
    // A leader that removed itself ends with the very commit that answers for it.
    if (this.#isDone()) this.#answer();
    this.#leading = leading;
    this.#learnerSinceMs.clear();
    this.#promoteAtMs = nowMs;
    this.#sweepAtMs = nowMs + INVITATION_SWEEP_MS;
    const left = this.#changes.splice(0);
    const underWay = this.#underWay;
    this.#underWay = undefined;
    const why = "the leader changed";
    underWay?.change.reply(
      underWay.entry === undefined
        ? refused("unavailable", `${why}; ask again`)
        : refused("unknown-outcome", `${why} while the roster was changed; ask again`),
    );
    for (const { reply } of left) reply(refused("unavailable", `${why}; ask again`));
  }

  #promote(leading: Leader, nowMs: number): void {
    this.#promoteAtMs = nowMs + HEARTBEAT_MS / 5;
    for (const id of leading.promotable(nowMs)) {
      if (this.#isAsked((ask) => ask.change === "promote" && ask.id === id)) continue;
      this.ask({ change: "promote", id }, () => undefined, nowMs);
    }
  }

  /** The feature level follows what every member supports. */
  #raise(nowMs: number): void {
    const { roster, index } = this.#raft.log.roster;
    const wanted = changeRoster(roster, { change: "raise" }, index);
    if (!wanted.ok || wanted.value === roster) return;
    if (this.#isAsked(({ change }) => change === "raise")) return;
    this.ask({ change: "raise" }, () => undefined, nowMs);
  }

  #isAsked(which: (ask: RosterChange) => boolean): boolean {
    return [this.#underWay?.change, ...this.#changes].some((change) =>
      change !== undefined && which(change.ask)
    );
  }

  #begin(leading: Leader, nowMs: number): void {
    const isEarly = this.#raft.mutant === "change-before-no-op";
    if (!isEarly && (!leading.isSettled || this.#raft.log.roster.index > this.#raft.commit)) return;
    const change = this.#changes.shift();
    if (change === undefined) return;
    if (nowMs >= change.untilMs) {
      change.reply(refused("unavailable", "the roster change waited too long; ask again"));
      return this.#begin(leading, nowMs);
    }
    const { roster, index } = this.#raft.log.roster;
    const wanted = changeRoster(roster, change.ask, this.#raft.log.last + 1);
    if (!wanted.ok || wanted.value === roster) {
      change.reply(wanted.ok ? ok({ index, verdict: { result: "applied" } }) : wanted);
      return this.#begin(leading, nowMs);
    }
    const underWay = { change, entry: undefined };
    this.#underWay = underWay;
    leading.confirm(wanted.value, nowMs, (confirmed, silent) => {
      // An ended leadership says no to everything; `#takeOver` answers for it.
      if (this.#underWay !== underWay || leading.hasEnded) return;
      this.#confirmed(change, confirmed, silent);
    });
  }

  #confirmed(change: Change, confirmed: boolean, silent: readonly MemberId[]): void {
    this.#underWay = undefined;
    const { roster } = this.#raft.log.roster;
    const index = this.#raft.log.last + 1;
    const wanted = changeRoster(roster, change.ask, index);
    if (!wanted.ok) return change.reply(wanted);
    if (!confirmed) {
      const names = namesOf(wanted.value, silent);
      return change.reply(refused(
        "conflict",
        `cannot ${describe(roster, change.ask)}: with it a majority of the voters would not ` +
          `answer; silent: ${names.join(", ")}`,
        names,
      ));
    }
    this.#underWay = { change, entry: { index, term: this.#raft.term } };
    this.#append(encodeBody({ operations: [{ kind: "roster", roster: wanted.value }] }));
  }
}

function isVoter(roster: Roster, fingerprint: string | undefined): boolean {
  return roster.members.some((member) =>
    fingerprint !== undefined && pinsOf(member).includes(fingerprint) && member.role === "voter"
  );
}

function describe(roster: Roster, ask: RosterChange): string {
  if (ask.change === "raise") return "raise the feature level";
  if (ask.change === "stale") {
    return `mark ${nameOf(roster, ask.id)} as ${ask.isStale ? "stale" : "up to date"}`;
  }
  if (ask.change === "admit") return `admit ${ask.member.name}`;
  return `${ask.change} ${findMember(roster, ask.id)?.name ?? nameOf(roster, ask.id)}`;
}
