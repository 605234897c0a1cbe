/**
 * The port to UDP over IPv4 as a boot service needs it: by which interface each datagram came and
 * to which address it was sent, answers pinned to both, and many with one call of the kernel.
 */
import { MAX_DATAGRAM_BYTES, RAW_BATCH } from "../base/boot_limits.ts";
import { ok, type Outcome, type Refused, refused } from "../base/outcome.ts";
import { type Ipv4, ipv4Text } from "../model/ipv4.ts";
import { EADDRINUSE, EINVAL, EIO, errnoOf } from "./libc.ts";
import { MessageBatch } from "./message_batch.ts";
import { addressOf, MAX_MOVING_BYTES, pinnedMemory, pointerTo } from "./pinned_memory.ts";
import { portHolder } from "./port_holder.ts";
import { openRawSocket, type RawSocket, receiveFrom, refusedBy, sendFrom } from "./raw_socket.ts";
import { SegmentedMessage } from "./segmented_message.ts";
import { NOTHING } from "./socket_filter.ts";

/** An end of UDP. */
export interface Endpoint {
  readonly address: Ipv4;
  readonly port: number;
}

/** Where a datagram came in or goes out; 0 leaves the address or the interface to the routes. */
export interface LocalEnd {
  /** As the datagram's header says it: also a broadcast address, of what came in. */
  readonly address: Ipv4;
  readonly interfaceIndex: number;
}

/** A bound socket. None of its calls waits, but one. */
export interface DatagramSocket {
  /** For a poller. */
  readonly fd: number;
  readonly port: number;
  /**
   * Hands over datagrams that wait, at most `most`; how many there were. The bytes are only good
   * during the call, which must not receive from any socket. One of more than RAW_RECEIVE_BYTES is
   * counted in `tooLong` instead.
   */
  receive(
    most: number,
    take: (bytes: Uint8Array, from: Endpoint, to: LocalEnd) => void,
  ): number;
  /**
   * Whether something is there to be received, or comes within `mostMs`, which may be a fraction.
   * All of the thread sleeps so long: for where an answer is due in less than it takes a poller to
   * tell of it.
   */
  awaits(mostMs: number): boolean;
  /**
   * Queues a datagram of one or two parts, together MAX_DATAGRAM_BYTES at most; a full queue is
   * flushed. False where the queue is full and the kernel has no room: it was not queued. The
   * parts are not copied: they stay as they are until `flush` has answered 0.
   */
  send(
    to: Endpoint,
    from: LocalEnd | undefined,
    head: Uint8Array,
    body?: Uint8Array,
  ): boolean;
  /**
   * Sends at once, and together, what `parts` make one after the other: MAX_SEGMENTS datagrams at
   * most of `bytesEach` bytes, of which the last may be shorter, and MAX_DATAGRAM_BYTES in all.
   * Where it answers false nothing was sent: earlier ones wait, the kernel has no room, or cannot
   * do that on this way. `send` says which.
   */
  sendTogether(
    to: Endpoint,
    from: LocalEnd,
    bytesEach: number,
    parts: readonly Uint8Array[],
  ): boolean;
  /**
   * Hands what is queued to the kernel, in order. How many have to wait because it has no room:
   * they stay queued, and Poller.whenWritable says when there is some.
   */
  flush(): number;
  /** Forgets what is queued. */
  discard(): void;
  /** Datagrams the kernel refused for good (no route, forbidden, too long for its interface). */
  readonly undeliverable: number;
  /** Datagrams that came and were longer than RAW_RECEIVE_BYTES. */
  readonly tooLong: number;
  /** Datagrams the kernel dropped, since the socket was opened, for want of room. */
  dropped(): number;
  close(): void;
}

/** How a socket is opened. */
export interface DatagramOptions {
  /** 0 picks one. */
  readonly port: number;
  /** All addresses of the host, unless given. */
  readonly address?: Ipv4;
  /** The kernel may grant less. */
  readonly receiveBufferBytes?: number;
  readonly sendBufferBytes?: number;
  /** It only holds the port and sends: the kernel drops everything that comes. */
  readonly isDeaf?: boolean;
  /** It may send to broadcast addresses. */
  readonly broadcast?: boolean;
}

