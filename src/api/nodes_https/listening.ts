/**
 * The port for nodes: HTTPS by the collective's own CA. Strangers reach it, so what one of them may
 * hold is bounded, and so is the time. Why `node:https`: docs/decisions/0037-https-for-nodes.md.
 */
import { createServer, type Server } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

import {
  HTTPS_CLOSING_MS,
  HTTPS_IDLE_MS,
  HTTPS_LOOK_MS,
  HTTPS_OPENING_MS,
  MAX_HTTPS_CONNECTIONS,
  MAX_HTTPS_CONNECTIONS_EACH,
  MAX_HTTPS_HEAD_BYTES,
} from "../../base/boot_limits.ts";
import { oneLine } from "../../base/one_line.ts";
import { ok, type Outcome, refused } from "../../base/outcome.ts";
import { isKeyOf, type KeyedCertificate } from "../../io/certificate_signing.ts";
import { type Endpoint, endpointText } from "../../io/link.ts";
import { portHolder } from "../../io/port_holder.ts";
import { plainAddress } from "../../model/ip_address.ts";
import { ipv4Of } from "../../model/ipv4.ts";
import type { HttpsOrder, HttpsServing } from "../../service/boot/boot_ports.ts";
import { NodeConnection } from "./connection.ts";
import type { Doors } from "./doors.ts";
import { NodeRequests } from "./serving.ts";

/** Refuses with `conflict` where the port is taken (the message names the holder), `forbidden` or
 * `unavailable`. */
export async function listenNodesHttps(
  order: HttpsOrder,
  doors: Doors,
): Promise<Outcome<HttpsServing>> {
  // Deno would only tell whoever connects.
  if (!isKeyOf(order.certificate)) return refused("unavailable", UNFIT);
  const server = createServer({
    ...contextOf(order.certificate),
    ALPNProtocols: ["http/1.1"],
    maxHeaderSize: MAX_HTTPS_HEAD_BYTES,
    handshakeTimeout: HTTPS_OPENING_MS,
    // Here by its own watch: see connection.ts.
    headersTimeout: 0,
    requestTimeout: 0,
    keepAliveTimeout: HTTPS_IDLE_MS,
  });
  const bound = await bind(server, order.at);
  return bound.ok ? ok(new NodesHttps(server, bound.value, order, doors)) : bound;
}

const UNFIT = "cannot use the certificate for nodes: its key is damaged, or another's";

function contextOf({ certificatePem, keyPem }: KeyedCertificate): object {
  return { cert: certificatePem, key: keyPem, minVersion: "TLSv1.2" };
}

/** The port that was taken. */
async function bind(server: Server, at: Endpoint): Promise<Outcome<number>> {
  const failure = await new Promise<unknown>((resolve) => {
    server.once("error", resolve);
    server.listen({ host: at.host, port: at.port }, () => {
      server.off("error", resolve);
      resolve(undefined);
    });
  });
  if (failure === undefined) {
    const address = server.address();
    return ok(typeof address === "object" && address !== null ? address.port : at.port);
  }
  const code = failure instanceof Error && "code" in failure ? String(failure.code) : "";
  const action = `cannot listen on ${endpointText(at)}`;
  if (code === "EADDRINUSE") {
    const holder = portHolder(at.port, ipv4Of(at.host) ?? 0, "tcp");
    const remedy = "stop it or choose another with --https";
    return refused("conflict", `${action}: ${holder} has the port; ${remedy}`);
  }
  if (code === "EACCES") {
    return refused("forbidden", `${action}: this needs the capability CAP_NET_BIND_SERVICE`);
  }
  // A host without IPv6 still has all its addresses.
  const isWithoutV6 = at.host === "::" && (code === "EAFNOSUPPORT" || code === "EADDRNOTAVAIL");
  if (isWithoutV6) return await bind(server, { ...at, host: "0.0.0.0" });
  return refused("unavailable", `${action}: ${oneLine(failure)}`);
}

class NodesHttps implements HttpsServing {
  readonly address: string;
  readonly counts = {
    connections: 0,
    accepted: 0,
    refused: 0,
    wrong: 0,
    answers: new Map<number, number>(),
    aborted: 0,
  };
  readonly #server: Server;
  readonly #order: HttpsOrder;
  readonly #requests: NodeRequests;
  /** By address and port of the far end. */
  readonly #connections = new Map<string, NodeConnection>();
  readonly #byAddress = new Map<string, number>();
  readonly #closed = Promise.withResolvers<void>();
  #cancelLook: () => void = () => {};
  #isClosing = false;

