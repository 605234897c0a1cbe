/** What it takes to make nodes. */
import { ok, type Outcome } from "../base/outcome.ts";
import { changedList, EVERYTHING } from "../model/catalogue/membership.ts";
import { armedUntil } from "../model/arming.ts";
import { ARMED } from "../model/deployment.ts";
import { GROUPS, groupsText } from "../model/groups.ts";
import { nodeRow, type Operation, ROW_MARK } from "../model/operation.ts";
import type { MemberService } from "../service/member_service.ts";
import type { Changes } from "./attribute_input.ts";
import type { Call } from "./call.ts";
import { mayBeIn, type RowChanges, sealedCells } from "./row_changes.ts";

const INDEX = "id.index";

/** Gives numbers to nodes that have none, many at a time. */
export class Numbering {
  readonly #member: MemberService;
  readonly #most: number;
  #atOnce: number;
  #next = 0;
  #end = 0;

  /** `atOnce`: how many are taken when there are none left; each time twice as many, to `most`. */
  constructor(member: MemberService, { dryRun }: Call, atOnce: number, most = atOnce) {
    this.#member = member;
    if (dryRun !== undefined) [this.#next, this.#end] = [member.numbers.next, Infinity];
    this.#atOnce = atOnce;
    this.#most = most;
  }

  async next(): Promise<Outcome<number>> {
    if (this.#next === this.#end) {
      const first = await this.#member.numbers.take(this.#atOnce);
      if (!first.ok) return first;
      [this.#next, this.#end] = [first.value, first.value + this.#atOnce];
      this.#atOnce = Math.min(2 * this.#atOnce, this.#most);
    }
    return ok(this.#next++);
  }
}

/** The nodes with these attributes, each with a number of its own. */
export async function creation(
  member: MemberService,
  names: readonly string[],
  changes: Changes,
  numbering: Numbering,
): Promise<Outcome<RowChanges>> {
  const { sets, secrets } = changes;
  const groups = groupsGiven(changes);
  if (!groups.ok) return groups;
  const may = mayBeIn(member, groups.value);
  if (!may.ok) return may;
  const rows = names.map(nodeRow);
  const text = groupsText(groups.value);
  const grouped = text === "" ? [] : [[GROUPS, text] as const];
  const operations: Operation[] = [
    { kind: "set", rows, cells: [[ROW_MARK, ""], ...grouped, ...sets] },
  ];
  if (sets.some(([name, cell]) => name === ARMED && cell !== "")) {
    operations.push(armedUntil(rows, member.agreedWallMs()));
  }
  const isNumbered = sets.some(([name]) => name === INDEX);
  const sealed = await sealedCells(member, rows, secrets);
  if (!sealed.ok) return sealed;
  for (const [i, row] of rows.entries()) {
    const cells = sealed.value.cells[i] ?? [];
    const number = isNumbered ? undefined : await numbering.next();
    if (number?.ok === false) return number;
    if (number !== undefined) cells.push([INDEX, String(number.value)]);
    if (cells.length > 0) operations.push({ kind: "set", rows: [row], cells });
  }
  return ok({ operations, readFrom: [], groups: groups.value, sealing: sealed.value.sealing });
}

/** A new node is in no groups yet but that of all. */
function groupsGiven({ list }: Changes): Outcome<string[]> {
  if (list === undefined) return ok([EVERYTHING]);
  return changedList([EVERYTHING], list, { kind: "node", name: "to be made" });
}
