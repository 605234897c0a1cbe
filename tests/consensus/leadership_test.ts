import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";

import {
  HEARTBEAT_MS,
  MAX_APPENDS_IN_FLIGHT,
  PROMOTE_WITHIN_MS,
  REQUEST_MS,
} from "../../src/base/limits.ts";
import { isCaughtUp, Progress, Rounds } from "../../src/consensus/leadership.ts";
import { majorityOf } from "../../src/model/member.ts";
import { idOf, nameOf } from "./stage.ts";

/** `replicate next 8 match 5`: what a leader thinks of a follower. */
function stateOf({ state, next, match }: Progress): string {
  return `${state} next ${next} match ${match}`;
}

/** A follower that holds the entries up to `match`. */
function replicating(match: number): Progress {
  const progress = new Progress(match + 1, 0);
  progress.accepted(match, 0);
  return progress;
}

Deno.test("a follower is first probed: one append, and no more until it answers", () => {
  const progress = new Progress(8, 0);
  equal(progress.mayAppend(), true);
  progress.sent(10, 0);
  equal(progress.mayAppend(), false);
  equal(stateOf(progress), "probe next 8 match 0");
  progress.accepted(10, 1);
  equal(stateOf(progress), "replicate next 11 match 10");
  equal(progress.mayAppend(), true);
});

Deno.test("appends run ahead of the answers, up to MAX_APPENDS_IN_FLIGHT", () => {
  const progress = replicating(0);
  for (let index = 1; index <= MAX_APPENDS_IN_FLIGHT; index++) {
    equal(progress.mayAppend(), true);
    progress.sent(index, 0);
  }
  equal(progress.mayAppend(), false);
  equal(stateOf(progress), `replicate next ${MAX_APPENDS_IN_FLIGHT + 1} match 0`);
  progress.accepted(2, 1);
  equal(stateOf(progress), `replicate next ${MAX_APPENDS_IN_FLIGHT + 1} match 2`);
  for (const index of [1, 2]) {
    equal(progress.mayAppend(), true);
    progress.sent(MAX_APPENDS_IN_FLIGHT + index, 1);
  }
  equal(progress.mayAppend(), false);
});

Deno.test("a rejection goes back to where the follower says, but never past what it holds", () => {
  const progress = new Progress(20, 0);
  progress.sent(20, 0);
  progress.rejected(12);
  equal(stateOf(progress), "probe next 13 match 0");
  equal(progress.mayAppend(), true);
  // A hint that is ahead of what was tried is no progress: one step back at least.
  progress.rejected(30);
  equal(stateOf(progress), "probe next 12 match 0");
  progress.accepted(11, 1);
  progress.rejected(4);
  equal(stateOf(progress), "probe next 12 match 11");
});

Deno.test("any tale of answers keeps match what it was at most, and next beyond it", () => {
  const answers = fc.array(
    fc.oneof(
      fc.record({ says: fc.constant("accepted" as const), index: fc.nat(30) }),
      fc.record({ says: fc.constant("rejected" as const), index: fc.nat(30) }),
      fc.record({ says: fc.constant("sent" as const), index: fc.nat(30) }),
    ),
    { maxLength: 30, size: "max" },
  );
  fc.assert(fc.property(answers, (tale) => {
    const progress = new Progress(16, 0);
    let held = 0;
    for (const { says, index } of tale) {
      if (says === "accepted") {
        held = Math.max(held, index);
        progress.accepted(index, 0);
      } else if (says === "rejected") progress.rejected(index);
      else if (progress.mayAppend()) progress.sent(Math.max(index, progress.next), 0);
      equal(progress.match, held);
      equal(progress.next > held, true, stateOf(progress));
      equal(progress.state === "probe" && says === "accepted", false);
    }
  }));
});

