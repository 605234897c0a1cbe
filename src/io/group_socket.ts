/**
 * The port to UDP as a search needs it: what is sent to a multicast group, to a broadcast address
 * or to this host, and the interface that each datagram came by; answers leave by that very one.
 *
 * A socket is of one version of IP. One for both would hear IPv4 as mapped addresses, for which the
 * kernel takes no interface to answer by.
 */
import { MAX_SEARCH_ANSWER_BYTES } from "../base/boot_limits.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";
import { type IpAddress, ipAddressText } from "../model/ip_address.ts";
import { ipv6Bytes } from "../model/ipv6.ts";
import { EADDRINUSE, ENOBUFS, ENOMEM, errnoText } from "./libc.ts";
import { MessageBatch } from "./message_batch.ts";
import { pinnedMemory, pointerTo } from "./pinned_memory.ts";
import { portHolder } from "./port_holder.ts";
import { openRawSocket, type RawSocket, receiveFrom, refusedBy, sendFrom } from "./raw_socket.ts";

/** How a socket is opened. */
export interface GroupOptions {
  /** The multicast group, and with it the version of IP. */
  readonly group: IpAddress;
  /** 0 picks one. Other programs may have it too, where they allow that. */
  readonly port: number;
  /** The kernel may grant less. */
  readonly receiveBufferBytes?: number;
}

/** Who sent a datagram, or is sent one. */
export interface GroupPeer {
  /** Of the socket's version of IP. */
  readonly host: IpAddress;
  readonly port: number;
  /** The interface that it is behind. */
  readonly interfaceIndex: number;
}

/** A bound socket, of whose calls none waits. It hears the group where it joined it alone. */
export interface GroupSocket {
  /** For a poller. */
  readonly fd: number;
  /**
   * From now on it hears the group on that interface, and says so there; `name` is for people.
   * Again on one that it joined does nothing. Refuses (`unavailable`) with the remedy.
   */
  join(interfaceIndex: number, name: string): Outcome<void>;
  /** The contrary. Nothing happens where it had not joined, or the interface is gone. */
  leave(interfaceIndex: number): void;
  /**
   * Hands over datagrams that wait, at most `most`; how many there were. The bytes are only good
   * during the call, which must not receive from any socket. One of more than RAW_RECEIVE_BYTES is
   * counted in `tooLong` instead.
   */
  receive(most: number, take: (bytes: Uint8Array, from: GroupPeer) => void): number;
  /** Sends at once, by the peer's interface, MAX_SEARCH_ANSWER_BYTES at most; false where the
   * kernel has no room for it, or no way. */
  send(to: GroupPeer, bytes: Uint8Array): boolean;
  /** Datagrams that came and were longer than RAW_RECEIVE_BYTES. */
  readonly tooLong: number;
  /** Datagrams the kernel dropped, since the socket was opened, for want of room. */
  dropped(): number;
  close(): void;
}

const AF_INET = 2, AF_INET6 = 10, SOCK_DGRAM = 2;
const SOL_SOCKET = 1, SO_REUSEADDR = 2, SO_MEMINFO = 55;
const IPPROTO_IP = 0, IP_PKTINFO = 8, IP_MULTICAST_ALL = 49;
const IP_ADD_MEMBERSHIP = 35, IP_DROP_MEMBERSHIP = 36;
const IPPROTO_IPV6 = 41, IPV6_V6ONLY = 26, IPV6_MULTICAST_ALL = 29, IPV6_RECVPKTINFO = 49;
const IPV6_JOIN_GROUP = 20, IPV6_LEAVE_GROUP = 21;
/** Of SO_MEMINFO's nine words the one that counts drops (SK_MEMINFO_DROPS). */
const MEMINFO_WORDS = 9, MEMINFO_DROPS = 8;
/** Where the host lets nobody else have ports below some number. */
const BIND_CAPABILITY = "CAP_NET_BIND_SERVICE";

/**
 * Opens a socket. Refuses: `conflict`, naming the holder, where the port is another's alone;
 * `unavailable` for any other reason. Nothing stays open then.
 */
export function openGroupSocket(options: GroupOptions): Outcome<GroupSocket> {
  const { group: { family }, port } = options;
  const action = `listen on UDP port ${port} of IPv${family}`;
  const domain = family === 4 ? AF_INET : AF_INET6;
  const opened = openRawSocket(domain, SOCK_DGRAM, action, BIND_CAPABILITY);
  if (!opened.ok) return opened;
  const socket = opened.value;
  const errno = prepare(socket, options);
  if (errno === 0) return ok(new LibcGroupSocket(socket, options.group));
  socket.close();
  if (errno !== EADDRINUSE) return refusedBy(socket.calls, errno, action, BIND_CAPABILITY);
  const holder = portHolder(port, 0);
  return refused(
    "conflict",
    `cannot ${action}: ${holder} has it for itself alone; stop it, or have it share the port`,
  );
}

