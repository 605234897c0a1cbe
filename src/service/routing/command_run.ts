/** One command on many nodes, from when it is taken until each node was told of, once. */
import { COMMAND_GRACE_MS } from "../../base/limits.ts";
import type { Clock } from "../../io/clock.ts";
import { changes, type NodeCommand, type NodeResult } from "../../model/node_command.ts";
import type { CommandOptions } from "../node_commands.ts";

export class CommandRun {
  readonly command: NodeCommand;
  /** Whether what was passed on may have been done though nobody says so. */
  readonly isChange: boolean;
  readonly by: string;
  readonly deadlineMs: number;
  /** Resolves once each node was told of, or nobody waits any more. */
  readonly over: Promise<void>;
  readonly #left: Set<string>;
  readonly #tell: (result: NodeResult) => void;
  readonly #stop = new AbortController();
  readonly #finish: () => void;

  constructor(
    nodes: readonly string[],
    command: NodeCommand,
    { signal, timeoutMs, by }: CommandOptions,
    clock: Clock,
    tell: (result: NodeResult) => void,
  ) {
    this.command = command;
    this.isChange = changes(command);
    this.by = by;
    this.deadlineMs = clock.now().monoMs + timeoutMs;
    this.#left = new Set(nodes);
    this.#tell = tell;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.over = promise;
    const stop = (): void => this.end();
    const late = clock.after(timeoutMs + COMMAND_GRACE_MS, () => this.#late(timeoutMs));
    this.#finish = () => {
      late();
      signal.removeEventListener("abort", stop);
      resolve();
    };
    if (signal.aborted || nodes.length === 0) this.end();
    else signal.addEventListener("abort", stop, { once: true });
  }

  get isOver(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Aborted when it is over. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** The first that is told of a node counts. */
  tell(result: NodeResult): void {
    if (this.isOver || !this.#left.delete(result.node)) return;
    this.#tell(result);
    if (this.#left.size === 0) this.end();
  }

  fail(nodes: Iterable<string>, errorcode: number, error: string): void {
    for (const node of nodes) this.tell({ node, errorcode, error });
  }

  /** This member stops. */
  stopped(): void {
    const doubt = this.isChange ? "; it may or may not have been done" : "";
    this.fail([...this.#left], this.isChange ? 504 : 503, `this member stops${doubt}`);
  }

  end(): void {
    if (this.isOver) return;
    this.#stop.abort();
    this.#finish();
  }

  /** Whoever acts on a node has its deadline to keep; this is for those who say nothing at all. */
  #late(timeoutMs: number): void {
    const doubt = this.isChange ? "; it may or may not have been done" : "";
    this.fail([...this.#left], 504, `no answer within ${timeoutMs / 1000} s${doubt}`);
  }
}
