/** Which node a machine is, told to the machine itself: it has no key yet. */
import { MAX_SELF_IDS } from "../../base/boot_limits.ts";
import { ok, type Outcome, refused } from "../../base/outcome.ts";
import { macOf } from "../../model/hardware_address.ts";
import { isBogusUuid } from "../../netboot/boot_request.ts";
import type { NodeIndex } from "../../replica/node_index.ts";
import type { MemberService } from "../../service/member_service.ts";
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
  const node = nodeOfIds(member.nodes, ids);
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

/** By hardware address first, as machines that boot are known; undefined where none is meant, or
 * more than one. */
function nodeOfIds(nodes: NodeIndex, ids: string): string | undefined {
  const macs = new Set<string>(), uuids = new Set<string>();
  for (const part of ids.split("/", MAX_SELF_IDS)) {
    const [, name, value = ""] = /^\s*(uuid|mac)=(.*)$/i.exec(part) ?? [];
    const mac = name?.toLowerCase() === "mac" ? macOf(value) : undefined;
    if (mac !== undefined) macs.add(mac);
    const uuid = value.trim().toLowerCase();
    if (name?.toLowerCase() === "uuid" && !isBogusUuid(uuid)) uuids.add(uuid);
  }
  const byMac = new Set([...macs].flatMap((mac) => nodes.withMac(mac).map(({ node }) => node)));
  const found = byMac.size > 0
    ? byMac
    : new Set([...uuids].flatMap((id) => [...nodes.withUuid(id)]));
  const [one] = found;
  return found.size === 1 ? one : undefined;
}