/** The errno, or 0. */
function prepare(socket: RawSocket, options: GroupOptions): number {
  const { group: { family }, port, receiveBufferBytes } = options;
  if (receiveBufferBytes !== undefined) socket.receiveBuffer(receiveBufferBytes);
  const name = new DataView(new ArrayBuffer(family === 4 ? 16 : 28));
  name.setUint16(0, family === 4 ? AF_INET : AF_INET6, true);
  name.setUint16(2, port, false);
  const shared = socket.set(SOL_SOCKET, SO_REUSEADDR, 1);
  if (shared !== 0) return shared;
  // What others of this host joined is not heard.
  const errno = family === 4
    ? socket.set(IPPROTO_IP, IP_PKTINFO, 1) || socket.set(IPPROTO_IP, IP_MULTICAST_ALL, 0)
    : socket.set(IPPROTO_IPV6, IPV6_V6ONLY, 1) || socket.set(IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) ||
      socket.set(IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0);
  return errno || socket.bind(new Uint8Array(name.buffer));
}

class LibcGroupSocket implements GroupSocket {
  tooLong = 0;
  readonly #socket: RawSocket;
  readonly #group: IpAddress;
  readonly #batch = new MessageBatch(1, MAX_SEARCH_ANSWER_BYTES, pinnedMemory);
  readonly #header = [pointerTo(this.#batch.headerAddress(0))];

  constructor(socket: RawSocket, group: IpAddress) {
    this.#socket = socket;
    this.#group = group;
  }

  get fd(): number {
    return this.#socket.fd;
  }

  join(interfaceIndex: number, name: string): Outcome<void> {
    const { calls } = this.#socket;
    const errno = this.#group.family === 4
      ? this.#member(IPPROTO_IP, IP_ADD_MEMBERSHIP, interfaceIndex)
      : this.#member(IPPROTO_IPV6, IPV6_JOIN_GROUP, interfaceIndex);
    if (errno === 0 || errno === EADDRINUSE) return ok();
    const why = errno === ENOBUFS
      ? "the kernel lets a program join on no more interfaces; raise net.ipv4.igmp_max_memberships"
      : errno === ENOMEM
      ? "the kernel has no room for another; raise net.core.optmem_max"
      : errnoText(calls, errno);
    const group = ipAddressText(this.#group);
    return refused("unavailable", `cannot hear ${group} on ${name}: ${why}`);
  }

  leave(interfaceIndex: number): void {
    if (this.#group.family === 4) this.#member(IPPROTO_IP, IP_DROP_MEMBERSHIP, interfaceIndex);
    else this.#member(IPPROTO_IPV6, IPV6_LEAVE_GROUP, interfaceIndex);
  }

  receive(most: number, take: (bytes: Uint8Array, from: GroupPeer) => void): number {
    const is4 = this.#group.family === 4;
    return receiveFrom(this.#socket, most, (batch, i) => {
      const bytes = batch.received(i);
      if (bytes === undefined) {
        this.tooLong++;
        return;
      }
      const port = batch.senderPort(i);
      take(
        bytes,
        is4
          ? {
            host: { family: 4, address: batch.senderAddress(i) },
            port,
            interfaceIndex: batch.datagramInterface(i),
          }
          : {
            host: { family: 6, address: batch.senderAddress6(i) },
            port,
            interfaceIndex: batch.datagramInterface6(i),
          },
      );
    });
  }

  send({ host, port, interfaceIndex }: GroupPeer, bytes: Uint8Array): boolean {
    if (bytes.length > MAX_SEARCH_ANSWER_BYTES) {
      throw new Error(
        `a datagram of ${bytes.length} bytes; at most ${MAX_SEARCH_ANSWER_BYTES} are sent`,
      );
    }
    const batch = this.#batch;
    batch.room(0).set(bytes);
    batch.parts(0, batch.roomAddress(0), bytes.length);
    if (host.family === 4) {
      batch.toPort(0, host.address, port);
      batch.pinTo(0, 0, interfaceIndex);
    } else {
      batch.toPort6(0, host.address, port, interfaceIndex);
      batch.pinTo6(0, interfaceIndex);
    }
    const { done, refused } = sendFrom(this.#socket, this.#header, 0, 1);
    return done - refused === 1;
  }

  dropped(): number {
    this.#socket.mustBeOpen();
    return this.#socket.get(SOL_SOCKET, SO_MEMINFO, MEMINFO_WORDS)[MEMINFO_DROPS] ?? 0;
  }

  close(): void {
    this.#socket.close();
  }

  /** The errno, or 0. Of a struct ip_mreqn (the group, no address, the interface) or ipv6_mreq (the
   * group, the interface). */
  #member(level: number, option: number, interfaceIndex: number): number {
    this.#socket.mustBeOpen();
    const group = this.#group;
    const request = new DataView(new ArrayBuffer(group.family === 4 ? 12 : 20));
    if (group.family === 4) request.setUint32(0, group.address, false);
    else new Uint8Array(request.buffer).set(ipv6Bytes(group.address));
    request.setInt32(request.byteLength - 4, interfaceIndex, true);
    return this.#socket.setBytes(level, option, new Uint8Array(request.buffer));
  }
}
