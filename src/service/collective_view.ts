/** The collective as one member knows it, quorum or not. */
import type { Now } from "../base/instant.ts";
import { expiryOf } from "../io/certificate.ts";
import { nameOf } from "../model/member.ts";
import { drainedRow } from "../model/placement.ts";
import type { MemberLife } from "./member_life.ts";
import type { CollectiveView, MemberState, MemberView } from "./member_service.ts";
import { type Expiry, noticesOf } from "./notices.ts";

export function collectiveView(life: MemberLife, now: Now): CollectiveView {
  const { machine, locked } = life.loop;
  const { roster } = life.roster;
  const verdict = machine.quorum(now.monoMs);
  const head = Math.max(machine.raft.commit, verdict.freshAt);
  const leader = machine.raft.leader;
  const certificates = certificatesOf(life);
  const { placements } = machine.placing;
  const members = roster.members.map((member): MemberView => {
    const isSelf = member.id === life.identity.id;
    const heard = isSelf ? undefined : machine.heartbeats.heard(member.id);
    const alive = heard !== undefined && machine.heartbeats.liveness(member.id, now.monoMs);
    const expiresAtMs = certificates.find(({ name }) => name === member.name)?.expiresAtMs;
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
      certificateExpires: expiresAtMs === undefined ? null : new Date(expiresAtMs).toISOString(),
      rotating: member.former?.isPinned === true,
      support: member.support,
      nodes: placements.heldBy(member.id).size,
      drained: machine.replica.cells.exists(drainedRow(member.id)),
    };
  });
  const { cannotWrite } = machine;
  const drained = members.filter((member) => member.drained);
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
      audit: machine.audit.notices,
      promotionWaits: machine.promotionWaits(now.monoMs),
      drained,
      troubles: life.peers.troubles,
      certificates,
      wallMs: machine.agreedWallMs(now),
    }),
    collective: machine.chain[0]?.random ?? "",
    index: machine.replica.applied,
    level: roster.level,
    members,
  };
}

/** When the certificates end that this member sees: its own, and those of its links. */
function certificatesOf(life: MemberLife): Expiry[] {
  const { id, name, link } = life.identity;
  const own = { name, expiresAtMs: expiryOf(link.certificatePem) };
  const others = life.roster.roster.members.flatMap((member) => {
    const certificate = member.id === id ? undefined : life.peers.certificateOf(member.id);
    return certificate === undefined
      ? []
      : [{ name: member.name, expiresAtMs: expiryOf(certificate) }];
  });
  return [own, ...others];
}

function selfState(locked: string | undefined): MemberState {
  return locked === undefined ? "alive" : "locked";
}
