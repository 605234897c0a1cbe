/**
 * What a member does beside keeping the database: it acts on the nodes that it manages, and passes
 * on what is for others.
 */
import { MalformedError } from "../base/bytes.ts";
import type { MemberId } from "../model/member.ts";
import { nameOf } from "../model/member.ts";
import { nodeRow } from "../model/operation.ts";
import { isObserved } from "../wire/observed.ts";
import { BootControl } from "./boot_control.ts";
import type { Duty } from "./duty.ts";
import { Explaining } from "./explaining/explaining.ts";
import { RecentOperations } from "./explaining/recent_operations.ts";
import { Pinning } from "./hardware/pinning.ts";
import type { LifeOptions, Surroundings } from "./member_life.ts";
import type { NodeCommands } from "./node_commands.ts";
import { NodeDuty } from "./node_duty.ts";
import { ObservedState } from "./observed_state.ts";
import { bornAtIn, observedParts, sinceDefined } from "./observing.ts";
import { CarryingOut, type Drivers } from "./routing/carrying_out.ts";
import { CommandRouting, type RoutingView } from "./routing/command_routing.ts";
import { LoneDuty, type LoneView } from "./routing/lone_duty.ts";
import type { RunningMember } from "./running_member.ts";

export class NodeControl {
  readonly duty: Duty;
  /** What was last seen of nodes, whoever manages them. */
  readonly observed: ObservedState;
  /** Why a node has the manager that it has. */
  readonly explaining: Explaining;
  /** What it does so that nodes boot. */
  readonly boot: BootControl;
  readonly #nodeDuty: NodeDuty;
  readonly #drivers: Drivers;
  readonly #routing: CommandRouting;

  constructor(
    member: RunningMember,
    { clock, log, random, hostAddresses, drivers = new Map(), bootPorts }: Surroundings,
    { data, content, boot }: Pick<LifeOptions, "data" | "content" | "boot">,
  ) {
    const parts = { clock, log, random, hostAddresses, data, content };
    this.boot = new BootControl(member, { ...parts, options: boot, ports: bootPorts });
    this.#drivers = drivers;
    this.#nodeDuty = new NodeDuty(member, clock);
    const duty = new LoneDuty(this.#nodeDuty, loneView(member));
    this.duty = sinceDefined(duty, bornAtIn(member));
    this.observed = new ObservedState(observedParts(member, { clock, log }));
    const recent = new RecentOperations(clock);
    const local = new CarryingOut({
      clock,
      log,
      duty: this.duty,
      isOwn: (node) => this.duty.managerOf(node)?.id === member.identity.id,
      until: (isMet, ms) => member.until(isMet, ms),
      drivers,
      sources: member,
      pinning: new Pinning((operations) => member.write(operations), () => member.state),
      recent,
      observed: (command, result, epoch) => this.observed.saw(command, result, epoch),
    });
    const routing = new CommandRouting(routingView(member, this.duty), local, clock);
    this.#routing = routing;
    const { duty: own, observed } = this;
    this.explaining = new Explaining(member, {
      clock,
      duty: own,
      local,
      routing,
      observed,
      recent,
      boots: async (subject) => await this.boot.service?.explaining.explain(subject),
    });
  }

  get commands(): NodeCommands {
    return this.#routing;
  }

  /** A link to the peer came up, or went down. */
  linked(peer: MemberId, isUp: boolean): void {
    if (!isUp) this.#routing.down(peer);
    if (!isUp) this.explaining.down(peer);
    this.observed.linked(peer, isUp);
    this.boot.linked(peer, isUp);
  }

  /** A peer said something; {@link MalformedError} where it makes no sense. */
  frame(peer: MemberId, bytes: Uint8Array): void {
    if (this.#routing.frame(peer, bytes) || this.explaining.frame(peer, bytes)) return;
    if (this.boot.frame(peer, bytes)) return;
    if (isObserved(bytes)) return this.observed.frame(peer, bytes);
    throw new MalformedError(`service frame ${bytes[0]} is not known`);
  }

  /** After each turn of the member's loop. */
  turned(): void {
    this.#nodeDuty.turned();
    this.boot.turned();
  }

  async close(): Promise<void> {
    this.#routing.close();
    this.explaining.close();
    this.observed.close();
    await this.boot.close();
    await Promise.all(this.#drivers.values().map((driver) => driver.close()));
  }
}

function loneView(member: RunningMember): LoneView {
  return {
    get self(): MemberId {
      return member.identity.id;
    },
    get isAlone(): boolean {
      return member.roster.members.length === 1;
    },
    get locked(): string | undefined {
      return member.locked;
    },
    hasNode: (node) => member.nodes.hasNode(node),
    attribute: (node, name) => member.nodes.resolver.textOf(node, name),
    newest: (node) => member.state.newest(nodeRow(node)),
  };
}

function routingView(member: RunningMember, duty: Duty): RoutingView {
  return {
    get self(): MemberId {
      return member.identity.id;
    },
    get index(): number {
      return member.index;
    },
    duty,
    // Small beside the log's entries, and a cancel must not overtake its command.
    send: (to, frame) => member.life.peers.sendFrame(to, frame, "data"),
    nameOf: (id) => nameOf(member.roster, id),
    isMember: (name) => member.roster.members.some((listed) => listed.name === name),
    hasNode: (node) => member.nodes.hasNode(node),
    attribute: (node, name) => member.nodes.resolver.textOf(node, name),
    reach: (index, withinMs) => member.reach(index, withinMs),
    until: (isMet, ms) => member.until(isMet, ms),
  };
}
