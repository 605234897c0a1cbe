/**
 * A large database: 100,000 nodes with 40 attributes each. What members take of memory and of time
 * to start and to join, and whether they go on answering during an import, a checkpoint, a large
 * request, a delta and a join.
 */
import { type Bench, type BenchMember, Collective } from "./collective.ts";
import { atMost, type Figure, neverOver, quantile, shorten } from "./figures.ts";
import { CELLS_A_NODE, changeOf, inventoryLines } from "./inventories.ts";
import { LeaderWatch } from "./leader_watch.ts";
import { fillLog } from "./log_filling.ts";
import { forgetPeak, memoryOf, pause, untilQuiet } from "./processes.ts";
import { StallWatch } from "./stall_watch.ts";
import { type SteadyWrites, writeSteadily, writeWhileBusy } from "./steady_writes.ts";

const MOST_RESIDENT_MB = 500;
const MOST_PEAK_MB = 700;
const MOST_READY_S = 8;
const MOST_JOIN_S = 30;
const MOST_STALL_MS = 250;
const MOST_TIMES = 5;
const PATIENCE_MS = 600_000;
const IDLE_WRITES = 1_000;
const REQUEST_BYTES = 10_000_000;
const SETTLING_MS = 10_000;
/** A checkpoint is under way while a write gives its disk so many times what it does else. */
const BUSY_TIMES = 3;

export async function benchScale(bench: Bench): Promise<Figure[]> {
  return await Collective.during(bench, async (three) => {
    const scale = new Scale(bench, three);
    try {
      return await scale.measure();
    } finally {
      await scale.close();
    }
  });
}

class Scale {
  readonly #nodes: number;
  readonly #three: Collective;
  readonly #stalls = new StallWatch();
  readonly #leaders: LeaderWatch;
  readonly #figures: Figure[] = [];

  constructor({ nodes }: Bench, three: Collective) {
    this.#nodes = nodes;
    this.#three = three;
    this.#leaders = new LeaderWatch(three);
    for (const member of three.members) this.#stalls.watch(member);
  }

  async close(): Promise<void> {
    this.#stalls.close();
    await this.#leaders.close();
  }

