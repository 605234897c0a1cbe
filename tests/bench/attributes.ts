/**
 * What administrators do with a large database: 100,000 nodes with 40 attributes each, of their own
 * or inherited, in 200 groups on three members. Changes of all, changes that all inherit, filters,
 * reads of one and of all; over HTTP, and by commands, whose start is part of their time.
 */
import { type Bench, type BenchMember, Collective } from "./collective.ts";
import { atLeast, atMost, type Figure } from "./figures.ts";
import { GROUPED_CELLS_A_NODE, groupedLines, groups } from "./inventories.ts";
import type { LoadOrder, LoadResult } from "./load_client.ts";
import { load } from "./loading.ts";
import { memoryOf, untilQuiet } from "./processes.ts";

const RANGE = "location.rack=r7@compute";
const PATIENCE_MS = 600_000;
const READERS = 16;
/** Of the commands that are ten times as fast as those of confluent 4.0 on this kind of machine. */
const FEW = 10_000;

export async function benchAttributes(bench: Bench): Promise<Figure[]> {
  return await Collective.during(bench, async (three) => {
    const attributes = new Attributes(bench, three, await three.leader());
    await attributes.load();
    await attributes.groupChanges();
    await attributes.filters();
    await attributes.reads();
    await attributes.commands();
    await attributes.changes();
    return attributes.figures;
  });
}

class Attributes {
  readonly figures: Figure[] = [];
  readonly #bench: Bench;
  readonly #three: Collective;
  readonly #leader: BenchMember;

  constructor(bench: Bench, three: Collective, leader: BenchMember) {
    this.#bench = bench;
    this.#three = three;
    this.#leader = leader;
  }

  async load(): Promise<void> {
    const { nodes } = this.#bench;
    for (const group of groups()) await this.#leader.ask("POST", "/nodegroups/", group);
    const index = await this.#leader.writeLines(groupedLines(nodes));
    await this.#three.settled(index, PATIENCE_MS);
    await untilQuiet(this.#three.pids);
    this.figures.push({
      what: "resident memory of each member, settled",
      unit: "MB",
      values: this.#three.pids.map((pid) => memoryOf(pid).nowMb),
      target: atMost(600),
    });
  }

  async changes(): Promise<void> {
    const { nodes } = this.#bench;
    const all = "/noderange/everything/attributes/current";
    await this.#times(
      `one attribute on ${nodes} nodes at a member, acknowledged`,
      2_000,
      (run) => this.#ask("PUT", all, { "info.note": `note ${run}` }, "return=minimal"),
    );
  }

  async groupChanges(): Promise<void> {
    const { nodes } = this.#bench;
    await this.#times(
      `an attribute of a group that ${nodes} nodes inherit, acknowledged`,
      50,
      (run) =>
        this.#ask("PUT", "/nodegroups/compute/attributes/current", { "custom.shared1": `v${run}` }),
    );
  }

  async filters(): Promise<void> {
    const path = `/noderange/${encodeURIComponent(RANGE)}/nodes/`;
    await this.#times(`${RANGE} over HTTP`, 30, () => this.#ask("GET", path));
  }

  async reads(): Promise<void> {
    const { nodes, seconds } = this.#bench;
    const order: LoadOrder = {
      peer: "confluent",
      does: "local reads",
      addresses: [this.#leader.api],
      tokens: [this.#leader.token],
      clients: READERS,
      warmMs: 1_000,
      measureMs: 1_000 * seconds,
      valueBytes: 0,
      nodes,
      serverPids: [this.#leader.pid],
    };
    const runs: LoadResult[] = [];
    for (let run = 0; run < this.#bench.runs; run++) {
      runs.push(await load(order));
    }
    this.figures.push({
      what: `the attributes of one node over HTTP, ${READERS} clients at one member`,
      unit: "/s",
      values: runs.map(({ perSecond }) => perSecond),
      target: atLeast(5_000),
    });
    const before = memoryOf(this.#leader.pid).nowMb;
    const begun = performance.now();
    const bytes = await this.#ask("GET", "/noderange/everything/attributes/current");
    const tookS = (performance.now() - begun) / 1_000;
    this.figures.push(
      {
        what: `all attributes of all nodes, ${Math.round(bytes / 1e6)} MB`,
        unit: "cells/s",
        values: [nodes * GROUPED_CELLS_A_NODE / tookS],
        target: atLeast(1_000_000),
      },
      {
        what: "by which the member that told them grew",
        unit: "MB",
        values: [memoryOf(this.#leader.pid).nowMb - before],
        target: atMost(100),
      },
    );
  }

  async commands(): Promise<void> {
    await this.#times(
      "the command nodelist of that filter",
      250,
      () => this.#run("nodelist", RANGE),
    );
    const some = `n[1-${FEW}]`;
    await this.#times(
      `the command nodelist of ${FEW} nodes`,
      3_200,
      () => this.#run("nodelist", some),
    );
    await this.#times(
      `the command nodeattrib that sets one attribute of ${FEW} nodes`,
      2_700,
      (run) => this.#run("nodeattrib", "-m", String(FEW), some, `info.note=by command ${run}`),
    );
    await this.#times(
      `the command nodedefine of ${FEW} nodes`,
      500,
      (run) => this.#run("nodedefine", `x${run + 1}n[1-${FEW}]`, "location.rack=x"),
    );
  }

  /** The median time of so many runs in milliseconds; the first, which is not counted, warms up. */
  async #times(
    what: string,
    most: number,
    act: (run: number) => Promise<unknown>,
  ): Promise<void> {
    console.error(`  ${what}`);
    const values: number[] = [];
    for (let run = 0; run <= this.#bench.runs; run++) {
      await untilQuiet(this.#three.pids); // of the checkpoint that the last one leads to
      const begun = performance.now();
      await act(run);
      if (run > 0) values.push(performance.now() - begun);
    }
    this.figures.push({ what, unit: "ms", values, target: atMost(most) });
  }

  /** Asks and reads all of the answer: its length in bytes. */
  async #ask(method: string, path: string, body?: unknown, prefer?: string): Promise<number> {
    const { host, port } = this.#leader.api;
    const answer = await fetch(`http://${host}:${port}${path}`, {
      method,
      headers: {
        "Authorization": `Bearer ${this.#leader.token}`,
        ...prefer === undefined ? {} : { "Prefer": prefer },
      },
      ...body === undefined ? {} : { body: JSON.stringify(body) },
    });
    let bytes = 0;
    for await (const piece of answer.body ?? []) bytes += piece.length;
    if (answer.ok) return bytes;
    throw new Error(`${method} ${path}: ${answer.status}`);
  }

  async #run(...words: readonly string[]): Promise<void> {
    const [command = "", ...args] = this.#bench.program;
    const { success, stderr } = await new Deno.Command(command, {
      args: [...args, "--socket", this.#leader.socket, ...words],
      stdout: "piped",
      stderr: "piped",
    }).output();
    if (!success) throw new Error(`${words.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  }
}
