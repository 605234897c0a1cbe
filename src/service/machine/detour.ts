/**
 * Getting on where others reach the leader and this member does not: it pulls what is committed
 * from any peer, and has one that hears the leader pass its requests on, once.
 *
 * What is committed never changes, so whoever holds it may give it; and a request that is passed on
 * is known by its own id, whoever brings it (I7).
 */
import type { Deadline } from "../../base/instant.ts";
import { DETOUR_AFTER_MS, MAX_APPEND_BYTES, PULL_MS } from "../../base/limits.ts";
import type { Heartbeats } from "../../collective/liveness.ts";
import type { Raft } from "../../consensus/raft.ts";
import type { MemberId } from "../../model/member.ts";
import type { PeerMessage } from "../../wire/peer.ts";

type MessageOf<T extends PeerMessage["type"]> = Extract<PeerMessage, { type: T }>;

export interface DetourParts {
  readonly raft: Raft;
  readonly heartbeats: Heartbeats;
  readonly send: (to: MemberId, message: PeerMessage) => void;
}

export class Detour {
  readonly #parts: DetourParts;
  /** Since when no leader is heard. */
  #aloneSinceMs: number | undefined;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #turn = 0;

  constructor(parts: DetourParts) {
    this.#parts = parts;
  }

  deadline(): Deadline | undefined {
    if (this.#aloneSinceMs === undefined) return undefined;
    return { atMs: this.#dueAtMs(this.#aloneSinceMs), reason: "a detour" };
  }

  #dueAtMs(aloneSinceMs: number): number {
    return Math.max(aloneSinceMs + DETOUR_AFTER_MS, this.#lookedAtMs + PULL_MS);
  }

  /** Who passes requests on while no leader is heard here, though others hear one. */
  relay(nowMs: number): MemberId | undefined {
    const since = this.#aloneSinceMs;
    if (since === undefined || nowMs < since + DETOUR_AFTER_MS) return undefined;
    return this.#parts.heartbeats.whoHearsALeader(nowMs)[0];
  }

  tick(nowMs: number): void {
    const { raft } = this.#parts;
    if (raft.leader === undefined) this.#aloneSinceMs ??= nowMs;
    else this.#aloneSinceMs = undefined;
    if (this.#aloneSinceMs === undefined || nowMs < this.#dueAtMs(this.#aloneSinceMs)) return;
    this.#lookedAtMs = nowMs;
    if (this.relay(nowMs) !== undefined) this.#pull(nowMs);
  }

  take(from: MemberId, message: MessageOf<"pull" | "pulled">, nowMs: number): void {
    if (message.type === "pull") return this.#give(from, message);
    const { raft } = this.#parts;
    if (raft.leader !== undefined) return;
    const before = raft.commit;
    raft.takeCommitted(message, nowMs);
    if (raft.commit > before) this.#pull(nowMs);
  }

  #pull(nowMs: number): void {
    const { raft, heartbeats, send } = this.#parts;
    this.#lookedAtMs = nowMs;
    const able = heartbeats.whoApplied(raft.commit + 1, nowMs);
    const from = able[this.#turn++ % Math.max(1, able.length)];
    const term = raft.log.termAt(raft.commit);
    if (from !== undefined) send(from, { type: "pull", index: raft.commit, term: term ?? 0 });
  }

  #give(to: MemberId, { index, term }: MessageOf<"pull">): void {
    const { raft: { log, commit, appendEntries, term: ownTerm }, send } = this.#parts;
    if (log.termAt(index) !== term) {
      const { start, startTerm } = log;
      return send(to, { type: "behind", term: ownTerm, start, startTerm });
    }
    const entries = log.slice(index + 1, Math.min(appendEntries, commit - index), MAX_APPEND_BYTES);
    if (index >= commit) return;
    send(to, { type: "pulled", index, term, entries });
  }
}
