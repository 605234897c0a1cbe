/**
 * How what was seen of nodes gets around. All members are linked with all, so:
 *
 * 1. What a member sees itself it tells each peer: what is newest, in one frame at a time, and the
 *    next when that was got. A slow peer costs one frame; what it was not told meanwhile it is
 *    told once, as it is then.
 * 2. All else it asks for, of one peer at a time: of each that it gets linked with, and of one
 *    every OBSERVED_COMPARE_MS, in turn, in case something was lost or went another way. It says
 *    what its state comes to in each bucket, and is told what is in those that differ, a frame at
 *    a time. Whoever answers keeps nothing of that.
 * 3. A restarted member, which knows nothing, is thereby told all, once.
 *
 * What comes is joined (observed.ts): in any order, twice, and by any way.
 */
import {
  OBSERVED_COMPARE_MS,
  OBSERVED_FRAME_BYTES,
  OBSERVED_NEWS_MS,
  OBSERVED_SILENT_MS,
} from "../base/limits.ts";
import type { MemberId } from "../model/member.ts";
import type { ObservedCell } from "../model/observed.ts";
import type { ObservedMessage } from "../wire/observed.ts";
import type { IsGone, ObservedMap } from "./observed.ts";

/** One message, for all of those. */
export interface ObservedSend {
  readonly to: readonly MemberId[];
  readonly message: ObservedMessage;
}

/** The times that count here: the monotonic clock, and the hour as the members agree on it. */
export interface ObservedNow {
  readonly monoMs: number;
  readonly wallMs: number;
}

/** A linked peer. */
interface Peer {
  /** Up to here it got all that was written here while it was linked. */
  got: number;
  /** What it was sent and has not got yet. */
  sent: { readonly upTo: number; readonly atMs: number } | undefined;
}

/** Bounds of the program, which tests set lower. */
export interface ObservedPace {
  readonly frameBytes: number;
}

const PACE: ObservedPace = { frameBytes: OBSERVED_FRAME_BYTES };

/** See above. */
export class ObservedGossip {
  readonly #map: ObservedMap;
  readonly #isGone: IsGone;
  readonly #pace: ObservedPace;
  readonly #peers = new Map<MemberId, Peer>();
  /** Whom to ask, each once. */
  readonly #toAsk = new Set<MemberId>();
  #asked: { readonly peer: MemberId; readonly from: number; readonly atMs: number } | undefined;
  #compareAtMs = Number.NEGATIVE_INFINITY;
  #newsAtMs = Number.NEGATIVE_INFINITY;
  #sends: ObservedSend[] = [];

  constructor(map: ObservedMap, isGone: IsGone, pace = PACE) {
    this.#map = map;
    this.#isGone = isGone;
    this.#pace = pace;
  }

