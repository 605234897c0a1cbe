/** One attribute on very many nodes in one request, until every member can be asked for it. */
import { type Bench, type BenchMember, Collective } from "./collective.ts";
import { atMost, type Figure } from "./figures.ts";
import { indexOf, jsonOf, textOf } from "./kept_connection.ts";

const NODES = 10_000;
const RANGE = `/noderange/${encodeURIComponent(`n[1-${NODES}]`)}/attributes/current`;
const TARGET_S = 0.5;
/** Where the value is looked for at each member, while the time runs. */
const PROBES = [1, NODES / 2, NODES];

interface Taken {
  readonly acknowledgedS: number;
  readonly readableS: number;
}

export async function benchBulkWrite(bench: Bench): Promise<Figure[]> {
  return await Collective.during(bench, async (three) => {
    await three.defineNodes(NODES);
    const leader = await three.leader(), [follower] = await three.followers();
    const figures: Figure[] = [];
    for (const [at, where] of [[leader, "the leader"], [follower, "a follower"]] as const) {
      if (at === undefined) continue;
      const taken: Taken[] = [];
      for (let run = 0; run < bench.runs; run++) {
        taken.push(await writeAll(three, at, `by ${at.name}, ${run}`));
      }
      const what = `${NODES} nodes in one request at ${where}`;
      figures.push(
        {
          what: `${what}, acknowledged`,
          unit: "s",
          values: taken.map((each) => each.acknowledgedS),
        },
        {
          what: `${what}, acknowledged and readable on all three`,
          unit: "s",
          values: taken.map((each) => each.readableS),
          target: atMost(TARGET_S),
        },
      );
    }
    return figures;
  });
}

async function writeAll(three: Collective, at: BenchMember, value: string): Promise<Taken> {
  const begun = performance.now();
  const answer = await at.ask("PUT", RANGE, { "info.note": value });
  const acknowledgedS = (performance.now() - begun) / 1000;
  const index = indexOf(answer);
  await Promise.all(three.members.map(async (member) => {
    for (const node of PROBES) await demand(member, node, index, value);
  }));
  const readableS = (performance.now() - begun) / 1000;
  for (const member of three.members) await demandAll(member, value);
  return { acknowledgedS, readableS };
}

async function demand(
  member: BenchMember,
  node: number,
  index: number,
  value: string,
): Promise<void> {
  const path = `/nodes/n${node}/attributes/current?minIndex=${index}`;
  const said = textOf(await member.ask("GET", path));
  if (!said.includes(JSON.stringify(value))) {
    throw new Error(`${member.name} tells n${node} ${said}`);
  }
}

/** All of them, without the time running. */
async function demandAll(member: BenchMember, value: string): Promise<void> {
  const { databynode } = jsonOf(await member.ask("GET", RANGE)) as { databynode: unknown[] };
  const right = databynode.filter((node) => JSON.stringify(node).includes(JSON.stringify(value)));
  if (right.length !== NODES) {
    throw new Error(`${member.name} has the value on ${right.length} of ${NODES} nodes`);
  }
}
