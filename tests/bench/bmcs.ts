/** Power of many BMCs by Redfish over TLS, asked by three drivers in processes of their own: first
 * contact, and again on kept connections; without and with some that are silent. */
import type { Asked } from "./bmc_asker.ts";
import type { Bench } from "./collective.ts";
import { atMost, type Figure } from "./figures.ts";
import { memoryOf, Running } from "./processes.ts";

const DRIVERS = 3;
const SILENT_SHARE = 0.05;
const READY_MS = 30_000;
const ROUND_MS = 60_000;

export async function benchBmcs(bench: Bench): Promise<Figure[]> {
  const all = await measure(bench, 0);
  const silent = Math.round(bench.nodes * SILENT_SHARE);
  return [...all, ...await measure(bench, silent)];
}

async function measure(bench: Bench, silent: number): Promise<Figure[]> {
  const contact: number[] = [], again: number[] = [], first: number[] = [], memory: number[] = [];
  for (let run = 0; run < bench.runs; run++) {
    const fleet = program("bmc_fleet.ts", String(bench.nodes), String(silent));
    const [, listed = "[]"] = await fleet.line(/^fleet (.*)$/, READY_MS);
    const addresses: string[] = JSON.parse(listed);
    const drivers = Array.from({ length: DRIVERS }, (_, at) => {
      const share = addresses.filter((_, of) => of % DRIVERS === at);
      return program("bmc_asker.ts", JSON.stringify(share));
    });
    try {
      for (const driver of drivers) await driver.line(/^ready/, READY_MS);
      const met = await round(drivers, 1), kept = await round(drivers, 2);
      for (const { answered, failed } of [met, kept]) {
        if (answered !== bench.nodes - silent || failed !== silent) {
          throw new Error(`${answered} answered and ${failed} did not; ${silent} are silent`);
        }
      }
      contact.push(met.lastMs / 1_000);
      again.push(kept.lastMs / 1_000);
      first.push(kept.firstMs / 1_000);
      memory.push(Math.max(...drivers.map(({ pid }) => memoryOf(pid).highestMb)));
    } finally {
      for (const each of [...drivers, fleet]) await each.end("SIGKILL");
    }
  }
  const who = `${bench.nodes} BMCs${silent === 0 ? "" : `, ${silent} of them silent`}`;
  return [
    {
      what: `${who}: first contact, the last answer`,
      unit: "s",
      values: contact,
      target: atMost(12),
    },
    { what: `${who}: again, the last answer`, unit: "s", values: again, target: atMost(2) },
    { what: `${who}: again, the first answer`, unit: "s", values: first, target: atMost(0.3) },
    { what: `${who}: memory of a driver's process at most`, unit: "MB", values: memory },
  ];
}

function program(file: string, ...args: readonly string[]): Running {
  const path = new URL(file, import.meta.url).pathname;
  return new Running([Deno.execPath(), "run", "-A", path, ...args]);
}

/** All drivers at once; the earliest and the latest answer of them all. */
async function round(drivers: readonly Running[], count: number): Promise<Asked> {
  for (const { pid } of drivers) Deno.kill(pid, "SIGUSR2");
  const asked = await Promise.all(drivers.map((driver) => nthRound(driver, count)));
  const sum = (of: (each: Asked) => number): number =>
    asked.reduce((all, each) => all + of(each), 0);
  return {
    answered: sum(({ answered }) => answered),
    failed: sum(({ failed }) => failed),
    firstMs: Math.min(...asked.map(({ firstMs }) => firstMs)),
    lastMs: Math.max(...asked.map(({ lastMs }) => lastMs)),
  };
}

async function nthRound(driver: Running, count: number): Promise<Asked> {
  const until = performance.now() + ROUND_MS;
  while (performance.now() < until) {
    const rounds = driver.lines.filter((line) => line.startsWith("asked "));
    if (rounds.length >= count) return JSON.parse(rounds.at(-1)!.slice("asked ".length));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`no round in ${ROUND_MS} ms; it said:\n${driver.said()}`);
}
