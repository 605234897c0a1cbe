/**
 * Thousands of machines on the segment of one interface, without addresses, that ask for one by
 * DHCP: DISCOVER, OFFER, REQUEST, ACK. Told what to do by its argument, a StormOrder as JSON; its
 * one line of output is a StormResult. It sees all that the members answer, to whichever machine.
 */
import { type Exchange, judged, type StormResult } from "./storm_exchange.ts";
import { SegmentSocket } from "./segment_socket.ts";
import { simulatedMachines } from "./simulated_machines.ts";
import { Poller } from "../../src/io/poller.ts";
import { fromHex } from "../../src/base/bytes.ts";
import type { Outcome } from "../../src/base/outcome.ts";
import { BOOTREPLY, BOOTREQUEST, parseDhcp4, printDhcp4 } from "../../src/wire/dhcp4.ts";
import {
  addressBytes,
  MESSAGE_TYPE,
  OPTION,
  readAddress,
  readU8,
  u8Bytes,
} from "../../src/wire/dhcp4_options.ts";
import { parseUdpFrame, printUdpFrame } from "../../src/wire/ip_frame.ts";

export interface StormOrder {
  readonly interface: string;
  /** Of the bench's nodes, from d1 on; they ask one after another, and again from the first on. */
  readonly machines: number;
  readonly exchanges: number;
  /** Exchanges that begin in a second; 0 for all at once. */
  readonly perSecond: number;
  /** After how long a machine repeats what was not answered, each time. */
  readonly repeatAfterMs: readonly number[];
  /** How long it looks on after the last one has its address, */
  readonly lingerMs: number;
  /** or, where some have none, after the last began. */
  readonly patienceMs: number;
}

const ALL = 0xffff_ffff;
const EVERYBODY = new Uint8Array(6).fill(0xff);
const CLIENT_PORT = 68, SERVER_PORT = 67;
const MAX_BYTES = 1_472;
const FRAMES_A_TURN = 256;
/** What machines commonly ask for. */
const WANTED = Uint8Array.of(1, 3, 6, 12, 15, 26, 42);

class Storm {
  readonly #order: StormOrder;
  readonly #socket: SegmentSocket;
  readonly #macs: readonly Uint8Array[];
  readonly #firstXid = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
  readonly #exchanges: Exchange[] = [];
  #ended = 0;
  #over: (() => void) | undefined;

