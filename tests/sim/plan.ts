/** What kind of world a seed gives: each draws which faults are on, so that some worlds have many
 * at once and some just one ("swarm testing", Groce et al. 2012). */
import { MAX_WATCH_BEHIND, MAX_WATCH_GAP_ROWS, WATCH_PART_BYTES } from "../../src/base/limits.ts";
import type { Prng } from "../../src/base/prng.ts";
import type { DiskPace } from "../../src/service/machine/pace.ts";
import type { AimsPlan } from "./aims.ts";
import type { DiskSpeed } from "./host.ts";
import { LOSS_STORIES, type LossStory } from "./losses.ts";
import { type ManagedPlan, NO_NODES } from "./managed.ts";
import type { NetworkFaults } from "./network.ts";
import type { WatchersPlan } from "./watchers.ts";

export interface ChaosPlan {
  /** Mean milliseconds between two faults. */
  readonly everyMs: number;
  readonly crashes: boolean;
  /** Members that are told to stop, and do. */
  readonly stops: boolean;
  readonly powerCuts: boolean;
  readonly partitions: boolean;
  readonly oneWayCuts: boolean;
  readonly resets: boolean;
  readonly clogs: boolean;
  readonly freezes: boolean;
  readonly clockJumps: boolean;
  readonly diskErrors: boolean;
  readonly diskFull: boolean;
  readonly lostDisks: boolean;
  readonly rollbacks: boolean;
  readonly membership: boolean;
  /** States that become others past every checksum, one at a time. */
  readonly spoils: boolean;
  /** Crashes aimed at the moment a write was acknowledged, where the lies of disks come out. */
  readonly crashAfterReply: boolean;
  readonly aims: AimsPlan;
}

/** Nothing goes wrong by itself. */
export const NO_FAULTS = {
  crashes: false,
  stops: false,
  powerCuts: false,
  partitions: false,
  oneWayCuts: false,
  resets: false,
  clogs: false,
  freezes: false,
  clockJumps: false,
  diskErrors: false,
  diskFull: false,
  lostDisks: false,
  rollbacks: false,
  membership: false,
  spoils: false,
  crashAfterReply: false,
} as const;

export const NO_WATCHERS: WatchersPlan = {
  count: 0,
  everyMs: 1,
  most: 1,
  pace: { behind: 1, gapRows: 1, partBytes: 1 },
};

export interface WorkloadPlan {
  readonly clients: number;
  readonly thinkMs: number;
  readonly keys: number;
}

export interface Plan {
  readonly members: number;
  readonly stormMs: number;
  readonly network: NetworkFaults;
  readonly disk: DiskSpeed;
  readonly clocks: { readonly drift: number; readonly offsetMs: number };
  readonly workload: WorkloadPlan;
  readonly chaos: ChaosPlan;
  readonly watchers: WatchersPlan;
  readonly managed: ManagedPlan;
  /** How managers are lost, where that is what the world is about. */
  readonly losses: LossStory | undefined;
  /** Undefined: as a real member has it, which in a world this short means never. */
  readonly pace: DiskPace | undefined;
}

const SIZES = [1, 2, 3, 3, 3, 3, 3, 4, 4, 5, 5, 7];

export function drawPlan(prng: Prng): Plan {
  const draw = prng.unit();
  if (draw < 0.04) return drawTurns(prng);
  if (draw < 0.1) return drawElections(prng);
  return draw < 0.15 ? drawLosses(prng) : drawStorm(prng);
}

/** Managers are lost, one after the other, and nothing else disturbs that. */
function drawLosses(prng: Prng): Plan {
  const plan = drawStorm(prng);
  const losses = prng.pick(LOSS_STORIES);
  const aims = { leaders: false, turns: false, votes: false, rosters: false };
  return {
    ...plan,
    members: 3,
    stormMs: losses === "back" ? 55_000 : 35_000,
    network: { ...plan.network, delayMax: prng.pick([2, 40]), loss: 0 },
    clocks: { ...plan.clocks, offsetMs: 0 },
    workload: { ...plan.workload, clients: 2, thinkMs: 200 },
    chaos: { ...plan.chaos, ...NO_FAULTS, aims },
    managed: { ...NO_NODES, nodes: 4, failback: losses === "back" ? 1 : 0, isAnybodys: true },
    losses,
  };
}

/** One election after the other, over a slow network: several ask for votes in the same term, and
 * voters die between the two, before their slow disks have the first vote. */
function drawElections(prng: Prng): Plan {
  const plan = drawStorm(prng);
  const aims = { leaders: true, turns: false, votes: true, rosters: false };
  return {
    ...plan,
    members: prng.pick([3, 5]),
    stormMs: 25_000,
    network: { ...plan.network, delayMax: 40 },
    disk: { ...plan.disk, syncMin: 20, syncMax: 80 },
    chaos: { ...plan.chaos, ...NO_FAULTS, aims },
  };
}

