/**
 * Boot files by HTTP, ours beside nginx as Debian sets it up (a worker for each core, sendfile, no
 * access log), in turns, asked by the same clients over the loopback for a large file and for 4,000
 * small ones: 16 processes of curl, which cost more than any server, and wrk with 16 connections,
 * which costs little.
 */
import type { Bench } from "./collective.ts";
import { atLeast, atMost, type Figure, loadAverages, median, shorten } from "./figures.ts";
import { cpuMsOf, pause, run, Running, until } from "./processes.ts";

const CLIENTS = 16;
const LARGE_BYTES = 64 * 1024 * 1024;
const LARGE_EACH = 3;
const SMALL_FILES = 4_000;
const SMALL_BYTES = 4 * 1024;
const READY_MS = 20_000;
const LATE_MS = 1_500;

export const BOOT_HTTP_PACKAGES: readonly string[] = ["curl", "nginx-light", "wrk"];

interface Server {
  readonly name: "ours" | "nginx";
  readonly address: string;
  pids(): readonly number[];
}

/** What a server did while it was asked. */
interface Taken {
  /** GB or requests. */
  readonly amount: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
}

const SHAPES = [
  { what: "16 of curl, 64 MiB files", unit: "GB", ask: askByCurl, cpu: "s/GB" },
  { what: "16 of curl, 4,000 files of 4 KiB", unit: "requests", ask: askSmallByCurl, cpu: "us" },
  { what: "wrk, 16 connections, 64 MiB file", unit: "GB", ask: askLarge, cpu: "s/GB" },
  { what: "wrk, 16 connections, 4,000 files of 4 KiB", unit: "requests", ask: askSmall, cpu: "us" },
] as const;

export async function benchBootHttp(bench: Bench): Promise<Figure[]> {
  const folder = await Deno.makeTempDir({ dir: bench.folder, prefix: "boot-http-" });
  await fill(folder);
  const nginx = new Running(["nginx", "-c", `${folder}/nginx.conf`, "-e", `${folder}/errors`]);
  const script = new URL("boot_http_server.ts", import.meta.url).pathname;
  const ours = new Running([Deno.execPath(), "run", "-A", "--no-check", script, folder]);
  try {
    const [, address = ""] = await ours.line(/^ready (.*)$/, READY_MS);
    const servers: Server[] = [
      { name: "ours", address, pids: () => [ours.pid] },
      { name: "nginx", address: `127.0.0.1:${NGINX_PORT}`, pids: () => withChildren(nginx.pid) },
    ];
    for (const server of servers) {
      await until(`${server.name} answers`, READY_MS, () => answers(server));
    }
    return await measure(bench, folder, servers, ours);
  } finally {
    await ours.end("SIGKILL");
    // By a signal that its workers hear of. It closes its stderr, and so looks as if it had ended.
    Deno.kill(nginx.pid, "SIGTERM");
    await nginx.ended();
  }
}

async function measure(
  bench: Bench,
  folder: string,
  servers: readonly Server[],
  ours: Running,
): Promise<Figure[]> {
  const figures: Figure[] = [], late: number[] = [];
  for (const { what, unit, ask, cpu } of SHAPES) {
    const taken: Record<Server["name"], Taken[]> = { ours: [], nginx: [] };
    for (let round = 0; round < bench.rounds; round++) {
      for (const server of servers) {
        const linesBefore = ours.lines.length;
        const result = await metered(server, () => ask(server, bench, folder));
        taken[server.name].push(result);
        const { amount, seconds, cpuSeconds } = result;
        console.error(
          `${what}, round ${round + 1}, ${server.name}: ${shorten(amount / seconds)} ${unit}/s, ` +
            `${shorten(cpuSeconds * (cpu === "us" ? 1e6 : 1) / amount)} ${cpu}; ` +
            `load ${loadAverages()}`,
        );
        if (server.name !== "ours") continue;
        await pause(LATE_MS); // it tells once a second
        late.push(...latenesses(ours.lines.slice(linesBefore)));
      }
    }
    figures.push(...compared(what, unit, cpu, taken));
  }
  return [...figures, { what: "event loop late, worst in a second", unit: "ms", values: late }];
}

function compared(
  what: string,
  unit: string,
  cpu: string,
  taken: Readonly<Record<Server["name"], readonly Taken[]>>,
): Figure[] {
  const scale = cpu === "us" ? 1e6 : 1;
  const speeds = (of: readonly Taken[]): number[] => of.map((each) => each.amount / each.seconds);
  const costs = (of: readonly Taken[]): number[] =>
    of.map((each) => each.cpuSeconds * scale / each.amount);
  const { ours, nginx } = taken;
  const ratio = (of: (taken: readonly Taken[]) => number[]): number =>
    median(of(ours)) / median(of(nginx));
  return [
    { what: `${what}, ours`, unit: `${unit}/s`, values: speeds(ours) },
    { what: `${what}, nginx`, unit: `${unit}/s`, values: speeds(nginx) },
    { what: `${what}, ours`, unit: `${cpu} of processor`, values: costs(ours) },
    { what: `${what}, nginx`, unit: `${cpu} of processor`, values: costs(nginx) },
    {
      what: `${what}, speed to nginx's`,
      unit: "times",
      values: [ratio(speeds)],
      target: atLeast(0.8),
    },
    { what: `${what}, cost to nginx's`, unit: "times", values: [ratio(costs)], target: atMost(3) },
  ];
}

