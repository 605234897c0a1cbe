/** `check --repair --from NAME`: somebody says whose state is right, where no majority does. */
import { ok, type Outcome, refused } from "../base/outcome.ts";
import { nameOf } from "../model/member.ts";
import type { MemberLife } from "./member_life.ts";
import type { MemberService, RepairAnswer } from "./member_service.ts";

/**
 * Has every member whose state is known to differ from that of `name` take a copy of it. The entry
 * names index and root, so that, late or twice, it does nothing to whoever is right by then.
 */
export async function orderRepair(
  life: MemberLife,
  name: string,
  nowMs: number,
  by: Pick<MemberService, "write">,
): Promise<Outcome<RepairAnswer>> {
  const { roster } = life.roster;
  const { audit, heartbeats, replica } = life.loop.machine;
  const member = roster.members.find((listed) => listed.name === name);
  if (member === undefined) {
    const names = roster.members.map((listed) => listed.name).sort().join(", ");
    return refused("not-found", `cannot repair from ${name}: no such member; there are ${names}`);
  }
  const { id } = member;
  if (audit.isOutvoted(id)) {
    const why = `a majority has another state than ${name}, which takes a copy of it by itself`;
    return refused("conflict", `cannot repair from ${name}: ${why}; nothing was done`);
  }
  const apart = audit.apart(id);
  if (apart === undefined) return ok({ index: replica.applied, from: name, repaired: [] });
  if (id !== life.identity.id && heartbeats.liveness(id, nowMs) !== "alive") {
    return refused("conflict", `cannot repair from ${name}: it does not answer; start it first`);
  }
  const { index, root, others } = apart;
  const written = await by.write([{ kind: "repair", from: id, index, root }]);
  if (!written.ok) return written;
  const repaired = others.map((other) => nameOf(roster, other));
  return ok({ index: written.value.index, from: name, repaired });
}
