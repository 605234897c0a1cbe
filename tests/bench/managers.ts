/**
 * Rounds in which the manager of many nodes is killed, stopped, cut off, or its clock moved, while
 * every member is asked all the time to change something at all of them. Simulated controllers
 * write down who did what, by a clock that nobody moves: no member may act on a node after another
 * did by a later right (I4). A request that a stopped process had begun is the one exception.
 */
import { type Bench, type BenchMember, Collective } from "./collective.ts";
import { type Figure, neverOver } from "./figures.ts";
import { FleetNodes, type Overlap } from "./fleet_nodes.ts";
import { ManagerFaults } from "./manager_faults.ts";
import { pause, until } from "./processes.ts";

const NODES = 24;
/** All of the nodes are acted on by another member within this, however theirs is lost. */
const FAILOVER_TARGET_S = 8;
const TAKEN_MS = 30_000;
const PLACED_MS = 30_000;
const SAID_LENGTH = 2_000;
/** Between two requests to one member. */
const THINK_MS = 20;

interface Round {
  readonly fault: string;
  /** Until another member had acted on every node. */
  readonly takenS: number;
  readonly actions: number;
}

export async function benchManagers(bench: Bench): Promise<Figure[]> {
  const faults = await ManagerFaults.prepare(bench);
  const nodes = await FleetNodes.start(bench.world, NODES);
  try {
    return await Collective.during(faults.bench, async (three) => {
      await nodes.define(three.member(1), { "collective.managercandidates": "m1,m2,m3" });
      await three.settled();
      const rounds: Round[] = [], overlaps: Overlap[] = [];
      let begun = 0;
      for (const fault of faults.all) {
        for (let round = 0; round < bench.rounds; round++) {
          const victim = three.member(1 + (rounds.length % three.members.length));
          const since = nodes.count;
          const takenS = await live(three, nodes, victim, () => fault.strike(three, victim));
          const stale = nodes.overlapsSince(since);
          const excused = fault.mayFinish ? oneEach(stale) : [];
          begun += excused.length;
          overlaps.push(...stale.filter((one) => !excused.includes(one)));
          rounds.push({ fault: fault.name, takenS, actions: nodes.count - since });
          const { name } = victim;
          console.error(`${name} ${fault.name}: ${takenS.toFixed(2)} s, ${stale.length} stale`);
        }
      }
      return figuresOf(rounds, overlaps, begun);
    });
  } finally {
    nodes.close();
  }
}

/** The first of each node: whatever a process had begun before it was stopped. */
function oneEach(overlaps: readonly Overlap[]): Overlap[] {
  return overlaps.filter(({ node }, i) => overlaps.findIndex((one) => one.node === node) === i);
}

/** One round; how long it took until others had acted on all the nodes. */
async function live(
  three: Collective,
  nodes: FleetNodes,
  victim: BenchMember,
  strike: () => Promise<() => Promise<void>>,
): Promise<number> {
  await give(three, nodes, victim);
  const askers = three.members.map((member) => new Asker(member, nodes.range));
  const running = askers.map((asker) => asker.run());
  try {
    await acted(nodes, nodes.count, (member) => member === victim.name, PLACED_MS);
    const since = nodes.count, beganMs = performance.now();
    const undo = await strike();
    await acted(nodes, since, (member) => member !== victim.name, TAKEN_MS);
    const takenS = (performance.now() - beganMs) / 1000;
    await undo();
    await three.settled();
    // What it may yet do by its old right it does now.
    await pause(1_000);
    return takenS;
  } catch (error) {
    for (const { said } of askers) console.error(`the last answer: ${said}`);
    throw error;
  } finally {
    for (const asker of askers) asker.stop();
    await Promise.all(running);
  }
}

/** Makes a member the manager of all the nodes. */
async function give(three: Collective, nodes: FleetNodes, to: BenchMember): Promise<void> {
  await to.ask("PUT", `/noderange/${nodes.range}/attributes/current`, {
    "collective.manager": to.name,
  });
  await three.settled();
}

/** Waits until somebody of whom that is true acted on every node since then. */
async function acted(
  nodes: FleetNodes,
  since: number,
  isOne: (member: string) => boolean,
  withinMs: number,
): Promise<void> {
  await until("all nodes are acted on", withinMs, () => {
    const all = [...nodes.actionsSince(since).values()];
    return Promise.resolve(all.every((actions) => actions.some(({ member }) => isOne(member))));
  });
}

/** Asks one member, over and over, to change something at all the nodes. */
class Asker {
  readonly #member: BenchMember;
  readonly #range: string;
  #isOn = true;
  /** The last answer, for whoever looks for the reason of a failure. */
  said = "";

  constructor(member: BenchMember, range: string) {
    this.#member = member;
    this.#range = range;
  }

  stop(): void {
    this.#isOn = false;
  }

  async run(): Promise<void> {
    for (let isLit = false; this.#isOn; isLit = !isLit) {
      await this.#ask(isLit ? "on" : "off");
      await pause(THINK_MS);
    }
  }

  /** It may be down, stopped, cut off, or without quorum: that is what the rounds are for. */
  async #ask(identify: string): Promise<void> {
    const { api: { host, port }, token } = this.#member;
    try {
      const answer = await fetch(
        `http://${host}:${port}/noderange/${this.#range}/identify?timeout=3`,
        {
          method: "PUT",
          headers: { "Authorization": `Bearer ${token}`, "Content-Type": "application/json" },
          body: JSON.stringify({ identify }),
          signal: AbortSignal.timeout(5_000),
        },
      );
      this.said = (await answer.text()).slice(0, SAID_LENGTH);
    } catch (error) {
      if (!(error instanceof TypeError) && !(error instanceof DOMException)) throw error;
      this.said = String(error);
    }
  }
}

function figuresOf(
  rounds: readonly Round[],
  overlaps: readonly Overlap[],
  begun: number,
): Figure[] {
  for (const { node, stale, newer } of overlaps) {
    console.error(`WRONG: ${node}: ${JSON.stringify(stale)} after ${JSON.stringify(newer)}`);
  }
  const actions = rounds.reduce((sum, round) => sum + round.actions, 0);
  const names = [...new Set(rounds.map(({ fault }) => fault))];
  return [
    ...names.map((fault): Figure => ({
      what: `its manager ${fault}, until others had acted on all of ${NODES} nodes`,
      unit: "s",
      values: rounds.filter((round) => round.fault === fault).map(({ takenS }) => takenS),
      target: neverOver(FAILOVER_TARGET_S),
    })),
    { what: "rounds", unit: "", values: [rounds.length], note: `${actions} changes in all` },
    {
      what: "changes by a right that was over",
      unit: "",
      values: [overlaps.length],
      target: neverOver(0),
    },
    { what: "requests that a stopped member had begun", unit: "", values: [begun] },
  ];
}