  /** A link to the peer came up, or went down. */
  linked(peer: MemberId, isUp: boolean, { monoMs }: ObservedNow): void {
    this.#peers.delete(peer);
    this.#toAsk.delete(peer);
    if (this.#asked?.peer === peer) this.#asked = undefined;
    if (isUp) {
      // All that is linked now is asked anyway.
      if (this.#peers.size === 0) this.#compareAtMs = monoMs;
      // What was written before the peer asks for, as this member asks for the peer's.
      this.#peers.set(peer, { got: this.#map.version, sent: undefined });
      this.#toAsk.add(peer);
    }
    this.#askNext(monoMs);
  }

  /** A peer said something. */
  heard(from: MemberId, message: ObservedMessage, now: ObservedNow): void {
    switch (message.type) {
      case "observed":
        this.#join(message.cells, now);
        return this.#send([from], { type: "observedGot", upTo: message.upTo });
      case "observedGot":
        return this.#got(from, message.upTo);
      case "observedAsk": {
        const { frameBytes } = this.#pace;
        const part = this.#map.differing(message.sums, message.from, frameBytes);
        return this.#send([from], { type: "observedTold", from: message.from, ...part });
      }
      case "observedTold":
        this.#join(message.cells, now);
        return this.#told(from, message.from, message.next, now.monoMs);
    }
  }

  /** To be called at {@link dueAtMs}, and at any other time. */
  tick({ monoMs }: ObservedNow): void {
    if (monoMs >= this.#compareAtMs + OBSERVED_COMPARE_MS) this.#compareAgain(monoMs);
    if (this.#asked !== undefined && monoMs >= this.#asked.atMs + OBSERVED_SILENT_MS) {
      this.#asked = undefined;
    }
    this.#askNext(monoMs);
    if (monoMs >= this.#newsAtMs + OBSERVED_NEWS_MS) this.#tellNews(monoMs);
  }

  /** When there is something to do next; undefined where nobody is linked. */
  dueAtMs(): number | undefined {
    if (this.#peers.size === 0) return undefined;
    let atMs = this.#compareAtMs + OBSERVED_COMPARE_MS;
    if (this.#asked !== undefined) atMs = Math.min(atMs, this.#asked.atMs + OBSERVED_SILENT_MS);
    for (const { got, sent } of this.#peers.values()) {
      if (got >= this.#map.version) continue;
      const nextAtMs = sent === undefined
        ? this.#newsAtMs + OBSERVED_NEWS_MS
        : sent.atMs + OBSERVED_SILENT_MS;
      atMs = Math.min(atMs, nextAtMs);
    }
    return atMs;
  }

  /** What is to be sent. */
  drain(): ObservedSend[] {
    const sends = this.#sends;
    this.#sends = [];
    return sends;
  }

  // ----

  #send(to: readonly MemberId[], message: ObservedMessage): void {
    this.#sends.push({ to, message });
  }

  #join(cells: readonly ObservedCell[], { wallMs }: ObservedNow): void {
    this.#map.join(cells.filter(({ node, stamp }) => !this.#isGone(node, stamp.epoch)), wallMs);
  }

  // ---- news

  #tellNews(monoMs: number): void {
    this.#newsAtMs = monoMs;
    /** Peers by what they have: most have the same, and get the same frame. */
    const behind = new Map<number, MemberId[]>();
    for (const [id, peer] of this.#peers) {
      const isWaiting = peer.sent !== undefined && monoMs < peer.sent.atMs + OBSERVED_SILENT_MS;
      if (isWaiting || peer.got >= this.#map.version) continue;
      const alike = behind.get(peer.got);
      if (alike === undefined) behind.set(peer.got, [id]);
      else alike.push(id);
    }
    for (const [got, to] of behind) {
      const { cells, upTo } = this.#map.since(got, this.#pace.frameBytes);
      for (const id of to) (this.#peers.get(id) as Peer).sent = { upTo, atMs: monoMs };
      this.#send(to, { type: "observed", upTo, cells });
    }
  }

  #got(from: MemberId, upTo: number): void {
    const peer = this.#peers.get(from);
    if (peer?.sent === undefined || peer.sent.upTo !== upTo) return;
    peer.got = upTo;
    peer.sent = undefined;
    // More waits: not before others had their turn, but not for the next news either.
    if (upTo < this.#map.version) this.#newsAtMs = Number.NEGATIVE_INFINITY;
  }

  // ---- asking

  #compareAgain(monoMs: number): void {
    this.#compareAtMs = monoMs;
    const [next] = this.#peers.keys();
    if (next === undefined) return;
    this.#toAsk.add(next);
    // To the end of the line.
    const peer = this.#peers.get(next) as Peer;
    this.#peers.delete(next);
    this.#peers.set(next, peer);
  }

  #askNext(monoMs: number): void {
    const [next] = this.#toAsk;
    if (this.#asked !== undefined || next === undefined) return;
    this.#toAsk.delete(next);
    this.#ask(next, 0, monoMs);
  }

  #ask(peer: MemberId, from: number, monoMs: number): void {
    this.#asked = { peer, from, atMs: monoMs };
    this.#send([peer], { type: "observedAsk", from, sums: this.#map.sums });
  }

  #told(peer: MemberId, from: number, next: number | undefined, monoMs: number): void {
    if (this.#asked?.peer !== peer || this.#asked.from !== from) return;
    this.#asked = undefined;
    if (next !== undefined && next > from) this.#ask(peer, next, monoMs);
    else this.#askNext(monoMs);
  }
}
