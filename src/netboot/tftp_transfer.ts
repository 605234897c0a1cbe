/**
 * One file on its way to one client by TFTP. The machine says which blocks are to be sent, and when
 * again; whoever runs it holds the bytes and the socket.
 *
 *     begin -> offer (OACK) -> ACK 0 -> send 1..w -> ACK w -> send w+1..2w ... -> ACK last -> end
 *     begin -> send 1 (nothing was agreed on) ...
 *
 * 1. Blocks are sent in rounds of at most `windowBlocks` (RFC 7440), one after the last that was
 *    acknowledged. The next round begins when the whole of this one is.
 * 2. What was sent is sent again only when its time is up, or because the client acknowledged a
 *    part of the round, which is how it tells of a gap. An acknowledgement that says nothing new
 *    never does: answering each of those doubles every block from there on (RFC 1123, section
 *    4.2.3.1, the "Sorcerer's Apprentice").
 * 3. A round that an acknowledged part began is not begun anew by what may still be an answer to
 *    the one before it: by what comes sooner than half of the shortest round trip.
 * 4. Block numbers on the wire are those here modulo 65536. One that stands for no block of the
 *    round is passed over.
 * 5. Who has never answered is sent a first packet once more at most, unless it asks again: else
 *    one forged request would bring somebody else many packets.
 * 6. Time counts from when a round was sent, not from when it was asked for: a slow disk is not
 *    the client's silence. It is estimated as RFC 6298 says, from rounds that were sent once.
 */
import {
  MAX_TFTP_TRIES,
  MAX_TFTP_TRIES_UNPROVEN,
  TFTP_AGAIN_FIRST_MS,
  TFTP_AGAIN_MAX_MS,
  TFTP_AGAIN_MIN_MS,
  TFTP_REPEAT_MS,
  TFTP_RESTART_MS,
  TFTP_SILENCE_MS,
} from "../base/boot_limits.ts";
import type { Deadline } from "../base/instant.ts";
import { BLOCK_NUMBERS, ERROR_CODE, type TftpOption } from "../wire/tftp.ts";
import type { Agreement } from "./tftp_options.ts";

/** What happens to a transfer. */
export type TransferEvent =
  | { readonly type: "begin" }
  /** What was to be sent has left. */
  | { readonly type: "sent" }
  /** `block` as it was on the wire. */
  | { readonly type: "ack"; readonly block: number }
  | { readonly type: "error"; readonly code: number; readonly message: string }
  /** The very request that it began with came once more. */
  | { readonly type: "request" }
  /** Nothing happened, but the deadline has come. */
  | { readonly type: "time" }
  /** The bytes cannot be had any more. */
  | { readonly type: "failed"; readonly message: string };

/** What is to be done. After `offer` or `send` the event `sent` follows, unless another of them
 * took its place before. */
export type TransferEffect =
  | { readonly type: "offer"; readonly options: readonly TftpOption[] }
  /** `count` blocks from `first` on, which is 1 or more; the first `again` of them were sent
   * before. */
  | {
    readonly type: "send";
    readonly first: number;
    readonly count: number;
    readonly again: number;
  }
  | { readonly type: "refuse"; readonly code: number; readonly message: string }
  | { readonly type: "end"; readonly end: TransferEnd };

/** How a transfer ended. */
export type TransferEnd =
  | { readonly kind: "complete" }
  /** All was sent; only that the last of it came is not known. Some ROMs do not say so. */
  | { readonly kind: "unconfirmed" }
  /** The client wanted to know the size, and no more (OVMF). */
  | { readonly kind: "probed" }
  | { readonly kind: "aborted"; readonly code: number; readonly message: string }
  | { readonly kind: "vanished" }
  /** The client began anew. */
  | { readonly kind: "restarted" }
  | { readonly kind: "failed"; readonly message: string };

const NOTHING: readonly TransferEffect[] = [];
/** RFC 6298, section 2. */
const GAIN_OF_MEAN = 1 / 8;
const GAIN_OF_VARIATION = 1 / 4;
const VARIATIONS = 4;

