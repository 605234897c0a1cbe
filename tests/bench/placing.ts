/**
 * How long thousands of nodes are without a member that may act on them, when theirs is killed,
 * stopped, cut off, drained or told to stop; and whether any moves while nothing is wrong.
 */
import { z } from "zod";

import { type Bench, type BenchMember, Collective } from "./collective.ts";
import { type Figure, neverOver } from "./figures.ts";
import { jsonOf } from "./kept_connection.ts";
import { pause, until } from "./processes.ts";
import { cutOff, healAll } from "./world.ts";

const LOST_TARGET_S = 8;
const GIVEN_TARGET_S = 1;
const MOVED_MS = 30_000;
/** Each writes as fast as it is answered. */
const WRITERS = 12;
/** Whoever was just started promises nothing for so long. */
const SETTLING_MS = 6_000;

const watched = z.object({
  members: z.array(z.object({ name: z.string(), nodes: z.number() })),
});

/** What is done to the member that holds all nodes, and how that is undone. */
interface Way {
  readonly name: string;
  readonly targetS: number;
  strike(three: Collective, holder: BenchMember): Promise<() => Promise<void>>;
}

function waysOf({ world }: Bench): Way[] {
  const back = (holder: BenchMember) => (): Promise<void> => holder.start();
  const ways: Way[] = [
    {
      name: "killed",
      targetS: LOST_TARGET_S,
      strike: async (_three, holder) => {
        await holder.kill();
        return back(holder);
      },
    },
    {
      name: "stopped by SIGSTOP",
      targetS: LOST_TARGET_S,
      strike: (_three, holder) => {
        holder.signal("SIGSTOP");
        return Promise.resolve(() => {
          holder.signal("SIGCONT");
          return Promise.resolve();
        });
      },
    },
    {
      name: "drained",
      targetS: GIVEN_TARGET_S,
      strike: async (three, holder) => {
        const path = `/collective/members/${holder.name}/drain`;
        await otherThan(three, holder).ask("POST", path);
        return async () => void await otherThan(three, holder).ask("DELETE", path);
      },
    },
    {
      name: "told to stop",
      targetS: GIVEN_TARGET_S,
      strike: (_three, holder) => {
        const ended = holder.kill("SIGTERM");
        return Promise.resolve(async () => {
          await ended;
          await holder.start();
        });
      },
    },
  ];
  if (!world.canCut) return ways;
  const cut: Way = {
    name: "cut off",
    targetS: LOST_TARGET_S,
    strike: async (_three, holder) => {
      await cutOff(world, holder.number);
      return () => healAll(world);
    },
  };
  return [...ways, cut];
}

export async function benchPlacing(bench: Bench): Promise<Figure[]> {
  return await Collective.during(bench, async (three) => {
    const lines = Array.from({ length: bench.nodes }, (_, i) =>
      JSON.stringify({
        name: `n${i + 1}`,
        "collective.manager": "m1",
        "collective.managercandidates": "m1,m2,m3",
      }));
    await three.member(1).writeLines(lines);
    await holds(three.member(1), three.member(1), bench.nodes);
    await pause(SETTLING_MS);
    const figures: Figure[] = [];
    for (const way of waysOf(bench)) {
      const values: number[] = [];
      for (let run = 0; run < bench.runs; run++) {
        values.push(await strike(three, bench.nodes, way));
        console.error(`${way.name}: ${values.at(-1)?.toFixed(2)} s`);
      }
      figures.push({
        what: `their manager ${way.name}, until others hold all of ${bench.nodes} nodes`,
        unit: "s",
        values,
        target: neverOver(way.targetS),
      });
    }
    return [...figures, await quiet(three, bench)];
  });
}

function otherThan(three: Collective, member: BenchMember): BenchMember {
  const other = three.members.find((one) => one !== member);
  if (other === undefined) throw new Error("there is no other member");
  return other;
}

async function strike(three: Collective, nodes: number, way: Way): Promise<number> {
  const holder = three.member(1), other = three.member(2);
  const begun = performance.now();
  const undo = await way.strike(three, holder);
  await holds(other, holder, 0);
  const tookS = (performance.now() - begun) / 1000;
  await undo();
  await three.settled();
  await pause(SETTLING_MS);
  await other.ask("PUT", `/noderange/n[1-${nodes}]/attributes/current`, {
    "collective.manager": "m1",
  });
  await holds(other, holder, nodes);
  return tookS;
}

/** Waits until the member holds so many nodes, as another has it. */
async function holds(by: BenchMember, holder: BenchMember, nodes: number): Promise<void> {
  await until(`${holder.name} holds ${nodes} nodes`, MOVED_MS, async () => {
    return await heldBy(by, holder) === nodes;
  });
}

async function heldBy(by: BenchMember, holder: BenchMember): Promise<number | undefined> {
  const { members } = watched.parse(jsonOf(await by.ask("GET", "/collective/")));
  return members.find(({ name }) => name === holder.name)?.nodes;
}

/** Writes at full speed for a while, and nothing is wrong: no node moves. */
async function quiet(three: Collective, bench: Bench): Promise<Figure> {
  const holder = three.member(1), other = three.member(2);
  const end = performance.now() + bench.seconds * 1000;
  const writing = Array.from({ length: WRITERS }, async (_, i) => {
    const conn = await three.member(1 + i % three.members.length).connect();
    let writes = 0;
    for (; performance.now() < end; writes++) {
      const path = `/nodes/n${1 + writes % bench.nodes}/attributes/current`;
      const { status } = await conn.ask("PUT", path, JSON.stringify({ "info.note": `${writes}` }));
      if (status !== 200) throw new Error(`a write was answered ${status}`);
    }
    conn.close();
    return writes;
  });
  let moved = 0;
  while (performance.now() < end) {
    await pause(1_000);
    moved = Math.max(moved, bench.nodes - (await heldBy(other, holder) ?? 0));
  }
  const writes = (await Promise.all(writing)).reduce((sum, each) => sum + each, 0);
  return {
    note: `${writes} writes`,
    what: `nodes that moved in ${bench.seconds} s of writes without faults`,
    unit: "",
    values: [moved],
    target: neverOver(0),
  };
}
