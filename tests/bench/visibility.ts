/**
 * A write on one member, readable on another. The reader asks for the index that the write
 * returned, at the moment it returned; the time runs from the start of the write.
 */
import { type Bench, type BenchMember, Collective } from "./collective.ts";
import { atMost, type Figure, median } from "./figures.ts";
import { indexOf, type KeptConnection, textOf } from "./kept_connection.ts";

const WRITES = 200;
const NODES = 100;
const TARGET_MS = 5;

interface Seen {
  readonly wholeMs: number;
  readonly afterAnswerMs: number;
}

export async function benchVisibility(bench: Bench): Promise<Figure[]> {
  return await Collective.during(bench, async (three) => {
    await three.defineNodes(NODES);
    const leader = await three.leader();
    const [one, other] = await three.followers();
    if (one === undefined || other === undefined) throw new Error("no followers");
    const ways: readonly (readonly [string, BenchMember, BenchMember])[] = [
      ["leader to follower", leader, one],
      ["follower to leader", one, leader],
      ["follower to follower", one, other],
    ];
    const figures: Figure[] = [];
    for (const [what, writer, reader] of ways) {
      figures.push(...await measureWay(bench.runs, what, writer, reader));
    }
    return figures;
  });
}

async function measureWay(
  runs: number,
  what: string,
  writer: BenchMember,
  reader: BenchMember,
): Promise<Figure[]> {
  const writing = await writer.connect(), reading = await reader.connect();
  const whole: number[] = [], afterAnswer: number[] = [];
  for (let run = 0; run <= runs; run++) {
    const seen: Seen[] = [];
    for (let i = 0; i < WRITES; i++) seen.push(await writeAndSee(writing, reading, run, i));
    if (run === 0) continue; // it warms both up
    whole.push(median(seen.map(({ wholeMs }) => wholeMs)));
    afterAnswer.push(median(seen.map(({ afterAnswerMs }) => afterAnswerMs)));
  }
  writing.close();
  reading.close();
  const of = `${what}, median of ${WRITES} writes`;
  return [
    {
      what: `${of}, from the write's start until it is read`,
      unit: "ms",
      values: whole,
      target: atMost(TARGET_MS),
    },
    { what: `${of}, from the write's answer until it is read`, unit: "ms", values: afterAnswer },
  ];
}

async function writeAndSee(
  writing: KeptConnection,
  reading: KeptConnection,
  run: number,
  serial: number,
): Promise<Seen> {
  const path = `/nodes/n${1 + serial % NODES}/attributes/current`, value = `${run}-${serial}`;
  const begun = performance.now();
  const written = await writing.ask("PUT", path, `{"info.note":"${value}"}`);
  const answeredAt = performance.now();
  const read = await reading.ask("GET", `${path}?minIndex=${indexOf(written)}`);
  const seenAt = performance.now();
  if (written.status !== 200) throw new Error(`the write was refused: ${textOf(written)}`);
  if (!textOf(read).includes(`"${value}"`)) throw new Error(`read ${textOf(read)}, not ${value}`);
  return { wholeMs: seenAt - begun, afterAnswerMs: seenAt - answeredAt };
}
