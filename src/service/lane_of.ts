/** Which of the three lanes of a link a message goes by: what must not wait behind what. */
import type { Lane } from "../io/link_lanes.ts";
import type { PeerMessage } from "../wire/peer.ts";

/** Longer requests are parts of a change that takes its time anyway. */
const LONG_REQUEST_BYTES = 64 * 1024;

/** The lane of a message whose frame is so long. */
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
    case "auditAsk":
      return "data";
    case "submit":
      return bytes > LONG_REQUEST_BYTES ? "bulk" : "data";
    case "deltaChunk":
    case "auditSums":
    case "auditCells":
      return "bulk";
    default:
      return "urgent";
  }
}
