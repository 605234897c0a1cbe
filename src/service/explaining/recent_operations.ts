/**
 * What was done last at the nodes that this member manages, in memory: so many operations of each
 * of so many nodes, the newest kept. There is nothing secret in it: a command has none, and what
 * fails is told without.
 */
import {
  MAX_NAME_LENGTH,
  MAX_RECENT_NODES,
  MAX_RECENT_OPERATIONS,
  MAX_RECENT_OUTCOME_LENGTH,
} from "../../base/limits.ts";
import type { Clock } from "../../io/clock.ts";
import type { NodeCommand, NodeValues } from "../../model/node_command.ts";
import type { RecentOperation } from "../../wire/explain_frame.ts";
import { type PartResult, valuesText } from "../../wire/node_command.ts";

/** What is asked of a node, by whom, and by way of which member. */
export interface Asked {
  readonly command: NodeCommand;
  readonly by: string;
  readonly through: string;
}

/** One that has begun. */
export interface Beginning {
  /** Leave to act was given. */
  granted(epoch: number): void;
  /** The last word on it; nothing is remembered of what was passed back, undone. */
  end(result: PartResult): void;
}

interface Kept extends Asked {
  readonly begunAtMs: number;
  epoch: number | undefined;
  ended: RecentOperation["ended"];
}

export class RecentOperations {
  readonly #clock: Clock;
  /** The oldest of a node first; the nodes that were asked last are the last. */
  readonly #nodes = new Map<string, Kept[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  begin(node: string, { command, by, through }: Asked): Beginning {
    const begunAtMs = this.#clock.now().monoMs;
    const kept: Kept = {
      command,
      by: by.slice(0, MAX_NAME_LENGTH),
      through,
      begunAtMs,
      epoch: undefined,
      ended: undefined,
    };
    this.#keep(node, kept);
    return {
      granted: (epoch) => {
        kept.epoch = epoch;
      },
      end: (result) => {
        if ("elsewhere" in result) return this.#drop(node, kept);
        const tookMs = Math.round(this.#clock.now().monoMs - begunAtMs);
        kept.ended = { tookMs, result: short(result) };
      },
    };
  }

  /** Those of a node, the newest first. */
  of(node: string): RecentOperation[] {
    const nowMs = this.#clock.now().monoMs;
    const kept = this.#nodes.get(node) ?? [];
    return kept.toReversed().map(({ begunAtMs, ...operation }) => ({
      ...operation,
      agoMs: Math.round(nowMs - begunAtMs),
    }));
  }

  #keep(node: string, kept: Kept): void {
    const before = this.#nodes.get(node) ?? [];
    if (before.length === MAX_RECENT_OPERATIONS) before.shift();
    before.push(kept);
    this.#nodes.delete(node);
    this.#nodes.set(node, before);
    if (this.#nodes.size <= MAX_RECENT_NODES) return;
    for (const oldest of this.#nodes.keys()) {
      this.#nodes.delete(oldest);
      return;
    }
  }

  #drop(node: string, kept: Kept): void {
    const left = this.#nodes.get(node)?.filter((one) => one !== kept) ?? [];
    if (left.length > 0) this.#nodes.set(node, left);
    else this.#nodes.delete(node);
  }
}

type Result = Exclude<PartResult, { readonly elsewhere: string }>;

/** Its values as far as they are short: a health without the list of all that is wrong. */
function short(result: Result): Result {
  if ("error" in result) {
    return { ...result, error: result.error.slice(0, MAX_RECENT_OUTCOME_LENGTH) };
  }
  if (valuesText(result.values).length <= MAX_RECENT_OUTCOME_LENGTH) return result;
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(result.values)) {
    const more: NodeValues = { ...values, [name]: value };
    if (valuesText(more).length <= MAX_RECENT_OUTCOME_LENGTH) values[name] = value;
  }
  return { node: result.node, values };
}
