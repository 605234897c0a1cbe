/**
 * One transfer with its bytes and its client: does what the machine of it says. What is to be sent
 * goes as far as there are bytes, and room in the kernel; the rest follows when there is.
 */
import { MAX_DATAGRAM_BYTES, MAX_SEGMENTS, TFTP_READ_MS } from "../../base/boot_limits.ts";
import type { DatagramSocket, Endpoint, LocalEnd } from "../../io/datagram.ts";
import {
  TftpTransfer,
  type TransferEffect,
  type TransferEnd,
  type TransferEvent,
} from "../../netboot/tftp_transfer.ts";
import type { Agreement } from "../../netboot/tftp_options.ts";
import {
  dataHead,
  HEAD_BYTES,
  type TftpOption,
  type TftpRequest,
  writeTftp,
} from "../../wire/tftp.ts";
import type { BlockSource } from "./block_source.ts";
import type { TftpCounts } from "./tftp_counts.ts";

const TOO_SLOW = "the file cannot be read now; ask again later";

/** What a transfer needs of its server. */
export interface SendingHost {
  readonly socket: DatagramSocket;
  readonly counts: TftpCounts;
  nowMs(): number;
  /** Whether there are so many that blocks are better sent together. */
  readonly isCrowded: boolean;
  /** The kernel has no room: `pump` is called when it has. */
  hasNoRoom(sending: TftpSending): void;
  /** Something was queued outside of a turn of the server's. */
  flushSoon(): void;
  hasEnded(sending: TftpSending, end: TransferEnd): void;
}

export class TftpSending {
  readonly client: Endpoint;
  readonly request: TftpRequest;
  readonly beganMs: number;
  readonly #local: LocalEnd;
  readonly #host: SendingHost;
  readonly #source: BlockSource;
  readonly #machine: TftpTransfer;
  /** What is yet to be sent of the round: the options, or blocks `#next` to `#last`. */
  #offer: readonly TftpOption[] | undefined;
  #hasOffered = false;
  #next = 1;
  #last = 0;
  #isOver = false;
  /** Since when it waits for its file. */
  #waitsSinceMs: number | undefined;

  constructor(
    host: SendingHost,
    peers: { readonly client: Endpoint; readonly local: LocalEnd },
    request: TftpRequest,
    source: BlockSource,
    agreement: Agreement,
  ) {
    this.#host = host;
    this.client = peers.client;
    this.#local = peers.local;
    this.request = request;
    this.#source = source;
    this.beganMs = host.nowMs();
    this.#machine = new TftpTransfer(agreement, this.beganMs);
  }

  get isProven(): boolean {
    return this.#machine.isProven;
  }

  get ackedBytes(): number {
    return this.#machine.ackedBytes;
  }

  /** Time has passed: is it too late for something? */
  lookAtTime(nowMs: number): void {
    const isSlow = this.#waitsSinceMs !== undefined && nowMs - this.#waitsSinceMs >= TFTP_READ_MS;
    if (isSlow) this.handle({ type: "failed", message: TOO_SLOW }, nowMs);
    else this.handle({ type: "time" }, nowMs);
  }

  handle(event: TransferEvent, nowMs: number): void {
    for (const effect of this.#machine.handle(event, nowMs)) this.#do(effect, nowMs);
  }

  /** Nothing is sent any more, whatever the machine may want. */
  release(): void {
    this.#source.release();
    this.#isOver = true;
  }

  /** Sends on, as far as it goes. */
  pump(nowMs: number): void {
    if (this.#machine.hasEnded || this.#isOver || this.#waitsSinceMs !== undefined) return;
    if (this.#offer !== undefined) {
      const oack = writeTftp({ type: "oack", options: this.#offer });
      if (!this.#send(oack)) return;
      this.#offer = undefined;
    } else {
      if (this.#next > this.#last) return;
      if (!this.#sendBlocks(nowMs)) return;
    }
    this.handle({ type: "sent" }, nowMs);
  }

  #do(effect: TransferEffect, nowMs: number): void {
    switch (effect.type) {
      case "send":
        this.#offer = undefined;
        this.#next = effect.first;
        this.#last = effect.first + effect.count - 1;
        this.#host.counts.blocksAgain += effect.again;
        return this.pump(nowMs);
      case "offer":
        if (this.#hasOffered) this.#host.counts.offersAgain++;
        this.#hasOffered = true;
        this.#offer = effect.options;
        return this.pump(nowMs);
      case "refuse":
        this.#send(writeTftp({ type: "error", code: effect.code, message: effect.message }));
        return;
      case "end":
        this.#source.release();
        return this.#host.hasEnded(this, effect.end);
    }
  }

  /** Whether all of them are queued. */
  #sendBlocks(nowMs: number): boolean {
    const { blockBytes } = this.#machine.agreement;
    const { counts } = this.#host;
    if (this.#host.isCrowded && this.#last > this.#next) this.#sendTogether(blockBytes);
    for (; this.#next <= this.#last; this.#next++) {
      const bytes = this.#source.block(this.#next, blockBytes);
      if (bytes === undefined) {
        this.#waitForMore(nowMs);
        return false;
      }
      if (!this.#send(dataHead(this.#next), bytes)) return false;
      counts.blocks++;
      counts.bytes += bytes.length;
    }
    return true;
  }

  /** As many as are there and may be, if that can be done. */
  #sendTogether(blockBytes: number): void {
    const bytesEach = HEAD_BYTES + blockBytes, { counts, socket } = this.#host;
    const most = Math.min(MAX_SEGMENTS, Math.floor(MAX_DATAGRAM_BYTES / bytesEach));
    const parts: Uint8Array[] = [];
    let number = this.#next, length = 0;
    for (; number <= this.#last && number - this.#next < most; number++) {
      const bytes = this.#source.block(number, blockBytes);
      if (bytes === undefined) break;
      parts.push(dataHead(number), bytes);
      length += bytes.length;
    }
    if (parts.length < 4) return;
    if (!socket.sendTogether(this.client, this.#local, bytesEach, parts)) return;
    counts.blocks += number - this.#next;
    counts.bytes += length;
    this.#next = number;
  }

  #send(head: Uint8Array, body?: Uint8Array): boolean {
    const isQueued = this.#host.socket.send(this.client, this.#local, head, body);
    if (!isQueued) this.#host.hasNoRoom(this);
    return isQueued;
  }

  #waitForMore(nowMs: number): void {
    const { failure } = this.#source;
    if (failure !== undefined) return this.handle({ type: "failed", message: failure }, nowMs);
    this.#waitsSinceMs = nowMs;
    this.#source.whenMore(() => {
      this.#waitsSinceMs = undefined;
      this.pump(this.#host.nowMs());
      this.#host.flushSoon();
    });
  }
}
