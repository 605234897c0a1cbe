/** Small writes one after another at one member: what each took, and what it gave to the disk. */
import type { BenchMember } from "./collective.ts";
import { nameOf } from "./inventories.ts";
import { writtenBytes } from "./processes.ts";

const WINDOW_MS = 1_000;
const NODES = 1_000;

export interface SteadyWrites {
  readonly tookMs: readonly number[];
  readonly bytesAWrite: number;
}

/** So many of them. */
export async function writeSteadily(member: BenchMember, count: number): Promise<SteadyWrites> {
  return await writeUntil(member, (done) => done >= count);
}

/** Until the member gives no more to its disk for each of them than `most`, for a second. */
export async function writeWhileBusy(member: BenchMember, most: number): Promise<SteadyWrites> {
  let begun = performance.now(), bytes = writtenBytes(member.pid), writes = 0;
  return await writeUntil(member, (done) => {
    if (performance.now() < begun + WINDOW_MS) return false;
    const now = writtenBytes(member.pid);
    const isQuiet = now - bytes <= most * (done - writes);
    [begun, bytes, writes] = [performance.now(), now, done];
    return isQuiet;
  });
}

async function writeUntil(
  member: BenchMember,
  isOver: (done: number) => boolean,
): Promise<SteadyWrites> {
  const bytes = writtenBytes(member.pid);
  const tookMs: number[] = [];
  while (!isOver(tookMs.length)) {
    const path = `/nodes/${nameOf(1 + tookMs.length % NODES)}/attributes/current`;
    const begun = performance.now();
    await member.ask("PUT", path, { "location.u": String(tookMs.length) });
    tookMs.push(performance.now() - begun);
  }
  return { tookMs, bytesAWrite: (writtenBytes(member.pid) - bytes) / tookMs.length };
}
