/** Which messages must not wait behind which, on the link they share. */
import type { Lane } from "../io/link_lanes.ts";
import type { PeerMessage } from "../wire/peer.ts";

/** Longer requests are parts of a change that takes its time anyway. */
const LONG_REQUEST_BYTES = 64 * 1024;

/** The lane of a message whose frame takes so many bytes. */
export function laneOf({ type }: PeerMessage, bytes: number): Lane {
  switch (type) {
    case "append":
    case "appendReply":
    case "commit":
    case "readAsk":
    case "readAnswer":
    case "rosterAsk":
    case "rosterAnswer":
    case "pull":
    case "pulled":
    case "behind":
    case "deltaAsk":
      return "data";
    case "submit":
      return bytes > LONG_REQUEST_BYTES ? "bulk" : "data";
    case "deltaChunk":
      return "bulk";
    default:
      return "urgent";
  }
}
