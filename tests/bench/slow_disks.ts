/**
 * Whether an acknowledgement waits for the disks of a majority: strace holds every fsync of any two
 * of the three back, and then of one follower only.
 */
import { type Bench, type BenchMember, Collective } from "./collective.ts";
import { atMost, type Figure, median, neverUnder, shorten } from "./figures.ts";
import { pause, Running } from "./processes.ts";

const HELD_MS = 300;
const NODES = 100;
const WRITES_HELD = 5;
const WRITES = 100;
const MOST_TIMES = 1.5;
const ATTACHED_MS = 10_000;

export async function benchSlowDisks(bench: Bench): Promise<Figure[]> {
  return await Collective.during(bench, async (three) => {
    await three.defineNodes(NODES);
    const pairs: Figure[] = [];
    for (const [a, b] of [[1, 2], [1, 3], [2, 3]] as const) {
      pairs.push(await slowTwo(three, three.member(a), three.member(b)));
    }
    return [...pairs, ...await slowFollower(bench.runs, three)];
  });
}

async function slowTwo(three: Collective, a: BenchMember, b: BenchMember): Promise<Figure> {
  const leader = await three.leader();
  const took = await held([a, b], async () => {
    const times: number[] = [];
    for (const member of three.members) {
      await write(member, 0); // whatever was under way before is over
      for (let i = 1; i <= WRITES_HELD; i++) times.push(await write(member, i));
    }
    return times;
  });
  await three.settled();
  return {
    what: `fsync held ${HELD_MS} ms at ${a.name} and ${b.name} (${leader.name} led), each write`,
    unit: "ms",
    values: took,
    target: neverUnder(HELD_MS),
  };
}

async function slowFollower(runs: number, three: Collective): Promise<Figure[]> {
  const leader = await three.leader(), [slow, other] = await three.followers();
  if (slow === undefined || other === undefined) throw new Error("no followers");
  const ratios: number[] = [], normal: number[] = [], slowed: number[] = [];
  await medianOf(leader);
  for (let run = 0; run < runs; run++) {
    const before = await medianOf(leader);
    const during = await held([slow], () => medianOf(leader));
    ratios.push(during / before);
    normal.push(before);
    slowed.push(during);
  }
  return [{
    what: `fsync held ${HELD_MS} ms at one follower, a write at the leader, to a normal one`,
    unit: "times",
    values: ratios,
    target: atMost(MOST_TIMES),
    note: `medians of ${WRITES} writes; normal ${shorten(median(normal))} ms, ` +
      `with the slow follower ${shorten(median(slowed))} ms`,
  }];
}

async function medianOf(member: BenchMember): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < WRITES; i++) times.push(await write(member, i));
  return median(times);
}

async function write(member: BenchMember, serial: number): Promise<number> {
  const path = `/nodes/n${1 + serial % NODES}/attributes/current`;
  const begun = performance.now();
  await member.ask("PUT", path, { "info.note": `${serial} at ${begun}` });
  return performance.now() - begun;
}

/** Holds every fsync of those members back while `work` runs. */
async function held<T>(members: readonly BenchMember[], work: () => Promise<T>): Promise<T> {
  const tracers = members.map(({ pid }) =>
    new Running([
      ...["strace", "-f", "-p", String(pid), "-o", "/dev/null", "-e", "trace=fsync,fdatasync"],
      ...["-e", `inject=fsync,fdatasync:delay_enter=${HELD_MS * 1000}`],
    ])
  );
  try {
    await Promise.all(tracers.map((tracer) => tracer.line(/ attached/, ATTACHED_MS)));
    await pause(100); // its threads, too
    return await work();
  } finally {
    await Promise.all(tracers.map((tracer) => tracer.end("SIGTERM")));
  }
}
