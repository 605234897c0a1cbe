/**
 * The port to peers: links that carry frames both ways over mutual TLS 1.3. A link has proven
 * that its far end holds the key of the certificate it shows; whether that certificate is in the
 * roster is for the caller to decide (I3), by fingerprint and nothing else.
 */
import type { Outcome } from "../base/outcome.ts";
import type { Lane } from "./link_lanes.ts";

/** The reason `closed` is told where the far end closed the link in good order. */
export const PEER_CLOSED = "the peer closed the link";

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

/** What the owner of a link hears. */
export interface LinkEvents {
  /**
   * One whole frame, never more than the link's current frame limit, in memory of its own. The
   * next frame is read only after the promise resolved: a slow receiver makes the sender's kernel
   * wait, not our memory grow. What it throws, or rejects with, closes the link and is the reason.
   */
  frame(bytes: Uint8Array): void | Promise<void>;
  /**
   * Called once, whoever ended it and why, after the last frame; never from within a call to the
   * link. `reason` is for people. When it comes, everything that could be sent was sent.
   */
  closed(reason: string): void;
}

export interface Link {
  /** DER of the certificate each end used on this very connection. */
  readonly ownCertificate: Uint8Array;
  readonly peerCertificate: Uint8Array;
  readonly dialed: boolean;
  /** The far end as the socket shows it: for messages, never for trust. */
  readonly remote: Endpoint;
  /** When the last bytes came, by the monotonic clock; before any, when the link was made. */
  readonly heardAtMs: number;
  /** Our own end of the socket: the address a peer on this network reaches us by. */
  readonly local: Endpoint;
  /** Starts delivery, once. Frames that arrived before are kept (bounded) and come first. */
  open(events: LinkEvents): void;
  /**
   * Queues a frame of at most MAX_FRAME_BYTES, which must not be changed afterwards. False where
   * the link is closed or closing, or its backlog is beyond MAX_LINK_BACKLOG_BYTES, which closes
   * it at once. True promises nothing of the far end. What waits goes out lane by lane, the most
   * urgent first (link_lanes.ts): only frames of one lane keep their order.
   */
  send(frame: Uint8Array, lane?: Lane): boolean;
  /**
   * Until the peer is proven a link takes frames of at most MAX_HELLO_BYTES; this lifts it to
   * MAX_FRAME_BYTES, from the next frame on, and takes the link out of the bounded set of unproven
   * ones. To be called before the promise of the frame that proved it resolves.
   */
  proven(): void;
  /** Delivers no more frames, sends what is queued (for at most LINGER_MS), then closes. */
  close(reason: string): void;
}

/** A port that accepts links. */
export interface LinkListener {
  /** Where it listens: the port that was picked where 0 was asked for. */
  readonly address: Endpoint;
  /** Shows this certificate to whoever calls from now on. Links that are there stay. */
  use(identity: LinkIdentity): void;
  /** Accepts no more and drops what has not finished TLS. Links it gave away stay. */
  close(): Promise<void>;
}

/** The port to the network of members: listening and dialing. */
export interface Links {
  /**
   * Accepts links. An end that shows no certificate, or is not `proven()` within HANDSHAKE_MS of
   * its arrival, is dropped. At most MAX_UNPROVEN_LINKS wait for that at a time: beyond it the
   * oldest from the address with the most of them is dropped, so that strangers cannot keep
   * members out. Port 0 picks a free one; `::` takes IPv4 as well. Refused with kind `conflict`
   * where the port is taken, `invalid` where the host has no such address.
   */
  listen(
    at: Endpoint,
    identity: LinkIdentity,
    accept: (link: Link) => void,
  ): Promise<Outcome<LinkListener>>;

  /**
   * Dials, for at most DIAL_MS. Refused with kind `unavailable` where nobody answers. The far end
   * may still drop us: TLS 1.3 lets the dialing end finish first. No time runs until `proven()`
   * here: whoever dials knows how long it will wait.
   */
  dial(to: Endpoint, identity: LinkIdentity): Promise<Outcome<Link>>;
}

/** `host:port`, with an IPv6 address in brackets. */
export function endpointText({ host, port }: Endpoint): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

export function portTakenText(at: Endpoint): string {
  return `cannot listen for peers on ${endpointText(at)}: the port is taken; ` +
    "stop the other program or choose another with --peer";
}
