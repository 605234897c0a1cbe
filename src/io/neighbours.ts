/** The port to the kernel's neighbour tables: which hardware address an IP address has on the links
 * of this host. Whoever holds a connection with this host is in them. */
import { MAX_NEIGHBOUR_BYTES, MAX_NEIGHBOURS, NEIGHBOURS_KEPT_MS } from "../base/boot_limits.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";
import { type IpAddress, ipAddressText } from "../model/ip_address.ts";
import { type Neighbour, neighbourRequest, neighboursIn } from "../wire/rtnetlink.ts";
import type { Clock } from "./clock.ts";
import { errnoOf, errnoText, type LibcCalls } from "./libc.ts";
import { openRawSocket, type RawSocket } from "./raw_socket.ts";

const AF_NETLINK = 16, SOCK_RAW = 3;
/** The kernel gives no more in one piece (linux/net/netlink/af_netlink.c). */
const PIECE_BYTES = 64 * 1024;
const ACTION = "read the neighbours of this host";

/** See above. */
export class Neighbours {
  readonly #clock: Clock;
  readonly #read: () => Outcome<readonly Neighbour[]>;
  #known: { readonly atMs: number; readonly macs: Outcome<Map<string, string[]>> } | undefined;

  /** `read`: where the tables come from. */
  constructor(clock: Clock, read = readNeighbours) {
    this.#clock = clock;
    this.#read = read;
  }

  /** The hardware addresses, as `macText` writes them, that the address has on any link, mostly
   * one; none where it is not known. As of NEIGHBOURS_KEPT_MS ago at the oldest, and of now where
   * it was not known then: who is new on a link asks at once. Refuses (`unavailable`) where the
   * kernel does not say. */
  macsOf(address: IpAddress): Outcome<readonly string[]> {
    const nowMs = this.#clock.now().monoMs, key = ipAddressText(address);
    const known = this.#known;
    if (known !== undefined && nowMs - known.atMs < NEIGHBOURS_KEPT_MS) {
      if (!known.macs.ok) return known.macs;
      const found = known.macs.value.get(key);
      if (found !== undefined) return ok(found);
    }
    const read = this.#read(), macs = read.ok ? ok(byAddress(read.value)) : read;
    this.#known = { atMs: nowMs, macs };
    return macs.ok ? ok(macs.value.get(key) ?? []) : macs;
  }
}

function byAddress(neighbours: readonly Neighbour[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { address, mac } of neighbours) {
    const key = ipAddressText(address), macs = found.get(key);
    if (macs === undefined) found.set(key, [mac]);
    else if (!macs.includes(mac)) macs.push(mac);
  }
  return found;
}

/** The tables of both families as they are now, the first MAX_NEIGHBOURS of them. Needs no
 * capability, and does not wait: the kernel answers as it is read. */
export function readNeighbours(): Outcome<readonly Neighbour[]> {
  const opened = openRawSocket(AF_NETLINK, SOCK_RAW, ACTION, "AF_NETLINK");
  if (!opened.ok) return opened;
  try {
    return readBy(opened.value);
  } finally {
    opened.value.close();
  }
}

function readBy({ fd, calls }: RawSocket): Outcome<readonly Neighbour[]> {
  const sequence = 1, request = neighbourRequest(sequence);
  if (calls.send(fd, request, BigInt(request.length), 0) < 0) return failed(calls, errnoOf(calls));
  const piece = new Uint8Array(PIECE_BYTES), all: Neighbour[] = [];
  for (let bytes = 0; bytes < MAX_NEIGHBOUR_BYTES && all.length < MAX_NEIGHBOURS;) {
    const length = Number(calls.recv(fd, piece, BigInt(piece.length), 0));
    if (length <= 0) return failed(calls, length < 0 ? errnoOf(calls) : 0);
    bytes += length;
    const { neighbours, end } = neighboursIn(piece.subarray(0, length), sequence);
    for (const one of neighbours) all.push(one);
    if (end === "done") break;
    if (end !== "more") return failed(calls, end.failed);
  }
  return ok(all.slice(0, MAX_NEIGHBOURS));
}

function failed(calls: LibcCalls, errno: number): Outcome<never> {
  const why = errno === 0 ? "its answer makes no sense" : errnoText(calls, errno);
  return refused("unavailable", `cannot ${ACTION}: ${why}`);
}
