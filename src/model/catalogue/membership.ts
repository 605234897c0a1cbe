/** Who is in which group: the lists `groups` of a node and `nodes` of a group, and `noderange`. */
import { ok, type Outcome, refused } from "../../base/outcome.ts";

/** The group that every node is in, after all others unless it is put elsewhere. */
export const EVERYTHING = "everything";

/** A list set anew, or names put in front of it or taken out of it, with commas between. */
export type ListChange =
  | { readonly set: string | readonly string[] }
  | { readonly prepend: string }
  | { readonly remove: string };

/** The node whose groups, or the group whose nodes, are changed. */
export interface ListHolder {
  readonly kind: "node" | "group";
  readonly name: string;
}

/** The names of a list, with commas between, each once. */
export function listOf(text: string): string[] {
  return [...new Set(text.split(",").filter((name) => name !== ""))];
}

/**
 * The list after a change, each name once; a node that has any groups has `everything` too, which
 * is never taken out. `invalid` where a name that is put in front is there, or one to be taken out
 * is not. Whether there are groups and nodes of these names is not looked at.
 */
export function changedList(
  was: readonly string[],
  change: ListChange,
  { kind, name: holder }: ListHolder,
): Outcome<string[]> {
  const isNode = kind === "node";
  const done = (names: readonly string[]): Outcome<string[]> =>
    ok([...new Set(isNode ? [...names, EVERYTHING] : names)]);
  if ("set" in change) {
    const { set } = change;
    const names = listOf(typeof set === "string" ? set : set.join(","));
    if (names.length > 0 || !isNode) return done(names);
    return refused("invalid", `groups of node ${holder}: no group is named; clear them instead`);
  }
  const there = new Set(was);
  if ("prepend" in change) {
    const added = listOf(change.prepend);
    const twice = added.find((name) => there.has(name));
    if (twice === undefined) return done([...added, ...was]);
    const [node, group] = isNode ? [holder, twice] : [twice, holder];
    return refused("invalid", `Node ${node} is already in group ${group}`);
  }
  const removed = new Set(listOf(change.remove));
  if (isNode) removed.delete(EVERYTHING);
  const absent = [...removed].find((name) => !there.has(name));
  if (absent === undefined) return done(was.filter((name) => !removed.has(name)));
  return refused(
    "invalid",
    isNode
      ? `node ${holder} is not a member of group ${absent}`
      : `node "${absent}" is not a member of ${holder}`,
  );
}

/**
 * Whether a group that has these attributes may be given those: its nodes are either listed or
 * those of a noderange, and with a noderange it has nothing else.
 */
export function groupMayHave(has: Iterable<string>, sets: Iterable<string>): Outcome<void> {
  const given = new Set(sets), all = new Set([...has, ...given]);
  if (given.size === 0 || !all.has("noderange") || all.size === 1) return ok(undefined);
  return refused(
    "invalid",
    given.has("noderange") && all.has("nodes")
      ? "Cannot set both nodes and noderange on group"
      : "Attributes cannot be set on a group with a noderange",
  );
}
