/** Commands on nodes of no hardware: each answers as a test says, when it says. */
import type { Refused } from "../../src/base/outcome.ts";
import type { NodeCommand, NodeResult } from "../../src/model/node_command.ts";
import type { CommandOptions, NodeCommands, Observed } from "../../src/service/node_commands.ts";

const VALUES = {
  "power/state": { state: { value: "on" } },
  "boot/nextdevice": { nextdevice: { value: "default" }, bootmode: { value: "uefi" } },
  "health/hardware": { health: { value: "ok" }, sensors: [] },
  "identify": { identify: { value: "off" } },
};

export interface Ran extends CommandOptions {
  readonly nodes: readonly string[];
  readonly command: NodeCommand;
}

/** Of every node the same was seen, whatever it is asked for. */
export class StandInObserved implements Observed {
  told: Partial<NodeResult> = { values: { ...VALUES["power/state"], age: { value: 12 } } };

  result(node: string): NodeResult {
    return { node, ...this.told } as NodeResult;
  }
}

export class StandInCommands implements NodeCommands {
  /** What was asked for. */
  readonly ran: Ran[] = [];
  /** What nodes answer in place of what all do. */
  readonly answers = new Map<string, Partial<NodeResult> | Promise<Partial<NodeResult>>>();
  /** The same for one path alone, `power/state n1`. */
  readonly answersAt = new Map<string, Partial<NodeResult> | Promise<Partial<NodeResult>>>();
  refusal: Refused | undefined;

  busy(): Refused | undefined {
    return this.refusal;
  }

  async run(
    nodes: readonly string[],
    command: NodeCommand,
    options: CommandOptions,
    tell: (result: NodeResult) => void,
  ): Promise<void> {
    this.ran.push({ nodes, command, ...options });
    const { promise: gone, resolve } = Promise.withResolvers<void>();
    options.signal.addEventListener("abort", () => resolve());
    const all = Promise.all(nodes.map(async (node) => {
      const answer = await (this.answersAt.get(`${command.path} ${node}`) ??
        this.answers.get(node) ?? { values: VALUES[command.path] });
      if (!options.signal.aborted) tell({ node, ...answer } as NodeResult);
    }));
    await Promise.race([all, gone]);
  }
}
