/**
 * Links in memory, for tests of what is built on them. Everything happens in microtasks and by the
 * clock that is given, so that one order of calls gives one history.
 *
 * A frame counts as the sender's backlog until the receiver takes it: there is no kernel between.
 */
import { assert } from "../base/assert.ts";
import { utf8 } from "../base/bytes.ts";
import {
  DIAL_MS,
  HANDSHAKE_MS,
  LINGER_MS,
  MAX_FRAME_BYTES,
  MAX_HELLO_BYTES,
  MAX_LINK_BACKLOG_BYTES,
} from "../base/limits.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";
import { certificateDer } from "../wire/pem.ts";
import type { Clock } from "./clock.ts";
import {
  type Endpoint,
  endpointText,
  type Link,
  type LinkEvents,
  type LinkIdentity,
  type LinkListener,
  type Links,
  PEER_CLOSED,
  portTakenText,
} from "./link.ts";
import { LinkDelivery } from "./link_delivery.ts";
import { checkLength, framedLength } from "./link_framing.ts";
import { type Stranger, UnprovenLinks } from "./unproven_links.ts";

const FIRST_PICKED_PORT = 40_000;
const ANY_ADDRESS: readonly string[] = ["::", "0.0.0.0"];

/** An identity that proves nothing and needs no cryptography: the same name, the same bytes. */
export function fakeIdentity(name: string): LinkIdentity {
  const body = utf8(name).toBase64();
  return {
    certificatePem: `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`,
    keyPem: `the key of ${name}`,
  };
}

interface FakeListener {
  identity: LinkIdentity;
  readonly accept: (link: Link) => void;
  readonly unproven: UnprovenLinks;
}

