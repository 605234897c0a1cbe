/**
 * Is a history of registers linearizable? Wing and Gong's search (1993), made just in time as by
 * Lowe ("Testing for linearizability", 2017): the events of one register are walked in the order
 * of time, with every configuration that could be the truth. A configuration is the register's
 * value and which of the open operations have taken effect. When an operation returns, each
 * configuration goes on to all those in which it has; when none is left, no order explains it.
 *
 * Three things keep configurations few, none of which loses a truth:
 *
 * - what only looks (a read, a compare-and-set that did not apply) takes effect as soon as it may;
 * - an operation of unknown outcome, which may take effect at any time or never, does so only where
 *   something sees it: unseen, it might as well never have happened;
 * - of two configurations that differ only in that, the one with fewer such effects can do all
 *   the other can.
 */
import type { RegisterOperation } from "./workload.ts";

/** What a history came to. */
export type RegisterVerdict =
  | { readonly result: "linearizable" }
  | { readonly result: "violated" | "undecided"; readonly why: string };

/** Configurations looked at for one register; beyond it nothing is said about the history. */
const MOST_CONFIGURATIONS = 100_000;

interface Configuration {
  readonly value: string | null;
  /** Open operations that have taken effect, in the order of their numbers. */
  readonly done: readonly number[];
}

/** Whether every register's history can be told as one thing after another. */
export function checkRegisters(
  history: readonly RegisterOperation[],
  most = MOST_CONFIGURATIONS,
): RegisterVerdict {
  let undecided: RegisterVerdict | undefined;
  for (const [key, operations] of Map.groupBy(history, ({ key }) => key)) {
    const verdict = new Register(key, operations, most).check();
    if (verdict.result === "violated") return verdict;
    if (verdict.result === "undecided") undecided ??= verdict;
  }
  return undecided ?? { result: "linearizable" };
}

class Register {
  readonly #key: string;
  readonly #operations: readonly RegisterOperation[];
  /** Numbers of the operations that have begun and not returned. */
  readonly #open = new Set<number>();
  #left: number;

  constructor(key: string, operations: readonly RegisterOperation[], most: number) {
    this.#key = key;
    this.#operations = operations;
    this.#left = most;
  }

  check(): RegisterVerdict {
    let truths: Configuration[] = [{ value: null, done: [] }];
    for (const { number, isReturn } of eventsOf(this.#operations)) {
      if (!isReturn) {
        this.#open.add(number);
        truths = fewest(truths.map((truth) => this.#look(truth)), this.#operations);
        continue;
      }
      const after = this.#throughReturn(truths, number);
      const at = `register ${this.#key}, ${describe(this.#operations[number]!)}`;
      if (after === undefined) {
        return { result: "undecided", why: `too many orders are possible: ${at}` };
      }
      if (after.length === 0) return { result: "violated", why: `no order explains ${at}` };
      this.#open.delete(number);
      truths = after.map(({ value, done }) => ({ value, done: done.filter((n) => n !== number) }));
      truths = fewest(truths, this.#operations);
    }
    return { result: "linearizable" };
  }

  /** All configurations in which `number` has just taken effect, or already had. */
  #throughReturn(truths: readonly Configuration[], number: number): Configuration[] | undefined {
    const found: Configuration[] = [];
    const seen = new Set<string>();
    const todo = [...truths];
    for (let truth = todo.pop(); truth !== undefined; truth = todo.pop()) {
      const name = `${truth.value} ${truth.done}`;
      if (seen.has(name)) continue;
      seen.add(name);
      if (--this.#left < 0) return undefined;
      if (truth.done.includes(number)) {
        found.push(truth);
        continue;
      }
      for (const next of this.#open) {
        const after = truth.done.includes(next) ? undefined : this.#effect(truth, next);
        if (after !== undefined) todo.push(after);
      }
    }
    return found;
  }

  /** The configuration once `number` took effect; undefined where it cannot, or need not. */
  #effect(truth: Configuration, number: number): Configuration | undefined {
    const operation = this.#operations[number]!;
    const { kind, expected = null, applied, value, end } = operation;
    if (kind === "read" || applied === false) return undefined; // it would have by itself
    if (kind === "cas" && truth.value !== expected) return undefined;
    const bare = { value, done: [...truth.done, number].sort((a, b) => a - b) };
    const after = this.#look(bare);
    const isSeen = after.done.length > bare.done.length || this.#isExpected(after);
    return end === undefined && !isSeen ? undefined : after;
  }

  /** Whether an open compare-and-set could take effect on this value. */
  #isExpected({ value, done }: Configuration): boolean {
    return [...this.#open].some((number) => {
      const { kind, expected, applied } = this.#operations[number]!;
      return kind === "cas" && applied !== false && expected === value && !done.includes(number);
    });
  }

  /** Whatever only looks and is content with the value has looked. */
  #look({ value, done }: Configuration): Configuration {
    const looked = [...this.#open].filter((number) => {
      if (done.includes(number)) return false;
      const operation = this.#operations[number]!;
      if (operation.kind === "read") return operation.value === value;
      return operation.applied === false && operation.expected !== value;
    });
    if (looked.length === 0) return { value, done };
    return { value, done: [...done, ...looked].sort((a, b) => a - b) };
  }
}

/** Beginnings and returns in the order of time; at the same instant whoever begins goes first. */
function eventsOf(
  operations: readonly RegisterOperation[],
): { readonly number: number; readonly isReturn: boolean }[] {
  const events = operations.flatMap(({ start, end }, number) => {
    const begins = { at: start, number, isReturn: false };
    return end === undefined ? [begins] : [begins, { at: end, number, isReturn: true }];
  });
  return events.sort((a, b) =>
    a.at - b.at || Number(a.isReturn) - Number(b.isReturn) || a.number - b.number
  );
}

/** Without those that another one, with fewer effects of unknown outcome, stands for. */
function fewest(
  truths: readonly Configuration[],
  operations: readonly RegisterOperation[],
): Configuration[] {
  const isUnknown = (number: number): boolean => operations[number]!.end === undefined;
  const kept: Configuration[] = [];
  const alike = Map.groupBy(
    truths,
    ({ value, done }) => `${value} ${done.filter((number) => !isUnknown(number))}`,
  );
  for (const group of alike.values()) {
    const best: Configuration[] = [];
    for (const truth of group.toSorted((a, b) => a.done.length - b.done.length)) {
      const isCovered = best.some(({ done }) => done.every((n) => truth.done.includes(n)));
      if (!isCovered) best.push(truth);
    }
    kept.push(...best);
  }
  return kept;
}

function describe({ kind, value, expected, applied, start, end }: RegisterOperation): string {
  const what = kind === "read"
    ? `the read of ${value}`
    : kind === "write"
    ? `the write of ${value}`
    : `the compare-and-set of ${expected} to ${value} (${applied ? "applied" : "refused"})`;
  return `${what} from ${start.toFixed(2)} to ${end?.toFixed(2) ?? "unknown"} ms`;
}
