/**
 * Rounds of kill -9, SIGSTOP and one-way cuts under load, and whether all that clients were told
 * can be true of one database: the simulator's checker looks at the history of every ten rounds.
 */
import { Chapter, type Shown } from "./chapter.ts";
import { type Bench, type BenchMember, Collective } from "./collective.ts";
import { type Figure, neverOver } from "./figures.ts";
import { indexOf, textOf } from "./kept_connection.ts";
import { elementsIn, NemesisClient, pathOf, rowsIn, shownIn } from "./nemesis_client.ts";
import { type Fault, FAULTS, shuffled } from "./nemesis_faults.ts";
import { until } from "./processes.ts";

const CLIENTS = 12;
const REGISTERS = 4, GROUPS = 2;
/** So many writes must be made after a round, in so long, or the collective did not recover. */
const WRITES_AGAIN = 20;
const WRITES_AGAIN_MS = 20_000;
const EQUAL_MS = 30_000;

interface Tally {
  readonly strikes: Map<string, number>;
  readonly outcomes: Map<string, number>;
  readonly wrongs: string[];
  operations: number;
  appends: number;
  lists: number;
}

export async function benchNemesis(bench: Bench): Promise<Figure[]> {
  const faults = FAULTS.filter(({ cuts }) => !cuts || bench.world.canCut);
  if (faults.length < FAULTS.length) console.error("skipped: one-way cuts, which need root");
  return await Collective.during(bench, async (three) => {
    const tally: Tally = {
      strikes: new Map(),
      outcomes: new Map(),
      wrongs: [],
      operations: 0,
      appends: 0,
      lists: 0,
    };
    const begun = performance.now();
    let rounds = 0;
    for (let number = 1; rounds < bench.rounds; number++) {
      const these = shuffled(faults).slice(0, bench.rounds - rounds);
      const chapter = new Chapter(number, REGISTERS, GROUPS);
      await live(three, bench, chapter, these, tally);
      rounds += these.length;
      judge(chapter, tally);
      console.error(`${rounds} rounds, ${tally.operations} operations on registers`);
    }
    return figuresOf(tally, rounds, (performance.now() - begun) / 1000);
  });
}

/** One chapter: its nodes are defined, clients use them while the faults strike, all is quiet. */
async function live(
  three: Collective,
  bench: Bench,
  chapter: Chapter,
  faults: readonly Fault[],
  tally: Tally,
): Promise<void> {
  const defined = await three.member(1).ask("POST", "/noderange/", {
    name: chapter.nodes.join(","),
  });
  await three.settled(indexOf(defined));
  const clients = Array.from({ length: CLIENTS }, (_, i) => {
    return new NemesisClient(three, chapter, 1 + i % three.members.length, tally.outcomes);
  });
  const striking = (async (): Promise<void> => {
    try {
      for (const fault of faults) {
        await strike(three, bench, fault, tally);
        tally.strikes.set(fault.name, (tally.strikes.get(fault.name) ?? 0) + 1);
      }
    } finally {
      for (const client of clients) client.stop();
    }
  })();
  const all = await Promise.allSettled([striking, ...clients.map((client) => client.run())]);
  for (const one of all) if (one.status === "rejected") throw one.reason;
  await three.settled();
  await compare(three, chapter);
}

async function strike(three: Collective, bench: Bench, fault: Fault, tally: Tally): Promise<void> {
  await fault.strike(three, bench);
  const wanted = (tally.outcomes.get("200") ?? 0) + WRITES_AGAIN;
  await until(`writes go on after: ${fault.name}`, WRITES_AGAIN_MS, () => {
    return Promise.resolve((tally.outcomes.get("200") ?? 0) >= wanted);
  });
}

/** Waits until all members tell the same of every node, then takes that down for the judge. */
async function compare(three: Collective, chapter: Chapter): Promise<void> {
  await until("all members hold the same", EQUAL_MS, async () => {
    const dumps = await Promise.all(three.members.map((member) => dumpOf(member, chapter)));
    return new Set(dumps).size === 1;
  });
  for (const member of three.members) {
    const start = performance.now();
    for (const key of [...chapter.registers, ...chapter.groups]) {
      const rows: Shown[] = [];
      for (const row of chapter.rowsOf(key)) {
        rows.push(shownIn(await member.ask("GET", pathOf([row]))));
      }
      chapter.isHeld(key, rows, member.name);
      chapter.wasRead(key, rows, start, performance.now());
    }
    const list = rowsIn(await member.ask("GET", pathOf(chapter.listRows)));
    chapter.wasListed({ found: elementsIn(list), start, end: performance.now() });
  }
}

/** Values, the index of each node's newest change, and the index this member has applied. */
async function dumpOf(member: BenchMember, chapter: Chapter): Promise<string> {
  const all = await member.ask("GET", pathOf(chapter.nodes));
  const indexes: unknown[] = [indexOf(all)];
  for (const node of chapter.nodes) {
    indexes.push(shownIn(await member.ask("GET", pathOf([node]))).index);
  }
  return JSON.stringify([textOf(all), indexes]);
}

function judge(chapter: Chapter, tally: Tally): void {
  const { operations, appends, lists } = chapter.counts;
  tally.operations += operations;
  tally.appends += appends;
  tally.lists += lists;
  const wrongs = chapter.wrongs();
  tally.wrongs.push(...wrongs);
  for (const wrong of wrongs) console.error(`WRONG: ${wrong}`);
}

function figuresOf(tally: Tally, rounds: number, seconds: number): Figure[] {
  const told = (counts: ReadonlyMap<string, number>): string =>
    [...counts].sort().map(([what, count]) => `${what}: ${count}`).join(", ");
  if (tally.wrongs.length > 0) throw new Error(tally.wrongs.join("\n      "));
  return [
    {
      what: `${told(tally.strikes)}; rounds`,
      unit: `in ${Math.round(seconds)} s`,
      values: [rounds],
      note: `what ${CLIENTS} clients were told of writes: ${told(tally.outcomes)}`,
    },
    { what: "operations on registers", unit: "", values: [tally.operations] },
    { what: "appends to several rows", unit: "", values: [tally.appends] },
    { what: "reads of the rows appended to", unit: "", values: [tally.lists] },
    { what: "what cannot be true", unit: "", values: [tally.wrongs.length], target: neverOver(0) },
  ];
}
