/**
 * The port to TCP by the C library, for answers that are files: the kernel sends those from the
 * page cache itself, and tells how many bytes it took. No call waits; a poller tells when to ask.
 * Why not the runtime's own sockets: docs/decisions/0032-boot-http.md.
 */
import { ok, type Outcome, refused } from "../base/outcome.ts";
import { plainAddress } from "../model/ip_address.ts";
import { ipv4Of, ipv4Text } from "../model/ipv4.ts";
import { EADDRINUSE, EAGAIN, EINTR, errnoOf, libc, type LibcCalls } from "./libc.ts";
import { type Endpoint, endpointText } from "./link.ts";
import { portHolder } from "./port_holder.ts";
import { openRawSocket, type RawSocket, refusedBy } from "./raw_socket.ts";

/** An open connection. After `gone` it can only be closed. */
export interface StreamSocket {
  /** For a poller. */
  readonly fd: number;
  /** The address of the far end; IPv4 in dots, whichever way it came. */
  readonly address: string;
  /** What has come: how many bytes. `gone` also when the far end will send no more. */
  receive(into: Uint8Array): number | "nothing" | "gone";
  /** How many of the bytes the kernel took; `isMore`: they wait a little for what follows them. */
  send(bytes: Uint8Array, isMore: boolean): number | "full" | "gone";
  /** The same for bytes of a file. `ended`: it has none there. `unfit`: its file system cannot. */
  sendFile(file: number, at: number, length: number): number | "full" | "gone" | "ended" | "unfit";
  /** The kernel takes about so many bytes that it cannot send yet; without a number, what it wants,
   * which is 4 MiB at most. Those of a file cost no memory: it refers to the page cache. */
  limitUnsent(bytes: number | undefined): void;
  /** Tells the far end that no more is sent. */
  finish(): void;
  /** Once; take it from its poller first. The kernel goes on to send what it took. */
  close(): void;
  /** Closes it so that the far end learns that what it has is not all. */
  reset(): void;
}

/** A port that is listened on. */
export interface StreamListener {
  /** For a poller. */
  readonly fd: number;
  readonly port: number;
  /** One connection that has been made. `short`: this process may open no more descriptors. */
  accept(): StreamSocket | "nothing" | "short";
  close(): void;
}

const AF_INET = 2, AF_INET6 = 10, SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0o4000, SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1, SO_REUSEADDR = 2, SO_LINGER = 13;
const IPPROTO_TCP = 6, TCP_NODELAY = 1, TCP_NOTSENT_LOWAT = 25;
const IPPROTO_IPV6 = 41, IPV6_V6ONLY = 26;
const UNLIMITED = 0xffff_ffff;
const MSG_DONTWAIT = 0x40, MSG_NOSIGNAL = 0x4000, MSG_MORE = 0x8000;
const SHUT_WR = 1;
const BACKLOG = 512;
const EMFILE = 24, ENFILE = 23, ENOMEM = 12;
/** What sendfile(2) says of file systems without it. */
const UNFIT: ReadonlySet<number> = new Set([22, 38, 95]);
/** It failed because of the disk, not of the connection. */
const EIO = 5;
const V6_BYTES = 28, V4_BYTES = 16;

/**
 * Listens; `::` means all addresses, of IPv4 too. Refuses with `invalid` (no address),
 * `conflict` (the port is taken; the message names the holder), `forbidden` or `unavailable`.
 */
export function listenStream(
  at: Endpoint,
  flag: string,
): Outcome<StreamListener> {
  const loaded = libc();
  if (!loaded.ok) return loaded;
  const calls = loaded.value, action = `listen on ${endpointText(at)}`;
  const isV6 = at.host.includes(":");
  const address = isV6 ? sockaddrV6(calls, at) : sockaddrV4(at);
  if (address === undefined) {
    return refused("invalid", `cannot ${action}: wanted an address and a port, as [::]:80`);
  }
  const capability = "CAP_NET_BIND_SERVICE";
  const domain = isV6 ? AF_INET6 : AF_INET;
  const opened = openRawSocket(domain, SOCK_STREAM, action, capability);
  if (!opened.ok) {
    // A host without IPv6 still has all its addresses.
    const all = { ...at, host: "0.0.0.0" };
    return at.host === "::" ? listenStream(all, flag) : opened;
  }
  const socket = opened.value;
  socket.set(SOL_SOCKET, SO_REUSEADDR, 1);
  if (isV6) socket.set(IPPROTO_IPV6, IPV6_V6ONLY, at.host === "::" ? 0 : 1);
  socket.set(IPPROTO_TCP, TCP_NODELAY, 1);
  const bound = socket.bind(address);
  const errno = bound !== 0 || calls.listen(socket.fd, BACKLOG) === 0 ? bound : errnoOf(calls);
  if (errno === 0) return ok(new Listening(socket, isV6));
  socket.close();
  if (errno !== EADDRINUSE) return refusedBy(calls, errno, action, capability);
  const holder = portHolder(at.port, ipv4Of(at.host) ?? 0, "tcp");
  return refused(
    "conflict",
    `cannot ${action}: ${holder} has the port; stop it or choose another with ${flag}`,
  );
}

