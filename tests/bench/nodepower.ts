/**
 * `nodepower` on thousands of nodes over three managers, from the command line, start-up included:
 * first contact, and again on kept connections; with some BMCs from which no packet comes back; and
 * with one manager dead. Then what is known of ten thousand nodes without asking any BMC.
 */
import { z } from "zod";

import { type Bench, type BenchMember, Collective } from "./collective.ts";
import { atMost, type Figure, neverOver } from "./figures.ts";
import { jsonOf } from "./kept_connection.ts";
import { pause, run, Running } from "./processes.ts";
import type { World } from "./world.ts";

const FIRST_PORT = 21_000;
const SILENT = 100;
const KNOWN = 10_000;
const READY_MS = 30_000;
/** Whoever was just started promises nothing for so long. */
const SETTLING_MS = 6_000;

/** What one command came to. */
interface Told {
  readonly firstS: number;
  /** Until the last node had answered. */
  readonly lastS: number;
  readonly endedS: number;
  readonly answered: number;
  /** Error lines, by what they say. */
  readonly errors: ReadonlyMap<string, number>;
}

export async function benchNodepower(bench: Bench): Promise<Figure[]> {
  const path = new URL("bmc_fleet.ts", import.meta.url).pathname;
  const at = ["0", bench.world.clients, String(FIRST_PORT)];
  const fleet = new Running([Deno.execPath(), "run", "-A", path, String(bench.nodes), ...at]);
  try {
    const [, listed = "[]"] = await fleet.line(/^fleet (.*)$/, READY_MS);
    const addresses: string[] = JSON.parse(listed);
    return await measure(bench, addresses);
  } finally {
    await fleet.end("SIGKILL");
    await answerAgain(bench.world);
  }
}

async function measure(bench: Bench, addresses: readonly string[]): Promise<Figure[]> {
  const contact: Told[] = [], again: Told[] = [], beside: Told[] = [], without: Told[] = [];
  const knownS: number[] = [];
  for (let time = 0; time < bench.runs; time++) {
    await Collective.during(bench, async (three) => {
      await define(three, addresses);
      const ask = (count = bench.nodes): Promise<Told> => command(bench, three.member(2), count);
      contact.push(whole(await ask(), bench.nodes));
      again.push(whole(await ask(), bench.nodes));
      await ask(KNOWN);
      knownS.push(await known(three.member(3)));
      await silence(bench.world, bench.nodes);
      await ask(); // now they are known to be silent
      beside.push(whole(await ask(), bench.nodes - SILENT));
      await answerAgain(bench.world);
      await pause(SETTLING_MS);
      await three.member(1).kill();
      without.push(await ask());
    });
    console.error(
      `${time + 1}: ${contact.at(-1)?.lastS.toFixed(2)} s, then ` +
        `${again.at(-1)?.lastS.toFixed(2)} s`,
    );
  }
  const figure = (what: string, values: readonly number[], bound: number): Figure => ({
    ...{ what, unit: "s", values, target: atMost(bound) },
  });
  const who = `nodepower of ${bench.nodes} nodes`;
  const last = (all: readonly Told[]): number[] => all.map(({ lastS }) => lastS);
  return [
    figure(`${who}, first contact`, last(contact), 12),
    figure(`${who}, first contact, the first line`, contact.map(({ firstS }) => firstS), 0.3),
    figure(`${who}, again`, last(again), 2),
    figure(`${who}, again, the first line`, again.map(({ firstS }) => firstS), 0.3),
    figure(`${who}, ${SILENT} of them silent, the last of the others`, last(beside), 2),
    {
      what: `${who}, one of three managers just killed: nodes of others without an answer`,
      unit: "",
      values: without.map(({ answered }) => othersOf(bench.nodes) - answered),
      target: neverOver(0),
      note: `its own: ${[...without.at(-1)?.errors ?? []].map(([what, n]) => `${n} ${what}`)}`,
    },
    figure(`last known power of ${KNOWN} nodes, at a member that manages a third`, knownS, 0.3),
  ];
}

