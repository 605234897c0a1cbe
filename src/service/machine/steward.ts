/**
 * What a leader does beside ordering: it changes the roster, one change at a time, promotes
 * learners that caught up, and sweeps invitations that are over.
 *
 * A roster is proposed only after an entry of the leader's own term is committed, after the last
 * roster is, and after a majority of the RESULTING voters answered within ROSTER_CONFIRM_MS: a
 * roster that cannot commit would block the log for good.
 */
import type { Deadline } from "../../base/instant.ts";
import { HEARTBEAT_MS, INVITATION_SWEEP_MS, REQUEST_MS } from "../../base/limits.ts";
import { ok, refused } from "../../base/outcome.ts";
import { invitationFrom } from "../../collective/invitation.ts";
import { changeRoster, namesOf } from "../../collective/roster_change.ts";
import type { Leader } from "../../consensus/leader.ts";
import type { Raft } from "../../consensus/raft.ts";
import { findMember, type MemberId, nameOf, type Roster } from "../../model/member.ts";
import type { Operation } from "../../model/operation.ts";
import type { Replica } from "../../replica/replica.ts";
import { encodeBody } from "../../wire/entry.ts";
import type { RosterChange } from "../../wire/peer.ts";
import type { Reply } from "./requests.ts";

interface Change {
  readonly ask: RosterChange;
  readonly reply: Reply;
  readonly untilMs: number;
}

export class Steward {
  readonly #raft: Raft;
  readonly #append: (body: Uint8Array) => void;
  #leading: Leader | undefined;
  #changes: Change[] = [];
  /** The change under way: first confirmed, then in the log at this index. */
  #underWay: { readonly change: Change; index: number | undefined } | undefined;
  #sweepAtMs = 0;
  #promoteAtMs = 0;

  constructor(raft: Raft, append: (body: Uint8Array) => void) {
    this.#raft = raft;
    this.#append = append;
  }

  ask(ask: RosterChange, reply: Reply, nowMs: number): void {
    this.#changes.push({ ask, reply, untilMs: nowMs + REQUEST_MS });
    this.advance(nowMs);
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
    const underWay = this.#underWay;
    if (underWay?.index !== undefined && underWay.index <= this.#raft.commit) {
      this.#underWay = undefined;
      underWay.change.reply(ok({ index: underWay.index, verdict: { result: "applied" } }));
    }
    if (this.#underWay === undefined) this.#begin(leading, nowMs);
  }

  /** Promotes who caught up, and returns what must be written to sweep. */
  tick(replica: Replica, wallMs: number, nowMs: number): Operation[] {
    const { leading } = this.#raft;
    this.advance(nowMs);
    if (leading === undefined || !leading.isSettled) return [];
    if (nowMs >= this.#promoteAtMs) this.#promote(leading, nowMs);
    if (nowMs < this.#sweepAtMs) return [];
    this.#sweepAtMs = nowMs + INVITATION_SWEEP_MS;
    const over = [...replica.cells.rows("invitation/")].filter((row) => {
      const invitation = invitationFrom("", (attribute) => replica.cells.value(row, attribute));
      if (invitation === undefined || invitation.expiresAtMs <= wallMs) return true;
      return isVoter(this.#raft.log.roster.roster, invitation.redeemedBy);
    });
    return over.length === 0 ? [] : [{ kind: "drop", rows: over }];
  }

  // ----

  #takeOver(leading: Leader | undefined, nowMs: number): void {
    this.#leading = leading;
    this.#promoteAtMs = nowMs;
    this.#sweepAtMs = nowMs + INVITATION_SWEEP_MS;
    const left = this.#changes.splice(0);
    const underWay = this.#underWay;
    this.#underWay = undefined;
    const why = "the leader changed";
    underWay?.change.reply(refused("unknown-outcome", `${why} while the roster was changed`));
    for (const { reply } of left) reply(refused("unavailable", `${why}; ask again`));
  }

  #promote(leading: Leader, nowMs: number): void {
    this.#promoteAtMs = nowMs + HEARTBEAT_MS / 5;
    for (const id of leading.promotable(nowMs)) {
      if (this.#isAsked(id)) continue;
      this.ask({ change: "promote", id }, () => undefined, nowMs);
    }
  }

  #isAsked(id: MemberId): boolean {
    return [this.#underWay?.change, ...this.#changes].some((change) =>
      change?.ask.change === "promote" && change.ask.id === id
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
    const underWay = { change, index: undefined };
    this.#underWay = underWay;
    leading.confirm(wanted.value, nowMs, (confirmed, silent) => {
      if (this.#underWay === underWay) this.#confirmed(change, confirmed, silent);
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
    this.#underWay = { change, index };
    this.#append(encodeBody({ operations: [{ kind: "roster", roster: wanted.value }] }));
  }
}

function isVoter(roster: Roster, fingerprint: string | undefined): boolean {
  return roster.members.some((member) =>
    member.fingerprint === fingerprint && member.role === "voter"
  );
}

function describe(roster: Roster, ask: RosterChange): string {
  if (ask.change === "admit") return `admit ${ask.member.name}`;
  return `${ask.change} ${findMember(roster, ask.id)?.name ?? nameOf(roster, ask.id)}`;
}