/** Hosts that reach each other by name, until they are cut off. */
export class FakeNetwork {
  readonly #clock: Clock;
  readonly #listeners = new Map<string, FakeListener>();
  readonly #cuts = new Set<string>();
  readonly #links = new Set<FakeLink>();
  #nextPort = FIRST_PICKED_PORT;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The port to peers as the host of that name has it. Its links are at that name. */
  host(name: string): Links {
    return {
      listen: (at, identity, accept) => Promise.resolve(this.#listen(name, at, identity, accept)),
      dial: (to, identity) => this.#dial(name, to, identity),
    };
  }

  /** No host of these two hears the other: their links break, and dials meet silence. */
  cut(one: string, other: string): void {
    this.#cuts.add(pairOf(one, other));
    for (const link of this.#between(one, other)) {
      link.abort("the link to the peer broke: the network was cut");
    }
  }

  /** The same, but nobody is told: what is sent over their links is lost. */
  silence(one: string, other: string): void {
    this.#cuts.add(pairOf(one, other));
    for (const link of this.#between(one, other)) link.isSilent = true;
  }

  heal(one: string, other: string): void {
    this.#cuts.delete(pairOf(one, other));
    for (const link of this.#between(one, other)) link.isSilent = false;
  }

  #between(one: string, other: string): FakeLink[] {
    return [...this.#links].filter(({ local, remote }) => {
      return pairOf(local.host, remote.host) === pairOf(one, other);
    });
  }

  /** What a host that dies leaves: its listeners are gone and its links break at the far end. */
  kill(name: string): void {
    for (const key of [...this.#listeners.keys()]) {
      if (key.slice(0, key.lastIndexOf(":")) === name) this.#listeners.delete(key);
    }
    for (const link of [...this.#links]) {
      if (link.local.host === name) link.vanish();
    }
  }

  #listen(
    name: string,
    at: Endpoint,
    identity: LinkIdentity,
    accept: (link: Link) => void,
  ): Outcome<LinkListener> {
    if (at.host !== name && !ANY_ADDRESS.includes(at.host)) {
      const where = endpointText(at);
      return refused(
        "invalid",
        `cannot listen for peers on ${where}: this host has no such address`,
      );
    }
    const port = at.port === 0 ? this.#nextPort++ : at.port;
    const key = `${name}:${port}`;
    if (this.#listeners.has(key)) return refused("conflict", portTakenText(at));
    const listener: FakeListener = { identity, accept, unproven: new UnprovenLinks() };
    this.#listeners.set(key, listener);
    return ok({
      address: { host: at.host, port },
      use: (other) => void (listener.identity = other),
      // deno-lint-ignore require-await
      close: async () => {
        if (this.#listeners.get(key) === listener) this.#listeners.delete(key);
      },
    });
  }

  async #dial(name: string, to: Endpoint, identity: LinkIdentity): Promise<Outcome<Link>> {
    const where = endpointText(to);
    if (this.#cuts.has(pairOf(name, to.host))) {
      await new Promise<void>((resolve) => void this.#clock.after(DIAL_MS, resolve));
      return refused("unavailable", `cannot reach ${where}: no answer within ${DIAL_MS} ms`);
    }
    await Promise.resolve();
    const listener = this.#listeners.get(`${to.host}:${to.port}`);
    if (listener === undefined) {
      return refused("unavailable", `cannot reach ${where}: nothing listens there`);
    }
    const near: Endpoint = { host: name, port: this.#nextPort++ };
    const own = certificateDer(identity.certificatePem);
    const peer = certificateDer(listener.identity.certificatePem);
    const dialed = new FakeLink(this.#clock, this.#links, true, [near, to], [own, peer]);
    const accepted = new FakeLink(this.#clock, this.#links, false, [to, near], [peer, own]);
    dialed.join(accepted);
    accepted.join(dialed);
    accepted.waitForProof(listener.unproven);
    listener.accept(accepted);
    return ok(dialed);
  }
}

function pairOf(one: string, other: string): string {
  return [one, other].toSorted().join(" ");
}

class FakeLink implements Link, Stranger {
  readonly dialed: boolean;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly ownCertificate: Uint8Array;
  readonly peerCertificate: Uint8Array;
  readonly host: string;
  heardAtMs: number;
  /** What it sends is lost, and how it ends is not heard. */
  isSilent = false;

  readonly #clock: Clock;
  readonly #all: Set<FakeLink>;
  #far: FakeLink | undefined;
  #limit = MAX_HELLO_BYTES;
  #settled = (): void => {};
  #events: LinkEvents | undefined;
  readonly #delivery: LinkDelivery;
  /** Frames the far end sent that the receiver has not taken. */
  #arrived: Uint8Array[] = [];
  #arrivedBytes = 0;
  #running = false;
  #closing: string | undefined;
  #ended: string | undefined;
  #closed: string | undefined;
  #cancelLinger = (): void => {};

  constructor(
    clock: Clock,
    all: Set<FakeLink>,
    dialed: boolean,
    [local, remote]: readonly [Endpoint, Endpoint],
    [own, peer]: readonly [Uint8Array, Uint8Array],
  ) {
    this.#clock = clock;
    this.heardAtMs = clock.now().monoMs;
    this.#all = all;
    this.dialed = dialed;
    this.local = local;
    this.remote = remote;
    this.host = remote.host;
    this.ownCertificate = own;
    this.peerCertificate = peer;
    this.#delivery = new LinkDelivery({
      next: () => this.#take(),
      drained: () => this.#drained(),
      failed: (error) => this.abort(error instanceof Error ? error.message : String(error)),
    });
    all.add(this);
  }

  join(far: FakeLink): void {
    this.#far = far;
  }

  waitForProof(unproven: UnprovenLinks): void {
    const cancel = this.#clock.after(HANDSHAKE_MS, () => {
      this.abort(`it did not prove itself within ${HANDSHAKE_MS} ms`);
    });
    this.#settled = () => {
      cancel();
      unproven.delete(this);
    };
    unproven.add(this);
  }

  open(events: LinkEvents): void {
    assert(this.#events === undefined, "a link is opened once");
    this.#events = events;
    if (this.#closed === undefined) return this.#delivery.start(events);
    const reason = this.#closed;
    queueMicrotask(() => events.closed(reason));
  }

  send(frame: Uint8Array): boolean {
    assert(frame.length <= MAX_FRAME_BYTES, "a frame is at most MAX_FRAME_BYTES");
    const far = this.#far;
    if ((this.#closing ?? this.#ended ?? this.#closed) !== undefined || far === undefined) {
      return false;
    }
    if (far.#arrivedBytes + framedLength(frame.length) > MAX_LINK_BACKLOG_BYTES) {
      this.abort(`the peer does not read: over ${MAX_LINK_BACKLOG_BYTES} bytes wait for it`);
      return false;
    }
    if (this.isSilent) return true;
    far.heardAtMs = this.#clock.now().monoMs;
    far.#arrived.push(frame.slice());
    far.#arrivedBytes += framedLength(frame.length);
    far.#runSoon();
    return true;
  }

  proven(): void {
    this.#limit = MAX_FRAME_BYTES;
    this.#settled();
  }

  close(reason: string): void {
    if ((this.#closing ?? this.#closed) !== undefined) return;
    this.#closing = reason;
    this.#delivery.stop();
    if (this.#ended !== undefined) return this.abort(reason);
    this.#cancelLinger = this.#clock.after(LINGER_MS, () => this.abort(reason));
    this.#far?.end(PEER_CLOSED);
  }

  drop(reason: string): void {
    this.abort(reason);
  }

  abort(reason: string): void {
    if (this.#closed !== undefined) return;
    this.#closed = this.#closing ?? reason;
    this.#delivery.stop();
    this.#cancelLinger();
    this.#settled();
    this.#all.delete(this);
    this.#far?.end(PEER_CLOSED);
    const [events, told] = [this.#events, this.#closed];
    if (events !== undefined) queueMicrotask(() => events.closed(told));
  }

  /** This end's process is gone: it hears nothing any more, the far end that it went. */
  vanish(): void {
    this.#events = { frame: () => {}, closed: () => {} };
    this.abort("the process is gone");
  }

  /** The far end sends nothing more. */
  end(reason: string): void {
    if (this.isSilent) return;
    if ((this.#closed ?? this.#ended) !== undefined) return;
    this.#ended = reason;
    if (this.#closing !== undefined) this.abort(this.#closing);
    else this.#runSoon();
  }

  #runSoon(): void {
    if (this.#running) return;
    this.#running = true;
    queueMicrotask(() => {
      this.#running = false;
      this.#delivery.run();
    });
  }

  #take(): Uint8Array | undefined {
    const frame = this.#arrived.shift();
    if (frame === undefined) return undefined;
    this.#arrivedBytes -= framedLength(frame.length);
    checkLength(frame.length, this.#limit);
    return frame;
  }

  #drained(): void {
    if (this.#ended !== undefined) this.abort(this.#ended);
  }
}
