/**
 * Boot files by TFTP: ours beside tftpd-hpa, atftpd and dnsmasq, in turns, to atftp clients. Each
 * server is in a namespace of its own; every copy is compared with the original.
 */
import type { Bench } from "./collective.ts";
import { atLeast, type Figure, neverOver } from "./figures.ts";
import { cpuMsOf, run, Running } from "./processes.ts";

const MIB = 1024 * 1024;
const SINGLE_BYTES = 64 * MIB;
const CLIENTS = 64;
const EACH_BYTES = 4 * MIB;
const BLKSIZE = 1_428;
const LEAST_RUNS = 7;
const START_MS = 20_000;
const CLIENT_S = "300";
const SERVERS = ["ours", "tftpd-hpa", "atftpd", "dnsmasq"] as const;
type Server = typeof SERVERS[number];

/** What is fetched, from whom. */
interface Race {
  readonly what: string;
  readonly clients: number;
  readonly file: string;
  readonly bytes: number;
  readonly windowsize: number;
  readonly peer: Server;
  /** Of the peer's speed; undefined where it is only told. */
  readonly wanted: number | undefined;
  readonly note?: string;
}

const RACES: readonly Race[] = [
  {
    ...{ what: "64 MiB, window 1", clients: 1, file: "single", bytes: SINGLE_BYTES },
    ...{ windowsize: 1, peer: "tftpd-hpa", wanted: 0.9 },
  },
  {
    ...{ what: "64 MiB, window 16", clients: 1, file: "single", bytes: SINGLE_BYTES },
    ...{ windowsize: 16, peer: "atftpd", wanted: 1 },
  },
  {
    ...{ what: "64 clients at once, window 16", clients: CLIENTS, file: "each" },
    ...{ bytes: EACH_BYTES, windowsize: 16, peer: "dnsmasq", wanted: 2 },
    note: "dnsmasq knows no windows: it sends block by block",
  },
  {
    ...{ what: "64 clients at once, window 1", clients: CLIENTS, file: "each" },
    ...{ bytes: EACH_BYTES, windowsize: 1, peer: "dnsmasq", wanted: undefined },
    note: "two processors are used up by the 64 clients and the kernel, whoever serves",
  },
];

interface Place {
  readonly root: string;
  readonly into: string;
  readonly running: ReadonlyMap<Server, Running>;
  host(server: Server): string;
}

export async function benchTftp(bench: Bench): Promise<Figure[]> {
  const root = `${bench.folder}/tftp`, into = await Deno.makeTempDir({ dir: "/dev/shm" });
  await Deno.mkdir(root);
  await write(`${root}/single`, SINGLE_BYTES);
  await write(`${root}/each`, EACH_BYTES);
  await run("chmod", "-R", "a+rX", root);
  const running = new Map<Server, Running>();
  const host = (server: Server): string => bench.world.host(SERVERS.indexOf(server) + 1);
  try {
    for (const server of SERVERS) {
      running.set(server, await start(server, host(server), root, bench));
    }
    return await race({ root, into, running, host }, Math.max(bench.runs, LEAST_RUNS));
  } finally {
    for (const server of running.values()) await end(server);
    await Deno.remove(into, { recursive: true });
  }
}

