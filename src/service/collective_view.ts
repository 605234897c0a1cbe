/** The collective as one member knows it, quorum or not. */
import type { Now } from "../base/instant.ts";
import { expiryOf } from "../io/certificate.ts";
import { nameOf } from "../model/member.ts";
import type { MemberLife } from "./member_life.ts";
import type { CollectiveView, MemberState, MemberView } from "./member_service.ts";
import { noticesOf } from "./notices.ts";

export function collectiveView(life: MemberLife, now: Now): CollectiveView {
  const { machine, locked } = life.loop;
  const { roster } = life.roster;
  const verdict = machine.quorum(now.monoMs);
  const head = Math.max(machine.raft.commit, verdict.freshAt);
  const leader = machine.raft.leader;
  const members = roster.members.map((member): MemberView => {
    const isSelf = member.id === life.identity.id;
    const heard = isSelf ? undefined : machine.heartbeats.heard(member.id);
    const alive = heard !== undefined && machine.heartbeats.liveness(member.id, now.monoMs);
    const index = isSelf ? machine.replica.applied : heard?.pong.applied ?? null;
    return {
      name: member.name,
      id: member.id,
      state: isSelf ? selfState(locked) : alive || "down",
      role: member.role,
      addresses: member.addresses,
      fingerprint: member.fingerprint,
      index,
      lag: index === null ? null : Math.max(0, head - index),
      self: isSelf,
      certificateExpires: isSelf
        ? new Date(expiryOf(life.identity.link.certificatePem)).toISOString()
        : null,
    };
  });
  const { cannotWrite } = machine;
  const self = life.identity.name;
  return {
    quorum: verdict.held && locked === undefined,
    leader: leader === undefined ? null : nameOf(roster, leader),
    missing: verdict.missing,
    notices: noticesOf({
      self,
      roster,
      verdict,
      locked,
      cannotWrite,
      skews: machine.heartbeats.skews(roster.members, now),
      promotionWaits: machine.promotionWaits(now.monoMs),
    }),
    collective: machine.chain[0]?.random ?? "",
    index: machine.replica.applied,
    members,
  };
}

function selfState(locked: string | undefined): MemberState {
  return locked === undefined ? "alive" : "locked";
}
