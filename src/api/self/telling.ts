/** What nodes ask, and what they are told, for the timeline of each. */
import type { Outcome } from "../../base/outcome.ts";
import type { SelfCall } from "./endpoint.ts";
import type { SelfParts } from "./self_parts.ts";

/** Adds that the node of the call asked for that, and what it got, or why it did not. */
export function tellAsked(
  { member }: SelfParts,
  { node, peer }: SelfCall,
  asked: string,
  got: Outcome<string>,
): void {
  member.boots?.reported(node, {
    asked: `${asked} from ${peer.address}`,
    outcome: got.ok ? "answered" : "failed",
    told: got.ok ? got.value : got.refusal.message,
  });
}