/** Leaders take turns, and nothing else disturbs them: the story is long enough by itself. */
function drawTurns(prng: Prng): Plan {
  const plan = drawStorm(prng);
  const aims = { leaders: true, turns: true, votes: false, rosters: false };
  return { ...plan, members: 3, stormMs: 25_000, chaos: { ...plan.chaos, ...NO_FAULTS, aims } };
}

function drawStorm(prng: Prng): Plan {
  const on = (): boolean => prng.chance(0.4);
  const isSlow = prng.chance(0.3);
  const membership = prng.chance(0.3);
  const plan: Plan = {
    members: prng.pick(SIZES),
    stormMs: prng.between(6_000, 25_000),
    network: {
      delayMin: 0.1,
      delayMax: prng.pick([0.5, 2, 2, 10, 40]),
      loss: prng.pick([0, 0, 0.01, 0.05]),
      duplication: prng.pick([0, 0, 0.02]),
      straggling: prng.pick([0, 0, 0.02]),
      throughCodec: prng.chance(0.1),
    },
    disk: {
      syncMin: 0.2,
      syncMax: isSlow ? prng.pick([20, 80]) : 2,
      stalls: isSlow ? prng.pick([0.01, 0.1]) : 0,
      stallMax: prng.pick([300, 1_000, 5_000]),
    },
    clocks: { drift: prng.pick([0, 0.0002, 0.01]), offsetMs: prng.pick([0, 100, 100_000, 1e10]) },
    workload: {
      clients: prng.between(2, 5),
      thinkMs: prng.pick([5, 20, 60]),
      keys: prng.between(2, 5),
    },
    chaos: {
      everyMs: prng.pick([300, 800, 2_000]),
      crashes: prng.chance(0.6),
      stops: on(),
      powerCuts: prng.chance(0.25),
      partitions: on(),
      oneWayCuts: prng.chance(0.2),
      resets: on(),
      clogs: prng.chance(0.2),
      freezes: on(),
      clockJumps: prng.chance(0.2),
      diskErrors: prng.chance(0.2),
      diskFull: prng.chance(0.15),
      lostDisks: prng.chance(0.15),
      rollbacks: prng.chance(0.15),
      membership,
      spoils: false,
      crashAfterReply: prng.chance(0.25),
      aims: {
        leaders: prng.chance(0.2),
        turns: false,
        votes: prng.chance(0.15),
        // Only where rosters change is there anything to aim at.
        rosters: prng.chance(membership ? 0.7 : 0.1),
      },
    },
    watchers: drawWatchers(prng.fork("watchers")),
    managed: drawManaged(prng.fork("managed")),
    losses: undefined,
    pace: prng.chance(0.3) ? undefined : drawPace(prng),
  };
  const { lostDisks, rollbacks } = plan.chaos;
  // Only a majority of whole states can tell which is right.
  const maySpoil = plan.members > 2 && !membership && !lostDisks && !rollbacks;
  const spoils = maySpoil && plan.pace !== undefined && prng.chance(0.3);
  return { ...plan, chaos: { ...plan.chaos, spoils } };
}

/** Some are slow, take little at a time, and are told that there is too much to tell. */
function drawWatchers(prng: Prng): WatchersPlan {
  return {
    count: prng.pick([0, 0, 1, 2]),
    everyMs: prng.pick([100, 500, 2_000]),
    most: prng.pick([1, 4, 20]),
    pace: {
      behind: prng.pick([3, 20, MAX_WATCH_BEHIND]),
      gapRows: prng.pick([2, MAX_WATCH_GAP_ROWS, MAX_WATCH_GAP_ROWS]),
      partBytes: prng.pick([1, WATCH_PART_BYTES]),
    },
  };
}

function drawManaged(prng: Prng): ManagedPlan {
  if (prng.chance(0.4)) return NO_NODES;
  return {
    nodes: prng.between(1, 5),
    everyMs: prng.pick([300, 1_500, 6_000, 1e9]),
    drains: prng.chance(0.3),
    failback: prng.pick([0, 0, 1]),
    isAnybodys: false,
  };
}

function drawPace(prng: Prng): DiskPace {
  return {
    checkpointAfterEntries: prng.pick([4, 15, 60]),
    checkpointAfterBytes: 1_000_000,
    tailKeptEntries: prng.pick([1, 4, 20]),
    tailKeptBytes: 1_000_000,
    batchRows: prng.pick([1, 3, 400]),
    appendEntries: prng.pick([1, 1, 3, 1_024]),
    collectAfterTombstones: prng.pick([1, 5]),
    collectEveryMs: prng.pick([100, 1_000]),
    staleAfterMs: prng.pick([5_000, 500_000, 1e9]),
    deltaChunkBytes: prng.pick([400, 2_000, 100_000]),
    auditEveryEntries: prng.pick([8, 32]),
  };
}