  async measure(): Promise<Figure[]> {
    await this.#during("the import", () => this.#import());
    await this.#settled();
    this.#tellResident();
    const idle = await writeSteadily(await this.#three.leader(), IDLE_WRITES);
    await this.#during("a checkpoint", () => this.#checkpoint(idle));
    await this.#during("a request of 10 MB", () => this.#largeRequest());
    await this.#restart();
    await this.#during("a delta", () => this.#delta());
    await this.#during("a join", () => this.#join());
    return this.#figures;
  }

  /** What the members' loops, leaders and memory did meanwhile. */
  async #during(what: string, act: () => Promise<void>): Promise<void> {
    console.error(`  ${what}`);
    for (const { pid } of this.#three.running) forgetPeak(pid);
    await this.#stalls.taken();
    this.#leaders.taken();
    await act();
    const seen = await this.#stalls.taken();
    const peaks = this.#three.running.map(({ pid }) => memoryOf(pid).highestMb);
    const loops = seen.map(({ name, loopMs }) => `${name} ${shorten(loopMs)}`).join(", ");
    this.#tell(
      {
        what: `${what}: the longest answer of each member to /healthz`,
        unit: "ms",
        values: seen.map(({ longestMs }) => longestMs),
        target: neverOver(MOST_STALL_MS),
        note: `without the time that its thread waited for a processor: ${loops} ms`,
      },
      {
        what: `${what}: changes of leader`,
        unit: "changes",
        values: [this.#leaders.taken()],
        target: neverOver(0),
      },
      {
        what: `${what}: the peak of each member's resident memory`,
        unit: "MB",
        values: peaks,
        ...what === "the import" ? {} : { target: neverOver(MOST_PEAK_MB) },
      },
    );
  }

  async #import(): Promise<void> {
    const [follower] = await this.#three.followers();
    if (follower === undefined) throw new Error("no follower");
    const begun = performance.now();
    const index = await follower.writeLines(inventoryLines(this.#nodes));
    const cells = this.#nodes * CELLS_A_NODE;
    this.#tellSeconds(`${cells} cells, imported at a follower in one request`, begun);
    await this.#three.settled(index, PATIENCE_MS);
    this.#tellSeconds("the same, applied by all three", begun);
  }

  #tellResident(): void {
    this.#tell({
      what: "resident memory of each member, settled",
      unit: "MB",
      values: this.#three.pids.map((pid) => memoryOf(pid).nowMb),
      target: neverOver(MOST_RESIDENT_MB),
    });
  }

  async #checkpoint(idle: SteadyWrites): Promise<void> {
    const leader = await this.#three.leader();
    await leader.writeLines(changeOf(this.#nodes, this.#nodes, "checkpoint").lines);
    await fillLog(leader);
    const busy = await writeWhileBusy(leader, BUSY_TIMES * idle.bytesAWrite);
    const of = ({ tookMs }: SteadyWrites, share: number): string =>
      `${shorten(quantile(tookMs, share))} ms`;
    this.#tell({
      what: `a write at the leader during a checkpoint of ${this.#nodes} rows, the 99th of 100, ` +
        "to the idle one",
      unit: "times",
      values: [quantile(busy.tookMs, 0.99) / quantile(idle.tookMs, 0.99)],
      target: atMost(MOST_TIMES),
      note: `${of(busy, 0.99)} of ${busy.tookMs.length} writes, idle ${of(idle, 0.99)} of ` +
        `${idle.tookMs.length}; medians ${of(busy, 0.5)} and ${of(idle, 0.5)}`,
    });
  }

  /** A list in one body, which is whole in memory. */
  async #largeRequest(): Promise<void> {
    const leader = await this.#three.leader();
    const lines: string[] = [];
    let bytes = 0;
    for (const line of inventoryLines(this.#nodes)) {
      if (bytes + line.length > REQUEST_BYTES) break;
      bytes += line.length + 1;
      lines.push(line.replaceAll('"custom.property', '"custom.other'));
    }
    const begun = performance.now();
    const body = `{"existing":"update","nodes":[${lines.join(",")}]}`;
    const index = await leader.send("POST", "/nodes/", body);
    await this.#three.settled(index, PATIENCE_MS);
    this.#tellSeconds(
      `a request of ${shorten(bytes / 1e6)} MB at the leader, applied by all`,
      begun,
    );
  }

  async #restart(): Promise<void> {
    const [follower] = await this.#three.followers();
    await this.#settled();
    await follower?.kill();
    await this.#start(follower, "restarted after kill -9, ready", MOST_READY_S);
  }

  async #delta(): Promise<void> {
    const leader = await this.#three.leader(), [away] = await this.#three.followers();
    await away?.kill();
    await leader.writeLines(changeOf(this.#nodes, this.#nodes, "delta").lines);
    await pause(SETTLING_MS / 2); // by then its log is kept for it no longer
    await fillLog(leader);
    await this.#settled();
    await this.#start(away, `restarted after ${this.#nodes} cells changed, ready at the head`);
  }

  /** One is removed, and a new one with nothing takes its place. */
  async #join(): Promise<void> {
    const leader = await this.#three.leader(), [gone] = await this.#three.followers();
    if (gone === undefined) throw new Error("no follower");
    await gone.kill();
    await leader.ask("DELETE", `/collective/members/${gone.name}`);
    await Deno.remove(gone.folder, { recursive: true });
    const token = await leader.invite(gone.name);
    const begun = performance.now();
    await gone.start(token, PATIENCE_MS);
    this.#tellSeconds("a new member joined and voting", begun, MOST_JOIN_S);
    this.#stalls.watch(gone);
    await this.#three.settled(0, PATIENCE_MS);
  }

  async #start(member: BenchMember | undefined, what: string, most?: number): Promise<void> {
    if (member === undefined) throw new Error("no follower");
    const begun = performance.now();
    await member.start(undefined, PATIENCE_MS);
    this.#tellSeconds(what, begun, most);
    this.#stalls.watch(member);
    await this.#three.settled(0, PATIENCE_MS);
  }

  /** Nothing is under way, checkpoints least of all. */
  async #settled(): Promise<void> {
    await untilQuiet(this.#three.running.map(({ pid }) => pid));
  }

  #tellSeconds(what: string, begun: number, most?: number): void {
    const values = [(performance.now() - begun) / 1000];
    this.#tell({ what, unit: "s", values, ...most === undefined ? {} : { target: atMost(most) } });
  }

  #tell(...figures: readonly Figure[]): void {
    this.#figures.push(...figures);
  }
}
