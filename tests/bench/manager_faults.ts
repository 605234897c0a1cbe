/** What becomes of a manager, and how it is undone. */
import type { Bench, BenchMember, Collective } from "./collective.ts";
import { pause, run } from "./processes.ts";
import { cutOff, cutOneWay, healAll } from "./world.ts";

/** `$LIB` is for the loader, which knows the machine's library folder. */
const FAKETIME = "/usr/$LIB/faketime/libfaketimeMT.so.1";
const HOUR_S = 3_600;

/** Undoes what was done. */
type Undo = () => Promise<void>;

export interface ManagerFault {
  readonly name: string;
  /** It may finish one request that it had begun at each node. */
  readonly mayFinish?: true;
  strike(three: Collective, victim: BenchMember): Promise<Undo>;
}

const KILLED: ManagerFault = {
  name: "killed",
  strike: async (_three, victim) => {
    await victim.kill();
    return () => victim.start();
  },
};

function stopped(seconds: number): ManagerFault {
  return {
    name: `stopped for ${seconds} s`,
    mayFinish: true,
    strike: (_three, victim) => {
      const begunMs = performance.now();
      victim.signal("SIGSTOP");
      return Promise.resolve(async () => {
        await pause(Math.max(0, begunMs + seconds * 1000 - performance.now()));
        victim.signal("SIGCONT");
      });
    },
  };
}

function cuts({ world }: Bench): ManagerFault[] {
  const others = (three: Collective, victim: BenchMember): BenchMember[] =>
    three.members.filter((member) => member !== victim);
  const heal = (): Promise<void> => healAll(world);
  return [
    {
      name: "cut off both ways",
      strike: async (_three, victim) => {
        await cutOff(world, victim.number);
        return heal;
      },
    },
    {
      name: "not heard by the others",
      strike: async (three, victim) => {
        for (const { number } of others(three, victim)) {
          await cutOneWay(world, victim.number, number);
        }
        return heal;
      },
    },
    {
      name: "deaf to the others",
      strike: async (three, victim) => {
        for (const { number } of others(three, victim)) {
          await cutOneWay(world, number, victim.number);
        }
        return heal;
      },
    },
  ];
}

/** The clock of day of one member alone: the library reads how far it is off from a file. */
function clockMoved(fileOf: (member: number) => string): ManagerFault {
  return {
    name: "an hour off by its clock",
    strike: async (_three, victim) => {
      await Deno.writeTextFile(fileOf(victim.number), `+${HOUR_S}`);
      return () => Deno.writeTextFile(fileOf(victim.number), "+0");
    },
  };
}

export class ManagerFaults {
  /** The bench that the members are to be started by. */
  readonly bench: Bench;
  readonly all: readonly ManagerFault[];

  private constructor(bench: Bench, all: readonly ManagerFault[]) {
    this.bench = bench;
    this.all = all;
  }

  /** What can be done here; words go to stderr of what cannot. */
  static async prepare(bench: Bench): Promise<ManagerFaults> {
    const all = [KILLED, stopped(bench.seconds)];
    if (bench.world.canCut) all.push(...cuts(bench));
    else console.error("skipped: cuts, which need root");
    const fileOf = (member: number): string => `${bench.folder}/clock-${member}`;
    const before = (member: number): string[] => [
      "env",
      `LD_PRELOAD=${FAKETIME}`,
      `FAKETIME_TIMESTAMP_FILE=${fileOf(member)}`,
      "FAKETIME_CACHE_DURATION=1",
      "FAKETIME_DONT_FAKE_MONOTONIC=1",
      "FAKETIME_DONT_RESET=1",
    ];
    for (const member of [1, 2, 3]) await Deno.writeTextFile(fileOf(member), `+${HOUR_S}`);
    const canMove = Number(await run(...before(1), "date", "+%s")) * 1000 > Date.now() + 3e6;
    for (const member of [1, 2, 3]) await Deno.writeTextFile(fileOf(member), "+0");
    if (!canMove) {
      console.error("skipped: clocks, which need libfaketime");
      return new ManagerFaults(bench, all);
    }
    return new ManagerFaults({ ...bench, before }, [...all, clockMoved(fileOf)]);
  }
}
