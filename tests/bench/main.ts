/**
 * Figures of speed, of members as real processes, three where nothing else is said:
 *
 *     deno task bench [NAME...] [--runs N] [--rounds N] [--first SEED] [--seconds N] [--nodes N]
 *                     [--json] [--program FILE]
 *
 * Without a name all of them. As root the members stand in network namespaces of their own, else
 * on the loopback, where some figures cannot be taken. Figures go to stdout, words to stderr.
 */
import { parseArgs } from "node:util";

import { makeFolder, removeFolder } from "./bench_folder.ts";
import type { Bench } from "./collective.ts";
import { type Figure, isMet, loadAverages, median, printFigure, surroundings } from "./figures.ts";
import { needPackages, unpackPackages } from "./packages.ts";
import { run } from "./processes.ts";
import { type Topic, TOPICS } from "./topics.ts";
import { clientsOf, enter, LOOPBACK, makeWorld, namespaces, removeWorld } from "./world.ts";

const ROOT = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");
/** As compile.sh has it. */
const YOUNG = "--v8-flags=--max-semi-space-size=8";
const LEAST_RUNS = 5;
const SECONDS = 5;
const MEMBERS = 3;
const WORLD_PACKAGES = ["iproute2", "nftables"];
const INTERRUPTED = 130;

interface Wishes {
  readonly names: readonly string[];
  readonly runs: number;
  /** Undefined: as many as each bench is for. */
  readonly rounds: number | undefined;
  readonly first: number;
  /** Undefined: as long as each bench is for. */
  readonly seconds: number | undefined;
  /** Undefined: as many as each bench is for. */
  readonly nodes: number | undefined;
  readonly isJson: boolean;
  /** The compiled program to measure, instead of main.ts. */
  readonly program: string | undefined;
  /** Told to the process that measures: the prefix of its world, or nothing for the loopback. */
  readonly inside: string | undefined;
  readonly folder: string | undefined;
}

/** A wish that cannot be met, or another failure that one line tells all about. */
class BenchError extends Error {}

function readWishes(args: readonly string[]): Wishes {
  const text = { type: "string" } as const;
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      runs: text,
      rounds: text,
      first: text,
      seconds: text,
      nodes: text,
      program: text,
      inside: text,
      folder: text,
      json: { type: "boolean" },
    },
  });
  const wrong = positionals.filter((name) => TOPICS[name] === undefined);
  if (wrong.length > 0) {
    throw new BenchError(`there is no bench ${wrong}; there are ${Object.keys(TOPICS).join(" ")}`);
  }
  const count = (
    name: "runs" | "rounds" | "first" | "seconds" | "nodes",
  ): number | undefined => {
    const given = values[name];
    if (given === undefined) return undefined;
    if (/^[1-9]\d{0,5}$/.test(given)) return Number(given);
    throw new BenchError(`--${name} ${given}: wanted a number from 1 on`);
  };
  return {
    names: positionals.length > 0 ? positionals : Object.keys(TOPICS),
    runs: count("runs") ?? LEAST_RUNS,
    rounds: count("rounds"),
    first: count("first") ?? 1,
    seconds: count("seconds"),
    nodes: count("nodes"),
    isJson: values.json ?? false,
    program: values.program,
    inside: values.inside,
    folder: values.folder,
  };
}

function topicOf(name: string): Topic {
  const topic = TOPICS[name];
  if (topic === undefined) throw new BenchError(`there is no bench ${name}`);
  return topic;
}

// ---- the process that was started: it makes what the other one stands in, and takes it away

async function prepare(args: readonly string[], wishes: Wishes): Promise<number> {
  const isRoot = Deno.uid() === 0;
  const packages = wishes.names.flatMap((name) => topicOf(name).packages ?? []);
  await needPackages(isRoot ? [...WORLD_PACKAGES, ...packages] : packages);
  if (wishes.program === undefined) await run(Deno.execPath(), "cache", `${ROOT}/main.ts`);
  const folder = await makeFolder();
  let prefix: string | undefined;
  try {
    const unpacked = wishes.names.flatMap((name) => topicOf(name).unpacked ?? []);
    if (isRoot) await unpackPackages(unpacked, `${folder}/unpacked`);
    const members = wishes.names.map((name) => topicOf(name).members ?? MEMBERS);
    prefix = isRoot ? await makeWorld(Math.max(...members)) : undefined;
    return await measureInside(args, prefix, folder);
  } finally {
    if (prefix !== undefined) await removeWorld(prefix);
    await removeFolder(folder);
  }
}

