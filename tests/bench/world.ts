/**
 * Where the members of a bench stand: each in a network namespace of its own, joined by a bridge
 * on which links can be cut in silence; or, without root, all on the loopback.
 *
 *     PREFIX-w (bridge br0) --- PREFIX-1, PREFIX-2, PREFIX-3 ...   10.79.0.1, .2, .3 ... on eth0
 *                           --- PREFIX-c                           10.79.0.100, the clients
 *
 * Nothing of it can be seen or reached from outside. PREFIX holds the process id of the bench, so
 * that several do not clash, and so that what a killed one left is known for what it is.
 */
import { isRunning } from "./bench_folder.ts";
import { run } from "./processes.ts";

const NAME = /^cfbench-(\d+)-(?:\d+|[wc])$/;
const NET = "10.79.0";
/** There is room for thousands of simulated machines. */
const NET_BITS = 16;
const CLIENT_HOST = 100;

export interface World {
  /** The address of a member, the first being 1. */
  host(member: number): string;
  /** What a command line begins with to run where that member is, or in the bridge's namespace. */
  inside(member: number | "bridge"): readonly string[];
  /** The address of those who measure. */
  readonly clients: string;
  /** Whether links can be cut. */
  readonly canCut: boolean;
}

export const LOOPBACK: World = {
  host: () => "127.0.0.1",
  inside: () => [],
  clients: "127.0.0.1",
  canCut: false,
};

export function namespaces(prefix: string): World {
  return {
    host: (member) => `${NET}.${member}`,
    inside: (member) => enter(`${prefix}-${member === "bridge" ? "w" : member}`),
    clients: `${NET}.${CLIENT_HOST}`,
    canCut: true,
  };
}

export function enter(namespace: string): string[] {
  return ["ip", "netns", "exec", namespace];
}

export function clientsOf(prefix: string): string {
  return `${prefix}-c`;
}

/** Makes the world of this process, for so many members, and returns its prefix. Whoever makes it
 * removes it. */
export async function makeWorld(members: number): Promise<string> {
  await removeLeftOver();
  const prefix = `cfbench-${Deno.pid}`;
  const bridge = `${prefix}-w`;
  try {
    await run("ip", "netns", "add", bridge);
    await run("ip", "-n", bridge, "link", "add", "name", "br0", "type", "bridge");
    await run("ip", "-n", bridge, "link", "set", "br0", "up");
    const chain = "add table bridge bench; " +
      "add chain bridge bench cuts { type filter hook forward priority 0; policy accept; }";
    await run(...enter(bridge), "nft", chain);
    for (let member = 1; member <= members; member++) {
      await plug(prefix, String(member), `${NET}.${member}`);
    }
    await plug(prefix, "c", `${NET}.${CLIENT_HOST}`);
    return prefix;
  } catch (error) {
    await removeWorld(prefix);
    throw error;
  }
}

/** A namespace with eth0, whose other end is a port of the bridge, named like the namespace. */
async function plug(prefix: string, name: string, address: string): Promise<void> {
  const namespace = `${prefix}-${name}`, bridge = `${prefix}-w`, port = `port${name}`;
  await run("ip", "netns", "add", namespace);
  await run("ip", "-n", namespace, "link", "set", "lo", "up");
  const near = ["link", "add", "name", port, "netns", bridge, "type", "veth"];
  await run("ip", ...near, "peer", "name", "eth0", "netns", namespace);
  await run("ip", "-n", bridge, "link", "set", port, "master", "br0", "up");
  await run("ip", "-n", namespace, "addr", "add", `${address}/${NET_BITS}`, "dev", "eth0");
  await run("ip", "-n", namespace, "link", "set", "eth0", "up");
}

/** Drops all that passes between the member and the other two of three, in silence; clients still
 * reach every one of them. */
export async function cutOff(world: World, member: number): Promise<void> {
  for (const other of [1, 2, 3]) {
    if (other === member) continue;
    await cutOneWay(world, member, other);
    await cutOneWay(world, other, member);
  }
}

/** Drops what the one says to the other, in silence; what the other says still arrives. */
export async function cutOneWay(world: World, from: number, to: number): Promise<void> {
  const rule = `add rule bridge bench cuts iifname "port${from}" oifname "port${to}" drop`;
  await run(...world.inside("bridge"), "nft", rule);
}

/** Counts from here on the bytes that the member receives from or at that port, by nft. */
export async function countReceived(world: World, member: number, port: number): Promise<void> {
  const rules = [
    "add table inet bench",
    "flush table inet bench",
    "add counter inet bench received",
    "reset counter inet bench received",
    "add chain inet bench incoming { type filter hook input priority 0; policy accept; }",
    `add rule inet bench incoming tcp dport ${port} counter name received`,
    `add rule inet bench incoming tcp sport ${port} counter name received`,
  ];
  for (const rule of rules) await run(...world.inside(member), "nft", rule);
}

/** What was counted, headers of IP and TCP included. */
export async function receivedBytes(world: World, member: number): Promise<number> {
  const told = await run(...world.inside(member), "nft", "list counter inet bench received");
  return Number(/bytes (\d+)/.exec(told)?.[1]);
}

export async function healAll(world: World): Promise<void> {
  await run(...world.inside("bridge"), "nft", "flush chain bridge bench cuts");
}

/** Ends what still runs in the namespaces of that prefix, and removes them. */
export async function removeWorld(prefix: string): Promise<void> {
  for (const namespace of await listNamespaces()) {
    if (!namespace.startsWith(`${prefix}-`)) continue;
    for (const pid of (await run("ip", "netns", "pids", namespace)).split("\n")) {
      if (pid !== "") killIfThere(Number(pid));
    }
    await run("ip", "netns", "del", namespace);
  }
}

/** What benches left that were killed before they could remove it. */
async function removeLeftOver(): Promise<void> {
  for (const namespace of await listNamespaces()) {
    const pid = NAME.exec(namespace)?.[1];
    if (pid !== undefined && !isRunning(pid)) await removeWorld(`cfbench-${pid}`);
  }
}

async function listNamespaces(): Promise<string[]> {
  const lines = (await run("ip", "netns", "list")).split("\n");
  return lines.map((line) => line.split(" ")[0] ?? "").filter((name) => NAME.test(name));
}

function killIfThere(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
