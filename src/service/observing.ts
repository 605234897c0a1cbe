/** How what is seen of nodes stands on a running member; see observed_state.ts. */
import { ok, type Outcome } from "../base/outcome.ts";
import { nodeRow, ROW_MARK } from "../model/operation.ts";
import type { Duty, Grant, Manager } from "./duty.ts";
import { whyClockIsOut } from "./machine/field.ts";
import type { Surroundings } from "./member_life.ts";
import type { StateView } from "./member_service.ts";
import type { ObservedParts } from "./observed_state.ts";
import type { RunningMember } from "./running_member.ts";

/** The index of the entry that defined a node; undefined where there is no such node. */
export type BornAt = (node: string) => number | undefined;

export function bornAtIn(member: { readonly state: Pick<StateView, "cells"> }): BornAt {
  return (node) => {
    const [mark] = member.state.cells(nodeRow(node), [ROW_MARK]);
    return mark === undefined || mark.value === null ? undefined : mark.stamp;
  };
}

/**
 * The same duty, whose epochs are never below the entry that defined the node: that a member
 * manages a node of some name may be older than the node. What it was told of the node before is
 * thereby known to be of that one.
 */
export function sinceDefined(duty: Duty, bornAt: BornAt): Duty {
  const since = (node: string, epoch: number): number => Math.max(epoch, bornAt(node) ?? 0);
  return {
    managerOf(node): Manager | undefined {
      const manager = duty.managerOf(node);
      return manager && { id: manager.id, epoch: since(node, manager.epoch) };
    },
    begin(node): Outcome<Grant> {
      const granted = duty.begin(node);
      if (!granted.ok) return granted;
      const { value: grant } = granted;
      return ok({
        epoch: since(node, grant.epoch),
        leaseLeftMs: () => grant.leaseLeftMs(),
        get signal(): AbortSignal {
          return grant.signal;
        },
        end: () => grant.end(),
      });
    },
  };
}

export function observedParts(
  member: RunningMember,
  { clock, log }: Pick<Surroundings, "clock" | "log">,
): ObservedParts {
  return {
    clock,
    log,
    self: () => member.identity.id,
    wallMs: () => member.life.loop.machine.agreedWallMs(clock.now()),
    isClockOff: () => whyClockIsOut(member.life.loop.machine, clock.now()) !== undefined,
    bornAt: bornAtIn(member),
    applied: () => member.index,
    sendFrame: (to, frame, lane) => member.life.peers.sendFrame(to, frame, lane),
  };
}
