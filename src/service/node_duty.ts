/** Who acts on a node, by the state of this member; see duty.ts for the promises. */
import { ok, type Outcome, refused } from "../base/outcome.ts";
import type { Clock } from "../io/clock.ts";
import { nodeRow } from "../model/operation.ts";
import { nameOf } from "../model/member.ts";
import type { Duty, Grant, Manager } from "./duty.ts";
import type { RunningMember } from "./running_member.ts";

export class NodeDuty implements Duty {
  readonly #member: RunningMember;
  readonly #clock: Clock;

  constructor(member: RunningMember, clock: Clock) {
    this.#member = member;
    this.#clock = clock;
  }

  managerOf(node: string): Manager | undefined {
    const { nodes, roster, state } = this.#member;
    const name = nodes.resolver.textOf(node, "collective.manager");
    const manager = roster.members.find((member) => member.name === name);
    return manager && { id: manager.id, epoch: state.newest(nodeRow(node)) };
  }

  begin(node: string): Outcome<Grant> {
    const { identity, roster, name } = this.#member;
    const manager = this.managerOf(node);
    if (manager?.id !== identity.id) {
      const who = manager === undefined ? "nobody" : nameOf(roster, manager.id);
      return refused("conflict", `${name} does not manage ${node}, ${who} does`);
    }
    if (this.#leaseLeftMs() <= 0) return refused("unavailable", `${name} has no lease`);
    const stop = new AbortController();
    return ok({
      epoch: manager.epoch,
      leaseLeftMs: () => this.#leaseLeftMs(),
      signal: stop.signal,
      end: () => {},
    });
  }

  #leaseLeftMs(): number {
    const { machine } = this.#member.life.loop;
    if (machine.locked !== undefined) return 0;
    const untilMs = machine.heartbeats.leaseUntilMs(machine.roster, true) ?? 0;
    return untilMs - this.#clock.now().monoMs;
  }
}