async function measureInside(
  args: readonly string[],
  prefix: string | undefined,
  folder: string,
): Promise<number> {
  const into = prefix === undefined ? [] : enter(clientsOf(prefix));
  const child = new Deno.Command("setpriv", {
    args: [
      ...["--pdeathsig", "KILL", ...into, Deno.execPath(), "run", "-A", import.meta.filename ?? ""],
      ...[...args, "--inside", prefix ?? "", "--folder", folder],
    ],
    cwd: ROOT,
    stdin: "null",
  }).spawn();
  let isOver = false;
  const stop = (): void => {
    if (!isOver) child.kill("SIGKILL"); // what it started dies with it
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    Deno.addSignalListener(signal, stop);
  }
  const status = await child.status;
  isOver = true;
  return status.signal === null ? status.code : INTERRUPTED;
}

// ---- the process that measures

interface Told {
  readonly name: string;
  readonly command: string;
  readonly loadBefore: string;
  readonly loadAfter: string;
  readonly figures: readonly Figure[];
  /** Why it could not be measured, or what it proved wrong. */
  readonly failure?: string;
}

async function measureAll(wishes: Wishes, folder: string): Promise<number> {
  const where = await surroundings(folder);
  if (!wishes.isJson) console.log(where.join("\n"));
  const surrounding = {
    world: wishes.inside ? namespaces(wishes.inside) : LOOPBACK,
    program: wishes.program === undefined
      ? [Deno.execPath(), "run", "-A", YOUNG, `${ROOT}/main.ts`]
      : [wishes.program],
    folder,
    runs: wishes.runs,
    first: wishes.first,
    root: ROOT,
  };
  const all: Told[] = [];
  for (const name of wishes.names) {
    const { rounds = 1, seconds = SECONDS, nodes = 1 } = topicOf(name);
    const bench: Bench = {
      ...surrounding,
      rounds: wishes.rounds ?? rounds,
      seconds: wishes.seconds ?? seconds,
      nodes: wishes.nodes ?? nodes,
    };
    const told = await measure(name, bench, commandFor(name, wishes));
    all.push(told);
    if (!wishes.isJson) print(told);
  }
  if (wishes.isJson) console.log(JSON.stringify({ where, benches: all.map(forMachines) }, null, 2));
  return all.some(({ failure }) => failure !== undefined) ? 1 : 0;
}

async function measure(name: string, bench: Bench, command: string): Promise<Told> {
  const topic = topicOf(name);
  console.error(`${name}: ${topic.says}`);
  const loadBefore = loadAverages();
  const told = (figures: readonly Figure[]): Told => {
    return { name, command, loadBefore, loadAfter: loadAverages(), figures };
  };
  if (topic.needsRoot && !bench.world.canCut) {
    return { ...told([]), failure: "needs root, for network namespaces or to trace processes" };
  }
  try {
    return told(await topic.run(bench));
  } catch (error) {
    return { ...told([]), failure: error instanceof Error ? error.message : String(error) };
  }
}

function commandFor(name: string, wishes: Wishes): string {
  const { runs, rounds, first, seconds, nodes, program } = wishes;
  const more = [
    runs === LEAST_RUNS ? "" : ` --runs ${runs}`,
    rounds === undefined ? "" : ` --rounds ${rounds}`,
    first === 1 ? "" : ` --first ${first}`,
    seconds === undefined ? "" : ` --seconds ${seconds}`,
    nodes === undefined ? "" : ` --nodes ${nodes}`,
    program === undefined ? "" : ` --program ${program}`,
  ];
  return `deno task bench ${name}${more.join("")}`;
}

function print({ name, command, loadBefore, loadAfter, figures, failure }: Told): void {
  console.log(`\n${name}: ${topicOf(name).says}`);
  for (const figure of figures) console.log(printFigure(figure));
  if (failure !== undefined) console.log(`  FAILED: ${failure}`);
  console.log(`  load ${loadBefore} before, ${loadAfter} after; repeat with: ${command}`);
}

function forMachines(told: Told): unknown {
  const figures = told.figures.map((figure) => ({
    ...figure,
    median: median(figure.values),
    isMet: isMet(figure),
  }));
  return { ...told, figures };
}

async function main(): Promise<number> {
  try {
    const wishes = readWishes(Deno.args);
    if (wishes.inside === undefined) return await prepare(Deno.args, wishes);
    return await measureAll(wishes, wishes.folder ?? "");
  } catch (error) {
    if (!(error instanceof BenchError) && !(error instanceof TypeError)) throw error;
    console.error(`bench: ${error.message}`);
    return 2;
  }
}

if (import.meta.main) Deno.exit(await main());
