/** Writes whose operations follow from the state: made again where that changed under them. */
import { MAX_CHANGE_TRIES } from "../base/limits.ts";
import { ok, type Outcome, type Refused, refused } from "../base/outcome.ts";
import { EVERYTHING } from "../model/catalogue/membership.ts";
import { groupOfRow, groupRow, type Guard, nodeRow } from "../model/operation.ts";
import { nodeOfPlacement, PLACEMENT_PREFIX } from "../model/placement.ts";
import type { MemberService } from "../service/member_service.ts";
import type { Call } from "./call.ts";
import { Draft, nodeOf } from "./draft.ts";
import type { RowChanges } from "./row_changes.ts";

/**
 * Writes what `build` makes of the state as one entry: its index, once it is applied here. `build`
 * is called anew where a row that it read was changed by somebody else meanwhile; it gives the
 * demands of its own and the changes.
 */
export async function commitChanges(
  member: MemberService,
  call: Call,
  build: () => Promise<Outcome<{ draft: Draft; changes: RowChanges }>>,
): Promise<Outcome<number>> {
  for (let tries = 1;; tries++) {
    const since = member.index;
    const built = await build();
    if (!built.ok) return await unlessRepeated(member, call, built);
    const { draft, changes } = built.value;
    let isOvertaken = false;
    addChanges(draft, changes, since, () => isOvertaken = true);
    if (draft.isEmpty) return ok(since);
    const index = await draft.commit(member, call);
    if (!isOvertaken || tries === MAX_CHANGE_TRIES) return index;
  }
}

/**
 * The refusal; but for a request that was made before with the same `Idempotency-Key` the index of
 * its entry: what it changed then is often why the state refuses it now.
 */
export async function unlessRepeated(
  member: MemberService,
  call: Call,
  refusal: Refused,
): Promise<Outcome<number>> {
  if (call.dryRun !== undefined || !call.request.headers.has("idempotency-key")) return refusal;
  // A key is looked at before the guards, of which this one never holds.
  const never: Guard = { test: "exists", rows: ["never"] };
  return await new Draft().demand(never, () => refusal).commit(member, call);
}

/** Adds the changes, and what must be so for them: that nothing they were made of at `since` has
 * changed, of which `overtaken` is told otherwise. */
export function addChanges(
  draft: Draft,
  { operations, readFrom, groups, sealing }: RowChanges,
  since: number,
  overtaken: () => void = () => {},
): void {
  const listed = groups.filter((group) => group !== EVERYTHING).map(groupRow);
  if (listed.length > 0) {
    draft.demand(
      { test: "exists", rows: listed },
      (row) => refused("invalid", `group ${groupOfRow(row)} does not exist`),
    );
  }
  if (readFrom.length > 0) {
    draft.demand({ test: "unchanged", rows: readFrom, since }, (row) => {
      overtaken();
      return refused("busy", `${nameOf(row)} is changed by others all the time; try again`);
    });
  }
  if (sealing?.guard.kind === "guard") {
    draft.demand(sealing.guard.guard, () => {
      overtaken();
      return refused("busy", "the collective's key was rotated meanwhile; try again");
    });
  }
  for (const operation of operations) draft.add(operation);
}

function nameOf(row: string): string {
  if (row.startsWith(PLACEMENT_PREFIX)) return `the manager of node ${nodeOfPlacement(row)}`;
  return row.startsWith(nodeRow("")) ? `node ${nodeOf(row)}` : `group ${groupOfRow(row)}`;
}
