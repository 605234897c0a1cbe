/**
 * A command on many nodes, divided by who manages them. Any member takes it, expands it by its own
 * state and passes each manager its share: one hop, for whoever is passed a share carries it out
 * itself.
 */
import type { MemberId } from "../model/member.ts";

/** Nodes of one command, by who acts on them. */
export interface Shares {
  /** This member. */
  readonly here: readonly string[];
  readonly passed: ReadonlyMap<MemberId, readonly string[]>;
  /** Nobody. */
  readonly nobodys: readonly string[];
}

/** Each in the order of the nodes. */
export function sharesOf(
  nodes: readonly string[],
  managerOf: (node: string) => { readonly id: MemberId } | undefined,
  self: MemberId,
): Shares {
  const here: string[] = [], nobodys: string[] = [];
  const passed = new Map<MemberId, string[]>();
  for (const node of nodes) {
    const manager = managerOf(node)?.id;
    if (manager === undefined) nobodys.push(node);
    else if (manager === self) here.push(node);
    else {
      const share = passed.get(manager);
      if (share === undefined) passed.set(manager, [node]);
      else share.push(node);
    }
  }
  return { here, passed, nobodys };
}

/** The nodes in parts of at most `size`. */
export function partsOf(nodes: readonly string[], size: number): string[][] {
  const parts: string[][] = [];
  for (let at = 0; at < nodes.length; at += size) parts.push(nodes.slice(at, at + size));
  return parts;
}

/** Gathers results until there is enough of them to be worth a frame. */
export class ResultBatch<Result> {
  readonly #most: number;
  #results: Result[] = [];
  #bytes = 0;

  /** `most`: bytes that are enough. */
  constructor(most: number) {
    this.#most = most;
  }

  get isEmpty(): boolean {
    return this.#results.length === 0;
  }

  /** True where it is full: it is to be taken before another is added. */
  add(result: Result, bytes: number): boolean {
    this.#results.push(result);
    this.#bytes += bytes;
    return this.#bytes >= this.#most;
  }

  take(): Result[] {
    const results = this.#results;
    this.#results = [];
    this.#bytes = 0;
    return results;
  }
}
