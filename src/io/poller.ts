/**
 * Waiting for descriptors of the C library's sockets: one epoll instance, for which one thread of
 * the runtime's pool waits. Each call that waits holds one of 32 such threads, and without any left
 * no file can be read: so there is one poller in a process, which all services share.
 *
 * That thread costs a client in lockstep 40 µs an answer. So after an event the poller looks for
 * the next one by itself for a while, without waiting, once in each turn of the event loop: timers,
 * files and other sockets go on beside it. Where that was in vain it is done more seldom.
 */
import { setImmediate } from "node:timers";

import {
  POLL_BRISK_MS,
  POLL_GIVE_WAY_MS,
  POLL_RESTS_MOST,
  POLLED_EVENTS,
} from "../base/boot_limits.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";
import { errnoOf, errnoText, libc, type LibcCalls } from "./libc.ts";
import { pinnedMemory, pointerTo } from "./pinned_memory.ts";

const EPOLL_CLOEXEC = 0o2000000, EFD_NONBLOCK = 0o4000, EFD_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1, EPOLL_CTL_DEL = 2, EPOLL_CTL_MOD = 3;
const EPOLLIN = 0x1, EPOLLOUT = 0x4, EPOLLERR = 0x8, EPOLLHUP = 0x10;
/** struct epoll_event is packed on x86-64 only: its data stand at 4 there, else at 8. */
const EVENT_BYTES = Deno.build.arch === "x86_64" ? 12 : 16;
const DATA_AT = EVENT_BYTES - 8;
/** The watch of the eventfd that wakes the thread. */
const WAKE = 0;

interface Watched {
  readonly fd: number;
  /** Never used again, as a descriptor's number is. */
  readonly mark: number;
  readable: (() => void) | undefined;
  writable: (() => void) | undefined;
}

/** Calls back when descriptors can be read or written. The process goes on until it is closed. */
export class Poller {
  readonly #calls: LibcCalls;
  readonly #epoll: number;
  readonly #wake: number;
  readonly #memory = pinnedMemory(POLLED_EVENTS * EVENT_BYTES);
  readonly #events = new DataView(this.#memory.bytes.buffer);
  readonly #pointer = pointerTo(this.#memory.address);
  readonly #byFd = new Map<number, Watched>();
  readonly #byMark = new Map<number, Watched>();
  readonly #fault: ((error: unknown) => void) | undefined;
  readonly #ended: Promise<void>;
  #marks = WAKE;
  #isClosed = false;
  /** Waits that begin with the thread, and how many next time, if looking is in vain again. */
  #rests = 0;
  #restsNext = 1;

