/**
 * Nodes that somebody put into a group while it got another name: their entry came after the one
 * that was made for the nodes there were, and names a group that is gone.
 */
import { GROUPS, groupsInText, groupsText } from "../model/groups.ts";
import { groupRow, nodeRow } from "../model/operation.ts";
import type { MemberService } from "../service/member_service.ts";

/** Puts them into the group under its new name, each by an entry of its own that demands that
 * nobody has changed the node's list since, and that nobody has made another group of the old name
 * or removed that of the new one. */
export async function followRename(
  member: MemberService,
  from: string,
  to: string,
): Promise<void> {
  for (const node of [...member.nodes.membersOf(from)]) {
    const row = nodeRow(node);
    const value = member.state.value(row, GROUPS);
    if (value === null) continue;
    const groups = groupsInText(value).map((group) => group === from ? to : group);
    await member.write([
      { kind: "guard", guard: { test: "absent", rows: [groupRow(from)] } },
      { kind: "guard", guard: { test: "exists", rows: [groupRow(to)] } },
      { kind: "guard", guard: { test: "equals", row, attribute: GROUPS, value } },
      { kind: "set", rows: [row], cells: [[GROUPS, groupsText([...new Set(groups)])]] },
    ]);
  }
}
