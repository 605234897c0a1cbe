/**
 * One connection of a boot client, from accept to close.
 *
 *     head -> thinking -> sending -> head     another request, on a connection that is kept
 *                                 -> lingering -> closed
 *
 * 1. A request is read only while none is under way: whoever sends many waits for their answers.
 * 2. What is not sent yet stands in the file, or in a buffer of BOOT_HTTP_READ_BYTES, of which the
 *    kernel holds BOOT_HTTP_UNSENT_BYTES more. A client that does not read costs that, no more.
 * 3. Each state has an end in time: `look` sees to it.
 */
import { concat, utf8 } from "../../base/bytes.ts";
import {
  BOOT_HTTP_HEAD_MS,
  BOOT_HTTP_IDLE_MS,
  BOOT_HTTP_LINGER_MS,
  BOOT_HTTP_SLOW_BYTES,
  BOOT_HTTP_SLOW_MS,
  BOOT_HTTP_UNPROVEN_MS,
  MAX_FILE_REQUEST_BYTES,
} from "../../base/boot_limits.ts";
import { oneLine } from "../../base/one_line.ts";
import type { Clock } from "../../io/clock.ts";
import type { Poller } from "../../io/poller.ts";
import type { StreamSocket } from "../../io/stream_socket.ts";
import type { HttpEvent } from "../../service/boot/boot_ports.ts";
import type { Tell } from "../../service/programs.ts";
import {
  emptyLinesLength,
  fileRequestLength,
  parseFileRequest,
  type WrongRequest,
} from "../../wire/file_request.ts";
import type { FileRequest } from "../../wire/file_request.ts";
import { answerHead } from "./answer_head.ts";
import { AnswerSender, type SendingEnd } from "./answer_sender.ts";
import { type BootAnswer, wrongAnswer } from "./answering.ts";

/** What is counted from the start of the listener on, and connections now. */
export interface BootHttpCounts {
  connections: number;
  accepted: number;
  /** Connections that were one too many. */
  refused: number;
  /** Heads that are no request, by which their connections ended. */
  wrong: number;
  /** Answers that ended, by status. */
  readonly answers: Map<number, number>;
  /** Of bodies. */
  bytes: number;
  aborted: number;
  /** Those among them that took too little in the time they have. */
  slow: number;
}

/** What all connections of a listener share. */
export interface ConnectionSite {
  readonly poller: Poller;
  readonly clock: Clock;
  readonly counts: BootHttpCounts;
  readonly tell: Tell;
  /** Never rejects. */
  answer(request: FileRequest, address: string): Promise<BootAnswer>;
  done(event: HttpEvent): void;
  /** The connection is closed. */
  ended(connection: BootConnection): void;
}

/** An answer on its way. */
interface UnderWay {
  readonly sender: AnswerSender;
  readonly begunMs: number;
  readonly status: number;
  readonly path: string | undefined;
  readonly headLength: number;
  readonly isKept: boolean;
}

const NOTHING = new Uint8Array();
/** What is received stands here until it is looked at, which is at once. */
const inbox = new Uint8Array(MAX_FILE_REQUEST_BYTES);

export class BootConnection {
  readonly #socket: StreamSocket;
  readonly #site: ConnectionSite;
  #state: "head" | "thinking" | "sending" | "lingering" | "closed" = "head";
  /** When the state began; of `head`, when the head did, if any of it has come. */
  #sinceMs: number;
  #isFirst = true;
  #isLast = false;
  #head: Uint8Array = NOTHING;
  #underWay: UnderWay | undefined;
  #unwatch: (() => void) | undefined;
  /** When it was looked at last whether enough is taken, and how much it was then. */
  #measuredMs = 0;
  #measured = 0;

  constructor(socket: StreamSocket, site: ConnectionSite) {
    this.#socket = socket;
    this.#site = site;
    this.#sinceMs = this.#now();
    this.#watch();
  }

  get address(): string {
    return this.#socket.address;
  }

  /** It waits for another request, of which nothing has come. */
  get isIdle(): boolean {
    return this.#state === "head" && !this.#isFirst && this.#head.length === 0;
  }

  /** Nothing of it is lost to anybody who boots: it is idle, or goes on and on to ask. */
  isExpendable(nowMs: number): boolean {
    return this.isIdle ||
      (this.#state === "head" && nowMs - this.#sinceMs >= BOOT_HTTP_UNPROVEN_MS);
  }

  /** Ends what takes too long. */
  look(): void {
    const now = this.#now(), waited = now - this.#sinceMs;
    if (this.#state === "head") {
      if (waited >= (this.isIdle ? BOOT_HTTP_IDLE_MS : BOOT_HTTP_HEAD_MS)) this.#close();
    } else if (this.#state === "lingering") {
      if (waited >= BOOT_HTTP_LINGER_MS) this.#close();
    } else if (now - this.#measuredMs >= BOOT_HTTP_SLOW_MS) {
      const taken = this.#underWay?.sender.taken ?? 0;
      if (taken - this.#measured < BOOT_HTTP_SLOW_BYTES) {
        this.#site.counts.slow++;
        return this.cut();
      }
      this.#measured = taken;
      this.#measuredMs = now;
    }
  }

  /** Ends it when its answer has been sent; at once where none is under way. */
  endSoon(): void {
    this.#isLast = true;
    if (this.#state === "head" || this.#state === "lingering") this.#close();
  }

  /** Ends it now: whoever was being answered learns that it has not got all. */
  cut(): void {
    if (this.#state === "closed") return;
    this.#leave();
    this.#socket.reset();
    this.#site.ended(this);
  }

  #close(): void {
    if (this.#state === "closed") return;
    this.#leave();
    this.#socket.close();
    this.#site.ended(this);
  }

  #leave(): void {
    this.#state = "closed";
    this.#unwatch?.();
    this.#tellAnswer(true);
    this.#head = NOTHING;
  }

  #now(): number {
    return this.#site.clock.now().monoMs;
  }

  // ---- reading

  #watch(): void {
    this.#unwatch ??= this.#site.poller.watch(this.#socket.fd, () => this.#guarded());
  }