/** struct sockaddr_in6. */
function sockaddrV6(calls: LibcCalls, at: Endpoint): Uint8Array<ArrayBuffer> | undefined {
  const bytes = new Uint8Array(V6_BYTES), view = new DataView(bytes.buffer);
  view.setUint16(0, AF_INET6, true);
  view.setUint16(2, at.port);
  const text = new TextEncoder().encode(`${at.host}\0`);
  const number = new Uint8Array(16);
  if (calls.inet_pton(AF_INET6, text, number) !== 1) return undefined;
  bytes.set(number, 8);
  return bytes;
}

/** struct sockaddr_in. */
function sockaddrV4(at: Endpoint): Uint8Array<ArrayBuffer> | undefined {
  const address = ipv4Of(at.host);
  if (address === undefined) return undefined;
  const view = new DataView(new ArrayBuffer(V4_BYTES));
  view.setUint16(0, AF_INET, true);
  view.setUint16(2, at.port);
  view.setUint32(4, address);
  return new Uint8Array(view.buffer);
}

class Listening implements StreamListener {
  readonly #socket: RawSocket;
  readonly #isV6: boolean;
  readonly #from = new Uint8Array(V6_BYTES);
  readonly #length = new Uint32Array(1);

  constructor(socket: RawSocket, isV6: boolean) {
    this.#socket = socket;
    this.#isV6 = isV6;
  }

  get fd(): number {
    return this.#socket.fd;
  }

  get port(): number {
    this.#length[0] = V6_BYTES;
    this.#socket.calls.getsockname(this.fd, this.#from, this.#length);
    return new DataView(this.#from.buffer).getUint16(2);
  }

  accept(): StreamSocket | "nothing" | "short" {
    this.#socket.mustBeOpen();
    const { calls } = this.#socket;
    for (;;) {
      this.#length[0] = V6_BYTES;
      const flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
      const fd = calls.accept4(this.fd, this.#from, this.#length, flags);
      if (fd >= 0) return new Connected(fd, calls, this.#farAddress());
      const errno = errnoOf(calls);
      if (errno === EAGAIN) return "nothing";
      if ([EMFILE, ENFILE, ENOMEM].includes(errno)) return "short";
      // Any other is of a connection that is gone already (accept(2)): the next may be well.
    }
  }

  #farAddress(): string {
    if (!this.#isV6) return ipv4Text(new DataView(this.#from.buffer).getUint32(4));
    const text = new Uint8Array(46); // INET6_ADDRSTRLEN
    this.#socket.calls.inet_ntop(AF_INET6, this.#from.subarray(8, 24), text, text.length);
    return plainAddress(new TextDecoder().decode(text.subarray(0, text.indexOf(0))));
  }

  close(): void {
    this.#socket.close();
  }
}

class Connected implements StreamSocket {
  readonly fd: number;
  readonly address: string;
  readonly #calls: LibcCalls;
  readonly #offset = new BigInt64Array(1);
  #isOpen = true;

  constructor(fd: number, calls: LibcCalls, address: string) {
    this.fd = fd;
    this.address = address;
    this.#calls = calls;
  }

  receive(into: Uint8Array<ArrayBuffer>): number | "nothing" | "gone" {
    this.#mustBeOpen();
    const count = Number(
      this.#calls.recv(this.fd, into, BigInt(into.length), MSG_DONTWAIT),
    );
    if (count > 0) return count;
    return count < 0 && this.#isForLater() ? "nothing" : "gone";
  }

  send(bytes: Uint8Array<ArrayBuffer>, isMore: boolean): number | "full" | "gone" {
    this.#mustBeOpen();
    const flags = MSG_DONTWAIT | MSG_NOSIGNAL | (isMore ? MSG_MORE : 0);
    const count = Number(this.#calls.send(this.fd, bytes, BigInt(bytes.length), flags));
    if (count >= 0) return count;
    return this.#isForLater() ? "full" : "gone";
  }

  sendFile(
    file: number,
    at: number,
    length: number,
  ): number | "full" | "gone" | "ended" | "unfit" {
    this.#mustBeOpen();
    this.#offset[0] = BigInt(at);
    const count = Number(this.#calls.sendfile(this.fd, file, this.#offset, BigInt(length)));
    if (count > 0) return count;
    if (count === 0) return "ended";
    const errno = errnoOf(this.#calls);
    if (errno === EAGAIN || errno === EINTR) return "full";
    return UNFIT.has(errno) ? "unfit" : errno === EIO ? "ended" : "gone";
  }

  limitUnsent(bytes: number | undefined): void {
    this.#mustBeOpen();
    const value = new Uint8Array(Uint32Array.of(bytes ?? UNLIMITED).buffer);
    this.#calls.setsockopt(this.fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, value, value.length);
  }

  finish(): void {
    this.#mustBeOpen();
    this.#calls.shutdown(this.fd, SHUT_WR);
  }

  close(): void {
    if (this.#isOpen) this.#calls.close(this.fd);
    this.#isOpen = false;
  }

  reset(): void {
    if (!this.#isOpen) return;
    const atOnce = new Uint8Array(Int32Array.of(1, 0).buffer); // struct linger
    this.#calls.setsockopt(this.fd, SOL_SOCKET, SO_LINGER, atOnce, atOnce.length);
    this.close();
  }

  #isForLater(): boolean {
    const errno = errnoOf(this.#calls);
    return errno === EAGAIN || errno === EINTR;
  }

  /** Its number may be another's by now. */
  #mustBeOpen(): void {
    if (!this.#isOpen) throw new Error("this connection is closed");
  }
}
