/**
 * Machines without addresses on the members' own segment, one member or three: very many at once,
 * a hundred a second, and as many a second as are answered. Exactly one OFFER is to be seen for
 * each DISCOVER, whoever of the members dies.
 */
import { type Bench, type BenchMember, Collective } from "./collective.ts";
import { fastest } from "./fastest_rate.ts";
import { atMost, type Figure, median, neverOver, shorten } from "./figures.ts";
import { watchingLag } from "./lag_watch.ts";
import { cpuMsOf } from "./processes.ts";
import { defineMachines, simulatedMachines } from "./simulated_machines.ts";
import type { StormResult } from "./storm_exchange.ts";
import { storm } from "./storming.ts";

const AT_ONCE = 1_000;
const STEADILY = 100;
const STEADY_SECONDS = 10;
const AFTER_A_DEATH = 200;
/** So many of those at once may be doubled, and so late may an answer be when one has died. */
const MOST_DOUBLED = 1 / 200, LATEST_MS = 2_000;
const MOST_LOST = 0.01;
/** A machine's messages for one address: what is asked of it again is too late. */
const NO_REPEATS: readonly number[] = [];

/** One storm, and how late the busiest member answered over HTTP meanwhile. */
interface Weathered extends StormResult {
  readonly lagMs: number;
}

export async function benchDhcpStorm(bench: Bench): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const count of [1, 3]) {
    const booting = ["--interfaces", "eth0"];
    await Collective.during({ ...bench, booting }, async (collective) => {
      await defineMachines(collective.member(1), simulatedMachines(bench.nodes));
      await collective.settled();
      figures.push(...await atOnce(bench, collective), ...await steadily(bench, collective));
      figures.push(...await quickly(bench, collective));
      if (count > 1) figures.push(...await afterADeath(bench, collective));
    }, count);
  }
  return figures;
}

function who({ members }: Collective): string {
  return members.length === 1 ? "one member" : `${members.length} members`;
}

async function atOnce(bench: Bench, collective: Collective): Promise<Figure[]> {
  const all: Weathered[] = [];
  for (let run = 1; run <= bench.runs; run++) {
    all.push(await weathered(collective, { machines: AT_ONCE }));
    console.error(words(all.at(-1)));
  }
  const lags = all.map(({ lagMs }) => `${Math.round(lagMs)}`).join(", ");
  const doubled = all.map((one) => one.doubled / one.begun);
  return [
    ...usual(`${who(collective)}, ${AT_ONCE} machines at once`, all),
    {
      what: `${who(collective)}, ${AT_ONCE} machines at once, with more than one OFFER`,
      unit: "of all",
      values: doubled,
      target: neverOver(MOST_DOUBLED),
      note: `a member's loop lagged ${lags} ms; ${all.flatMap(({ doubles }) => doubles)[0] ?? ""}`,
    },
    {
      what: `${who(collective)}, ${AT_ONCE} machines at once, until all have addresses`,
      unit: "s",
      values: all.map(({ allMs }) => allMs / 1_000),
      note: `${sum(all, ({ repeated }) => repeated)} of ${all.length * AT_ONCE} had to ask again`,
    },
  ];
}

async function steadily(bench: Bench, collective: Collective): Promise<Figure[]> {
  const all: Weathered[] = [];
  for (let run = 1; run <= bench.runs; run++) {
    const exchanges = STEADILY * STEADY_SECONDS;
    all.push(await weathered(collective, { machines: exchanges, perSecond: STEADILY }));
    console.error(words(all.at(-1)));
  }
  const what = `${who(collective)}, ${STEADILY} machines a second`;
  return [
    ...usual(what, all),
    {
      what: `${what}, with more than one OFFER`,
      unit: "",
      values: all.map(({ doubled }) => doubled),
      target: neverOver(0),
      note: all.flatMap(({ doubles }) => doubles)[0] ?? "",
    },
  ];
}

