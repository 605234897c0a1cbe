/** What a member knows of itself and of the others, read when it is asked for. */
import type { CollectiveView, MemberState } from "../member_service.ts";
import type { RunningMember } from "../running_member.ts";
import type { Metrics } from "./metrics.ts";

const STATES: readonly MemberState[] = ["alive", "suspect", "down", "locked"];

export function measureMember(metrics: Metrics, member: RunningMember): void {
  const gauge = (name: string, help: string, read: () => number): void =>
    metrics.readOut("gauge", name, help, read);
  const machine = (): RunningMember["life"]["loop"]["machine"] => member.life.loop.machine;

  gauge("confluent_quorum_held", "1 where a majority answers this member, else 0", () => {
    return Number(member.locked === undefined && member.quorum().held);
  });
  gauge("confluent_quorum_age_seconds", "since this member last held quorum", () => {
    return member.staleMs() / 1_000;
  });
  gauge("confluent_member_ready", "1 where /readyz says so, else 0", () => {
    return Number(member.ready().ok);
  });
  gauge("confluent_log_leader", "1 where this member leads the log, else 0", () => {
    return Number(member.isLeader);
  });
  gauge("confluent_log_applied_index", "the last entry that this member has applied", () => {
    return member.index;
  });
  gauge("confluent_log_commit_index", "the last entry that it knows to be committed", () => {
    return machine().raft.commit;
  });
  metrics.readOut(
    "gauge",
    "confluent_members",
    "members of the collective, by their state as this one sees it",
    () => {
      const view = member.collective();
      return STATES.map((state) => [{ state }, countOf(view, state)]);
    },
    ["state"],
  );
  gauge("confluent_member_links", "other members that this one is linked with", () => {
    const { peers, roster } = member.life;
    return roster.roster.members.filter(({ id }) => peers.isLinked(id)).length;
  });
  gauge("confluent_nodes", "nodes in the database", () => member.nodes.nodes().length);
  gauge("confluent_nodes_held", "nodes that this member manages", () => {
    return machine().placing.placements.heldBy(member.identity.id).size;
  });
  gauge("confluent_watchers", "who follows changes by /watch", () => member.watches.size);
}

function countOf({ members }: CollectiveView, state: MemberState): number {
  return members.filter((one) => one.state === state).length;
}
