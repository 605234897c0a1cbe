/** Members of one process, their links in memory, and controllers of nodes that are played. */
import type { Now } from "../../src/base/instant.ts";
import { type Clock, systemClock } from "../../src/io/clock.ts";
import { FakeNetwork } from "../../src/io/link_fake.ts";
import { type FolderLock, lockFolder } from "../../src/io/lock.ts";
import { systemRandom } from "../../src/io/random.ts";
import { openKvStore } from "../../src/io/store_kv.ts";
import type { NodeCommand, NodeResult, NodeValues } from "../../src/model/node_command.ts";
import { nodeRow, type Operation, ROW_MARK } from "../../src/model/operation.ts";
import { toCell } from "../../src/model/stored_value.ts";
import {
  type Bmc,
  type Driver,
  DriverError,
  type Leave,
} from "../../src/service/hardware/driver.ts";
import type { CommandOptions } from "../../src/service/node_commands.ts";
import type { RunningMember } from "../../src/service/running_member.ts";
import { startMember } from "../../src/service/start.ts";
import { valueOf } from "../contract/link_bench.ts";
import { until } from "../system/program.ts";
import { startOptions } from "./start_options.ts";

const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** What a controller answers. */
export type Played = (bmc: Bmc, command: NodeCommand, leave: Leave) => Promise<NodeValues>;

export const ON: NodeValues = { state: { value: "on" } };

/** A driver whose controllers all answer that the power is on, or as a test says. */
export class PlayedDriver implements Driver {
  readonly asked: Bmc[] = [];
  readonly answers = new Map<string, Played>();
  atOnce = 0;
  mostAtOnce = 0;

  async run(bmc: Bmc, command: NodeCommand, leave: Leave): Promise<NodeValues> {
    this.asked.push(bmc);
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.atOnce);
    try {
      return await (this.answers.get(bmc.node)?.(bmc, command, leave) ?? ON);
    } finally {
      this.atOnce--;
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** A controller that says nothing until nobody waits for it. */
export const SILENCE: Played = (_bmc, _command, { signal }) =>
  new Promise((_, reject) => {
    const late = (): void => reject(new DriverError(504, "timeout"));
    if (signal.aborted) late();
    signal.addEventListener("abort", late);
  });

export interface Cast {
  readonly member: RunningMember;
  readonly driver: PlayedDriver;
}

export class RoutingStage implements AsyncDisposable {
  readonly network = new FakeNetwork(systemClock);
  /** How far the clock of day of a member is ahead, in milliseconds. */
  readonly aheadMs = new Map<string, number>();
  readonly #folder = Deno.makeTempDirSync({ prefix: "confluent-routing-" });
  readonly #locks: FolderLock[] = [];
  readonly #cast: Cast[] = [];

  /** So many members of one collective, m1 the first. Each may be given nodes. */
  async members(count: number): Promise<Cast[]> {
    for (let number = 1; number <= count; number++) {
      const cast = await this.#start(`m${number}`);
      const [first] = this.#cast;
      this.#cast.push(cast);
      if (first === undefined) continue;
      const { token } = valueOf(await first.member.invite({ name: `m${number}`, by: "test" }));
      valueOf(await cast.member.join({ token }, () => {}));
    }
    // Whoever wishes for a member that nobody has heard of yet gets another.
    await until("all may be given nodes", () => Promise.resolve(this.#areAllAble() || undefined));
    return this.#cast;
  }

  #areAllAble(): boolean {
    const ids = this.#cast.map(({ member }) => member.life.loop.machine.raft.self);
    return this.#cast.every(({ member }, at) => {
      const { placing } = member.life.loop.machine, now = this.#clockOf(`m${at + 1}`).now();
      return ids.every((id) => placing.whyUnable(id, now) === undefined);
    });
  }

  #clockOf(name: string): Clock {
    const { after } = systemClock;
    const now = (): Now => {
      const { monoMs, wallMs } = systemClock.now();
      return { monoMs, wallMs: wallMs + (this.aheadMs.get(name) ?? 0) };
    };
    return { now, after };
  }

  async #start(name: string): Promise<Cast> {
    const data = `${this.#folder}/${name}`;
    const lock = valueOf(await lockFolder(data));
    this.#locks.push(lock);
    const driver = new PlayedDriver();
    const member = valueOf(
      await startMember(startOptions(name, data, lock), {
        links: this.network.host(name),
        clock: this.#clockOf(name),
        random: systemRandom,
        log: SILENT,
        openStore: (folder, held) => openKvStore(folder, { lock: held }),
        hostAddresses: () => [],
        drivers: new Map([["redfish", driver]]),
      }),
    );
    await until(`${name} has started`, async () => (await member.write([])).ok || undefined);
    return { member, driver };
  }

  /** Nodes with all it takes to reach their controllers, managed by whom the name says. */
  async nodes(names: readonly string[], manager: string): Promise<void> {
    const [first] = this.#cast;
    if (first === undefined) throw new Error("there is no member");
    const sealing = valueOf(await first.member.secrets.sealing());
    const rows = names.map(nodeRow);
    const secrets = ["secret.hardwaremanagementuser", "secret.hardwaremanagementpassword"];
    const sealed = rows.map((row): Operation => ({
      kind: "set",
      rows: [row],
      cells: secrets.map((attribute) => {
        const text = valueOf(sealing.seal(row, attribute, `${attribute} of ${row}`));
        return [attribute, toCell({ kind: "sealed", sealed: text })];
      }),
    }));
    const cells = [
      [ROW_MARK, ""],
      ["hardwaremanagement.method", "redfish"],
      ["hardwaremanagement.manager", toCell({ kind: "expression", expression: "bmc-{node}" })],
      ...manager === "" ? [] : [["collective.manager", manager] as const],
    ] as const;
    const written = valueOf(
      await first.member.write([sealing.guard, { kind: "set", rows, cells }, ...sealed]),
    );
    for (const { member } of this.#cast) valueOf(await member.reach(written.index));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { member } of this.#cast.reverse()) await member.close();
    for (const lock of this.#locks) lock.release();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** What a command came to, by node; `told` has it as it comes. */
export async function ran(
  { member }: Cast,
  nodes: readonly string[],
  command: NodeCommand = { path: "power/state" },
  options: Partial<CommandOptions> = {},
  told: Record<string, string> = {},
): Promise<Record<string, string>> {
  const given = { signal: new AbortController().signal, timeoutMs: 10_000, by: "test", ...options };
  await member.commands.run(nodes, command, given, (result) => {
    if (result.node in told) throw new Error(`${result.node} is told twice`);
    told[result.node] = textOf(result);
  });
  return told;
}

function textOf(result: NodeResult): string {
  return "values" in result ? JSON.stringify(result.values) : `${result.errorcode} ${result.error}`;
}
