/** All IPv4 frames of a segment, to whomever they are, and frames in the name of any machine there:
 * what the packet socket of members hears is only what is for its host. */
import { RAW_BATCH } from "../../src/base/boot_limits.ts";
import type { Outcome } from "../../src/base/outcome.ts";
import { listInterfaces } from "../../src/io/interfaces.ts";
import { openPacketSocket, type PacketSocket } from "../../src/io/packet_socket.ts";
import { openRawSocket, type RawSocket, receiveFrom } from "../../src/io/raw_socket.ts";

const AF_PACKET = 17, SOCK_RAW = 3, SOL_PACKET = 263, PACKET_STATISTICS = 6;
const ETHERTYPE_IPV4 = 0x0800;
const WAITING_BYTES = 16 * 1024 * 1024;

export class SegmentSocket {
  readonly #hears: RawSocket;
  readonly #sends: PacketSocket;
  readonly #index: number;
  #queued = 0;
  #unsent = 0;

  private constructor(hears: RawSocket, sends: PacketSocket, index: number) {
    this.#hears = hears;
    this.#sends = sends;
    this.#index = index;
  }

  static open(name: string): SegmentSocket {
    const index = must(listInterfaces()).find((one) => one.name === name)?.index;
    if (index === undefined) throw new Error(`there is no interface ${name}`);
    const hears = must(openRawSocket(AF_PACKET, SOCK_RAW, "hear a segment", "CAP_NET_RAW"));
    hears.receiveBuffer(WAITING_BYTES);
    const address = new DataView(new ArrayBuffer(20));
    address.setUint16(0, AF_PACKET, true);
    address.setUint16(2, ETHERTYPE_IPV4, false);
    address.setInt32(4, index, true);
    const errno = hears.bind(new Uint8Array(address.buffer));
    if (errno !== 0) throw new Error(`cannot hear ${name}: errno ${errno}`);
    return new SegmentSocket(hears, must(openPacketSocket("dhcp")), index);
  }

  /** For a poller. */
  get fd(): number {
    return this.#hears.fd;
  }

  /** Frames that went astray on their way to or from the kernel. */
  get lost(): number {
    return this.#unsent + (this.#hears.get(SOL_PACKET, PACKET_STATISTICS, 2)[1] ?? 0);
  }

  /** Frames are only good during the call. */
  receive(most: number, take: (frame: Uint8Array) => void): void {
    receiveFrom(this.#hears, most, (batch, i) => {
      const frame = batch.received(i);
      if (frame !== undefined) take(frame);
    });
  }

  send(frame: Uint8Array): void {
    this.#sends.send(this.#index, frame);
    // Few at a time: the kernel of this one host has to hand each to every member.
    if (++this.#queued >= RAW_BATCH / 2) this.flush();
  }

  flush(): void {
    this.#queued = 0;
    this.#unsent += this.#sends.flush();
  }

  close(): void {
    this.#hears.close();
    this.#sends.close();
  }
}

function must<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(outcome.refusal.message);
  return outcome.value;
}