/** Several nodes share a controller where there are more nodes than those. */
async function define(three: Collective, addresses: readonly string[]): Promise<void> {
  const lines = Array.from({ length: KNOWN }, (_, i) =>
    JSON.stringify({
      name: `b${i + 1}`,
      "hardwaremanagement.method": "redfish",
      "hardwaremanagement.manager": addresses[i % addresses.length],
      "secret.hardwaremanagementuser": "admin",
      "secret.hardwaremanagementpassword": "simulated",
      "collective.manager": `m${1 + i % three.members.length}`,
    }));
  await three.member(1).writeLines(lines);
  await three.settled();
  await pause(1_000);
}

/** Those that m2 and m3 manage. */
function othersOf(nodes: number): number {
  return nodes - Math.ceil(nodes / 3);
}

async function command(bench: Bench, at: BenchMember, count: number): Promise<Told> {
  const [program = "", ...args] = bench.program;
  const begun = performance.now();
  const child = new Deno.Command(program, {
    args: [...args, "--socket", at.socket, "nodepower", `b[1-${count}]`],
    ...{ stdin: "null", stdout: "piped", stderr: "piped" },
  }).spawn();
  const since = (): number => (performance.now() - begun) / 1000;
  let firstS = Number.NaN, lastS = Number.NaN, answered = 0;
  const reading = (async (): Promise<void> => {
    for await (const piece of child.stdout.pipeThrough(new TextDecoderStream())) {
      lastS = since();
      firstS = Number.isNaN(firstS) ? lastS : firstS;
      answered += piece.split("\n").length - 1;
    }
  })();
  const errors = new Map<string, number>();
  const err = await new Response(child.stderr).text();
  for (const line of err.split("\n")) {
    const what = line.replace(/^b\d+: /, "");
    if (what !== "") errors.set(what, (errors.get(what) ?? 0) + 1);
  }
  await reading;
  await child.status;
  return { firstS, lastS, endedS: since(), answered, errors };
}

function whole(told: Told, answered: number): Told {
  if (told.answered === answered) return told;
  const errors = [...told.errors].slice(0, 5).map(([what, count]) => `${count} ${what}`);
  throw new Error(`${told.answered} of ${answered} nodes answered: ${errors.join("; ")}`);
}

const results = z.object({ databynode: z.array(z.record(z.string(), z.unknown())) });

/** How long it takes to be told of them all; over HTTP, at a member. */
async function known(by: BenchMember): Promise<number> {
  const path = `/noderange/b[1-${KNOWN}]/power/state?stale=ok`;
  await by.ask("GET", "/healthz");
  const begun = performance.now();
  const answer = await by.ask("GET", path);
  const tookS = (performance.now() - begun) / 1000;
  const { databynode } = results.parse(jsonOf(answer));
  const isKnown = (one: unknown): boolean =>
    typeof one === "object" && one !== null && "state" in one;
  const count = databynode.filter((entry) => Object.values(entry).every(isKnown)).length;
  if (count !== KNOWN) throw new Error(`${count} of ${KNOWN} nodes are known`);
  return tookS;
}

/** No packet that goes to the last of them arrives. */
async function silence({ canCut }: World, nodes: number): Promise<void> {
  if (!canCut) throw new Error("packets are dropped by nft, which needs root");
  const first = FIRST_PORT + nodes - SILENT, last = FIRST_PORT + nodes - 1;
  const chain = "{ type filter hook input priority 0; policy accept; }";
  for (
    const rule of [
      "add table inet silent",
      `add chain inet silent incoming ${chain}`,
      `add rule inet silent incoming tcp dport ${first}-${last} drop`,
    ]
  ) await run("nft", rule);
}

async function answerAgain({ canCut }: World): Promise<void> {
  if (canCut) await run("nft", "add table inet silent; delete table inet silent");
}
