/**
 * The port to peers, on real sockets: mutual TLS 1.3 by `node:tls`, which is rustls underneath.
 * Between TLS and each socket stands a gate (gated_socket.ts), since TLS itself would read on.
 *
 * The sockets are Deno's own. A `node:net` server that once ran out of file descriptors accepts
 * nothing ever after, and does not say so.
 */
import type { Socket } from "node:net";
import { connect as connectTls } from "node:tls";

import { DIAL_MS } from "../base/limits.ts";
import { ok, type Outcome, type Refused, refused } from "../base/outcome.ts";
import { type Clock, systemClock } from "./clock.ts";
import { gateSocket } from "./gated_socket.ts";
import {
  type Endpoint,
  endpointText,
  type Link,
  type LinkListener,
  type Links,
  portTakenText,
} from "./link.ts";
import { Arrival, type Reception } from "./link_accept.ts";
import { SocketLink } from "./link_socket.ts";
import {
  type Credentials,
  credentialsOf,
  endsOf,
  peerCertificateOf,
  TLS_RULES,
} from "./link_tls_rules.ts";
import { UnprovenLinks } from "./unproven_links.ts";

/** How long accepting rests when the kernel cannot give a connection, in milliseconds. */
const ACCEPT_PAUSE_MS = 100;

/** What may be given instead of the host's own. */
export interface TlsLinksOptions {
  readonly clock?: Clock;
  /** Hears of ends that were dropped before they became a link, and why: for the log. */
  readonly dropped?: (remote: Endpoint, reason: string) => void;
}

/** The links of link.ts on real sockets. */
export function tlsLinks(options: TlsLinksOptions = {}): Links {
  const clock = options.clock ?? systemClock;
  const dropped = options.dropped ?? ((): void => {});
  return {
    // deno-lint-ignore require-await
    listen: async (at, identity, accept) => {
      const unproven = new UnprovenLinks();
      const own = credentialsOf(identity);
      return listen(at, { own, clock, accept, dropped, unproven, shaking: new Set() });
    },
    dial: (to, identity) => dial(to, credentialsOf(identity), clock),
  };
}

function listen(at: Endpoint, reception: Reception): Outcome<LinkListener> {
  let listener: Deno.TcpListener;
  try {
    listener = Deno.listen({ hostname: at.host, port: at.port });
  } catch (error) {
    return cannotListen(at, error);
  }
  const stop = new AbortController();
  const accepting = acceptAll(listener, reception, stop.signal);
  return ok({
    address: { host: at.host, port: listener.addr.port },
    use: (identity) => void (reception.own = credentialsOf(identity)),
    close: async () => {
      if (stop.signal.aborted) return;
      stop.abort();
      listener.close();
      for (const arrival of [...reception.shaking]) arrival.drop("the listener was closed");
      await accepting;
    },
  });
}

/** Why a port for peers cannot be had, out of what the system said. */
export function cannotListen(at: Endpoint, error: unknown): Refused {
  if (error instanceof Deno.errors.AddrInUse) return refused("conflict", portTakenText(at));
  const why = error instanceof Deno.errors.AddrNotAvailable
    ? "this host has no such address"
    : messageOf(error);
  return refused("invalid", `cannot listen for peers on ${endpointText(at)}: ${why}`);
}

async function acceptAll(
  listener: Deno.TcpListener,
  reception: Reception,
  stop: AbortSignal,
): Promise<void> {
  while (!stop.aborted) {
    let connection: Deno.TcpConn | undefined;
    try {
      connection = await listener.accept();
      new Arrival(connection, reception);
    } catch (error) {
      if (stop.aborted) return;
      // Out of descriptors, or a connection was reset while it waited: the next may do better.
      connection?.close();
      reception.dropped({ host: "", port: 0 }, `cannot accept: ${messageOf(error)}`);
      await pause(reception.clock, stop);
    }
  }
}

function pause(clock: Clock, stop: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  clock.after(ACCEPT_PAUSE_MS, resolve);
  stop.addEventListener("abort", () => resolve(), { once: true });
  return promise;
}

async function dial(to: Endpoint, own: Credentials, clock: Clock): Promise<Outcome<Link>> {
  const late = new AbortController();
  const cancel = clock.after(DIAL_MS, () => late.abort());
  try {
    const connection = await Deno.connect({
      hostname: to.host,
      port: to.port,
      signal: late.signal,
    });
    return ok(await secured(connection, own, clock, late.signal));
  } catch (error) {
    const reason = late.signal.aborted ? `no answer within ${DIAL_MS} ms` : dialReason(error);
    return refused("unavailable", `cannot reach ${endpointText(to)}: ${reason}`);
  } finally {
    cancel();
  }
}

/** The dialing end of TLS; rejects where it fails or takes too long, with nothing left open. */
function secured(
  connection: Deno.TcpConn,
  own: Credentials,
  clock: Clock,
  late: AbortSignal,
): Promise<SocketLink> {
  const { promise, resolve, reject } = Promise.withResolvers<SocketLink>();
  const [local, remote] = endsOf(connection);
  const gate = gateSocket(connection);
  const tls = connectTls({
    socket: gate.duplex as Socket,
    secureContext: own.secureContext,
    ...TLS_RULES,
  });
  let shaking = true;

  function fail(reason: string): void {
    if (!shaking) return;
    shaking = false;
    gate.duplex.destroy();
    tls.destroy();
    reject(new Error(reason));
  }

  late.addEventListener("abort", () => fail("too late"), { once: true });
  tls.on("error", (error) => fail(`it does not speak TLS 1.3 (${error.message})`));
  tls.on("close", () => fail(gate.failure ?? "it closed the connection"));
  tls.on("end", () => fail("it closed the connection"));
  tls.once("secureConnect", () => {
    const peerCertificate = peerCertificateOf(tls);
    if (peerCertificate === undefined) return fail("it showed no certificate");
    if (!shaking) return;
    shaking = false;
    const ends = { peerCertificate, dialed: true, remote, local, settled: (): void => {} };
    resolve(new SocketLink({ tls, gate, clock, ownCertificate: own.certificate, ...ends }));
  });
  return promise;
}

const DIAL_REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ECONNRESET: "it closed the connection",
  EHOSTUNREACH: "the host does not answer",
  ENETUNREACH: "there is no way to that network",
  ETIMEDOUT: "the host does not answer",
};

function dialReason(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const message = messageOf(error);
  if (message.startsWith("failed to lookup address")) return "the name is unknown";
  return DIAL_REASONS[code] ?? message;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
