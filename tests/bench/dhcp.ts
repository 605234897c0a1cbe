/**
 * How many machines a second get their addresses through a relay: one member that knows 20,000,
 * beside Kea with as many reservations, at which perfdhcp asks in turn. All three share the cores,
 * so that a figure alone says little; the two are to be compared.
 */
import { type Bench, Collective } from "./collective.ts";
import { atLeast, type Figure, median, neverOver } from "./figures.ts";
import { type Asked, Kea, perfdhcp } from "./kea.ts";
import { fastest, type Trial } from "./fastest_rate.ts";
import { cpuMsOf } from "./processes.ts";
import { defineMachines, type SimulatedMachine, simulatedMachines } from "./simulated_machines.ts";

const OURS = 1, KEAS = 2;
const MOST_LOST = 0.01;
/** Of what is asked for; perfdhcp may not come to more. */
const LEAST_BEGUN = 0.9;

/** The most exchanges a second that a server came to, and what it was like. */
interface Pace {
  readonly rate: number;
  readonly asked: Asked;
  readonly cpuMs: number;
}

export async function benchDhcp(bench: Bench): Promise<Figure[]> {
  const machines = simulatedMachines(bench.nodes);
  const ours: Pace[] = [], keas: Pace[] = [];
  const booting = ["--interfaces", "eth0"];
  await Collective.during({ ...bench, booting }, async ({ members: [member] }) => {
    if (member === undefined) throw new Error("there is no member");
    await defineMachines(member, machines);
    for (let time = 1; time <= bench.runs; time++) {
      const host = bench.world.host(OURS);
      ours.push(await fastest(trialOf(bench, host, member.pid), ours.map(rateOf)));
      keas.push(await fastestOfKea(bench, machines, keas));
      console.error(`${time}: ${words(ours.at(-1))}; Kea: ${words(keas.at(-1))}`);
    }
  }, 1);
  const who = `exchanges of ${bench.nodes} machines, fewer than 1 % lost`;
  return [
    {
      what: `${who}, of Kea's`,
      unit: "times",
      values: ours.map(({ rate }, i) => rate / (keas[i]?.rate ?? NaN)),
      target: atLeast(1),
      note: `the aim is 2; medians: ours ${middle(ours, rateOf)}, Kea's ${middle(keas, rateOf)} /s`,
    },
    { what: who, unit: "/s", values: ours.map(rateOf), note: delays(ours) },
    { what: "the same of Kea", unit: "/s", values: keas.map(rateOf), note: delays(keas) },
    { what: "processor of the member, an exchange", unit: "ms", values: ours.map(costOf) },
    { what: "processor of Kea, an exchange", unit: "ms", values: keas.map(costOf) },
    {
      what: "lost of ours at that rate",
      unit: "%",
      values: ours.map(({ asked: { begun, ended } }) => 100 * (1 - ended / begun)),
      target: neverOver(100 * MOST_LOST),
    },
  ];
}

async function fastestOfKea(
  bench: Bench,
  machines: readonly SimulatedMachine[],
  before: readonly Pace[],
): Promise<Pace> {
  return await Kea.during(bench.world, KEAS, bench.folder, machines, async ({ host, pid }) => {
    return await fastest(trialOf(bench, host, pid), before.map(rateOf));
  });
}

function trialOf({ world, nodes, seconds }: Bench, host: string, pid: number): Trial<Pace> {
  return async (rate) => {
    const cpuMs = cpuMsOf(pid);
    const asked = await perfdhcp(world.clients, host, nodes, rate, seconds);
    const { begun, ended } = asked;
    const isMet = begun - ended <= begun * MOST_LOST && begun >= LEAST_BEGUN * rate * seconds;
    if (!isMet) return undefined;
    return { rate: ended / seconds, asked, cpuMs: cpuMsOf(pid) - cpuMs };
  };
}

function rateOf({ rate }: Pace): number {
  return rate;
}

function costOf({ cpuMs, asked }: Pace): number {
  return cpuMs / asked.ended;
}

function middle(paces: readonly Pace[], of: (pace: Pace) => number): number {
  return Math.round(median(paces.map(of)));
}

function delays(paces: readonly Pace[]): string {
  const offerMs = median(paces.map(({ asked }) => asked.offerMs));
  const ackMs = median(paces.map(({ asked }) => asked.ackMs));
  return `an OFFER took ${offerMs.toFixed(1)} ms, an ACK ${ackMs.toFixed(1)} ms (mean)`;
}

function words(pace: Pace | undefined): string {
  if (pace === undefined) return "nothing";
  return `${Math.round(pace.rate)} /s, ${costOf(pace).toFixed(3)} ms of processor each`;
}
