/**
 * Where booting machines fetch files by HTTP: strangers, in a storm when the power comes back. On
 * sockets of the C library: docs/decisions/0032-boot-http.md says why and what it costs.
 */
import { utf8 } from "../../base/bytes.ts";
import {
  BOOT_HTTP_AGAIN_MS,
  BOOT_HTTP_CLOSING_MS,
  BOOT_HTTP_LOOK_MS,
  BOOT_HTTP_TELL_MOST,
  BOOT_HTTP_TELL_MS,
  MAX_BOOT_HTTP_CONNECTIONS,
  MAX_BOOT_HTTP_CONNECTIONS_EACH,
} from "../../base/boot_limits.ts";
import { oneLine } from "../../base/one_line.ts";
import { ok, type Outcome } from "../../base/outcome.ts";
import type { Clock } from "../../io/clock.ts";
import { endpointText } from "../../io/link.ts";
import type { Poller } from "../../io/poller.ts";
import { listenStream, type StreamListener, type StreamSocket } from "../../io/stream_socket.ts";
import type { HttpEvent, HttpOrder, HttpServing } from "../../service/boot/boot_ports.ts";
import type { FileRequest } from "../../wire/file_request.ts";
import { answerHead } from "./answer_head.ts";
import { answerBoot, type BootAnswer, refusalAnswer } from "./answering.ts";
import { BootConnection, type BootHttpCounts, type ConnectionSite } from "./connection.ts";

/** Refuses as {@link listenStream} does: with `conflict` where the port is taken. It tells of each
 * answer that has ended, in the order of their ends. */
export function listenBootHttp(order: HttpOrder): Outcome<HttpServing> {
  const listening = listenStream(order.at, "--boot-http");
  return listening.ok ? ok(new BootHttpListener(listening.value, order)) : listening;
}

/** Connections that are taken before others have their turn. */
const ACCEPTED_AT_ONCE = 32;

class BootHttpListener implements HttpServing, ConnectionSite {
  readonly address: string;
  readonly counts: BootHttpCounts = {
    connections: 0,
    accepted: 0,
    refused: 0,
    wrong: 0,
    answers: new Map(),
    bytes: 0,
    aborted: 0,
    slow: 0,
  };
  readonly poller: Poller;
  readonly clock: Clock;
  readonly #listener: StreamListener;
  readonly #order: HttpOrder;
  readonly #connections = new Set<BootConnection>();
  readonly #byAddress = new Map<string, number>();
  readonly #closed = Promise.withResolvers<void>();
  #unwatch: (() => void) | undefined;
  #cancelLook: () => void = () => {};
  #cancelAgain: () => void = () => {};
  /** How many lines in this while. */
  #told = 0;
  #tellingSinceMs = Number.NEGATIVE_INFINITY;
  #isClosing = false;

  constructor(listener: StreamListener, order: HttpOrder) {
    this.#listener = listener;
    this.#order = order;
    this.poller = order.poller;
    this.clock = order.clock;
    this.address = endpointText({ ...order.at, port: listener.port });
    this.#watch();
    this.#lookLater();
  }

  answer(request: FileRequest, address: string): Promise<BootAnswer> {
    return answerBoot(request, address, this.#order.content, this.#order.compute);
  }

  done(event: HttpEvent): void {
    this.#order.done(event);
  }

  /** Some in a while: what befalls one client may befall thousands. */
  tell(line: string): void {
    const { monoMs } = this.clock.now();
    if (monoMs - this.#tellingSinceMs >= BOOT_HTTP_TELL_MS) {
      this.#tellingSinceMs = monoMs;
      this.#told = 0;
    }
    if (++this.#told <= BOOT_HTTP_TELL_MOST) this.#order.tell(line);
  }

  ended(connection: BootConnection): void {
    if (!this.#connections.delete(connection)) return;
    this.counts.connections--;
    const left = (this.#byAddress.get(connection.address) ?? 1) - 1;
    if (left > 0) this.#byAddress.set(connection.address, left);
    else this.#byAddress.delete(connection.address);
    this.#endIfDone();
  }

  async close(): Promise<void> {
    if (!this.#isClosing) {
      this.#isClosing = true;
      this.#unwatch?.();
      this.#cancelLook();
      this.#cancelAgain();
      this.#listener.close();
      for (const connection of [...this.#connections]) connection.endSoon();
      const cancel = this.clock.after(BOOT_HTTP_CLOSING_MS, () => {
        for (const connection of [...this.#connections]) connection.cut();
      });
      void this.#closed.promise.then(cancel);
      this.#endIfDone();
    }
    await this.#closed.promise;
  }

  #endIfDone(): void {
    if (this.#isClosing && this.#connections.size === 0) this.#closed.resolve();
  }

  #lookLater(): void {
    this.#cancelLook = this.clock.after(BOOT_HTTP_LOOK_MS, () => {
      for (const connection of [...this.#connections]) connection.look();
      this.#lookLater();
    });
  }

  // ---- connections that come

  #watch(): void {
    this.#unwatch ??= this.poller.watch(this.#listener.fd, () => {
      try {
        this.#accept();
      } catch (error) {
        this.#pause(oneLine(error)); // it must not end the poller, which others share
      }
    });
  }

  #accept(): void {
    for (let i = 0; i < ACCEPTED_AT_ONCE; i++) {
      const socket = this.#listener.accept();
      if (socket === "nothing") return;
      if (socket === "short") {
        return this.#pause("no descriptor is left; raise the limit of open files");
      }
      if (this.#hasRoomFor(socket.address)) this.#take(socket);
      else this.#refuse(socket);
    }
  }

  #hasRoomFor(address: string): boolean {
    if ((this.#byAddress.get(address) ?? 0) >= MAX_BOOT_HTTP_CONNECTIONS_EACH) return false;
    if (this.#connections.size < MAX_BOOT_HTTP_CONNECTIONS) return true;
    const { monoMs } = this.clock.now();
    const expendable = this.#connections.values().find((one) => one.isExpendable(monoMs));
    expendable?.endSoon();
    return expendable !== undefined;
  }

  #take(socket: StreamSocket): void {
    const connection = new BootConnection(socket, this);
    this.#connections.add(connection);
    this.counts.connections++;
    this.counts.accepted++;
    const { address } = socket;
    this.#byAddress.set(address, (this.#byAddress.get(address) ?? 0) + 1);
  }

  #refuse(socket: StreamSocket): void {
    this.counts.refused++;
    const { status, fields, body } = refusalAnswer(503, "too many connections", ["Retry-After: 5"]);
    socket.send(utf8(answerHead(status, fields, false, Date.now())), true);
    socket.send(body, false);
    socket.finish();
    socket.close();
  }

  #pause(why: string): void {
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.tell(`takes no connections on ${this.address} for a moment: ${why}`);
    this.#cancelAgain = this.clock.after(BOOT_HTTP_AGAIN_MS, () => this.#watch());
  }
}
