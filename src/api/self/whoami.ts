/** Which node a machine is, told to the machine itself: it has no key yet. */
import { ok, type Outcome, refused } from "../../base/outcome.ts";
import { machineIdsOf } from "../../netboot/search_decision.ts";
import type { MemberService } from "../../service/member_service.ts";
import { searchFieldsOf } from "../../wire/ssdp.ts";
import type { SelfAnswer, SelfCall, SelfEndpoint } from "./endpoint.ts";
import { isTrusted, type Whereabouts } from "./where_from.ts";

/** `CONFLUENT_IDS: uuid=.../mac=.../mac=...` comes to the node's name. Whoever is on no network of
 * this member, nor in `trusted.subnets` of that node, is not told whether there is one. */
export function whoamiEndpoint(member: MemberService, whereabouts: Whereabouts): SelfEndpoint {
  return {
    method: "GET",
    path: "whoami",
    needsKey: false,
    handler: (call) => whoami(member, whereabouts, call),
  };
}

function whoami(
  member: MemberService,
  whereabouts: Whereabouts,
  { headers, peer }: SelfCall,
): Outcome<SelfAnswer> {
  const ids = headers.get("confluent-ids");
  if (ids === undefined) {
    return refused("invalid", "CONFLUENT_IDS: wanted uuid=UUID/mac=MAC/mac=MAC");
  }
  const where = whereabouts.of(peer.address);
  if (!where.ok) return where;
  const node = member.boots?.whoIs(machineIdsOf(searchFieldsOf(ids)));
  const isTold = where.value.isLocal ||
    (node !== undefined && isTrusted(member, node, where.value));
  if (!isTold) {
    return refused("forbidden", `${peer.address} is on no network of this member`);
  }
  if (node === undefined) {
    return refused("not-found", "no node has these identifiers, or more than one has");
  }
  return ok({ text: node });
}
