/** Whether a member may give up what it is and holds, to join another collective. */
import { STANDING_MS } from "../base/limits.ts";
import { type Outcome, refused } from "../base/outcome.ts";
import type { Roster } from "../model/member.ts";
import type { StateView } from "./member_service.ts";

/** What is looked at. */
export interface Holder {
  readonly name: string;
  readonly locked: string | undefined;
  readonly roster: Roster;
  readonly state: StateView;
  /** Whether it knows what it holds, and whether it was let go; not so right after a start. */
  readonly isTold: boolean;
  /** True once it is so; false where it is not within `ms`. */
  until(isMet: () => boolean, ms: number): Promise<boolean>;
  consistentIndex(): Promise<Outcome<number>>;
}

/** Why this member may not give up what it holds; undefined where it may. */
export async function whyNotGivenUp(
  holder: Holder,
  replace: boolean,
): Promise<Outcome<never> | undefined> {
  await holder.until(() => holder.locked !== undefined || holder.isTold, STANDING_MS);
  if (holder.locked !== undefined) {
    return replace ? undefined : refused(
      "conflict",
      `this member is locked (${holder.locked}); --replace puts its data aside and joins anew`,
    );
  }
  const { members } = holder.roster;
  if (members.length > 1) {
    return refused(
      "conflict",
      `this server is ${holder.name}, one of ${members.length} members of a collective; have it ` +
        `removed first: \`confluent collective remove ${holder.name}\` at another member`,
    );
  }
  if (replace) return undefined;
  const known = await holder.consistentIndex();
  if (!known.ok) {
    return refused(
      known.refusal.kind,
      `cannot tell what this member holds (${known.refusal.message}); --replace puts it aside`,
    );
  }
  const nodes = [...holder.state.rows("node/")].length;
  if (nodes === 0) return undefined;
  return refused(
    "conflict",
    `this member holds ${nodes} node${nodes === 1 ? "" : "s"} of its own, which a join would put ` +
      "aside; join with --replace if that is wanted",
  );
}