  constructor(order: StormOrder, socket: SegmentSocket) {
    this.#order = order;
    this.#socket = socket;
    this.#macs = simulatedMachines(order.machines).map(({ mac }) =>
      fromHex(mac.replaceAll(":", ""))
    );
  }

  async run(): Promise<StormResult> {
    const { exchanges, perSecond, lingerMs, patienceMs } = this.#order;
    const start = performance.now();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#over = resolve;
    while (this.#exchanges.length < exchanges) {
      const elapsedMs = performance.now() - start;
      const due = perSecond === 0 ? exchanges : Math.ceil(elapsedMs * perSecond / 1_000);
      while (this.#exchanges.length < Math.min(due, exchanges)) this.#begin();
      this.#socket.flush();
      await pause(1);
    }
    await Promise.race([promise, pause(patienceMs)]);
    await pause(lingerMs);
    return judged(this.#exchanges, this.#socket.lost);
  }

  receive(): void {
    this.#socket.receive(FRAMES_A_TURN, (frame) => {
      const udp = parseUdpFrame(frame);
      if (udp === undefined || udp.destinationPort !== CLIENT_PORT) return;
      const packet = parseDhcp4(udp.payload);
      if (!packet.ok || packet.value.op !== BOOTREPLY) return;
      const { xid, options, yiaddr } = packet.value;
      const at = (xid - this.#firstXid) >>> 0;
      const type = valueOf(readU8(options, OPTION.MESSAGE_TYPE));
      const server = valueOf(readAddress(options, OPTION.SERVER_IDENTIFIER));
      this.#heard(at, type, { server, address: yiaddr });
    });
    this.#socket.flush();
  }

  #begin(): void {
    const exchange: Exchange = {
      ...{ begunAtMs: performance.now(), discovers: 0, requests: 0, offers: [], acks: 0, naks: 0 },
      ...{ offeredMs: undefined, endedMs: undefined },
    };
    this.#exchanges.push(exchange);
    this.#discover(exchange, this.#exchanges.length - 1);
  }

  #discover(exchange: Exchange, at: number): void {
    if (exchange.offeredMs !== undefined) return;
    this.#send(at, MESSAGE_TYPE.DISCOVER, []);
    this.#again(exchange.discovers++, () => this.#discover(exchange, at));
  }

  #request(exchange: Exchange, at: number, offer: Offer): void {
    if (exchange.endedMs !== undefined) return;
    this.#send(at, MESSAGE_TYPE.REQUEST, [
      [OPTION.REQUESTED_IP_ADDRESS, addressBytes(offer.address)],
      [OPTION.SERVER_IDENTIFIER, addressBytes(offer.server)],
    ]);
    this.#again(exchange.requests++, () => this.#request(exchange, at, offer));
  }

  /** The n-th time is the first to be repeated after so long. */
  #again(n: number, act: () => void): void {
    const afterMs = this.#order.repeatAfterMs[n];
    if (afterMs === undefined) return;
    setTimeout(() => {
      act();
      this.#socket.flush();
    }, afterMs);
  }

  #heard(at: number, type: number | undefined, { server = 0, address }: Told): void {
    const exchange = this.#exchanges[at];
    if (exchange === undefined) return;
    const afterMs = performance.now() - exchange.begunAtMs;
    if (type === MESSAGE_TYPE.OFFER) {
      exchange.offers.push({ server, address, afterMs });
      if (exchange.offeredMs !== undefined) return;
      exchange.offeredMs = afterMs;
      this.#request(exchange, at, { server, address });
    } else if (type === MESSAGE_TYPE.NAK) exchange.naks++;
    else if (type === MESSAGE_TYPE.ACK) {
      exchange.acks++;
      if (exchange.endedMs !== undefined) return;
      exchange.endedMs = afterMs;
      if (++this.#ended === this.#order.exchanges) this.#over?.();
    }
  }

  #send(at: number, type: number, more: readonly (readonly [number, Uint8Array])[]): void {
    const chaddr = this.#macs[at % this.#macs.length] as Uint8Array;
    const printed = printDhcp4({
      ...{ op: BOOTREQUEST, htype: 1, hops: 0, xid: (this.#firstXid + at) >>> 0, secs: 0 },
      ...{ flags: 0, ciaddr: 0, yiaddr: 0, siaddr: 0, giaddr: 0, chaddr, sname: "", file: "" },
      options: new Map([
        [OPTION.MESSAGE_TYPE, u8Bytes(type)],
        ...more,
        [OPTION.PARAMETER_REQUEST_LIST, WANTED],
      ]),
    }, MAX_BYTES);
    if (!printed.ok) throw new Error(printed.refusal.message);
    this.#socket.send(printUdpFrame({
      ...{ sourceMac: chaddr, destinationMac: EVERYBODY, source: 0, destination: ALL },
      ...{ sourcePort: CLIENT_PORT, destinationPort: SERVER_PORT, payload: printed.value },
    }));
  }
}

interface Offer {
  readonly server: number;
  readonly address: number;
}

type Told = { readonly server: number | undefined; readonly address: number };

function valueOf<T>(read: Outcome<T> | undefined): T | undefined {
  return read?.ok ? read.value : undefined;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}

async function main(): Promise<void> {
  const order = JSON.parse(Deno.args[0] ?? "") as StormOrder;
  const socket = SegmentSocket.open(order.interface);
  const opened = Poller.open();
  if (!opened.ok) throw new Error(opened.refusal.message);
  const poller = opened.value;
  const storm = new Storm(order, socket);
  const unwatch = poller.watch(socket.fd, () => storm.receive());
  console.log(JSON.stringify(await storm.run()));
  unwatch();
  await poller.close();
  socket.close();
}

if (import.meta.main) {
  await main();
  Deno.exit(); // timers of exchanges that were never answered may still run
}
