/**
 * Commands on nodes as the surfaces see them: any member takes one for any nodes, and each node's
 * manager carries it out.
 */
import type { Refused } from "../base/outcome.ts";
import type { NodeCommand, NodePath, NodeResult } from "../model/node_command.ts";

/** What was seen of nodes last, of this member's memory; nobody is asked. */
export interface Observed {
  /** As a command would be answered, with `age`. */
  result(node: string, path: NodePath): NodeResult;
}

export interface CommandOptions {
  /** Aborted where nobody waits any more: what has not begun is not begun. */
  readonly signal: AbortSignal;
  /** How long any node may take. */
  readonly timeoutMs: number;
  /** Who asks, for the record. */
  readonly by: string;
}

export interface NodeCommands {
  /** Refused as `busy` where a command on so many nodes more is too much now. */
  busy(more: number): Refused | undefined;

  /**
   * Tells one result for each node, each as it comes and in no order; resolves once all are told.
   * What fails at one node, or with one member, costs those nodes and nobody else.
   */
  run(
    nodes: readonly string[],
    command: NodeCommand,
    options: CommandOptions,
    tell: (result: NodeResult) => void,
  ): Promise<void>;
}