async function metered(server: Server, ask: () => Promise<number>): Promise<Taken> {
  const cpu = (): number => server.pids().reduce((sum, pid) => sum + cpuMsOf(pid), 0);
  const before = cpu(), begun = performance.now();
  const amount = await ask();
  return {
    amount,
    seconds: (performance.now() - begun) / 1_000,
    cpuSeconds: (cpu() - before) / 1_000,
  };
}

// ---- clients

function urlOf({ address }: Server, path: string): string {
  return `http://${address}/confluent-public/${path}`;
}

async function askByCurl(server: Server): Promise<number> {
  const once = [urlOf(server, "large"), "--output", "/dev/null"];
  const args = Array.from({ length: LARGE_EACH }, () => once).flat();
  const clients = Array.from({ length: CLIENTS }, () => run("curl", "-sf", ...args));
  await Promise.all(clients);
  return CLIENTS * LARGE_EACH * LARGE_BYTES / 1e9;
}

/** Each asks for a fourth of the files, the neighbours for other ones. */
async function askSmallByCurl(server: Server): Promise<number> {
  const each = SMALL_FILES / 4;
  const clients = Array.from({ length: CLIENTS }, (_, i) => {
    const from = i % 4 * each;
    const files = urlOf(server, `small/[${from}-${from + each - 1}]`);
    return run("curl", "-sf", files, "--output", "/dev/null");
  });
  await Promise.all(clients);
  return CLIENTS * each;
}

async function askLarge(server: Server, bench: Bench): Promise<number> {
  const said = await wrk(bench, urlOf(server, "large"));
  const [, amount = "", unit = ""] = /([\d.]+)(MB|GB) read/.exec(said) ?? [];
  return Number(amount) * (unit === "GB" ? 2 ** 30 : 2 ** 20) / 1e9;
}

async function askSmall(server: Server, bench: Bench, folder: string): Promise<number> {
  const said = await wrk(bench, urlOf(server, ""), "-s", `${folder}/small.lua`);
  return Number(/(\d+) requests in/.exec(said)?.[1]);
}

async function wrk(bench: Bench, ...args: readonly string[]): Promise<string> {
  const time = [`-d${bench.seconds}s`, "--timeout", "60s"];
  const said = await run("wrk", "-t1", `-c${CLIENTS}`, ...time, ...args);
  if (/Non-2xx|Socket errors/.test(said)) throw new Error(said);
  return said;
}

async function answers(server: Server): Promise<boolean> {
  try {
    await run("curl", "-sf", urlOf(server, "small/0"), "--output", "/dev/null");
    return true;
  } catch {
    return false; // not yet
  }
}

// ---- servers

/** In a namespace of the bench's own, or of nobody else's on a machine that runs benches. */
const NGINX_PORT = 18_480;

async function fill(folder: string): Promise<void> {
  await Deno.mkdir(`${folder}/public/small`, { recursive: true });
  await Deno.writeFile(`${folder}/public/large`, new Uint8Array(LARGE_BYTES).fill(120));
  const small = new Uint8Array(SMALL_BYTES).fill(121);
  for (let i = 0; i < SMALL_FILES; i++) await Deno.writeFile(`${folder}/public/small/${i}`, small);
  await Deno.writeTextFile(
    `${folder}/small.lua`,
    `local i = 0
request = function()
  i = (i + 1) % ${SMALL_FILES}
  return wrk.format("GET", "/confluent-public/small/" .. i)
end
`,
  );
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${folder}/${name};`).join(" ");
  const isRoot = Deno.uid() === 0; // then its workers would be somebody who may not read the folder
  await Deno.writeTextFile(
    `${folder}/nginx.conf`,
    `daemon off; ${isRoot ? "user root; " : ""}worker_processes auto; pid ${folder}/pid;
events { worker_connections 768; }
http {
  sendfile on; tcp_nopush on; access_log off; default_type application/octet-stream; ${temporary}
  server {
    listen 127.0.0.1:${NGINX_PORT};
    location /confluent-public/ { alias ${folder}/public/; }
  }
}
`,
  );
}

function withChildren(pid: number): number[] {
  const children = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`);
  return [pid, ...children.split(" ").filter((text) => text.trim() !== "").map(Number)];
}

function latenesses(lines: readonly string[]): number[] {
  return lines.flatMap((line) => {
    const late = /^late ([\d.]+)$/.exec(line)?.[1];
    return late === undefined ? [] : [Number(late)];
  });
}
