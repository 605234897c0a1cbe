/** A member that was away while cells changed and the log was forgotten: how it catches up. */
import { VERDICTS_KEPT_MS } from "../../src/base/limits.ts";
import { type Bench, type BenchMember, Collective } from "./collective.ts";
import { atMost, type Figure, median, neverOver, shorten } from "./figures.ts";
import { type Change, changeOf, inventoryLines } from "./inventories.ts";
import { indexOf } from "./kept_connection.ts";
import { fillLog } from "./log_filling.ts";
import { pause, until, untilQuiet } from "./processes.ts";
import { countReceived, receivedBytes } from "./world.ts";

const RUNS = 3;
const SIZES = [{ cells: 1_000, targetS: 1 }, { cells: 100_000, targetS: 1.5 }];
const FREE_BYTES = 64 * 1024;
const LOOK_MS = 2;
const MISSED_MS = 30_000;
const BACK_MS = 60_000;
const ESTABLISHED = "01";

interface Back {
  readonly seconds: number;
  readonly bytes: number;
  readonly mayBytes: number;
}

export async function benchDelta(bench: Bench): Promise<Figure[]> {
  return await Collective.during(bench, async (three) => {
    const lines = inventoryLines(bench.nodes);
    await three.settled(await three.member(1).writeLines(lines));
    const figures: Figure[] = [];
    for (const { cells, targetS } of SIZES) {
      const backs: Back[] = [];
      for (let run = 1; run <= RUNS; run++) {
        backs.push(await awayWhile(bench, three, changeOf(cells, bench.nodes, `run ${run}`)));
      }
      figures.push(...figuresOf(cells, targetS, backs));
    }
    return figures;
  });
}

function figuresOf(cells: number, targetS: number, backs: readonly Back[]): Figure[] {
  const most = backs.map(({ mayBytes }) => mayBytes / 1e6);
  return [
    {
      what: `${cells} cells changed meanwhile, from the first accepted connection to the head`,
      unit: "s",
      values: backs.map(({ seconds }) => seconds),
      target: atMost(targetS),
    },
    {
      what: "received on the peer port until then, of what is allowed",
      unit: "times",
      values: backs.map(({ bytes, mayBytes }) => bytes / mayBytes),
      target: neverOver(1),
      note:
        `${shorten(median(backs.map(({ bytes }) => bytes / 1e6)))} MB counted by nft; allowed ` +
        `${shorten(median(most))} MB: twice what changed, and 64 KiB`,
    },
  ];
}

async function awayWhile(bench: Bench, three: Collective, change: Change): Promise<Back> {
  const leader = await three.leader(), [away] = await three.followers();
  if (away === undefined) throw new Error("no follower");
  // Verdicts follow soon after: it is away having missed nothing.
  await pause(2 * VERDICTS_KEPT_MS);
  await away.kill();
  // The log is kept for a follower that was heard of lately.
  await until(`${away.name} is missed`, MISSED_MS, async () => {
    const { members } = await leader.collective();
    return members.some(({ name, state }) => name === away.name && state === "down");
  });
  await leader.writeLines(change.lines);
  await fillLog(leader);
  await untilQuiet(three.running.map(({ pid }) => pid)); // the log is forgotten with a checkpoint
  await three.leader();
  const head = (await leader.collective()).index;
  await countReceived(bench.world, away.number, away.peer.port);
  const starting = away.start();
  const seconds = await linkedToHead(away, head);
  const bytes = await receivedBytes(bench.world, away.number);
  await starting;
  await three.settled(head);
  return { seconds, bytes, mayBytes: 2 * change.bytes + FREE_BYTES };
}

/** Seconds from the first established link of the member until it has applied `head`. */
async function linkedToHead(member: BenchMember, head: number): Promise<number> {
  const lastAt = performance.now() + BACK_MS;
  let linkedAt: number | undefined;
  while (performance.now() < lastAt) {
    if (linkedAt === undefined && isLinked(member)) linkedAt = performance.now();
    if (linkedAt !== undefined && await indexAt(member) >= head) {
      return (performance.now() - linkedAt) / 1000;
    }
    await pause(LOOK_MS);
  }
  throw new Error(`${member.name} was not at index ${head} within ${BACK_MS} ms`);
}

/** The kernel's table of the connections in the member's namespace. */
function isLinked({ pid, peer }: BenchMember): boolean {
  const port = peer.port.toString(16).toUpperCase().padStart(4, "0");
  return Deno.readTextFileSync(`/proc/${pid}/net/tcp`).split("\n").some((line) => {
    const [, local = "", remote = "", state] = line.trim().split(/\s+/);
    return state === ESTABLISHED && (local.endsWith(`:${port}`) || remote.endsWith(`:${port}`));
  });
}

/** 0 until it listens. */
async function indexAt(member: BenchMember): Promise<number> {
  try {
    return indexOf(await member.tryAsk("GET", "/healthz"));
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) return 0;
    throw error;
  }
}
