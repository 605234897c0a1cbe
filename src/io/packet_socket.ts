/**
 * The port to whole Ethernet frames (AF_PACKET): DHCP requests of clients that have no address yet
 * and answers to them, which the kernel's own UDP cannot address. One socket hears all interfaces,
 * those too that come later, and another program may hold port 67 all the while.
 */
import { FRAMES_WAITING_BYTES, MAX_ETHERNET_BYTES, RAW_BATCH } from "../base/boot_limits.ts";
import { ok, type Outcome } from "../base/outcome.ts";
import { MessageBatch } from "./message_batch.ts";
import { pinnedMemory, pointerTo } from "./pinned_memory.ts";
import { openRawSocket, type RawSocket, receiveFrom, refusedBy, sendFrom } from "./raw_socket.ts";
import { FILTERS } from "./socket_filter.ts";

/** An open socket. None of its calls waits. */
export interface PacketSocket {
  /** For a poller. */
  readonly fd: number;
  /**
   * Hands over frames that wait, at most `most`; how many there were. A frame is only good during
   * the call, which must not receive from any socket. Frames that this host sends are not among
   * them. `isChecksumOpen`: a process of this very host sent it (through a bridge or a veth pair),
   * and the transport checksum is left to hardware that it never met: it means nothing.
   */
  receive(
    most: number,
    take: (frame: Uint8Array, interfaceIndex: number, isChecksumOpen: boolean) => void,
  ): number;
  /** Queues a copy of a frame of at most MAX_ETHERNET_BYTES; a full queue is flushed. */
  send(interfaceIndex: number, frame: Uint8Array): void;
  /**
   * Hands what is queued to the kernel. How many frames it did not take since the last flush (no
   * such interface, it is down, no room): they are gone.
   */
  flush(): number;
  /** Frames the kernel dropped since this was last asked, because nobody received them in time. */
  dropped(): number;
  /** Frames that came and were longer than RAW_RECEIVE_BYTES: no boot client or relay sends one. */
  readonly tooLong: number;
  close(): void;
}

const AF_PACKET = 17, SOCK_RAW = 3;
const SOL_PACKET = 263, PACKET_STATISTICS = 6, PACKET_AUXDATA = 8;
/** struct sockaddr_ll. */
const NAME_BYTES = 20;
/** EtherTypes (RFC 7042 appendix B.1). */
const ETHERTYPES = { dhcp: 0x0800, arp: 0x0806 } as const;

/**
 * Opens a socket for what the filter lets through (see FILTERS). It is bound to the EtherType, not
 * to everything: so a frame is seen once, by the interface that has the address (a bridge or bond,
 * not its ports; a VLAN, not what carries it), and what this host sends costs nothing. Refuses:
 * `forbidden` without CAP_NET_RAW, `unavailable` for any other reason.
 */
export function openPacketSocket(filter: "dhcp" | "arp"): Outcome<PacketSocket> {
  const action = `hear ${filter.toUpperCase()} on the network interfaces`;
  const opened = openRawSocket(AF_PACKET, SOCK_RAW, action, "CAP_NET_RAW");
  if (!opened.ok) return opened;
  const socket = opened.value;
  socket.receiveBuffer(FRAMES_WAITING_BYTES);
  const name = new DataView(new ArrayBuffer(NAME_BYTES));
  name.setUint16(0, AF_PACKET, true);
  name.setUint16(2, ETHERTYPES[filter], false);
  // Opened for no EtherType it hears nothing before it is bound, so nothing passes the filter by.
  const errno = socket.filter(FILTERS[filter]) ||
    socket.set(SOL_PACKET, PACKET_AUXDATA, 1) ||
    socket.bind(new Uint8Array(name.buffer));
  if (errno === 0) return ok(new LibcPacketSocket(socket));
  socket.close();
  return refusedBy(socket.calls, errno, action, "CAP_NET_RAW");
}

class LibcPacketSocket implements PacketSocket {
  readonly #socket: RawSocket;
  readonly #batch = new MessageBatch(RAW_BATCH, MAX_ETHERNET_BYTES, pinnedMemory);
  readonly #headers = Array.from(
    { length: RAW_BATCH },
    (_, i) => pointerTo(this.#batch.headerAddress(i)),
  );
  tooLong = 0;
  #queued = 0;
  #lost = 0;

  constructor(socket: RawSocket) {
    this.#socket = socket;
  }

  get fd(): number {
    return this.#socket.fd;
  }

  receive(
    most: number,
    take: (frame: Uint8Array, interfaceIndex: number, isChecksumOpen: boolean) => void,
  ): number {
    return receiveFrom(this.#socket, most, (batch, i) => {
      const frame = batch.received(i);
      if (frame === undefined) {
        this.tooLong++;
        return;
      }
      take(frame, batch.frameInterface(i), batch.isChecksumOpen(i));
    });
  }

  send(interfaceIndex: number, frame: Uint8Array): void {
    if (frame.length > MAX_ETHERNET_BYTES) {
      throw new Error(`a frame of ${frame.length} bytes; at most ${MAX_ETHERNET_BYTES} are sent`);
    }
    if (this.#queued === RAW_BATCH) this.#send();
    const i = this.#queued++;
    this.#batch.room(i).set(frame);
    this.#batch.toInterface(i, interfaceIndex, (frame[12] ?? 0) << 8 | (frame[13] ?? 0));
    this.#batch.parts(i, this.#batch.roomAddress(i), frame.length);
  }

  flush(): number {
    this.#send();
    const lost = this.#lost;
    this.#lost = 0;
    return lost;
  }

  #send(): void {
    const { done, refused } = sendFrom(this.#socket, this.#headers, 0, this.#queued);
    this.#lost += this.#queued - done + refused;
    this.#queued = 0;
  }

  dropped(): number {
    this.#socket.mustBeOpen();
    // struct tpacket_stats: all frames, and of these the dropped ones.
    return this.#socket.get(SOL_PACKET, PACKET_STATISTICS, 2)[1] ?? 0;
  }

  close(): void {
    this.#socket.close();
    this.#queued = 0;
  }
}
