/**
 * A link over one TLS socket whose handshake is done.
 *
 *     open ──close()──▶ closing ──all sent, and the far end ended too, or LINGER_MS──▶ closed
 *       │ ╲                                                                              ▲
 *       │  ╲──far end ended or failed──▶ ended ──what it had sent is delivered───────────┤
 *       ╰──a bound is hit, a frame is malformed──────────────────────────────────────────╯
 *
 * 1. Frames that came before the far end went away are delivered before `closed`.
 * 2. At most one write is under way; what is queued meanwhile goes out as one with the next.
 * 3. A closing end reads on and forgets: ending with unread bytes would reset the connection and
 *    take from the far end what was sent last.
 */
import type { TLSSocket } from "node:tls";

import { assert } from "../base/assert.ts";
import { LINGER_MS, MAX_FRAME_BYTES, MAX_LINK_BACKLOG_BYTES } from "../base/limits.ts";
import type { Clock } from "./clock.ts";
import { type Endpoint, type Link, type LinkEvents, PEER_CLOSED } from "./link.ts";
import { LinkDelivery } from "./link_delivery.ts";
import { FrameReader, joinFrames } from "./link_framing.ts";
import { type Lane, LinkLanes } from "./link_lanes.ts";
import type { GatedSocket } from "./gated_socket.ts";

/** What a link is made of once TLS has shaken hands. */
export interface SocketLinkParts {
  readonly tls: TLSSocket;
  readonly gate: GatedSocket;
  readonly clock: Clock;
  readonly ownCertificate: Uint8Array;
  readonly peerCertificate: Uint8Array;
  readonly dialed: boolean;
  readonly remote: Endpoint;
  readonly local: Endpoint;
  /** Its peer was proven, or the link is gone: no longer a stranger's. */
  readonly settled: () => void;
}

/** The link of link.ts over one TLS socket; see the states above. */
export class SocketLink implements Link {
  readonly ownCertificate: Uint8Array;
  readonly peerCertificate: Uint8Array;
  readonly dialed: boolean;
  readonly remote: Endpoint;
  readonly local: Endpoint;

  readonly #parts: SocketLinkParts;
  #heardAtMs: number;
  readonly #reader = new FrameReader();
  readonly #delivery: LinkDelivery;
  #events: LinkEvents | undefined;
  #held = false;

  readonly #lanes = new LinkLanes();
  /** Bytes in the write under way. */
  #underWay = 0;
  #flushing = false;

  #closing: string | undefined;
  #ended: string | undefined;
  #closed: string | undefined;
  #cancelLinger = (): void => {};

  constructor(parts: SocketLinkParts) {
    this.#parts = parts;
    this.#heardAtMs = parts.clock.now().monoMs;
    this.ownCertificate = parts.ownCertificate;
    this.peerCertificate = parts.peerCertificate;
    this.dialed = parts.dialed;
    this.remote = parts.remote;
    this.local = parts.local;
    this.#delivery = new LinkDelivery({
      next: () => this.#reader.next(),
      drained: () => this.#drained(),
      failed: (error) => this.abort(error instanceof Error ? error.message : String(error)),
    });
    parts.tls.on("data", (bytes: Uint8Array) => this.#arrived(bytes));
    parts.tls.on("end", () => this.#farEnd(undefined));
    parts.tls.on("error", (error) => this.#farEnd(error.message));
    parts.tls.on("close", () => this.#farEnd(undefined));
  }

  get heardAtMs(): number {
    return this.#heardAtMs;
  }

  open(events: LinkEvents): void {
    assert(this.#events === undefined, "a link is opened once");
    this.#events = events;
    if (this.#closed !== undefined) {
      const reason = this.#closed;
      queueMicrotask(() => events.closed(reason));
      return;
    }
    this.#delivery.start(events);
  }

  send(frame: Uint8Array, lane: Lane = "data"): boolean {
    assert(frame.length <= MAX_FRAME_BYTES, "a frame is at most MAX_FRAME_BYTES");
    if ((this.#closing ?? this.#ended ?? this.#closed) !== undefined) return false;
    this.#lanes.push(frame, lane);
    if (this.#lanes.bytes + this.#underWay > MAX_LINK_BACKLOG_BYTES) {
      this.abort(`the peer does not read: over ${MAX_LINK_BACKLOG_BYTES} bytes wait for it`);
      return false;
    }
    this.#flushSoon();
    return true;
  }

  proven(): void {
    this.#reader.lift();
    this.#parts.settled();
  }

  close(reason: string): void {
    if ((this.#closing ?? this.#closed) !== undefined) return;
    this.#closing = reason;
    this.#delivery.stop();
    this.#release();
    this.#cancelLinger = this.#parts.clock.after(LINGER_MS, () => this.abort(reason));
    if (this.#ended !== undefined) this.abort(reason);
    else this.#flushSoon();
  }

  /** Closes at once, whatever is queued. */
  abort(reason: string): void {
    if (this.#closed !== undefined) return;
    this.#closed = this.#closing ?? reason;
    this.#delivery.stop();
    this.#cancelLinger();
    this.#lanes.clear();
    this.#parts.settled();
    this.#parts.gate.duplex.destroy();
    this.#parts.tls.destroy();
    const [events, told] = [this.#events, this.#closed];
    if (events !== undefined) queueMicrotask(() => events.closed(told));
  }

  #arrived(bytes: Uint8Array): void {
    if ((this.#closing ?? this.#closed) !== undefined) return;
    this.#heardAtMs = this.#parts.clock.now().monoMs;
    this.#reader.push(bytes);
    this.#delivery.run();
    const waiting = this.#delivery.busy || this.#events === undefined;
    if (waiting && !this.#held) {
      this.#held = true;
      this.#parts.gate.hold();
    }
  }

  #release(): void {
    if (!this.#held) return;
    this.#held = false;
    this.#parts.gate.release();
  }

  #drained(): void {
    if (this.#ended === undefined) this.#release();
    else this.abort(this.#reader.torn ? `${this.#ended}, in the middle of a frame` : this.#ended);
  }

  #farEnd(failure: string | undefined): void {
    if (this.#closed !== undefined || this.#ended !== undefined) return;
    const why = failure ?? this.#parts.gate.failure;
    this.#ended = why === undefined ? PEER_CLOSED : `the link to the peer broke: ${why}`;
    if (this.#closing !== undefined) this.abort(this.#closing);
    else this.#delivery.run();
  }

  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    if (this.#closed !== undefined) return;
    if (this.#lanes.bytes === 0) {
      this.#flushing = false;
      if (this.#closing !== undefined) this.#parts.tls.end();
      return;
    }
    const bytes = joinFrames(this.#lanes.take());
    this.#underWay = bytes.length;
    this.#parts.tls.write(bytes, () => {
      // A failed write says so by `error` too; the flush that follows finds the link closed.
      this.#underWay = 0;
      this.#flush();
    });
  }
}