/** The most exchanges a second of which fewer than 1 % are lost. */
async function quickly(bench: Bench, collective: Collective): Promise<Figure[]> {
  const rates: number[] = [], costs: number[] = [];
  for (let run = 1; run <= bench.runs; run++) {
    const best = await fastest(async (rate) => {
      const before = sum(collective.pids, cpuMsOf);
      const exchanges = rate * bench.seconds;
      const asking = { machines: bench.nodes, exchanges, perSecond: rate };
      const short = { repeatAfterMs: NO_REPEATS, lingerMs: 0, patienceMs: 1_000 };
      const { begun, ended } = await storm({ ...asking, ...short });
      if (begun - ended > begun * MOST_LOST) return undefined;
      return { rate, costMs: (sum(collective.pids, cpuMsOf) - before) / ended };
    }, rates);
    rates.push(best.rate);
    costs.push(best.costMs);
  }
  const what = `${who(collective)}, exchanges a second, fewer than 1 % lost`;
  return [
    { what, unit: "/s", values: rates },
    { what: `${what}, processor of all, an exchange`, unit: "ms", values: costs },
  ];
}

/** The first of them stopped, as a machine that hangs, and then killed. */
async function afterADeath(bench: Bench, collective: Collective): Promise<Figure[]> {
  const hung: Weathered[] = [], dead: Weathered[] = [];
  const asking = {
    ...{ machines: AFTER_A_DEATH, perSecond: STEADILY, repeatAfterMs: NO_REPEATS },
    patienceMs: 5_000,
  };
  for (let run = 1; run <= bench.runs; run++) {
    const leader = await collective.leader();
    leader.signal("SIGSTOP");
    hung.push(await weathered(collective, asking, [leader]));
    leader.signal("SIGCONT");
    await collective.settled();
    await leader.kill();
    dead.push(await weathered(collective, asking, [leader]));
    await leader.start();
    await collective.settled();
    console.error(`${words(hung.at(-1))}; ${words(dead.at(-1))}`);
  }
  return [[hung, "the leader hangs"] as const, [dead, "the leader was killed"] as const].flatMap(
    ([all, how]): Figure[] => [
      ...usual(`${how}, ${STEADILY} machines a second`, all),
      {
        what: `${how}: the slowest OFFER, of machines that ask once`,
        unit: "s",
        values: all.map(({ offerMs, begun, offered }) =>
          begun === offered ? offerMs.most / 1_000 : Number.POSITIVE_INFINITY
        ),
        target: neverOver(LATEST_MS / 1_000),
      },
      {
        what: `${how}: with more than one OFFER`,
        unit: "",
        values: all.map(({ doubled }) => doubled),
      },
    ],
  );
}

/** What must hold whatever happens, and how fast it was. */
function usual(what: string, all: readonly Weathered[]): Figure[] {
  const medianOf = (of: (one: Weathered) => number): string => `${shorten(median(all.map(of)))} ms`;
  return [
    {
      what: `${what}, offered different addresses, or none`,
      unit: "",
      values: all.map(({ different, begun, offered }) => different + begun - offered),
      target: neverOver(0),
    },
    {
      what: `${what}, until the OFFER, p99`,
      unit: "ms",
      values: all.map(({ offerMs }) => offerMs.p99),
      target: atMost(LATEST_MS),
      note: `medians: OFFER p50 ${medianOf(({ offerMs }) => offerMs.p50)}, ACK p50 ` +
        `${medianOf(({ ackMs }) => ackMs.p50)}, p99 ${medianOf(({ ackMs }) => ackMs.p99)}`,
    },
  ];
}

async function weathered(
  { members }: Collective,
  wish: Parameters<typeof storm>[0],
  silent: readonly BenchMember[] = [],
): Promise<Weathered> {
  const asked = members.filter((member) => !silent.includes(member));
  const questions = asked.map((member) => () => member.ask("GET", "/healthz"));
  return await watchingLag(questions, () => storm(wish));
}

function sum<T>(all: readonly T[], of: (one: T) => number): number {
  return all.reduce((total, one) => total + of(one), 0);
}

function words(one: Weathered | undefined): string {
  if (one === undefined) return "nothing";
  const { begun, ended, different, doubled, repeated, offerMs, allMs, lagMs, servers, lost } = one;
  return `${ended} of ${begun} in ${shorten(allMs)} ms, OFFER p50 ${shorten(offerMs.p50)} p99 ` +
    `${shorten(offerMs.p99)} most ${
      shorten(offerMs.most)
    } ms, ${different} different, ${doubled} ` +
    `doubled, ${repeated} asked again, lag ${shorten(lagMs)} ms, ${lost} frames lost, by ` +
    JSON.stringify(servers);
}
