/** What a member is made of, what happens to it, and what it then wants done. */
import type { Now } from "../../base/instant.ts";
import type { Mutant } from "../../base/mutant.ts";
import type { Prng } from "../../base/prng.ts";
import type { StoreBatch } from "../../io/store.ts";
import type { MemberId } from "../../model/member.ts";
import type { Operation } from "../../model/operation.ts";
import type { Envelope, RosterChange } from "../../wire/peer.ts";
import type { Loaded } from "./loading.ts";
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

export interface Effects {
  readonly sends: readonly { readonly to: MemberId; readonly envelope: Envelope }[];
  readonly batch: StoreBatch | undefined;
}

export interface MemberMachineOptions {
  readonly loaded: Loaded;
  /** Commits the disk holds now. */
  readonly count: number;
  /** What an earlier machine of this process knows to be lost, be it on disk or not. */
  readonly lostAt?: number | undefined;
  readonly prng: Prng;
  readonly now: Now;
  readonly mutant?: Mutant | undefined;
}
