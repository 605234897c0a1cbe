/**
 * `?dryRun=1`: what a write would change, told in place of being written. Its guards are judged on
 * the state as it is here and now.
 */
import { MAX_DRY_RUN_CHANGES } from "../base/limits.ts";
import { ok, type Outcome } from "../base/outcome.ts";
import { type Guard, type Operation, ROW_MARK } from "../model/operation.ts";
import { isArmedRow } from "../model/arming.ts";
import { isGrantRow } from "../model/grant.ts";
import { PLACEMENT_PREFIX } from "../model/placement.ts";
import { fromCell } from "../model/stored_value.ts";
import type { MemberService, StagedWrite, StateView, Written } from "../service/member_service.ts";
import type { DryRun } from "../wire/http.ts";
import type { Call } from "./call.ts";

type Change = DryRun["changes"][number];

/** Where a write of any length goes: into a stage, or nowhere for a dry run. */
export function stageFor(member: MemberService, call: Call): StagedWrite {
  return call.dryRun === undefined ? member.stage() : new DryStage(member, call.dryRun);
}

/** What a request that writes nothing found out. */
export interface DryRunOf {
  answer?: DryRun;
}

class DryStage implements StagedWrite {
  readonly #member: MemberService;
  readonly #of: DryRunOf;
  readonly #guards: (Guard | undefined)[] = [];
  readonly #runner: DryRunner;

  constructor(member: MemberService, of: DryRunOf) {
    this.#member = member;
    this.#of = of;
    this.#runner = new DryRunner(member.state);
  }

  add(operation: Operation): Promise<Outcome<void>> {
    this.#guards.push(operation.kind === "guard" ? operation.guard : undefined);
    this.#runner.take([operation]);
    return Promise.resolve(ok());
  }

  commit(): Promise<Outcome<Written>> {
    const { index, state } = this.#member;
    for (const [operation, guard] of this.#guards.entries()) {
      const row = guard === undefined ? undefined : failsOn(state, guard);
      if (row === undefined) continue;
      return Promise.resolve(ok({ index, verdict: { result: "refused", operation, row } }));
    }
    this.#of.answer = this.#runner.answer;
    return Promise.resolve(ok({ index, verdict: { result: "applied" } }));
  }

  abandon(): Promise<void> {
    return Promise.resolve();
  }
}

/** The row a guard fails on, or undefined where it holds. Times are not judged: they are now. */
function failsOn(state: StateView, guard: Guard): string | undefined {
  switch (guard.test) {
    case "exists":
      return guard.rows.find((row) => !state.exists(row));
    case "absent":
      return guard.rows.find((row) => state.exists(row));
    case "equals":
      return state.value(guard.row, guard.attribute) === guard.value ? undefined : guard.row;
    case "unchanged":
      return guard.rows.find((row) => state.newest(row) > guard.since);
    case "before":
      return undefined;
  }
}

/** Collects what operations would change, in their order. */
class DryRunner {
  readonly #state: StateView;
  readonly #changes: Change[] = [];
  readonly #dropped = new Set<string>();
  #count = 0;

  constructor(state: StateView) {
    this.#state = state;
  }

  /** What was collected, at most MAX_DRY_RUN_CHANGES of it. */
  get answer(): DryRun {
    return { dryRun: true, count: this.#count, changes: this.#changes };
  }

  /** Takes in the operations of one write. */
  take(operations: readonly Operation[]): void {
    for (const operation of operations) {
      if (operation.kind === "drop") { for (const row of operation.rows) this.#drop(row); }
      if (operation.kind === "set") this.#set(operation.rows, operation.cells);
      if (operation.kind !== "clear") continue;
      this.#set(operation.rows, operation.attributes.map((name) => [name, null] as const));
    }
  }

  #drop(row: string): void {
    if (!isTold(row) || !this.#state.exists(row)) return;
    this.#dropped.add(row);
    this.#add({ ...nameOf(row), change: "removed" });
  }

  #set(
    rows: readonly string[],
    cells: readonly (readonly [attribute: string, value: string | null])[],
  ): void {
    for (const row of rows) {
      if (!isTold(row)) continue;
      const isThere = this.#state.exists(row) && !this.#dropped.has(row);
      for (const [attribute, cell] of cells) {
        const before = isThere ? this.#state.value(row, attribute) : null;
        if (attribute === ROW_MARK) {
          if (!isThere) this.#add({ ...nameOf(row), change: "created" });
        } else if (before !== cell) {
          this.#add({
            ...nameOf(row),
            change: cell === null ? "cleared" : "set",
            attribute,
            ...told("from", before),
            ...told("to", cell),
          });
        }
      }
    }
  }

  #add(change: Change): void {
    this.#count++;
    if (this.#changes.length < MAX_DRY_RUN_CHANGES) this.#changes.push(change);
  }
}

/** Who acts on a node, and until when it is armed, is not part of what was asked for. */
function isTold(row: string): boolean {
  return !row.startsWith(PLACEMENT_PREFIX) && !isArmedRow(row) && !isGrantRow(row);
}

function nameOf(row: string): { kind: string; name: string } {
  const slash = row.indexOf("/");
  return { kind: row.slice(0, slash), name: row.slice(slash + 1) };
}

function told(key: "from" | "to", cell: string | null): Partial<Change> {
  if (cell === null) return {};
  const value = fromCell(cell);
  switch (value.kind) {
    case "text":
      return { [key]: value.text };
    case "json":
      return { [key]: value.json };
    case "expression":
      return { [key]: value.expression };
    case "sealed":
    case "hashed":
      return {};
  }
}
