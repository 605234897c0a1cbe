/** What a member says of itself when it answers a heartbeat. */
import type { Pong } from "../../collective/liveness.ts";
import type { Raft } from "../../consensus/raft.ts";
import type { Replica } from "../../replica/replica.ts";
import type { Disk } from "./disk.ts";

/** What only the member as a whole knows. */
type Rest = Pick<
  Pong,
  "canWrite" | "stopping" | "wallMs" | "auditIndex" | "auditRoot" | "isOdd"
>;

export function pongOf(round: number, raft: Raft, replica: Replica, disk: Disk, rest: Rest): Pong {
  const { self, log, commit, leader } = raft;
  return {
    type: "pong",
    round,
    rosterIndex: log.roster.index,
    commit,
    applied: replica.applied,
    durable: disk.durable,
    mayVote: raft.isVoter(self),
    leader,
    ...rest,
    wallMs: Math.max(0, Math.floor(rest.wallMs)),
  };
}
