/** What a nemesis does to three members under load: each fault is undone when it resolves. */
import type { Bench, BenchMember, Collective } from "./collective.ts";
import { pause } from "./processes.ts";
import { cutOneWay, healAll, type World } from "./world.ts";

const DOWN_MOST_MS = 400;
/** A silent leader is replaced within 3 s; shorter cuts end before anything comes of them. */
const CUT_LEAST_MS = 1_000, CUT_MOST_MS = 8_000;

export interface Fault {
  readonly name: string;
  /** Only where the members stand in namespaces. */
  readonly cuts?: true;
  strike(three: Collective, bench: Bench): Promise<void>;
}

/** Ten rounds: half of them kill. */
export const FAULTS: readonly Fault[] = [
  { name: "leader killed", strike: async (three) => await kill([await three.leader()]) },
  { name: "leader killed", strike: async (three) => await kill([await three.leader()]) },
  { name: "follower killed", strike: async (three) => await kill([await someFollower(three)]) },
  { name: "leader and follower killed", strike: killTwo },
  { name: "followers killed", strike: async (three) => await kill(await three.followers()) },
  {
    name: "leader stopped",
    strike: async (three, bench) => await stop(await three.leader(), bench),
  },
  {
    name: "follower stopped",
    strike: async (three, bench) => await stop(await someFollower(three), bench),
  },
  {
    name: "leader not heard",
    cuts: true,
    strike: async (three, { world }) => {
      const leader = await three.leader();
      await cut(world, (await three.followers()).map((other) => [leader, other]));
    },
  },
  {
    name: "leader deaf",
    cuts: true,
    strike: async (three, { world }) => {
      const leader = await three.leader();
      await cut(world, (await three.followers()).map((other) => [other, leader]));
    },
  },
  {
    name: "one link cut one way",
    cuts: true,
    strike: async ({ members }, { world }) => {
      const [from, to] = shuffled(members);
      if (from !== undefined && to !== undefined) await cut(world, [[from, to]]);
    },
  },
];

export function shuffled<T>(items: readonly T[]): T[] {
  return items.map((item) => ({ item, dice: Math.random() }))
    .sort((a, b) => a.dice - b.dice).map(({ item }) => item);
}

async function someFollower(three: Collective): Promise<BenchMember> {
  const [follower] = shuffled(await three.followers());
  if (follower === undefined) throw new Error("no member follows");
  return follower;
}

async function killTwo(three: Collective): Promise<void> {
  await kill([await three.leader(), await someFollower(three)]);
}

async function kill(victims: readonly BenchMember[]): Promise<void> {
  await Promise.all(victims.map((victim) => victim.kill()));
  await pause(Math.random() * DOWN_MOST_MS);
  await Promise.all(victims.map((victim) => victim.start()));
}

/** Its memory stays, its clock goes on, and it never knows. */
async function stop(victim: BenchMember, { seconds }: Bench): Promise<void> {
  victim.signal("SIGSTOP");
  await pause(seconds * 1000);
  victim.signal("SIGCONT");
}

async function cut(
  world: World,
  ways: readonly (readonly [BenchMember, BenchMember])[],
): Promise<void> {
  for (const [from, to] of ways) await cutOneWay(world, from.number, to.number);
  await pause(CUT_LEAST_MS + Math.random() * (CUT_MOST_MS - CUT_LEAST_MS));
  await healAll(world);
}
