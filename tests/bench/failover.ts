/**
 * How long nobody can write when the leader is killed, or is cut off in silence; what becomes of
 * the requests under way; and how fast a minority refuses.
 */
import { type Route, ROUTES } from "../../src/api/routes.ts";
import { type Bench, type BenchMember, Collective } from "./collective.ts";
import { atMost, type Figure, neverOver } from "./figures.ts";
import { textOf } from "./kept_connection.ts";
import { type Attempt, nextSuccess, OpenLoop } from "./open_loop.ts";
import { pause } from "./processes.ts";
import { cutOff, healAll, type World } from "./world.ts";

const NODES = 100;
const KILLS_PER_RUN = 4;
const KILLED_TARGET_S = 0.7;
const KILLED_WORST_S = 2;
const CUT_TARGET_S = 3;
const ANSWER_TARGET_S = 5;
const REFUSED_TARGET_MS = 50;
/** The writes go on for so long before, so that there are requests under way. */
const LEAD_MS = 300;
const PATIENCE_MS = 20_000;
const CUT_MS = 5_000;
/** Answers that are allowed while a leader is lost. */
const HONEST = [200, 503, 504];

/** One time that a leader was lost. */
interface Loss {
  readonly untilWrittenS: number;
  readonly longestAnswerS: number;
  /** How long each guarded route took to be refused by the minority. */
  readonly refusalsMs: readonly number[];
}

export async function benchFailover(bench: Bench): Promise<Figure[]> {
  return await Collective.during(bench, async (three) => {
    await three.defineNodes(NODES);
    const kills: Loss[] = [], cuts: Loss[] = [];
    for (let kill = 0; kill < bench.runs * KILLS_PER_RUN; kill++) {
      kills.push(await killLeader(three));
      console.error(`kill ${kill + 1}: ${kills.at(-1)?.untilWrittenS.toFixed(3)} s`);
    }
    for (let cut = 0; cut < bench.runs && bench.world.canCut; cut++) {
      cuts.push(await cutLeader(three, bench.world));
      console.error(`cut ${cut + 1}: ${cuts.at(-1)?.untilWrittenS.toFixed(3)} s`);
    }
    return figuresOf(kills, cuts);
  });
}

function figuresOf(kills: readonly Loss[], cuts: readonly Loss[]): Figure[] {
  const writtenAgain = kills.map((kill) => kill.untilWrittenS);
  const killed = "leader killed with -9, until the next successful write";
  const refusals = cuts.map(({ refusalsMs }) => Math.max(...refusalsMs));
  const routes = guardedRoutes().length;
  return [
    { what: killed, unit: "s", values: writtenAgain, target: atMost(KILLED_TARGET_S) },
    {
      what: `${killed}, the worst`,
      unit: "s",
      values: writtenAgain,
      target: neverOver(KILLED_WORST_S),
    },
    {
      what: "leader killed with -9, the longest that a request to another took",
      unit: "s",
      values: kills.map((kill) => kill.longestAnswerS),
      target: neverOver(ANSWER_TARGET_S),
    },
    {
      what: "leader cut off in silence, until the next successful write",
      unit: "s",
      values: cuts.map((cut) => cut.untilWrittenS),
      target: neverOver(CUT_TARGET_S),
    },
    {
      what: "leader cut off in silence, the longest that a request to any took",
      unit: "s",
      values: cuts.map((cut) => cut.longestAnswerS),
      target: neverOver(ANSWER_TARGET_S),
    },
    {
      what: `5 s after the cut, the slowest refusal of ${routes} guarded routes at the minority`,
      unit: "ms",
      values: refusals,
      target: neverOver(REFUSED_TARGET_MS),
    },
  ];
}

async function killLeader(three: Collective): Promise<Loss> {
  const leader = await three.leader(), others = await three.followers();
  const loop = new OpenLoop(others);
  await pause(LEAD_MS);
  const killedAt = performance.now();
  await leader.kill();
  const goneAt = performance.now();
  const success = await nextSuccess(loop, goneAt, others, PATIENCE_MS);
  await pause(LEAD_MS);
  const attempts = await loop.stop();
  await leader.start();
  await three.settled();
  return {
    untilWrittenS: (success.endedMs - killedAt) / 1000,
    longestAnswerS: longestAnswerS(attempts),
    refusalsMs: [],
  };
}

async function cutLeader(three: Collective, world: World): Promise<Loss> {
  const leader = await three.leader(), others = await three.followers();
  const loop = new OpenLoop(three.members);
  await pause(LEAD_MS);
  await cutOff(world, leader.number);
  const cutAt = performance.now();
  try {
    const success = await nextSuccess(loop, cutAt, others, PATIENCE_MS);
    await pause(cutAt + CUT_MS - performance.now());
    const refusalsMs = await refusals(leader);
    const attempts = await loop.stop();
    const untilWrittenS = (success.endedMs - cutAt) / 1000;
    return { untilWrittenS, longestAnswerS: longestAnswerS(attempts), refusalsMs };
  } finally {
    await healAll(world);
    await three.settled();
  }
}

/** Throws where an answer was none of those that are allowed. */
function longestAnswerS(attempts: readonly Attempt[]): number {
  const wrong = attempts.find(({ status }) => status === undefined || !HONEST.includes(status));
  if (wrong !== undefined) {
    const { at, status, said } = wrong;
    throw new Error(`${at.name} answered ${status ?? "nothing"}: ${said}`);
  }
  return Math.max(...attempts.map(({ begunMs, endedMs }) => endedMs - begunMs)) / 1000;
}

async function refusals(minority: BenchMember): Promise<number[]> {
  await minority.tryAsk("GET", "/healthz"); // so that the connection is there
  const took: number[] = [];
  for (const { method, path, body } of guardedRoutes()) {
    const begun = performance.now();
    const answer = await minority.tryAsk(method, path, body);
    took.push(performance.now() - begun);
    if (answer.status !== 503) {
      throw new Error(`${method} ${path} at the minority: ${answer.status} ${textOf(answer)}`);
    }
  }
  return took;
}

interface Guarded {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

/** One request for each route that needs quorum, out of the very table the guard goes by. */
function guardedRoutes(): Guarded[] {
  const routes: readonly (readonly [string, Route])[] = Object.entries(ROUTES);
  return routes.filter(([, { needs }]) => needs !== "always").map(([name]) => {
    const [method = "", pattern = ""] = name.split(" ");
    const path = pattern.replace(/:element\{[^}]*\}/, "current").replace(/:(node|range)/, "n1")
      .replace(":member", "m9");
    return { method, path, body: method === "POST" || method === "PUT" ? {} : undefined };
  });
}
