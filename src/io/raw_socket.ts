/** What sockets of the C library have in common: how they are opened, set, refused and read. */
import { RAW_BATCH, RAW_RECEIVE_BYTES } from "../base/boot_limits.ts";
import { type Outcome, type Refused, refused } from "../base/outcome.ts";
import {
  EACCES,
  EADDRINUSE,
  EAGAIN,
  EINTR,
  EPERM,
  errnoOf,
  errnoText,
  libc,
  type LibcCalls,
} from "./libc.ts";
import { MessageBatch } from "./message_batch.ts";
import { addressOf, pinnedMemory, pointerTo } from "./pinned_memory.ts";
import { type FilterProgram, packFilter } from "./socket_filter.ts";

const SOCK_NONBLOCK = 0o4000, SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const POLLIN = 1;
const SO_RCVBUF = 8, SO_SNDBUF = 7, SO_ATTACH_FILTER = 26, SO_SNDBUFFORCE = 32, SO_RCVBUFFORCE = 33;

/** An open socket, closed on exec, of which no call waits. */
export class RawSocket {
  readonly fd: number;
  readonly calls: LibcCalls;
  /** struct pollfd: the descriptor, and what is waited for in half a word. */
  readonly #polled: Int32Array<ArrayBuffer>;
  /** struct timespec: seconds and nanoseconds. */
  readonly #time = new BigInt64Array(2);
  #isOpen = true;

  constructor(fd: number, calls: LibcCalls) {
    this.fd = fd;
    this.calls = calls;
    this.#polled = Int32Array.of(fd, POLLIN);
  }

  /** Sets an option to a whole number; the errno, or 0. */
  set(level: number, option: number, value: number): number {
    return this.setBytes(level, option, new Uint8Array(Int32Array.of(value).buffer));
  }

  /** Sets an option to what the bytes say; the errno, or 0. */
  setBytes(level: number, option: number, value: Uint8Array<ArrayBuffer>): number {
    const done = this.calls.setsockopt(this.fd, level, option, value, value.length);
    return done === 0 ? 0 : errnoOf(this.calls);
  }

  /** Reads an option of so many words; zeros where the kernel does not know it. */
  get(level: number, option: number, words: number): Uint32Array<ArrayBuffer> {
    const value = new Uint32Array(words);
    const length = Uint32Array.of(value.byteLength);
    const done = this.calls.getsockopt(this.fd, level, option, value, length);
    return done === 0 ? value : new Uint32Array(words);
  }

  /** As near to so many bytes as this process may. */
  receiveBuffer(bytes: number): void {
    if (this.set(SOL_SOCKET, SO_RCVBUFFORCE, bytes) !== 0) this.set(SOL_SOCKET, SO_RCVBUF, bytes);
  }

  /** As near to so many bytes as this process may. */
  sendBuffer(bytes: number): void {
    if (this.set(SOL_SOCKET, SO_SNDBUFFORCE, bytes) !== 0) this.set(SOL_SOCKET, SO_SNDBUF, bytes);
  }

  /** From now on the kernel drops what the filter does not want; the errno, or 0. */
  filter(program: FilterProgram): number {
    const code = packFilter(program);
    // struct sock_fprog: the count of instructions, and where they are.
    const header = new DataView(new ArrayBuffer(16));
    header.setUint16(0, program.length, true);
    header.setBigUint64(8, BigInt(addressOf(code)), true);
    return this.setBytes(SOL_SOCKET, SO_ATTACH_FILTER, new Uint8Array(header.buffer));
  }

  /** The errno, or 0. `address` is a struct sockaddr. */
  bind(address: Uint8Array<ArrayBuffer>): number {
    const done = this.calls.bind(this.fd, address, address.length);
    return done === 0 ? 0 : errnoOf(this.calls);
  }