Deno.test("what was sent is lost two heartbeats after it was sent and last heard of", () => {
  const progress = replicating(0);
  const limitMs = 2 * HEARTBEAT_MS;
  equal(progress.isLost(9 * limitMs), false);
  progress.sent(1, 100);
  equal(progress.isLost(100 + limitMs), false);
  equal(progress.isLost(100 + limitMs + 1), true);
  progress.heardAtMs = 300;
  equal(progress.isLost(300 + limitMs), false);
  equal(progress.isLost(300 + limitMs + 1), true);
  progress.accepted(1, 400);
  equal(progress.isLost(9 * limitMs), false);
});

Deno.test("while a follower takes a copy it is sent nothing", () => {
  const progress = new Progress(8, 0);
  progress.copying();
  equal(progress.mayAppend(), false);
  equal(progress.isLost(99_999), false);
  progress.accepted(20, 0);
  equal(stateOf(progress), "copy next 21 match 20");
  progress.probe();
  equal(progress.mayAppend(), true);
});

Deno.test("the head's delay is from when it was asked for to when it is held", () => {
  const progress = replicating(0);
  progress.watchHead(5, 100);
  progress.watchHead(6, 150); // one question at a time: this one is not put
  progress.accepted(4, 200);
  equal(progress.headDelayMs(200), undefined);
  progress.accepted(5, 230);
  equal(progress.headDelayMs(230), 130);
  // It says nothing of how things stand 2 s later.
  equal(progress.headDelayMs(230 + 4 * HEARTBEAT_MS - 1), 130);
  equal(progress.headDelayMs(230 + 4 * HEARTBEAT_MS), undefined);
});

Deno.test("a head not held within REQUEST_MS is asked for anew, and the old delay is gone", () => {
  const progress = replicating(0);
  progress.watchHead(0, 0);
  progress.accepted(0, 10);
  progress.watchHead(5, 20);
  progress.watchHead(5, 20 + REQUEST_MS);
  equal(progress.headDelayMs(30), 10);
  progress.watchHead(6, 21 + REQUEST_MS);
  equal(progress.headDelayMs(30), undefined);
  progress.accepted(6, 31 + REQUEST_MS);
  equal(progress.headDelayMs(31 + REQUEST_MS), 10);
});

/** A follower that took so long to hold the head; or was never seen to. */
function delayed(ms: number | undefined): Progress {
  const progress = replicating(0);
  if (ms === undefined) return progress;
  progress.watchHead(1, 1000 - ms);
  progress.accepted(1, 1000);
  return progress;
}

Deno.test("a learner is caught up within 0.2 s, or within twice the slowest voter's time", () => {
  const caughtUp = (learner: number | undefined, ...voters: (number | undefined)[]): boolean =>
    isCaughtUp(delayed(learner), voters.map(delayed), 1000);
  equal(caughtUp(undefined), false);
  equal(caughtUp(undefined, 900), false);
  equal(caughtUp(PROMOTE_WITHIN_MS), true);
  equal(caughtUp(PROMOTE_WITHIN_MS + 1), false);
  equal(caughtUp(PROMOTE_WITHIN_MS + 1, 50, undefined), false);
  equal(caughtUp(600, 20, 300), true);
  equal(caughtUp(601, 20, 300), false);
  equal(isCaughtUp(delayed(10), [], 1000 + 4 * HEARTBEAT_MS), false);
});

/** Rounds, what each member answered last, and what became of the questions. */
class Enquiry {
  readonly rounds = new Rounds();
  readonly answers: string[] = [];
  readonly #acknowledged = new Map<string, number>();
  #asked = 0;

  ask(voters: string, untilMs: number): void {
    const id = ++this.#asked;
    const names = voters.split(" ").map(idOf);
    this.rounds.ask({
      voters: new Set(names),
      untilMs,
      answer: (confirmed, silent) => {
        this.answers.push(
          `${id} ${confirmed ? "yes" : "no"} silent ${silent.map(nameOf).join(" ") || "none"}`,
        );
      },
    });
  }