/** Also one that has closed its stdout, as atftpd does, which looks as if it had ended. */
async function end(server: Running): Promise<void> {
  try {
    Deno.kill(server.pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  await server.ended();
}

async function write(path: string, length: number): Promise<void> {
  using file = await Deno.open(path, { write: true, createNew: true });
  for (let left = length; left > 0;) {
    const part = crypto.getRandomValues(new Uint8Array(Math.min(left, 65_536)));
    left -= await file.write(part);
  }
}

async function start(
  server: Server,
  host: string,
  root: string,
  bench: Bench,
): Promise<Running> {
  const inside = bench.world.inside(SERVERS.indexOf(server) + 1);
  const running = new Running([...inside, ...commandOf(server, host, root, bench)]);
  if (server === "ours") {
    await running.line(/^ready 69$/, START_MS);
    return running;
  }
  const untilMs = performance.now() + START_MS;
  while (!(await run(...inside, "ss", "-Hlun", "sport = :69")).includes(":69")) {
    if (performance.now() < untilMs) continue;
    throw new Error(`${server} does not listen; it said:\n${running.said()}`);
  }
  return running;
}

function commandOf(server: Server, host: string, root: string, bench: Bench): string[] {
  const child = `${bench.root}/tests/bench/tftp_child.ts`;
  switch (server) {
    case "ours":
      return [Deno.execPath(), "run", "-A", "--no-check", child, "69", root];
    case "tftpd-hpa":
      return ["in.tftpd", "-L", "--address", `${host}:69`, "--secure", "-u", "root", root];
    case "atftpd":
      return [
        `${bench.folder}/unpacked/usr/sbin/atftpd`,
        ...["--daemon", "--no-fork", "--user", "root", "--group", "root", "--no-multicast"],
        ...["--maxthread", "200", "--logfile", "-", "--verbose=1", "--bind-address", host, root],
      ];
    case "dnsmasq":
      return [
        ...["dnsmasq", "-k", "-C", "/dev/null", "--port=0", "--enable-tftp", "--user=root"],
        ...[`--tftp-root=${root}`, "--tftp-max=100", "--log-facility=-"],
      ];
  }
}

async function race(place: Place, runs: number): Promise<Figure[]> {
  const rates = RACES.map(() => ({ ours: [] as number[], peer: [] as number[] }));
  const ours = place.running.get("ours") as Running;
  const cpuMsBefore = cpuMsOf(ours.pid);
  for (let i = 0; i < runs; i++) {
    for (const [at, one] of RACES.entries()) {
      // Whoever goes second finds the machine as the first left it: they take turns at that.
      const order = i % 2 === 0 ? ["ours", "peer"] as const : ["peer", "ours"] as const;
      for (const who of order) {
        const server = who === "ours" ? "ours" : one.peer;
        rates[at]?.[who].push(await fetchAll(place, server, one));
      }
    }
  }
  const cpuMs = cpuMsOf(ours.pid) - cpuMsBefore;
  Deno.kill(ours.pid, "SIGUSR2");
  const [told = "{}"] = await ours.line(/^\{.*\}$/, START_MS);
  return [...RACES.flatMap((one, at) => figuresOf(one, rates[at])), ...ownFigures(told, cpuMs)];
}

function figuresOf(
  { what, peer, wanted, note }: Race,
  rates: { readonly ours: readonly number[]; readonly peer: readonly number[] } | undefined,
): Figure[] {
  const { ours = [], peer: theirs = [] } = rates ?? {};
  const ratios = ours.map((rate, i) => rate / (theirs[i] ?? Number.NaN));
  return [
    {
      ...{ what: `${what}, of ${peer}'s speed`, unit: "times", values: ratios },
      ...(wanted === undefined ? {} : { target: atLeast(wanted) }),
      ...(note === undefined ? {} : { note }),
    },
    { what: "    ours", unit: "MB/s", values: ours },
    { what: `    ${peer}`, unit: "MB/s", values: theirs },
  ];
}

interface Counts {
  readonly bytes: number;
  readonly blocks: number;
  readonly blocksAgain: number;
  readonly offersAgain: number;
}

function ownFigures(told: string, cpuMs: number): Figure[] {
  const { bytes, blocks, blocksAgain, offersAgain }: Counts = JSON.parse(told);
  return [
    {
      what: `sent again, of ${blocks} blocks`,
      unit: "packets",
      values: [blocksAgain + offersAgain],
      target: neverOver(0),
    },
    { what: "processor time of our server", unit: "s/GB", values: [cpuMs / 1e3 / (bytes / 1e9)] },
  ];
}

/** In units of 10^6 bytes a second, of all clients together. */
async function fetchAll(place: Place, server: Server, one: Race): Promise<number> {
  const options = ["--option", `blksize ${BLKSIZE}`];
  if (one.windowsize > 1) options.push("--option", `windowsize ${one.windowsize}`);
  const begunMs = performance.now();
  await Promise.all(Array.from({ length: one.clients }, (_, i) => {
    const what = ["-g", "-r", one.file, "-l", `${place.into}/${i}`, place.host(server), "69"];
    return run("timeout", CLIENT_S, "atftp", ...options, ...what);
  }));
  const tookMs = performance.now() - begunMs;
  for (let i = 0; i < one.clients; i++) {
    await run("cmp", `${place.root}/${one.file}`, `${place.into}/${i}`);
    await Deno.remove(`${place.into}/${i}`);
  }
  return one.bytes * one.clients / tookMs / 1e3;
}