  /** Sleeps until there is something to read, `mostMs` at most; whether there is. */
  waitReadable(mostMs: number): boolean {
    this.#time[1] = BigInt(Math.round(mostMs * 1e6));
    return this.calls.ppoll(this.#polled, 1n, this.#time, null) > 0;
  }

  /** Closes it, once; take it from its poller first. */
  close(): void {
    if (this.#isOpen) this.calls.close(this.fd);
    this.#isOpen = false;
  }

  /** Throws where it is closed: its number may be another's by now. */
  mustBeOpen(): void {
    if (!this.#isOpen) throw new Error("this socket is closed");
  }
}

/** Opens a socket; `action` says what for, `capability` what it takes, in the refusal. */
export function openRawSocket(
  domain: number,
  type: number,
  action: string,
  capability: string,
): Outcome<RawSocket> {
  const loaded = libc();
  if (!loaded.ok) return loaded;
  const calls = loaded.value;
  const fd = calls.socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return refusedBy(calls, errnoOf(calls), action, capability);
  return { ok: true, value: new RawSocket(fd, calls) };
}

/** The refusal of an errno, with its remedy. */
export function refusedBy(
  calls: LibcCalls,
  errno: number,
  action: string,
  capability: string,
): Refused {
  const why = errnoText(calls, errno);
  if (errno === EPERM || errno === EACCES) {
    return refused(
      "forbidden",
      `cannot ${action}: this process lacks ${capability}; start it as root, or by a unit with ` +
        `AmbientCapabilities=${capability}`,
    );
  }
  return refused(errno === EADDRINUSE ? "conflict" : "unavailable", `cannot ${action}: ${why}`);
}

/**
 * What all sockets of the process receive into: they do it one after the other, and nobody keeps
 * the bytes.
 */
class Inbox {
  readonly batch = new MessageBatch(RAW_BATCH, RAW_RECEIVE_BYTES, pinnedMemory);
  readonly #pointer = pointerTo(this.batch.headerAddress(0));
  #isBusy = false;
  /** How many headers, from the first on, the kernel may have written into since they were laid
   * out: whoever looks for packets in vain need not lay them out anew. */
  #used = RAW_BATCH;

  receive(socket: RawSocket, most: number, take: (batch: MessageBatch, i: number) => void): number {
    if (this.#isBusy) throw new Error("bytes that were received are still looked at");
    socket.mustBeOpen();
    let count = 0;
    this.#isBusy = true;
    try {
      while (count < most) {
        const wanted = Math.min(most - count, RAW_BATCH);
        this.batch.expect(Math.min(wanted, this.#used));
        const came = socket.calls.recvmmsg(socket.fd, this.#pointer, wanted, 0, null);
        this.#used = Math.max(came, wanted < this.#used ? this.#used : 0);
        if (came <= 0) break;
        count += came;
        for (let i = 0; i < came; i++) take(this.batch, i);
        if (came < wanted) break;
      }
    } finally {
      this.#isBusy = false;
    }
    return count;
  }
}

let inbox: Inbox | undefined;

/** Receives at most so many messages, none of which is good after its `take`; how many came. */
export function receiveFrom(
  socket: RawSocket,
  most: number,
  take: (batch: MessageBatch, i: number) => void,
): number {
  inbox ??= new Inbox();
  return inbox.receive(socket, most, take);
}

/** How sending ended: how many of the batch the kernel took or refused for good, and how many of
 * these it refused; the rest waits for room. */
export interface Sent {
  readonly done: number;
  readonly refused: number;
}

/** Messages `from` to `until` of a batch, of which `pointers` are the headers. */
export function sendFrom(
  socket: RawSocket,
  pointers: readonly Deno.PointerObject[],
  from: number,
  until: number,
): Sent {
  socket.mustBeOpen();
  let at = from, refusals = 0;
  while (at < until) {
    const taken = socket.calls.sendmmsg(socket.fd, pointers[at] ?? null, until - at, 0);
    if (taken > 0) {
      at += taken;
      continue;
    }
    const errno = errnoOf(socket.calls);
    if (errno === EINTR) continue;
    if (errno === EAGAIN) break;
    // One that can go nowhere holds up nobody behind it.
    at++;
    refusals++;
  }
  return { done: at - from, refused: refusals };
}
