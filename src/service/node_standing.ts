/**
 * Nodes whose managers nobody will set right by themselves, for people. All nodes are looked at, in
 * slices, when somebody asks and the last look is older than NODES_LOOK_MS.
 */
import { NODES_LOOK_MS, NODES_LOOK_SLICE } from "../base/limits.ts";
import { type Stuck, stuckBecause } from "../collective/stuck.ts";
import type { Clock } from "../io/clock.ts";
import { findMember, type MemberId, nameOf } from "../model/member.ts";
import type { MemberMachine } from "./machine/member_machine.ts";
import type { NodesNow } from "./machine/placing.ts";
import type { Placements } from "../replica/placements.ts";
import { pause } from "./waiting.ts";

/** Nodes that are alike in what is wrong. */
export interface Alike {
  readonly stuck: Stuck;
  /** Whom they stay with; undefined for nobody. */
  readonly holder: MemberId | undefined;
  /** Why one of them has this; more than its kind says. */
  readonly why: string;
  /** One of them. */
  readonly example: string;
  count: number;
}

export class NodeStanding {
  readonly #machine: () => MemberMachine;
  readonly #clock: Clock;
  #looked: Promise<readonly string[]> | undefined;
  #isLooking = false;
  #lookedAtMs = 0;

  constructor(machine: () => MemberMachine, clock: Clock) {
    this.#machine = machine;
    this.#clock = clock;
  }

  /** A line for each thing that is wrong, with its remedy. Without quorum nothing is told: then
   * everybody is silent. */
  notices(): Promise<readonly string[]> {
    const nowMs = this.#clock.now().monoMs;
    const isOld = nowMs - this.#lookedAtMs >= NODES_LOOK_MS;
    if (this.#looked === undefined || (isOld && !this.#isLooking)) {
      this.#isLooking = true;
      this.#looked = this.#look().finally(() => {
        this.#isLooking = false;
        this.#lookedAtMs = this.#clock.now().monoMs;
      });
    }
    return this.#looked;
  }

  async #look(): Promise<readonly string[]> {
    const machine = this.#machine();
    const { placing, raft } = machine;
    if (!placing.placements.isUsed || !machine.quorum(this.#clock.now().monoMs).held) return [];
    const troubles = new Troubles();
    await lookAt(
      machine,
      this.#clock,
      placing.placements.all(),
      undefined,
      (one) => troubles.add(one),
    );
    const { roster } = raft.log.roster;
    return troubles.all.map((alike) => {
      const { holder } = alike;
      const whose = holder === undefined
        ? undefined
        : { name: nameOf(roster, holder), isListed: findMember(roster, holder) !== undefined };
      return noticeOf(alike, whose);
    });
  }
}

/** What was found of one node. */
export type Found = Omit<Alike, "count">;

/**
 * Looks at the nodes, slice by slice, and tells of those that are stuck. `out`: why whoever holds
 * one of them should not keep it; where that is undefined, whoever is lost should not.
 */
export async function lookAt(
  machine: MemberMachine,
  clock: Clock,
  nodes: Iterable<string>,
  out: string | undefined,
  see: (found: Found) => void,
): Promise<void> {
  const { placing } = machine;
  let now = placing.lookNow(clock.now()), looked = 0;
  for (const node of nodes) {
    if (++looked % NODES_LOOK_SLICE === 0) {
      await pause(clock);
      now = placing.lookNow(clock.now());
    }
    const found = foundOf(node, placing.placements, now, out);
    if (found !== undefined) see(found);
  }
}

function foundOf(
  node: string,
  placements: Placements,
  now: NodesNow,
  out: string | undefined,
): Found | undefined {
  const holder = placements.holderOf(node);
  const isLost = holder !== undefined && now.isLost(holder);
  const why = out ?? (isLost ? "it is lost" : undefined);
  const fault = now.fault(node);
  const isWell = holder !== undefined && why === undefined;
  const stuck = isWell ? undefined : stuckBecause(now.placed(node), fault, now.field, why);
  if (stuck === "no-such-manager") {
    return { stuck, holder, why: placements.managerOf(node), example: node };
  }
  if (stuck !== undefined) return { stuck, holder, why: fault ?? "", example: node };
  if (fault === undefined || out !== undefined) return undefined;
  return { stuck: "bad-candidates", holder, why: fault, example: node };
}

/** Gathers nodes that are alike. */
export class Troubles {
  readonly #alike = new Map<string, Alike>();

  get all(): readonly Alike[] {
    return [...this.#alike.values()];
  }

  add(found: Found): void {
    const { stuck, holder } = found;
    const key = stuck === "bad-candidates" ? stuck : `${stuck} ${holder}`;
    const known = this.#alike.get(key);
    if (known === undefined) this.#alike.set(key, { ...found, count: 1 });
    else known.count++;
  }
}

/** `n1`, or `n1 and 3 more nodes`. */
export function namedOf({ example, count }: Pick<Alike, "example" | "count">): string {
  if (count === 1) return example;
  return `${example} and ${count - 1} more node${count === 2 ? "" : "s"}`;
}

function noticeOf(alike: Alike, whose: { name: string; isListed: boolean } | undefined): string {
  const { stuck, why } = alike;
  const nodes = namedOf(alike);
  if (stuck === "bad-candidates") {
    return `collective.managercandidates of ${nodes} is no noderange, so that nobody takes over ` +
      `when a manager is lost; set it right: ${why}`;
  }
  const without = whose === undefined
    ? `nobody manages ${nodes}`
    : `nobody takes ${nodes} over from ${whose.name}, which ${
      whose.isListed ? "does not answer" : "was removed"
    }`;
  switch (stuck) {
    case "no-candidates":
      return `${without}: no candidates are set; set collective.managercandidates, or ` +
        "collective.manager to another member";
    case "none-able":
      return `${without}: none of the candidates can; bring one back, or set others in ` +
        "collective.managercandidates";
    case "no-such-manager":
      return `${without}: ${why}, which collective.manager names, is not a member; name one`;
  }
}
