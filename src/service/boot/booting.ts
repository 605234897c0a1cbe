/** How boot services stand on a running member; see boot_service.ts. */
import type { Clock } from "../../io/clock.ts";
import type { Random } from "../../io/random.ts";
import type { MemberId } from "../../model/member.ts";
import { presentOf } from "../../replica/node_index.ts";
import type { BootControl } from "../boot_control.ts";
import type { Logger } from "../logger.ts";
import type { RunningMember } from "../running_member.ts";
import { BootBook } from "./boot_book.ts";
import type { BootOptions, BootPorts } from "./boot_ports.ts";
import { BootService } from "./boot_service.ts";

export interface BootingParts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: Random;
  readonly options: BootOptions | undefined;
  readonly ports: BootPorts | undefined;
  /** The content folder; undefined for a member that has none. */
  readonly content: string | undefined;
}

/** Undefined where the member is not to boot machines. */
export function bootServiceOf(
  member: RunningMember,
  { content, profiles, authority }: Pick<BootControl, "content" | "profiles" | "authority">,
  { clock, log, random, options, ports, content: folder }: BootingParts,
): BootService | undefined {
  if (options === undefined || ports === undefined || folder === undefined) return undefined;
  const book = new BootBook({
    clock,
    nodes: () => member.nodes,
    source: presentOf(() => member.life.loop.machine.replica),
    lookUp: ports.lookUpName,
  });
  return new BootService({
    ...{ clock, log, random, options, ports, book, lag: ports.lag, content: folder, authority },
    self: () => member.identity.id,
    roster: () => member.roster,
    isLive: (id) => isLive(member, id, clock),
    isHeld: () => member.quorum().held,
    uuid: () => authority.uuid,
    candidatesOf: (node) => candidatesOf(member, node),
    wantsGrub: () =>
      profiles.names.some((name) => profiles.standing(name)?.profile?.loader === "grub"),
    standing: (name) => profiles.standing(name),
    profile: (name) => profiles.standing(name)?.profile,
    mayServe: (profile) => content.mayServe(profile, member.roster.members.map(({ id }) => id)),
    send: (to, frame) => member.life.peers.sendFrame(to, frame, "urgent"),
  });
}

function isLive(member: RunningMember, id: MemberId, clock: Clock): boolean {
  const { loop, peers } = member.life;
  return peers.isLinked(id) &&
    loop.machine.heartbeats.liveness(id, clock.now().monoMs) !== "down";
}

/** The names of the members that may boot the node; undefined for all, a text where what it has for
 * them makes no sense. */
export function candidatesOf(
  member: RunningMember,
  node: string,
): ReadonlySet<string> | string | undefined {
  const { placements } = member.life.loop.machine.placing;
  const names = member.members;
  return placements.candidatesFault(node, names) ?? placements.candidatesOf(node, names);
}
