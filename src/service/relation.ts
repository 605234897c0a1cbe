/** How the collective of another member stands to this one, and what follows from that. */
import { type Refused, refused } from "../base/outcome.ts";
import { type CollectiveChain, compareChains } from "../model/collective_chain.ts";
import type { Lock } from "./machine/member_event.ts";

/** What the other is told, undefined where it belongs here; and why this member must lock. */
export interface Relation {
  readonly refusal: Refused | undefined;
  readonly lock: Lock | undefined;
}

const WAY_BACK = "the way back is a token of that side (`confluent invite NAME`) and, here, " +
  "`confluent join --replace TOKEN`";

/** Between the chain here and the one that the member of this name holds. */
export function relationOf(
  mine: CollectiveChain,
  theirs: CollectiveChain,
  name: string,
): Relation {
  switch (compareChains(mine, theirs)) {
    case "same":
      return { refusal: undefined, lock: undefined };
    case "they-are-behind":
      return told(`left behind when the quorum was forced; ${WAY_BACK}`);
    case "i-am-behind":
      return locking(`left behind when ${name}'s side forced the quorum; ${WAY_BACK}`);
    case "apart":
      return locking(
        `the quorum was forced on both sides, here and at ${name}'s; choose one side, and have ` +
          "the members of the other join it with --replace",
      );
    case "foreign":
      return told(`${name} is of another collective now`);
  }
}

function told(why: string): Relation {
  return { refusal: refused("forbidden", why), lock: undefined };
}

function locking(reason: string): Relation {
  return { refusal: refused("forbidden", reason), lock: { reason } };
}
