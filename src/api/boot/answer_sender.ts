/**
 * Sends one answer as fast as the client takes it: what stands in memory first, then bytes of a
 * file. Those the kernel sends from the page cache itself. Where they are not there, or it cannot,
 * they are read into a buffer on another thread: a disk that is slow, or a server of files that
 * hangs, must not hold up the event loop that keeps the log.
 *
 * What was written to while it is sent is not sent on: the client must not take a mixture of old
 * and new for a file.
 */
import { concat } from "../../base/bytes.ts";
import {
  BOOT_HTTP_READ_BYTES,
  BOOT_HTTP_TURN_BYTES,
  BOOT_HTTP_UNSENT_BYTES,
  MAX_READ_AT_ONCE_BYTES,
} from "../../base/limits.ts";
import { oneLine } from "../../base/one_line.ts";
import type { Poller } from "../../io/poller.ts";
import type { StreamSocket } from "../../io/stream_socket.ts";
import type { BootAnswer } from "./answering.ts";

/** How it ended: all was handed to the kernel, or not, because of a fault or of the client. */
export interface SendingEnd {
  readonly isSent: boolean;
  readonly fault?: string;
}

const SENT: SendingEnd = { isSent: true };
const CLIENT_GONE: SendingEnd = { isSent: false };
const FILE_CHANGED: SendingEnd = { isSent: false, fault: "the file was changed meanwhile" };

export class AnswerSender {
  readonly #socket: StreamSocket;
  readonly #poller: Poller;
  readonly #file: BootAnswer["file"];
  readonly #ended: (end: SendingEnd) => void;
  #waiting: Uint8Array;
  /** The file's next byte that is neither sent nor waiting. */
  #at: number;
  #taken = 0;
  #isUnfit = false;
  #limited: number | undefined;
  #isStopped = false;
  #buffer: Uint8Array | undefined;
  #unwait: (() => void) | undefined;

  /** `ended` is called once, unless it is stopped before. */
  constructor(
    socket: StreamSocket,
    poller: Poller,
    bytes: Uint8Array,
    file: BootAnswer["file"],
    ended: (end: SendingEnd) => void,
  ) {
    this.#socket = socket;
    this.#poller = poller;
    this.#waiting = bytes;
    this.#file = file;
    this.#at = this.#from;
    this.#ended = ended;
    this.#joinSmall();
  }

  /** Bytes the kernel took. */
  get taken(): number {
    return this.#taken;
  }

  /** Sends all; never throws: whoever calls back here serves others too. */
  go(): void {
    try {
      this.#send();
    } catch (error) {
      this.#end({ isSent: false, fault: oneLine(error) });
    }
  }

  /** Sends until the kernel takes no more, or others have their turn. */
  #send(): void {
    for (let left = BOOT_HTTP_TURN_BYTES; left > 0;) {
      if (this.#at > this.#from && this.#file?.content.isAsOpened() === false) {
        return this.#end(FILE_CHANGED);
      }
      if (this.#waiting.length === 0 && this.#isAtEnd) return this.#end(SENT);
      const sent = this.#waiting.length > 0 ? this.#sendWaiting() : this.#sendPiece();
      if (sent === "full") break;
      if (sent === "read") return void this.#read();
      if (sent === "gone") return this.#end(CLIENT_GONE);
      if (sent === "ended") return this.#end(FILE_CHANGED);
      this.#taken += sent;
      left -= sent;
    }
    this.#unwait = this.#poller.whenWritable(this.#socket.fd, () => this.go());
  }

  /** Lets go of the file; the socket is its owner's. */
  stop(): void {
    this.#isStopped = true;
    this.#unwait?.();
    this.#file?.content.close();
    this.#buffer = undefined;
  }

  /** A small file goes with the head, by one call. */
  #joinSmall(): void {
    if (this.#file === undefined) return;
    const { content, from, until } = this.#file;
    if (until - from > MAX_READ_AT_ONCE_BYTES) return;
    const bytes = content.readFromMemory(from, until - from);
    if (bytes === undefined) return;
    this.#waiting = concat([this.#waiting, bytes]);
    this.#at = until;
  }

  get #from(): number {
    return this.#file?.from ?? 0;
  }

  get #isAtEnd(): boolean {
    return this.#file === undefined || this.#at >= this.#file.until;
  }

  #sendWaiting(): number | "full" | "gone" {
    const sent = this.#socket.send(this.#waiting, !this.#isAtEnd);
    if (typeof sent === "number") this.#waiting = this.#waiting.subarray(sent);
    return sent;
  }

  #sendPiece(): number | "full" | "gone" | "ended" | "read" {
    if (this.#file === undefined) return "ended";
    const { content, until } = this.#file;
    const length = Math.min(until - this.#at, BOOT_HTTP_TURN_BYTES);
    if (this.#isUnfit || !content.isInMemory(this.#at, length)) return "read";
    this.#limit(undefined);
    const sent = this.#socket.sendFile(content.fd, this.#at, length);
    if (sent === "unfit") {
      this.#isUnfit = true;
      return "read";
    }
    if (typeof sent === "number") this.#at += sent;
    return sent;
  }

  async #read(): Promise<void> {
    if (this.#file === undefined) return;
    const { content, until } = this.#file;
    this.#limit(BOOT_HTTP_UNSENT_BYTES);
    this.#buffer ??= new Uint8Array(BOOT_HTTP_READ_BYTES);
    const into = this.#buffer.subarray(0, until - this.#at);
    try {
      const length = await content.read(into, this.#at);
      if (this.#isStopped) return;
      if (length < into.length) return this.#end(FILE_CHANGED);
    } catch (error) {
      return this.#end({ isSent: false, fault: oneLine(error) });
    }
    this.#waiting = into;
    this.#at += into.length;
    this.go();
  }

  #limit(unsentBytes: number | undefined): void {
    if (this.#limited !== unsentBytes) this.#socket.limitUnsent(unsentBytes);
    this.#limited = unsentBytes;
  }

  #end(end: SendingEnd): void {
    if (this.#isStopped) return;
    this.stop();
    this.#ended(end);
  }
}
