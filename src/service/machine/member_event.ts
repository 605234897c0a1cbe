/** What happens to a member. */
import type { MemberId } from "../../model/member.ts";
import type { Operation } from "../../model/operation.ts";
import type { Envelope, RosterChange } from "../../wire/peer.ts";
import type { Reply } from "./requests.ts";

/** Why a member must not count any more. */
export interface Lock {
  /** For people: `its disk was rolled back`, say. */
  readonly reason: string;
  /** The entry by which it was let go, where that is why. */
  readonly removedAt?: number;
}

export type MemberEvent =
  | { readonly type: "received"; readonly from: MemberId; readonly envelope: Envelope }
  | { readonly type: "linkUp"; readonly peer: MemberId }
  | { readonly type: "linkDown"; readonly peer: MemberId }
  /** The batch last drained is on disk, which now counts `count` commits. */
  | { readonly type: "persisted"; readonly count: number }
  /** There was no room for it; nothing was written. */
  | { readonly type: "diskFull" }
  | { readonly type: "write"; readonly operations: readonly Operation[]; readonly reply: Reply }
  | { readonly type: "read"; readonly reply: Reply }
  | { readonly type: "changeRoster"; readonly ask: RosterChange; readonly reply: Reply }
  /** This member must not count any more. */
  | { readonly type: "lock"; readonly lock: Lock }
  | { readonly type: "stopping" }
  | { readonly type: "tick" };