const AF_INET = 2, SOCK_DGRAM = 2;
const IPPROTO_IP = 0, IP_PKTINFO = 8;
const SOL_SOCKET = 1, SO_BROADCAST = 6, SO_MEMINFO = 55;
/** Of SO_MEMINFO's nine words the one that counts drops (SK_MEMINFO_DROPS). */
const MEMINFO_WORDS = 9, MEMINFO_DROPS = 8;
/** Of a datagram in a frame of Ethernet. */
const ANY_WAY_BYTES = 1500 - 20 - 8;
const BIND_CAPABILITY = "CAP_NET_BIND_SERVICE";

/**
 * Opens a socket. Refuses: `conflict`, naming the holder, where the port is taken; `forbidden`
 * where the process may not bind it; `unavailable` for any other reason. Nothing stays open then.
 */
export function openDatagramSocket(options: DatagramOptions): Outcome<DatagramSocket> {
  const { address = 0, port } = options;
  const where = address === 0 ? `UDP port ${port}` : `UDP port ${port} of ${ipv4Text(address)}`;
  const action = `listen on ${where}`;
  const opened = openRawSocket(AF_INET, SOCK_DGRAM, action, BIND_CAPABILITY);
  if (!opened.ok) return opened;
  const socket = opened.value;
  const errno = prepare(socket, options);
  if (errno === 0) return ok(new LibcDatagramSocket(socket, boundPort(socket)));
  socket.close();
  if (errno === EADDRINUSE) return taken(action, port, address);
  return refusedBy(socket.calls, errno, action, BIND_CAPABILITY);
}

/** The errno, or 0. A deaf socket is deaf before anything can come. */
function prepare(socket: RawSocket, options: DatagramOptions): number {
  const { address = 0, port, receiveBufferBytes, sendBufferBytes } = options;
  if (receiveBufferBytes !== undefined) socket.receiveBuffer(receiveBufferBytes);
  if (sendBufferBytes !== undefined) socket.sendBuffer(sendBufferBytes);
  const name = new DataView(new ArrayBuffer(16));
  name.setUint16(0, AF_INET, true);
  name.setUint16(2, port, false);
  name.setUint32(4, address, false);
  return socket.set(IPPROTO_IP, IP_PKTINFO, 1) ||
    (options.broadcast === true ? socket.set(SOL_SOCKET, SO_BROADCAST, 1) : 0) ||
    (options.isDeaf === true ? socket.filter(NOTHING) : 0) ||
    socket.bind(new Uint8Array(name.buffer));
}

function boundPort({ calls, fd }: RawSocket): number {
  const name = new Uint8Array(new ArrayBuffer(16));
  if (calls.getsockname(fd, name, Uint32Array.of(name.length)) !== 0) {
    throw new Error(`a bound socket has no name: errno ${errnoOf(calls)}`);
  }
  return new DataView(name.buffer).getUint16(2, false);
}

function taken(action: string, port: number, address: Ipv4): Refused {
  const holder = portHolder(port, address);
  return refused("conflict", `cannot ${action}: ${holder} has it; stop it or give it another port`);
}

class LibcDatagramSocket implements DatagramSocket {
  readonly port: number;
  undeliverable = 0;
  tooLong = 0;
  readonly #socket: RawSocket;
  #queue: Outbox | undefined;
  #together: SegmentedMessage | undefined;
  /** The longest datagrams that may be sent together, as far as is known. */
  #mostTogether = MAX_DATAGRAM_BYTES;

  constructor(socket: RawSocket, port: number) {
    this.#socket = socket;
    this.port = port;
  }

  get fd(): number {
    return this.#socket.fd;
  }

