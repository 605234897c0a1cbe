/**
 * Who acts on a node, and whether that may be this member, now. Invariant I4: at most one member
 * acts on a node at any true time.
 */
import type { Outcome } from "../base/outcome.ts";
import type { MemberId } from "../model/member.ts";

/** Who acts on a node, as this member knows it. */
export interface Manager {
  readonly id: MemberId;
  /** The index of the entry that made it so: it grows with every hand-over of the node. */
  readonly epoch: number;
}

/** Leave to act on a node. Whoever has it must end it: until then the node is handed to nobody. */
export interface Grant {
  readonly epoch: number;
  /**
   * How long this member may go on acting, in milliseconds; 0 or less where it must not. A request
   * that changes something is begun only with CHANGE_LEASE_MS left.
   */
  leaseLeftMs(): number;
  /** Aborted where the member must stop acting on the node. */
  readonly signal: AbortSignal;
  end(): void;
}

export interface Duty {
  /** Undefined where nobody acts on it: no manager is set, or none is placed yet. */
  managerOf(node: string): Manager | undefined;
  /** Refused with `conflict` where another member manages the node, with `unavailable` where this
   * one has no lease. */
  begin(node: string): Outcome<Grant>;
}