export class TftpTransfer {
  readonly agreement: Agreement;
  readonly #lastBlock: number;
  #isOffering: boolean;
  /** The last block acknowledged, and the last one sent. */
  #acked = 0;
  #sent = 0;
  #hasEnded = false;
  #isProven = false;
  /** When the round was sent; undefined: not yet. */
  #sentAtMs: number | undefined;
  #heardAtMs: number;
  /** Whether any of the round was sent before: its answer may be one to that. */
  #isAgain = false;
  #isAfterGap = false;
  #tries = 0;
  #meanMs: number | undefined;
  #variationMs = 0;
  #shortestMs = Number.POSITIVE_INFINITY;

  constructor(agreement: Agreement, nowMs: number) {
    this.agreement = agreement;
    this.#lastBlock = Math.floor(agreement.sizeBytes / agreement.blockBytes) + 1;
    this.#isOffering = agreement.answer.length > 0;
    this.#heardAtMs = nowMs;
  }

  /** Whether the client has acknowledged anything: it is where it says it is. */
  get isProven(): boolean {
    return this.#isProven;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Bytes of the file that the client has. */
  get ackedBytes(): number {
    const { blockBytes, sizeBytes } = this.agreement;
    return Math.min(this.#acked * blockBytes, sizeBytes);
  }

  /** Undefined while it waits for nobody's answer: it has ended, or has yet to send. */
  deadline(): Deadline | undefined {
    if (this.#hasEnded || this.#sentAtMs === undefined) return undefined;
    return { atMs: this.#sentAtMs + this.#patienceMs(), reason: "what was sent is unanswered" };
  }

  /** `nowMs` is monotonic. After its end nothing comes of anything. */
  handle(event: TransferEvent, nowMs: number): readonly TransferEffect[] {
    if (this.#hasEnded) return NOTHING;
    switch (event.type) {
      case "ack":
        return this.#isOffering
          ? this.#offerAcked(event.block, nowMs)
          : this.#blockAcked(event.block, nowMs);
      case "sent":
        this.#sentAtMs = nowMs;
        return NOTHING;
      case "begin":
        return [this.#isOffering ? this.#offer() : this.#round()];
      case "time":
        return this.#timePassed(nowMs);
      case "request":
        return this.#askedAgain(nowMs);
      case "error":
        return this.#wasRefused(event.code, event.message);
      case "failed":
        return [
          { type: "refuse", code: ERROR_CODE.NOT_DEFINED, message: event.message },
          this.#ended({ kind: "failed", message: event.message }),
        ];
    }
  }

  #offerAcked(block: number, nowMs: number): readonly TransferEffect[] {
    if (block !== 0) return NOTHING;
    this.#isOffering = false;
    this.#advanced(nowMs);
    return [this.#round()];
  }

  #blockAcked(block: number, nowMs: number): readonly TransferEffect[] {
    const more = (block - this.#acked % BLOCK_NUMBERS + BLOCK_NUMBERS) % BLOCK_NUMBERS;
    if (more === 0 || more > this.#sent - this.#acked) return NOTHING;
    this.#acked += more;
    const elapsedMs = this.#sentAtMs === undefined ? undefined : nowMs - this.#sentAtMs;
    if (this.#acked === this.#lastBlock) return [this.#ended({ kind: "complete" })];
    const isGap = this.#acked < this.#sent;
    // Of a round that is yet to be sent again the rest will be: from where the client now is.
    if (isGap && elapsedMs !== undefined && !this.#tellsOfGap(elapsedMs)) {
      this.#heardAtMs = nowMs;
      return NOTHING;
    }
    this.#advanced(nowMs);
    this.#isAfterGap = isGap;
    return [this.#round()];
  }

  #tellsOfGap(elapsedMs: number): boolean {
    return !this.#isAfterGap || elapsedMs >= this.#shortestMs / 2;
  }

  #advanced(nowMs: number): void {
    this.#isProven = true;
    this.#tries = 0;
    this.#heardAtMs = nowMs;
    if (this.#sentAtMs !== undefined && !this.#isAgain) this.#measured(nowMs - this.#sentAtMs);
    this.#isAgain = false;
  }

  #measured(elapsedMs: number): void {
    this.#shortestMs = Math.min(this.#shortestMs, elapsedMs);
    if (this.#meanMs === undefined) {
      this.#meanMs = elapsedMs;
      this.#variationMs = elapsedMs / 2;
      return;
    }
    const off = Math.abs(this.#meanMs - elapsedMs);
    this.#variationMs += GAIN_OF_VARIATION * (off - this.#variationMs);
    this.#meanMs += GAIN_OF_MEAN * (elapsedMs - this.#meanMs);
  }

  #patienceMs(): number {
    if (this.agreement.againMs !== undefined) return this.agreement.againMs;
    const estimateMs = this.#meanMs === undefined
      ? TFTP_AGAIN_FIRST_MS
      : this.#meanMs + VARIATIONS * this.#variationMs;
    return Math.min(
      Math.max(estimateMs, TFTP_AGAIN_MIN_MS) * 2 ** this.#tries,
      TFTP_AGAIN_MAX_MS,
    );
  }

  #timePassed(nowMs: number): readonly TransferEffect[] {
    const deadline = this.deadline();
    if (deadline === undefined || nowMs < deadline.atMs) return NOTHING;
    const isSilent = this.#tries > 0 && nowMs - this.#heardAtMs >= TFTP_SILENCE_MS;
    if (this.#tries >= MAX_TFTP_TRIES || isSilent) {
      const isAllSent = !this.#isOffering && this.#sent === this.#lastBlock && this.#isProven;
      return [this.#ended({ kind: isAllSent ? "unconfirmed" : "vanished" })];
    }
    this.#tries++;
    if (this.#isProven || this.#tries <= MAX_TFTP_TRIES_UNPROVEN) return [this.#again()];
    // It may not be the one that asked: it waits for a word, and floods nobody with files.
    this.#sentAtMs = nowMs;
    return NOTHING;
  }

  #askedAgain(nowMs: number): readonly TransferEffect[] {
    if (this.#isProven) {
      // It may be one that was long on its way: whoever goes on with the first is not disturbed.
      if (nowMs - this.#heardAtMs < TFTP_RESTART_MS) return NOTHING;
      return [this.#ended({ kind: "restarted" })];
    }
    const isSoon = this.#sentAtMs === undefined || nowMs - this.#sentAtMs < TFTP_REPEAT_MS;
    return isSoon ? NOTHING : [this.#again()];
  }

  #wasRefused(code: number, message: string): readonly TransferEffect[] {
    const isProbe = this.#isOffering &&
      (code === ERROR_CODE.OPTION_NEGOTIATION || code === ERROR_CODE.NOT_DEFINED);
    return [this.#ended(isProbe ? { kind: "probed" } : { kind: "aborted", code, message })];
  }

  #again(): TransferEffect {
    const effect = this.#isOffering ? this.#offer() : this.#round();
    this.#isAgain = true;
    this.#isAfterGap = false;
    return effect;
  }

  #offer(): TransferEffect {
    this.#sentAtMs = undefined;
    return { type: "offer", options: this.agreement.answer };
  }

  #round(): TransferEffect {
    const first = this.#acked + 1;
    const last = Math.min(this.#acked + this.agreement.windowBlocks, this.#lastBlock);
    const again = Math.max(0, Math.min(this.#sent, last) - this.#acked);
    this.#isAgain ||= again > 0;
    this.#sent = Math.max(this.#sent, last);
    this.#sentAtMs = undefined;
    return { type: "send", first, count: last - first + 1, again };
  }

  #ended(end: TransferEnd): TransferEffect {
    this.#hasEnded = true;
    return { type: "end", end };
  }
}
