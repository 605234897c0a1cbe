/**
 * The C library, for what Deno has no call for: raw sockets, the interface of each datagram, many
 * of them with one call. Loaded by the first who asks, never at import.
 *
 * Struct layouts and numbers here and in the neighbours are those of Linux on x86-64 and aarch64,
 * which are little-endian both and differ in `struct epoll_event` only.
 */
import { type Outcome, refused } from "../base/outcome.ts";

const CALLS = {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  recvmmsg: { parameters: ["i32", "pointer", "u32", "i32", "pointer"], result: "i32" },
  sendmmsg: { parameters: ["i32", "pointer", "u32", "i32"], result: "i32" },
  sendmsg: { parameters: ["i32", "pointer", "i32"], result: "isize" },
  listen: { parameters: ["i32", "i32"], result: "i32" },
  accept4: { parameters: ["i32", "buffer", "buffer", "i32"], result: "i32" },
  recv: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
  send: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
  sendfile: { parameters: ["i32", "i32", "buffer", "usize"], result: "isize" },
  shutdown: { parameters: ["i32", "i32"], result: "i32" },
  preadv2: { parameters: ["i32", "buffer", "i32", "i64", "i32"], result: "isize" },
  statx: { parameters: ["i32", "buffer", "i32", "u32", "buffer"], result: "i32" },
  readlink: { parameters: ["buffer", "buffer", "usize"], result: "isize" },
  fstatfs: { parameters: ["i32", "buffer"], result: "i32" },
  /** The C library has no name of its own for openat2(2). */
  openat2: {
    name: "syscall",
    parameters: ["i64", "i32", "buffer", "buffer", "usize"],
    result: "i64",
  },
  inet_pton: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  inet_ntop: { parameters: ["i32", "buffer", "buffer", "u32"], result: "pointer" },
  /** The second is nfds_t, an unsigned long; the third a struct timespec. */
  ppoll: { parameters: ["buffer", "u64", "buffer", "pointer"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  epoll_create1: { parameters: ["i32"], result: "i32" },
  epoll_ctl: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  epoll_wait: { parameters: ["i32", "pointer", "i32", "i32"], result: "i32" },
  /** The same on a thread of the pool, which it holds until it returns. Its errno is lost. */
  epoll_wait_apart: {
    name: "epoll_wait",
    parameters: ["i32", "pointer", "i32", "i32"],
    result: "i32",
    nonblocking: true,
  },
  eventfd: { parameters: ["u32", "i32"], result: "i32" },
  eventfd_write: { parameters: ["i32", "u64"], result: "i32" },
  getifaddrs: { parameters: ["buffer"], result: "i32" },
  freeifaddrs: { parameters: ["pointer"], result: "void" },
  strerror: { parameters: ["i32"], result: "pointer" },
  __errno_location: { parameters: [], result: "pointer" },
} as const;

/** The calls, by their names in C; all but one are synchronous. */
export type LibcCalls = Deno.DynamicLibrary<typeof CALLS>["symbols"];

/** The numbers of errno that are told apart. */
export const EPERM = 1,
  EINTR = 4,
  EAGAIN = 11,
  EACCES = 13,
  EIO = 5,
  ENOMEM = 12,
  EINVAL = 22,
  ENOBUFS = 105,
  EADDRINUSE = 98;

let loaded: LibcCalls | undefined;

/** The C library's calls. Refuses (`unavailable`) where there is no GNU C library to load. */
export function libc(): Outcome<LibcCalls> {
  if (loaded !== undefined) return { ok: true, value: loaded };
  try {
    loaded = Deno.dlopen("libc.so.6", CALLS).symbols;
    return { ok: true, value: loaded };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return refused("unavailable", `cannot load libc.so.6 (needed for raw sockets): ${why}`);
  }
}

/** errno of the synchronous call that just failed: nothing else may come between. */
export function errnoOf(calls: LibcCalls): number {
  const at = calls.__errno_location();
  if (at === null) throw new Error("the C library has no errno");
  return new Deno.UnsafePointerView(at).getInt32();
}

/** What the C library says of an errno, as `Address already in use`. */
export function errnoText(calls: LibcCalls, errno: number): string {
  const text = calls.strerror(errno);
  return text === null ? `errno ${errno}` : Deno.UnsafePointerView.getCString(text);
}
