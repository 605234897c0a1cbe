/**
 * The port to peers, on real sockets: mutual TLS 1.3 by `node:tls`, which is rustls underneath.
 * Between TLS and each socket stands a gate (raw_duplex.ts), since TLS itself would read on.
 */
import { connect as connectTcp, createServer, type Server, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";

import { DIAL_MS } from "../base/limits.ts";
import { ok, type Outcome, type Refused, refused } from "../base/outcome.ts";
import { type Clock, systemClock } from "./clock.ts";
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
  prepare,
  TLS_RULES,
} from "./link_tls_rules.ts";
import { gateSocket } from "./raw_duplex.ts";
import { UnprovenLinks } from "./unproven_links.ts";

/** Connections the kernel may hold for us. */
const BACKLOG = 511;

export interface TlsLinksOptions {
  readonly clock?: Clock;
  /** Hears of ends that were dropped before they became a link, and why: for the log. */
  readonly dropped?: (remote: Endpoint, reason: string) => void;
}

export function tlsLinks(options: TlsLinksOptions = {}): Links {
  const clock = options.clock ?? systemClock;
  const dropped = options.dropped ?? ((): void => {});
  return {
    listen: (at, identity, accept) => {
      const unproven = new UnprovenLinks();
      const own = credentialsOf(identity);
      return listen(at, { own, clock, accept, dropped, unproven, shaking: new Set() });
    },
    dial: (to, identity) => dial(to, credentialsOf(identity), clock),
  };
}

function listen(at: Endpoint, reception: Reception): Promise<Outcome<LinkListener>> {
  const server = createServer({ allowHalfOpen: true });
  server.on("connection", (raw: Socket) => void new Arrival(raw, reception));
  const { promise, resolve } = Promise.withResolvers<Outcome<LinkListener>>();
  server.on("error", (error) => resolve(cannotListen(at, error)));
  server.listen({ host: at.host, port: at.port, backlog: BACKLOG }, () => {
    resolve(ok(listenerOf(server, at, reception)));
  });
  return promise;
}

function listenerOf(server: Server, at: Endpoint, reception: Reception): LinkListener {
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : at.port;
  return {
    address: { host: at.host, port },
    // The port is free when this returns, though sockets of links may live on.
    close: () => {
      for (const arrival of [...reception.shaking]) arrival.drop("the listener was closed");
      server.close();
      return Promise.resolve();
    },
  };
}

function cannotListen(at: Endpoint, error: Error): Refused {
  const code = codeOf(error);
  if (code === "EADDRINUSE") return refused("conflict", portTakenText(at));
  // Some kernels say EINVAL where Linux says EADDRNOTAVAIL.
  const nowhere = code === "EADDRNOTAVAIL" || code === "EINVAL" || code === "ENOTFOUND";
  const why = nowhere ? "this host has no such address" : error.message;
  return refused("invalid", `cannot listen for peers on ${endpointText(at)}: ${why}`);
}

function codeOf(error: Error): string | undefined {
  return "code" in error && typeof error.code === "string" ? error.code : undefined;
}

function dial(to: Endpoint, own: Credentials, clock: Clock): Promise<Outcome<Link>> {
  const { promise, resolve } = Promise.withResolvers<Outcome<Link>>();
  const raw = connectTcp({ host: to.host, port: to.port, allowHalfOpen: true });
  let tls: TLSSocket | undefined;
  let settled = false;

  function settle(outcome: Outcome<Link>): void {
    settled = true;
    cancel();
    resolve(outcome);
  }
  function fail(reason: string): void {
    if (settled) return;
    settle(refused("unavailable", `cannot reach ${endpointText(to)}: ${reason}`));
    raw.destroy();
    tls?.destroy();
  }

  const cancel = clock.after(DIAL_MS, () => {
    fail(tls === undefined ? `no answer within ${DIAL_MS} ms` : `no TLS within ${DIAL_MS} ms`);
  });
  raw.on("error", (error) => fail(reasonOf(error)));
  raw.once("connect", () => {
    if (settled) return;
    prepare(raw);
    const [local, remote] = endsOf(raw);
    const gate = gateSocket(raw);
    const secured = connectTls({
      socket: gate.duplex as Socket,
      secureContext: own.secureContext,
      ...TLS_RULES,
    });
    tls = secured;
    secured.on("error", (error) => fail(`it does not speak TLS 1.3 (${error.message})`));
    secured.on("close", () => fail("it closed the connection"));
    secured.once("secureConnect", () => {
      if (settled) return;
      const peerCertificate = peerCertificateOf(secured);
      if (peerCertificate === undefined) return fail("it showed no certificate");
      const ownCertificate = own.certificate;
      const ends = { ownCertificate, peerCertificate, dialed: true, remote, local };
      settle(ok(new SocketLink({ tls: secured, gate, clock, settled: () => {}, ...ends })));
    });
  });
  return promise;
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ECONNRESET: "it closed the connection",
  EHOSTUNREACH: "the host does not answer",
  ENETUNREACH: "there is no way to that network",
  ENOTFOUND: "the name is unknown",
  ETIMEDOUT: "the host does not answer",
};

function reasonOf(error: Error): string {
  return REASONS[codeOf(error) ?? ""] ?? error.message;
}