  /**
   * Starts it. Refuses (`unavailable`) where there is no C library, or no descriptor is left.
   * `fault` is told what whoever is called throws: one packet of a stranger must not end the
   * process. Without it that ends the poller.
   */
  static open(fault?: (error: unknown) => void): Outcome<Poller> {
    const loaded = libc();
    if (!loaded.ok) return loaded;
    const calls = loaded.value;
    const epoll = calls.epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0) return cannotPoll(calls);
    const wake = calls.eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (wake < 0) {
      const refusal = cannotPoll(calls);
      calls.close(epoll);
      return refusal;
    }
    return ok(new Poller(calls, epoll, wake, fault));
  }

  private constructor(
    calls: LibcCalls,
    epoll: number,
    wake: number,
    fault: ((error: unknown) => void) | undefined,
  ) {
    this.#calls = calls;
    this.#fault = fault;
    this.#epoll = epoll;
    this.#wake = wake;
    this.#control(EPOLL_CTL_ADD, wake, EPOLLIN, WAKE);
    this.#ended = this.#run();
  }

  /**
   * Calls `readable` again and again while there is something to read (or the descriptor failed):
   * it need not read all at once. The returned function ends that, also within a call; do so before
   * the descriptor is closed.
   */
  watch(fd: number, readable: () => void): () => void {
    const watched = this.#watched(fd);
    if (watched.readable !== undefined) throw new Error(`descriptor ${fd} is watched already`);
    this.#change(watched, readable, watched.writable);
    return () => {
      if (watched.readable === readable) this.#change(watched, undefined, watched.writable);
    };
  }

  /**
   * Calls `writable` once, as soon as the descriptor takes something (or failed); a later one takes
   * the place of one that still waits. The returned function ends the wait.
   */
  whenWritable(fd: number, writable: () => void): () => void {
    const watched = this.#watched(fd);
    this.#change(watched, watched.readable, writable);
    return () => {
      if (watched.writable === writable) this.#change(watched, watched.readable, undefined);
    };
  }

  /** Ends it, while it waits too; nobody is called from now on. Descriptors stay open. */
  async close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.#calls.eventfd_write(this.#wake, 1n);
    }
    await this.#ended;
  }

  #watched(fd: number): Watched {
    if (this.#isClosed) throw new Error("the poller is closed");
    return this.#byFd.get(fd) ??
      { fd, mark: this.#marks + 1, readable: undefined, writable: undefined };
  }

  #change(
    watched: Watched,
    readable: Watched["readable"],
    writable: Watched["writable"],
  ): void {
    const { fd, mark } = watched;
    const [before, after] = [eventsOf(watched), eventsOf({ readable, writable })];
    if (before !== after && !this.#isClosed) {
      if (before === 0) this.#control(EPOLL_CTL_ADD, fd, after, mark);
      else this.#control(after === 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD, fd, after, mark);
    }
    watched.readable = readable;
    watched.writable = writable;
    if (before === 0) {
      this.#marks = Math.max(this.#marks, mark);
      this.#byFd.set(fd, watched);
      this.#byMark.set(mark, watched);
    } else if (after === 0) {
      this.#byFd.delete(fd);
      this.#byMark.delete(mark);
    }
  }

  #control(operation: number, fd: number, events: number, mark: number): void {
    const event = new DataView(new ArrayBuffer(EVENT_BYTES));
    event.setUint32(0, events, true);
    event.setUint32(DATA_AT, mark, true);
    const done = this.#calls.epoll_ctl(this.#epoll, operation, fd, new Uint8Array(event.buffer));
    if (done === 0) return;
    const why = errnoText(this.#calls, errnoOf(this.#calls));
    throw new Error(`cannot watch descriptor ${fd}: ${why}`);
  }

  async #run(): Promise<void> {
    try {
      while (!this.#isClosed) {
        const count = await this.#calls.epoll_wait_apart(
          this.#epoll,
          this.#pointer,
          POLLED_EVENTS,
          -1,
        );
        this.#tell(count);
        if (this.#mayLook()) await this.#look();
      }
    } finally {
      this.#isClosed = true;
      this.#byFd.clear();
      this.#byMark.clear();
      this.#calls.close(this.#epoll);
      this.#calls.close(this.#wake);
    }
  }

  #mayLook(): boolean {
    if (this.#rests === 0) return true;
    this.#rests--;
    return false;
  }

  /** Looks until nothing came for a while, or others have to have their turn. */
  async #look(): Promise<void> {
    const start = performance.now();
    let last = start, now = start, found = 0;
    while (now - last < POLL_BRISK_MS && now - start < POLL_GIVE_WAY_MS && !this.#isClosed) {
      await turn();
      const count = this.#calls.epoll_wait(this.#epoll, this.#pointer, POLLED_EVENTS, 0);
      if (count > 0) {
        found++;
        this.#tell(count);
      }
      now = performance.now();
      if (count > 0) last = now;
    }
    if (found > 0) {
      this.#restsNext = 1;
    } else {
      this.#rests = this.#restsNext;
      this.#restsNext = Math.min(2 * this.#restsNext, POLL_RESTS_MOST);
    }
  }

  /** Whoever was called may end the watches of others: those are not called any more. */
  #tell(count: number): void {
    for (let i = 0; i < count && !this.#isClosed; i++) {
      const events = this.#events.getUint32(i * EVENT_BYTES, true);
      const watched = this.#byMark.get(this.#events.getUint32(i * EVENT_BYTES + DATA_AT, true));
      if (watched === undefined) continue;
      try {
        this.#tellOf(watched, events);
      } catch (error) {
        if (this.#fault === undefined) throw error;
        this.#fault(error);
      }
    }
  }

  #tellOf(watched: Watched, events: number): void {
    const isBroken = (events & (EPOLLERR | EPOLLHUP)) !== 0;
    if (isBroken || (events & EPOLLOUT) !== 0) this.#tellWritable(watched);
    if (isBroken || (events & EPOLLIN) !== 0) watched.readable?.();
  }

  #tellWritable(watched: Watched): void {
    const { writable } = watched;
    if (writable === undefined) return;
    this.#change(watched, watched.readable, undefined);
    writable();
  }
}

function eventsOf({ readable, writable }: Pick<Watched, "readable" | "writable">): number {
  return (readable === undefined ? 0 : EPOLLIN) | (writable === undefined ? 0 : EPOLLOUT);
}

/** The rest of the event loop's turn. */
function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

function cannotPoll(calls: LibcCalls): Outcome<never> {
  return refused("unavailable", `cannot make an epoll: ${errnoText(calls, errnoOf(calls))}`);
}
