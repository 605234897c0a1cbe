/** Puts answers on the wire, each by its route. */
import { ok, type Outcome, refused } from "../../base/outcome.ts";
import type { DatagramSocket } from "../../io/datagram.ts";
import type { PacketSocket } from "../../io/packet_socket.ts";
import { broadcastOf, type Ipv4, isWithin } from "../../model/ipv4.ts";
import type { BootAnswer } from "../../netboot/boot_decision.ts";
import type { BootRequest } from "../../netboot/boot_request.ts";
import type { Arrival } from "../../netboot/boot_view.ts";
import { type Answerer, replyPacket, type ReplyRoute, routeOf } from "../../netboot/dhcp_reply.ts";
import { printDhcp4 } from "../../wire/dhcp4.ts";
import { printUdpFrame } from "../../wire/ip_frame.ts";
import type { ServedInterface } from "./served_interfaces.ts";

/** A request with what only its packet said, to be answered now or later. */
export interface HeardRequest {
  readonly request: BootRequest;
  readonly at: Arrival;
  readonly on: ServedInterface;
  readonly htype: number;
  readonly chaddr: Uint8Array;
}

export interface SenderParts {
  readonly packets: PacketSocket;
  /** The sockets that hold the ports where requests come in, or others in their place: for what the
   * host's own routes lead to. */
  routed(port: Arrival["port"]): DatagramSocket | undefined;
  readonly httpPort: () => number;
}

const ALL = 0xffff_ffff;
const EVERYBODY = new Uint8Array(6).fill(0xff);
const SERVER_PORT = 67, CLIENT_PORT = 68;

export class AnswerSender {
  readonly #parts: SenderParts;
  /** Of each socket's that the kernel refused, those that were told of. */
  readonly #refused = new WeakMap<DatagramSocket, number>();

  constructor(parts: SenderParts) {
    this.#parts = parts;
  }

  /** This member, as the client is to reach it. */
  answererFor({ at, request }: HeardRequest, { address, addressing }: BootAnswer): Answerer {
    const near = (address ?? addressing.address)?.address ?? request.ciaddr;
    const own = at.locals.find((local) => local.address === at.to) ??
      at.locals.find(({ network }) => near !== 0 && isWithin(network, near)) ?? at.locals[0];
    return { address: own?.address ?? 0, httpPort: this.#parts.httpPort() };
  }

  /** Queues the answer; `flush` sends it. Refused where it cannot be sent. */
  send(heard: HeardRequest, answer: BootAnswer, answerer: Answerer): Outcome<ReplyRoute> {
    const { request, at, htype, chaddr } = heard;
    const packet = replyPacket(request, htype, chaddr, answer, answerer);
    const printed = printDhcp4(packet, request.maxBytes);
    if (!printed.ok) return printed;
    const route = routeOf(request, answer, at);
    if (route.kind === "routed") {
      return this.#route(heard, route.to, route.port, answerer, printed.value) ?? ok(route);
    }
    const isFrame = route.kind === "frame" && chaddr.length === EVERYBODY.length;
    this.#parts.packets.send(
      heard.on.index,
      printUdpFrame({
        destinationMac: isFrame ? chaddr : EVERYBODY,
        sourceMac: heard.on.mac,
        source: answerer.address,
        destination: isFrame ? route.to : ALL,
        sourcePort: at.port,
        destinationPort: CLIENT_PORT,
        payload: printed.value,
      }),
    );
    return ok(route);
  }

  /** How many of what was queued nobody took. */
  flush(): number {
    let lost = this.#parts.packets.flush();
    for (const port of [67, 4011] as const) {
      const socket = this.#parts.routed(port);
      if (socket === undefined) continue;
      const waiting = socket.flush();
      if (waiting > 0) socket.discard();
      lost += waiting + socket.undeliverable - (this.#refused.get(socket) ?? 0);
      this.#refused.set(socket, socket.undeliverable);
    }
    return lost;
  }

  #route(
    { on, at }: HeardRequest,
    to: Ipv4,
    port: number,
    { address }: Answerer,
    payload: Uint8Array,
  ): Outcome<never> | undefined {
    const socket = this.#parts.routed(at.port);
    const isOwnSegment = at.locals.some(({ network }) => to === broadcastOf(network));
    if (socket === undefined) return refused("unavailable", "no UDP socket is open");
    if (isOwnSegment) return refused("invalid", "it wants an answer to a broadcast address");
    const from = { address, interfaceIndex: at.locals.some(isNear) ? on.index : 0 };
    const isTaken = socket.send({ address: to, port: port || SERVER_PORT }, from, payload);
    return isTaken ? undefined : refused("busy", "the kernel has no room for it");

    function isNear({ network }: ServedInterface["locals"][number]): boolean {
      return isWithin(network, to);
    }
  }
}
