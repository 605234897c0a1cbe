/** The accepting end of TLS: from a connection by anybody to a link, or to nothing. */
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";

import { HANDSHAKE_MS } from "../base/limits.ts";
import type { Clock } from "./clock.ts";
import type { Endpoint, Link } from "./link.ts";
import { SocketLink } from "./link_socket.ts";
import { type Credentials, endsOf, peerCertificateOf, TLS_RULES } from "./link_tls_rules.ts";
import { type GatedSocket, gateSocket } from "./gated_socket.ts";
import { type Stranger, UnprovenLinks } from "./unproven_links.ts";

/** What every arrival at one listener shares. */
export interface Reception {
  /** What those who arrive from now on are shown. */
  own: Credentials;
  readonly clock: Clock;
  readonly accept: (link: Link) => void;
  /** Hears of ends that were dropped before they became a link. */
  readonly dropped: (remote: Endpoint, reason: string) => void;
  readonly unproven: UnprovenLinks;
  /** Those whose handshake goes on. */
  readonly shaking: Set<Arrival>;
}

/**
 * One connection, from its arrival until its peer is proven or it is gone. It is in `shaking` for
 * the handshake alone, in `unproven` all that time.
 */
export class Arrival implements Stranger {
  readonly host: string;
  readonly #reception: Reception;
  readonly #own: Credentials;
  readonly #remote: Endpoint;
  readonly #local: Endpoint;
  readonly #gate: GatedSocket;
  readonly #tls: TLSSocket;
  readonly #cancelDeadline: () => void;
  #link: SocketLink | undefined;

  constructor(connection: Deno.TcpConn, reception: Reception) {
    this.#reception = reception;
    this.#own = reception.own;
    [this.#local, this.#remote] = endsOf(connection);
    this.host = this.#remote.host;
    this.#gate = gateSocket(connection);
    this.#tls = new TLSSocket(this.#gate.duplex as Socket, {
      isServer: true,
      requestCert: true,
      secureContext: this.#own.secureContext,
      ...TLS_RULES,
    });
    this.#tls.on("error", (error) => this.#lost(`TLS failed: ${error.message}`));
    this.#tls.on("close", () => this.#lost(this.#gate.failure ?? "it went away"));
    this.#tls.on("end", () => this.#lost("it went away"));
    this.#tls.once("secure", () => this.#secured());
    this.#cancelDeadline = reception.clock.after(HANDSHAKE_MS, () => {
      this.drop(`it did not prove itself within ${HANDSHAKE_MS} ms`);
    });
    reception.shaking.add(this);
    reception.unproven.add(this);
  }

  drop(reason: string): void {
    if (this.#link === undefined) this.#lost(reason);
    else this.#link.abort(reason);
  }

  /** Ends a handshake; what befalls a link is the link's own business. */
  #lost(reason: string): void {
    if (!this.#reception.shaking.delete(this)) return;
    this.#settled();
    this.#gate.duplex.destroy();
    this.#tls.destroy();
    this.#reception.dropped(this.#remote, reason);
  }

  #settled(): void {
    this.#cancelDeadline();
    this.#reception.unproven.delete(this);
  }

  #secured(): void {
    if (!this.#reception.shaking.has(this)) return;
    const peerCertificate = peerCertificateOf(this.#tls);
    if (peerCertificate === undefined) {
      this.#lost("it showed no certificate");
      return;
    }
    this.#reception.shaking.delete(this);
    this.#link = new SocketLink({
      tls: this.#tls,
      gate: this.#gate,
      clock: this.#reception.clock,
      ownCertificate: this.#own.certificate,
      peerCertificate,
      dialed: false,
      remote: this.#remote,
      local: this.#local,
      settled: () => this.#settled(),
    });
    this.#reception.accept(this.#link);
  }
}
