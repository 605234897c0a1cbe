/** What a member does about each thing that a peer says. */
import type { Now } from "../../base/instant.ts";
import { ok, refused } from "../../base/outcome.ts";
import type { Raft } from "../../consensus/raft.ts";
import type { MemberId } from "../../model/member.ts";
import type { Replica } from "../../replica/replica.ts";
import type { PeerMessage } from "../../wire/peer.ts";
import type { Asked } from "./asked.ts";
import { type Audit, isOfAudit } from "./audit.ts";
import type { Beating } from "./beating.ts";
import type { CatchUp } from "./catch_up.ts";
import type { Detour } from "./detour.ts";
import { isOfPromises } from "./losses.ts";
import type { Placing } from "./placing.ts";
import type { Requests } from "./requests.ts";

export interface HearingParts {
  readonly raft: Raft;
  readonly audit: Audit;
  readonly placing: Placing;
  readonly beating: Beating;
  readonly detour: Detour;
  readonly catchUp: CatchUp;
  readonly asked: Asked;
  readonly requests: Requests;
  readonly replica: () => Replica;
  /** Runs it; false where it found what this program does not know, and locked the member. */
  readonly understand: (what: string, run: () => void) => boolean;
}

export class Hearing {
  readonly #parts: HearingParts;

  constructor(parts: HearingParts) {
    this.#parts = parts;
  }

  take(from: MemberId, message: Exclude<PeerMessage, { type: "recall" }>, now: Now): void {
    const { raft, audit, placing, beating, detour, catchUp, asked, requests } = this.#parts;
    const { replica, understand } = this.#parts;
    const nowMs = now.monoMs;
    // Its entries would go into a log that is about to be another.
    const bringsEntries = message.type === "append" || message.type === "pulled";
    if (bringsEntries && catchUp.isFlipping) return;
    if (isOfAudit(message)) return audit.take(from, message, nowMs);
    if (isOfPromises(message)) return placing.losses.take(from, message, nowMs);
    switch (message.type) {
      case "pull":
      case "pulled":
        return detour.take(from, message, nowMs);
      case "behind":
      case "deltaAsk":
      case "deltaChunk":
        return void understand("a delta", () => catchUp.take(from, message, nowMs));
      case "submit":
      case "readAsk":
      case "rosterAsk":
        return asked.take(from, message, nowMs);
      case "readAnswer":
        return requests.readAnswered(message.id, message.index, replica().applied);
      case "rosterAnswer": {
        const { id, index, kind, message: text, missing } = message;
        const outcome = index > 0 ? ok(index) : refused(kind, text, missing);
        return requests.rosterAnswered(id, outcome, replica().applied);
      }
      case "ping":
        return beating.answer(from, message.round, now);
      case "pong":
        beating.heard(from, message, nowMs);
        return audit.heard(from, message, nowMs);
      default:
        return raft.step(from, message, nowMs);
    }
  }
}
