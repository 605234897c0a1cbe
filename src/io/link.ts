/**
 * The port to peers: links that carry frames both ways over mutual TLS 1.3. A link has proven
 * that its far end holds the key of the certificate it shows; whether that certificate is in the
 * roster is for the caller to decide (I3), by fingerprint and nothing else.
 */
import type { Outcome } from "../base/outcome.ts";

/** This member's key and self-signed certificate. */
export interface LinkIdentity {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** A TCP endpoint. `host` is a name, an IPv4 or an IPv6 address without brackets. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface LinkEvents {
  /**
   * One whole frame, never more than the link's current frame limit. The next frame is read only
   * after the promise resolved: a slow receiver makes the sender's kernel wait, not our memory grow.
   */
  frame(bytes: Uint8Array): void | Promise<void>;
  /** Called once, whoever ended it and why. `reason` is for people. */
  closed(reason: string): void;
}

export interface Link {
  /** DER of the certificate each end used on this very connection. */
  readonly ownCertificate: Uint8Array;
  readonly peerCertificate: Uint8Array;
  readonly dialed: boolean;
  /** The far end as the socket shows it: for messages, never for trust. */
  readonly remote: Endpoint;
  /** Our own end of the socket: the address a peer on this network reaches us by. */
  readonly local: Endpoint;
  /** Starts delivery. Frames that arrived before are kept (bounded) and come first. */
  open(events: LinkEvents): void;
  /** Queues a frame. False where the link is closed, or its backlog is beyond
   * MAX_LINK_BACKLOG_BYTES, which closes it. */
  send(frame: Uint8Array): boolean;
  /** Until the peer is proven a link takes frames of at most MAX_HELLO_BYTES; this lifts it to
   * MAX_FRAME_BYTES and takes the link out of the bounded set of unproven ones. */
  proven(): void;
  /** Sends what is queued (for at most a second), then closes. */
  close(reason: string): void;
}

export interface LinkListener {
  readonly address: Endpoint;
  close(): Promise<void>;
}

export interface Links {
  /**
   * Accepts links. An end that shows no certificate, or does not finish TLS within HANDSHAKE_MS, is
   * dropped. At most MAX_UNPROVEN_LINKS wait for `proven()` at a time: beyond it the oldest is
   * dropped, so that strangers cannot keep members out. Refused where the port is taken.
   */
  listen(
    at: Endpoint,
    identity: LinkIdentity,
    accept: (link: Link) => void,
  ): Promise<Outcome<LinkListener>>;

  /** Dials, for at most DIAL_MS. Refused with kind `unavailable` where nobody answers. */
  dial(to: Endpoint, identity: LinkIdentity): Promise<Outcome<Link>>;
}
