/**
 * What a member does beside keeping the database: it acts on the nodes that it manages, and passes
 * on what is for others.
 */
import { MalformedError } from "../base/bytes.ts";
import type { MemberId } from "../model/member.ts";
import type { Duty } from "./duty.ts";
import type { Surroundings } from "./member_life.ts";
import { NodeDuty } from "./node_duty.ts";
import type { RunningMember } from "./running_member.ts";

export class NodeControl {
  readonly duty: Duty;

  constructor(member: RunningMember, { clock }: Surroundings) {
    this.duty = new NodeDuty(member, clock);
  }

  /** A link to the peer came up, or went down. */
  linked(_peer: MemberId, _isUp: boolean): void {}

  /** A peer said something; {@link MalformedError} where it makes no sense. */
  frame(_peer: MemberId, bytes: Uint8Array): void {
    throw new MalformedError(`service frame ${bytes[0]} is not known`);
  }

  /** After each turn of the member's loop. */
  turned(): void {}

  close(): Promise<void> {
    return Promise.resolve();
  }
}
