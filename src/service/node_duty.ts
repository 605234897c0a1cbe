/** Who acts on a node, by the state of this member; see duty.ts for the promises. */
import { LET_GO_MS } from "../base/limits.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";
import type { Clock } from "../io/clock.ts";
import { nameOf } from "../model/member.ts";
import type { Duty, Grant, Manager } from "./duty.ts";
import type { MemberMachine } from "./machine/member_machine.ts";
import type { RunningMember } from "./running_member.ts";

/** What a grant that was not ended yet is of. */
interface Open {
  readonly node: string;
  /** Another one means that another node has the name since. */
  readonly epoch: number;
  readonly release: () => void;
  /** That of the time when it was given: a join ends its life, and its leases. */
  readonly machine: MemberMachine;
  readonly stop: AbortController;
  /** Since when the node is to be let go. */
  leavingSinceMs: number | undefined;
}

export class NodeDuty implements Duty {
  readonly #member: RunningMember;
  readonly #clock: Clock;
  readonly #open = new Set<Open>();

  constructor(member: RunningMember, clock: Clock) {
    this.#member = member;
    this.#clock = clock;
  }

  managerOf(node: string): Manager | undefined {
    const { placements } = this.#machine.placing;
    const id = placements.holderOf(node);
    return id && { id, epoch: placements.epochOf(node) };
  }

  begin(node: string): Outcome<Grant> {
    const machine = this.#machine;
    const { placing } = machine;
    const epoch = placing.placements.epochOf(node);
    const { name } = this.#member;
    if (!placing.isOwn(node)) return this.#notOurs(node);
    if (!machine.mayAct(node, this.#clock.now())) {
      const why = "a majority does not answer it, or it is behind what they have decided";
      return refused("unavailable", `${name} may not act now: ${why}`);
    }
    const open: Open = {
      ...{ node, epoch, machine },
      release: placing.hold(node),
      stop: new AbortController(),
      leavingSinceMs: undefined,
    };
    this.#open.add(open);
    return ok({
      epoch,
      leaseLeftMs: () => this.#leaseLeftMs(open),
      signal: open.stop.signal,
      end: () => this.#end(open),
    });
  }

  /** After each turn of the member's loop: what must be let go is not held for long. */
  turned(): void {
    const nowMs = this.#clock.now().monoMs;
    for (const open of this.#open) {
      if (this.#isOurs(open)) {
        open.leavingSinceMs = undefined;
        continue;
      }
      open.leavingSinceMs ??= nowMs;
      const isOver = open.machine !== this.#machine || nowMs - open.leavingSinceMs >= LET_GO_MS;
      if (isOver) open.stop.abort(new Error(`${open.node} goes to another member`));
    }
  }

  get #machine(): MemberMachine {
    return this.#member.life.loop.machine;
  }

  #isOurs({ machine, node, epoch }: Open): boolean {
    if (machine !== this.#machine || machine.locked !== undefined) return false;
    return machine.placing.isOwn(node) && machine.placing.placements.epochOf(node) === epoch;
  }

  /** The lease may be another than the one that the grant was given by: whoever stood still has one
   * again once it knows that the node was taken from it. */
  #leaseLeftMs(open: Open): number {
    const now = this.#clock.now();
    const mayAct = this.#isOurs(open) && open.machine.mayAct(open.node, now);
    return mayAct ? open.machine.placing.leaseLeftMs(now) : 0;
  }

  #end(open: Open): void {
    if (!this.#open.delete(open)) return;
    open.release();
    // Somebody may wait for just that.
    if (open.leavingSinceMs !== undefined && open.machine === this.#machine) {
      this.#member.life.loop.handle({ type: "tick" });
    }
  }

  #notOurs(node: string): Outcome<never> {
    const { placements } = this.#machine.placing;
    const holder = placements.holderOf(node);
    const { name, roster, identity } = this.#member;
    if (holder === identity.id) {
      const why = "it is about to go to another member, or not yet certain that it did not";
      return refused("conflict", `${name} does not act on ${node} now: ${why}`);
    }
    const who = holder === undefined ? "nobody does" : `${nameOf(roster, holder)} does`;
    return refused("conflict", `${name} does not manage ${node}, ${who}`);
  }
}
