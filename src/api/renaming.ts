/** Nodes and groups under other names: all that was there, in one entry. */
import { ok, type Outcome, type Refused, refused } from "../base/outcome.ts";
import { rowsBeside } from "../model/grant.ts";
import { nodeName } from "../model/node_name.ts";
import { nodeRow, type Operation, ROW_MARK } from "../model/operation.ts";
import { nodeOfPlacement, placementRow } from "../model/placement.ts";
import { fromCell, toCell } from "../model/stored_value.ts";
import type { MemberService } from "../service/member_service.ts";
import type { Sealing } from "../service/secrets.ts";
import { renameRequest } from "../wire/http.ts";
import { readBody } from "./body.ts";
import type { Call } from "./call.ts";
import { commitChanges } from "./changing.ts";
import { Draft, ifMatch, nodeOf, unknownNode } from "./draft.ts";
import { Turn } from "./pause.ts";
import type { RowChanges } from "./row_changes.ts";

export interface Renamed {
  readonly index: number;
  /** The new names by the old ones. */
  readonly names: ReadonlyMap<string, string>;
}

/** Renames the nodes that `namesOf` gives; the new name may be an expression. */
export async function renameNodes(
  member: MemberService,
  call: Call,
  namesOf: () => Promise<Outcome<readonly string[]>>,
): Promise<Outcome<Renamed>> {
  const body = await readBody(call.request, renameRequest);
  if (!body.ok) return body;
  const since = ifMatch(call.request);
  if (!since.ok) return since;
  let names: ReadonlyMap<string, string> | undefined;
  const index = await commitChanges(member, call, async () => {
    names = undefined;
    const olds = await namesOf();
    if (!olds.ok) return olds;
    const unknown = olds.value.find((name) => !member.state.exists(nodeRow(name)));
    if (unknown !== undefined) return unknownNode(unknown);
    const news = await newNames(member, olds.value, body.value.rename);
    if (!news.ok) return news;
    names = news.value;
    const changes = [...news.value].filter(([from, to]) => from !== to);
    if (changes.length === 0) {
      return ok({ draft: new Draft(), changes: { operations: [], readFrom: [], groups: [] } });
    }
    const readFrom = changes.map(([from]) => nodeRow(from));
    const moved = await movedRows(
      member,
      changes.map(([from, to]) => [nodeRow(from), nodeRow(to)]),
    );
    if (!moved.ok) return moved;
    const moving = new Set(changes.map(([from]) => from));
    const taken = changes.map(([, to]) => to).filter((name) => !moving.has(name));
    const draft = new Draft().demand(
      { test: "absent", rows: taken.map(nodeRow) },
      (row) => inTheWay("nodes", [nodeOf(row)]),
    );
    draft.demandUnchanged(readFrom, since.value);
    draft.demand(
      { test: "absent", rows: taken.map(placementRow) },
      (row) => notLetGo(nodeOfPlacement(row)),
    );
    const held = heldUnder(member, changes);
    return ok({
      draft,
      changes: {
        ...moved.value,
        operations: [...moved.value.operations, ...held.operations],
        readFrom: [...moved.value.readFrom, ...held.readFrom],
      },
    });
  });
  if (!index.ok) return index;
  if (names !== undefined) return ok({ index: index.value, names });
  return refused(
    "conflict",
    `renamed already, by the entry at index ${index.value}, with the same Idempotency-Key; which ` +
      "names that gave can no longer be told",
  );
}

/**
 * Whoever acts on a node goes on with that under its new name, from the same entry on: were the new
 * name nobody's, another could act on the machine before the first has let go of it.
 */
function heldUnder(
  { state }: MemberService,
  changes: readonly (readonly [from: string, to: string])[],
): Pick<RowChanges, "operations" | "readFrom"> {
  const held = changes.filter(([from]) => state.exists(placementRow(from)));
  // That nobody holds the others is read, too.
  const readFrom = changes.map(([from]) => placementRow(from));
  if (held.length === 0) return { operations: [], readFrom };
  const rows = held.map(([from]) => placementRow(from));
  return {
    readFrom,
    operations: [
      { kind: "drop", rows },
      ...held.map(([from, to]): Operation => {
        const row = placementRow(from);
        const mark = [ROW_MARK, state.value(row, ROW_MARK) ?? ""] as const;
        const rows = [placementRow(to)];
        return { kind: "set", rows, cells: [mark, ...state.valuesOf(row)] };
      }),
    ],
  };
}

function notLetGo(name: string): Refused {
  return refused(
    "busy",
    `a node ${name} was removed, and its manager has not let go of it yet; try again`,
  );
}

/** `conflict`: other things have these names. */
export function inTheWay(what: "nodes" | "groups", names: readonly string[]): Refused {
  return refused(
    "conflict",
    `The following requested new names conflict with existing ${what}: ${names.join(",")}`,
  );
}

async function newNames(
  member: MemberService,
  olds: readonly string[],
  rename: string,
): Promise<Outcome<ReadonlyMap<string, string>>> {
  const names = new Map<string, string>();
  const takenBy = new Map<string, string>();
  const turn = new Turn();
  for (const old of olds) {
    if (turn.isOver) await turn.pass();
    const name = member.nodes.resolver.evaluate(old, rename);
    if (!name.ok) return name;
    const valid = nodeName(name.value);
    if (!valid.ok) return refused("invalid", valid.refusal.message);
    const other = takenBy.get(name.value);
    if (other !== undefined) {
      return refused("invalid", `${other} and ${old} would both be named ${name.value}`);
    }
    takenBy.set(name.value, old);
    names.set(old, name.value);
  }
  const existing = [...takenBy.keys()].filter((name) =>
    member.state.exists(nodeRow(name)) && !names.has(name)
  );
  return existing.length > 0 ? inTheWay("nodes", existing) : ok(names);
}

/** What makes rows of others, without those, and the same of rows beside them; what was sealed for
 * one is sealed for the other. */
export async function movedRows(
  member: MemberService,
  rows: readonly (readonly [from: string, to: string])[],
): Promise<Outcome<RowChanges>> {
  const moves = [...rows, ...rows.flatMap(([from, to]) => movesBeside(member, from, to))];
  const readFrom = moves.map(([from]) => from);
  const operations: Operation[] = [{ kind: "drop", rows: readFrom }];
  let sealing: Sealing | undefined;
  const turn = new Turn();
  for (const [from, to] of moves) {
    if (turn.isOver) await turn.pass();
    const cells: [string, string][] = [[ROW_MARK, ""]];
    for (const [attribute, cell] of [...member.state.valuesOf(from)]) {
      const value = fromCell(cell);
      if (value.kind !== "sealed") {
        cells.push([attribute, cell]);
        continue;
      }
      const opened = member.secrets.unseal(from, attribute, value.sealed);
      if (!opened.ok) return opened;
      const known: Outcome<Sealing> = sealing === undefined
        ? await member.secrets.sealing()
        : ok(sealing);
      if (!known.ok) return known;
      sealing = known.value;
      const sealed = sealing.seal(to, attribute, opened.value);
      if (!sealed.ok) return sealed;
      cells.push([attribute, toCell({ kind: "sealed", sealed: sealed.value })]);
    }
    operations.push({ kind: "set", rows: [to], cells });
  }
  return ok({ operations, readFrom, groups: [], sealing });
}

function movesBeside({ state }: MemberService, from: string, to: string): [string, string][] {
  const news = rowsBeside(to);
  return rowsBeside(from).flatMap((row, at): [string, string][] => {
    const next = news[at];
    return next === undefined || !state.exists(row) ? [] : [[row, next]];
  });
}