  receive(
    most: number,
    take: (bytes: Uint8Array, from: Endpoint, to: LocalEnd) => void,
  ): number {
    return receiveFrom(this.#socket, most, (batch, i) => {
      const bytes = batch.received(i);
      if (bytes === undefined) {
        this.tooLong++;
        return;
      }
      const from = { address: batch.senderAddress(i), port: batch.senderPort(i) };
      const interfaceIndex = batch.datagramInterface(i);
      take(bytes, from, { address: batch.destinationAddress(i), interfaceIndex });
    });
  }

  awaits(mostMs: number): boolean {
    this.#socket.mustBeOpen();
    return this.#socket.waitReadable(mostMs);
  }

  send(
    to: Endpoint,
    from: LocalEnd | undefined,
    head: Uint8Array,
    body: Uint8Array = NO_BYTES,
  ): boolean {
    if (head.length + body.length > MAX_DATAGRAM_BYTES) {
      throw new Error(`a datagram of more than ${MAX_DATAGRAM_BYTES} bytes`);
    }
    this.#queue ??= new Outbox();
    if (this.#queue.isFull) this.flush();
    if (this.#queue.isFull) return false;
    this.#queue.add(to, from, head, body);
    return true;
  }

  sendTogether(
    to: Endpoint,
    from: LocalEnd,
    bytesEach: number,
    parts: readonly Uint8Array[],
  ): boolean {
    if (bytesEach > this.#mostTogether || this.flush() > 0) return false;
    this.#socket.mustBeOpen();
    this.#together ??= new SegmentedMessage();
    this.#together.make(to, from, bytesEach, parts);
    const { calls, fd } = this.#socket;
    if (calls.sendmsg(fd, this.#together.pointer, 0) >= 0) return true;
    const errno = errnoOf(calls);
    // Longer than some way takes, or more than some network card can: it is not tried again. What
    // any way takes may be wrong for another reason, which others must not suffer from.
    if (errno === EINVAL && bytesEach > ANY_WAY_BYTES) this.#mostTogether = bytesEach - 1;
    if (errno === EIO) this.#mostTogether = 0;
    return false;
  }

  flush(): number {
    if (this.#queue === undefined) return 0;
    this.undeliverable += this.#queue.sendBy(this.#socket);
    return this.#queue.waiting;
  }

  discard(): void {
    this.#queue?.clear();
  }

  dropped(): number {
    this.#socket.mustBeOpen();
    return this.#socket.get(SOL_SOCKET, SO_MEMINFO, MEMINFO_WORDS)[MEMINFO_DROPS] ?? 0;
  }

  close(): void {
    this.#socket.close();
    this.#queue?.clear();
  }
}

const NO_BYTES = new Uint8Array(0);

/** Datagrams on their way to the kernel. */
class Outbox {
  readonly #batch = new MessageBatch(RAW_BATCH, 2 * MAX_MOVING_BYTES, pinnedMemory);
  readonly #headers = Array.from(
    { length: RAW_BATCH },
    (_, i) => pointerTo(this.#batch.headerAddress(i)),
  );
  /** Keeps the parts' memory from being freed. */
  readonly #parts: Uint8Array[] = [];
  #first = 0;
  #end = 0;

  get waiting(): number {
    return this.#end - this.#first;
  }

  get isFull(): boolean {
    return this.#end === RAW_BATCH;
  }

  add(to: Endpoint, from: LocalEnd | undefined, head: Uint8Array, body: Uint8Array): void {
    const i = this.#end++;
    this.#batch.toPort(i, to.address, to.port);
    if (from === undefined) this.#batch.unpinned(i);
    else this.#batch.pinTo(i, from.address, from.interfaceIndex);
    const headAt = this.#place(i, head, 0), bodyAt = this.#place(i, body, MAX_MOVING_BYTES);
    this.#batch.parts(i, headAt, head.length, bodyAt, body.length);
  }

  /** How many the kernel refused for good. */
  sendBy(socket: RawSocket): number {
    const { done, refused } = sendFrom(socket, this.#headers, this.#first, this.#end);
    this.#first += done;
    if (this.#first === this.#end) this.clear();
    return refused;
  }

  clear(): void {
    this.#first = this.#end = 0;
    this.#parts.length = 0;
  }

  /** Where the kernel finds a part. */
  #place(i: number, part: Uint8Array, roomAt: number): number {
    if (part.length > MAX_MOVING_BYTES) {
      this.#parts.push(part);
      return addressOf(part);
    }
    if (part.length > 0) this.#batch.room(i).set(part, roomAt);
    return this.#batch.roomAddress(i) + roomAt;
  }
}