  /** A fault here must not end the poller, which others share. */
  #guarded(): void {
    try {
      this.#read();
    } catch (error) {
      this.#site.tell(`cannot answer ${this.address}: ${oneLine(error)}`);
      this.cut();
    }
  }

  #read(): void {
    if (this.#state === "thinking" || this.#state === "sending") {
      this.#unwatch?.();
      this.#unwatch = undefined;
      return;
    }
    const received = this.#socket.receive(inbox);
    if (received === "nothing") return;
    if (received === "gone") return this.#close();
    if (this.#state === "lingering") return;
    if (this.#head.length === 0 && !this.#isFirst) this.#sinceMs = this.#now();
    const known = this.#head.length;
    this.#head = concat([this.#head, inbox.subarray(0, received)]);
    this.#begin(known);
  }

  /** Begins the request that has come, if it is whole; `known` bytes were looked at before. */
  #begin(known: number): void {
    const empty = emptyLinesLength(this.#head);
    if (empty > 0) this.#head = this.#head.slice(empty);
    const length = fileRequestLength(this.#head, Math.max(0, known - empty));
    if (length > MAX_FILE_REQUEST_BYTES || length === 0) {
      if (this.#head.length < MAX_FILE_REQUEST_BYTES) return;
      const why = `wanted a request of at most ${MAX_FILE_REQUEST_BYTES} bytes`;
      return this.#refuse({ status: 431, why, isHead: false });
    }
    const parsed = parseFileRequest(this.#head.subarray(0, length));
    this.#head = this.#head.slice(length);
    if (parsed.wrong !== undefined) return this.#refuse(parsed.wrong);
    void this.#answer(parsed.request);
  }

  /** What follows on this connection may be anything: it ends. */
  #refuse(wrong: WrongRequest): void {
    this.#site.counts.wrong++;
    this.#head = NOTHING;
    this.#think();
    this.#send(wrongAnswer(wrong), wrong.isHead, false, undefined);
  }

  // ---- answering

  #think(): void {
    this.#state = "thinking";
    this.#sinceMs = this.#measuredMs = this.#now();
    this.#measured = 0;
    this.#isFirst = false;
  }

  async #answer(request: FileRequest): Promise<void> {
    this.#think();
    const answer = await this.#site.answer(request, this.address);
    if (this.#state === "thinking") {
      this.#send(answer, request.isHead, request.isKept && !this.#isLast, request.path);
    } else {
      answer.file?.content.close();
    }
  }

  #send(answer: BootAnswer, isHead: boolean, isKept: boolean, path: string | undefined): void {
    const { status, fields, body, file } = answer;
    const head = utf8(answerHead(status, fields, isKept, Date.now()));
    const bytes = isHead || body.length === 0 ? head : concat([head, body]);
    const ended = (end: SendingEnd): void => this.#hasSent(end);
    const sender = new AnswerSender(this.#socket, this.#site.poller, bytes, file, ended);
    const { length: headLength } = head;
    this.#underWay = { sender, begunMs: this.#sinceMs, status, path, headLength, isKept };
    this.#state = "sending";
    sender.go();
  }

  #hasSent(end: SendingEnd): void {
    const { isKept = false, path } = this.#underWay ?? {};
    if (!end.isSent) {
      if (end.fault !== undefined) this.#site.tell(`cannot send all of ${path}: ${end.fault}`);
      return this.cut();
    }
    this.#tellAnswer(false);
    this.#sinceMs = this.#now();
    this.#watch();
    if (isKept && !this.#isLast) {
      this.#state = "head";
      if (this.#head.length > 0) this.#begin(0);
    } else {
      // To close at once could take back from the client what it has not read (RFC 9112, 9.6).
      this.#state = "lingering";
      this.#socket.finish();
    }
  }

  /** Counts and tells an answer that was under way. */
  #tellAnswer(aborted: boolean): void {
    const answer = this.#underWay;
    if (answer === undefined) return;
    this.#underWay = undefined;
    answer.sender.stop();
    const { counts } = this.#site;
    const bytes = Math.max(0, answer.sender.taken - answer.headLength);
    counts.bytes += bytes;
    counts.answers.set(answer.status, (counts.answers.get(answer.status) ?? 0) + 1);
    if (aborted) counts.aborted++;
    const { path, status } = answer;
    if (path === undefined) return;
    const tookMs = this.#now() - answer.begunMs;
    this.#site.done({ address: this.address, path, status, bytes, tookMs, aborted });
  }
}