  hear(name: string, round: number): void {
    this.#acknowledged.set(name, round);
  }

  settle(nowMs: number): string[] {
    this.rounds.settle((id) => this.#acknowledged.get(nameOf(id)) ?? 0, majorityOf, nowMs);
    return this.answers.splice(0);
  }
}

Deno.test("a question is answered by a majority, in a round begun after it was asked", () => {
  const enquiry = new Enquiry();
  enquiry.ask("m1 m2 m3", 500);
  equal(enquiry.rounds.begin(), true);
  equal(enquiry.rounds.newest, 1);
  enquiry.ask("m1 m2 m3", 500);
  enquiry.hear("m1", 1);
  deepEqual(enquiry.settle(0), []);
  enquiry.hear("m2", 1);
  deepEqual(enquiry.settle(0), ["1 yes silent m3"]);
  equal(enquiry.rounds.begin(), true);
  equal(enquiry.rounds.begin(), false);
  enquiry.hear("m3", 2);
  deepEqual(enquiry.settle(0), []);
  enquiry.hear("m1", 2);
  deepEqual(enquiry.settle(0), ["2 yes silent m2"]);
  deepEqual(enquiry.settle(9999), []);
});

Deno.test("questions that wait for the same round share it", () => {
  const enquiry = new Enquiry();
  enquiry.ask("m1 m2", 500);
  enquiry.ask("m1 m2 m3", 500);
  equal(enquiry.rounds.begin(), true);
  equal(enquiry.rounds.newest, 1);
  enquiry.hear("m1", 1);
  enquiry.hear("m3", 1);
  deepEqual(enquiry.settle(0), ["2 yes silent m2"]);
});

Deno.test("a round that has not begun confirms nothing, whatever was heard", () => {
  const enquiry = new Enquiry();
  enquiry.ask("m1", 500);
  enquiry.hear("m1", 7);
  deepEqual(enquiry.settle(0), []);
  enquiry.rounds.begin();
  deepEqual(enquiry.settle(0), ["1 yes silent none"]);
});

Deno.test("a question waits until its time and is then answered no, naming who was silent", () => {
  const enquiry = new Enquiry();
  equal(enquiry.rounds.deadlineMs, undefined);
  enquiry.ask("m1 m2", 700);
  enquiry.ask("m1 m2 m3", 500);
  equal(enquiry.rounds.deadlineMs, 500);
  enquiry.rounds.begin();
  enquiry.hear("m2", 1);
  deepEqual(enquiry.settle(499), []);
  deepEqual(enquiry.settle(500), ["2 no silent m1 m3"]);
  equal(enquiry.rounds.deadlineMs, 700);
  enquiry.hear("m1", 1);
  deepEqual(enquiry.settle(700), ["1 yes silent none"]);
});

Deno.test("when the leadership ends nothing is confirmed any more", () => {
  const enquiry = new Enquiry();
  enquiry.ask("m1 m2", 500);
  enquiry.rounds.begin();
  enquiry.hear("m1", 1);
  enquiry.hear("m2", 1);
  enquiry.rounds.abandon();
  deepEqual(enquiry.answers, ["1 no silent m1 m2"]);
  deepEqual(enquiry.settle(0), ["1 no silent m1 m2"]);
  equal(enquiry.rounds.deadlineMs, undefined);
});

Deno.test("an answer may ask the next question", () => {
  const { rounds, answers } = new Enquiry();
  const until = { voters: new Set([idOf("m1")]), untilMs: 500 };
  const note = (text: string): void => void answers.push(text);
  rounds.ask({
    ...until,
    answer: () => {
      note("first");
      rounds.ask({ ...until, answer: () => note("second") });
    },
  });
  rounds.begin();
  rounds.settle(() => 1, majorityOf, 0);
  deepEqual(answers, ["first"]);
  equal(rounds.begin(), true);
  rounds.settle(() => 2, majorityOf, 0);
  deepEqual(answers, ["first", "second"]);
});
