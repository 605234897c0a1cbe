/** Attributes of nodes that exist, changed: of one or of many, in one entry. */
import { MAX_WARNINGS } from "../base/limits.ts";
import { ok, type Outcome } from "../base/outcome.ts";
import type { Holder } from "../model/attribute.ts";
import { nodeRow } from "../model/operation.ts";
import type { MemberService } from "../service/member_service.ts";
import type { AttributesInput } from "../wire/http.ts";
import { type Changes, changesOf } from "./attribute_input.ts";
import type { Call } from "./call.ts";
import { commitChanges } from "./changing.ts";
import { Draft, ifMatch } from "./draft.ts";
import { ManagerWarnings } from "./manager_warnings.ts";
import { Turn } from "./pause.ts";
import { cellChanges, listChanges, type RowChanges } from "./row_changes.ts";

export interface Updated {
  readonly index: number;
  readonly names: readonly string[];
  /** What the request named, for who wants to be told no more. */
  readonly changes: Changes;
  /** What a caller may not expect, if there is such. */
  readonly warnings: { readonly _warnings?: readonly string[] };
}

/** Changes the nodes that `namesOf` gives, which is asked again where the state moves on. */
export async function updateNodes(
  member: MemberService,
  call: Call,
  namesOf: () => Promise<Outcome<readonly string[]>>,
  values: AttributesInput,
  holder: Holder = { kind: "node" },
): Promise<Outcome<Updated>> {
  const changes = await changesOf(member, holder, values);
  if (!changes.ok) {
    // Of a range the first node is the one that it is said of.
    const named = holder.name === undefined ? await namesOf() : changes;
    if (!named.ok) return named;
    const [name] = named.value;
    return name === undefined ? changes : await updateNodes(member, call, namesOf, values, {
      kind: "node",
      name,
    });
  }
  const since = ifMatch(call.request);
  if (!since.ok) return since;
  let names: readonly string[] = [], warnings: string[] = [];
  const index = await commitChanges(member, call, async () => {
    const named = await namesOf();
    if (!named.ok) return named;
    names = named.value;
    const rows = names.map(nodeRow);
    const draft = new Draft();
    if (rows.length === 0) return ok({ draft, changes: NOTHING });
    draft.demandExisting(rows).demandUnchanged(rows, since.value);
    warnings = [
      ...await warningsOf(member, names, changes.value.clears),
      ...new ManagerWarnings(member.members).take(changes.value.sets).all,
    ];
    const cells = await cellChanges(member, rows, changes.value);
    if (!cells.ok) return cells;
    const { list } = changes.value;
    const lists = list === undefined ? undefined : await listChanges(member, names, list);
    if (lists?.ok === false) return lists;
    const both = {
      operations: [...cells.value.operations, ...lists?.value.operations ?? []],
      readFrom: [...cells.value.readFrom, ...lists?.value.readFrom ?? []],
      groups: lists?.value.groups ?? [],
      sealing: cells.value.sealing,
    };
    return ok({ draft, changes: both });
  });
  if (!index.ok) return index;
  const told = warnings.length === 0 ? {} : { _warnings: warnings };
  return ok({ index: index.value, names, changes: changes.value, warnings: told });
}

const NOTHING: RowChanges = { operations: [], readFrom: [], groups: [] };

/** Whoever clears a value may not think of the group that has another. */
async function warningsOf(
  { state, nodes }: MemberService,
  names: readonly string[],
  clears: readonly string[],
): Promise<string[]> {
  const warnings = new Set<string>();
  const turn = new Turn();
  for (const attribute of clears) {
    for (const name of names) {
      if (turn.isOver) await turn.pass();
      if (warnings.size >= MAX_WARNINGS) break;
      const own = state.value(nodeRow(name), attribute);
      const group = nodes.inheritance.inherited(name).get(attribute)?.from;
      if (group === undefined) continue;
      warnings.add(
        own === null
          ? `The attribute "${attribute}" is inherited from the group "${group}", where it would ` +
            "have to be cleared"
          : `The attribute "${attribute}" was defined specifically for the node and clearing now ` +
            `has a value inherited from the group "${group}"`,
      );
    }
  }
  return [...warnings];
}
