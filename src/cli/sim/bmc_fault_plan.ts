/** What a simulated BMC does wrong, when it is told to. */

export type SimulatedFault =
  /** Takes connections and says nothing, not even in TLS. */
  | "silent"
  /** Closes every connection at once. */
  | "closes"
  /** Shakes hands, reads requests and never answers. */
  | "hangs"
  /** Answers in what is not HTTP. */
  | "not-http"
  /** Answers in HTTP, and what is no JSON in it. */
  | "not-json"
  /** Answers in JSON that says nothing of what was asked for. */
  | "senseless"
  | "redirects"
  /** An answer, or its head, without an end, as fast as it is taken. */
  | "floods"
  | "floods-head"
  /** A byte of the answer now and then. */
  | "trickles"
  /** Breaks off amid the answer. */
  | "drops"
  /** Breaks off before the answer. */
  | "closes-unanswered"
  /** Fails inside. */
  | "fails";

/** A fault, and which requests it befalls; `silent` and `closes` befall connections. */
export interface FaultPlan {
  readonly fault: SimulatedFault;
  readonly befalls?: "all" | "changes";
}