  constructor(server: Server, port: number, order: HttpsOrder, doors: Doors) {
    this.#server = server;
    this.#order = order;
    this.#requests = new NodeRequests(order, doors, this.counts);
    this.address = endpointText({ ...order.at, port });
    server.on("connection", (socket: Socket) => this.#take(socket));
    server.on("request", (message, response) => this.#serve(message, response));
    server.on("clientError", (error, socket) => this.#isWrong(error, socket));
    server.on("tlsClientError", () => void this.counts.wrong++);
    server.on("error", (error) => {
      order.tell(`a fault of the port ${this.address}: ${oneLine(error)}`);
    });
    this.#lookLater();
  }

  use(certificate: KeyedCertificate): void {
    if (isKeyOf(certificate)) this.#server.setSecureContext(contextOf(certificate));
    else this.#order.tell(UNFIT);
  }

  async close(): Promise<void> {
    if (!this.#isClosing) {
      this.#isClosing = true;
      this.#cancelLook();
      this.#server.close();
      for (const one of [...this.#connections.values()]) {
        if (one.isAtRest) one.cut();
        else one.endsAfterThis();
      }
      const cancel = this.#order.clock.after(HTTPS_CLOSING_MS, () => {
        for (const one of [...this.#connections.values()]) one.cut();
      });
      void this.#closed.promise.then(cancel);
      this.#endIfDone();
    }
    await this.#closed.promise;
  }

  // ---- connections

  #take(socket: Socket): void {
    const { remoteAddress = "", remotePort = 0 } = socket;
    const address = plainAddress(remoteAddress), key = keyOf(socket);
    // Whoever is gone already has no address.
    if (this.#isClosing || remotePort === 0 || !this.#hasRoomFor(address)) {
      if (remotePort !== 0 && !this.#isClosing) this.counts.refused++;
      socket.destroy();
      return;
    }
    const nowMs = (): number => this.#order.clock.now().monoMs;
    const connection = new NodeConnection(address, socket, nowMs);
    this.#connections.set(key, connection);
    this.#byAddress.set(address, (this.#byAddress.get(address) ?? 0) + 1);
    this.counts.connections++;
    this.counts.accepted++;
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#ended(key, connection));
  }

  #hasRoomFor(address: string): boolean {
    if ((this.#byAddress.get(address) ?? 0) >= MAX_HTTPS_CONNECTIONS_EACH) return false;
    if (this.#connections.size < MAX_HTTPS_CONNECTIONS) return true;
    const expendable = this.#connections.values().find((one) => one.isExpendable);
    expendable?.cut();
    return expendable !== undefined;
  }

  #ended(key: string, connection: NodeConnection): void {
    if (this.#connections.get(key) === connection) this.#connections.delete(key);
    connection.ended();
    this.counts.connections--;
    const left = (this.#byAddress.get(connection.address) ?? 1) - 1;
    if (left > 0) this.#byAddress.set(connection.address, left);
    else this.#byAddress.delete(connection.address);
    this.#endIfDone();
  }

  #endIfDone(): void {
    if (this.#isClosing && this.#connections.size === 0) this.#closed.resolve();
  }

  #lookLater(): void {
    this.#cancelLook = this.#order.clock.after(HTTPS_LOOK_MS, () => {
      for (const one of [...this.#connections.values()]) one.look();
      this.#lookLater();
    });
  }

  // ---- requests

  #serve(message: IncomingMessage, response: ServerResponse): void {
    const { socket } = message, connection = this.#connections.get(keyOf(socket));
    if (connection === undefined) return void socket.destroy();
    const peer = { address: connection.address, port: socket.remotePort ?? 0 };
    const isTaken = connection.serve(async () => {
      await this.#requests.serve(message, response, peer, connection);
      message.resume(); // what comes still
    });
    if (!isTaken) connection.cut();
  }

  /** What is no request. */
  #isWrong(error: Error, socket: Duplex): void {
    const code = "code" in error ? String(error.code) : "";
    if (!code.startsWith("HPE_")) return void socket.destroy();
    this.counts.wrong++;
    // It ended within a head, or was cut.
    if (code === "HPE_INVALID_EOF_STATE") return void socket.destroy();
    const reason = code === "HPE_HEADER_OVERFLOW"
      ? "431 Request Header Fields Too Large"
      : "400 Bad Request";
    const head = `HTTP/1.1 ${reason}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;
    if (socket.writable) socket.end(head, () => socket.destroy());
    else socket.destroy();
  }
}

function keyOf({ remoteAddress = "", remotePort = 0 }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
