/**
 * Boot files by TFTP, read only, from one port: answers come from the port that was asked, which
 * passes routers that translate addresses, and takes one descriptor for any number of machines.
 *
 * 1. A transfer is known by the address and the port of its client. A request from there is of the
 *    same transfer if it says the same; else the client has begun anew.
 * 2. What came is read before anybody is taken for silent: that this process was busy is not the
 *    clients' silence.
 * 3. Everything is bounded: transfers in all and of each address, files on their way to be opened,
 *    what is kept of files, packets read before others get their turn. Where all places are taken,
 *    one whose client never answered is given up first: any sender of forged requests makes such.
 * 4. Nobody is answered who did not ask: neither acknowledgements nor errors that belong to no
 *    transfer are, so that two servers cannot keep each other busy.
 */
import {
  MAX_BOOT_FILE_NAME_LENGTH,
  MAX_TFTP_KEPT_BYTES,
  MAX_TFTP_TRANSFERS,
  MAX_TFTP_TRANSFERS_PER_CLIENT,
  TFTP_CROWD,
  TFTP_SWEEP_MS,
  TFTP_TURN_PACKETS,
  TFTP_UNPROVEN_MS,
} from "../../base/boot_limits.ts";
import type { Outcome, Refusal } from "../../base/outcome.ts";
import type { Clock } from "../../io/clock.ts";
import type { DatagramSocket, Endpoint, LocalEnd } from "../../io/datagram.ts";
import type { Poller } from "../../io/poller.ts";
import type { Ipv4 } from "../../model/ipv4.ts";
import { agreeOn } from "../../netboot/tftp_options.ts";
import type { TransferEnd } from "../../netboot/tftp_transfer.ts";
import {
  ackedBlock,
  ERROR_CODE,
  readTftp,
  type TftpPacket,
  type TftpRequest,
  writeTftp,
} from "../../wire/tftp.ts";
import type { BlockSource } from "./block_source.ts";
import { FileChunks } from "./file_chunks.ts";
import { Lingering } from "./lingering.ts";
import { noCounts, type TftpCounts, type TftpRefusal } from "./tftp_counts.ts";
import { type OpenTftp, TftpOpenings } from "./tftp_openings.ts";
import { type SendingHost, TftpSending } from "./tftp_sending.ts";

/** What a server tells of its transfers. `file` is as it was asked for. */
export type TftpEvent =
  | {
    readonly type: "started";
    readonly client: Endpoint;
    readonly file: string;
    readonly sizeBytes: number;
  }
  | {
    readonly type: "ended";
    readonly client: Endpoint;
    readonly file: string;
    /** Those the client has acknowledged. */
    readonly bytes: number;
    readonly tookMs: number;
    readonly outcome: TransferEnd;
  }
  | {
    readonly type: "refused";
    readonly client: Endpoint;
    readonly file: string;
    readonly reason: TftpRefusal;
    readonly message: string;
  };

/** What a server stands on. */
export interface TftpSurroundings {
  /** Of its own; it closes it. */
  readonly socket: DatagramSocket;
  readonly poller: Poller;
  readonly clock: Clock;
  readonly open: OpenTftp;
  /** Called for every request that is answered. */
  readonly events: (event: TftpEvent) => void;
}

const CODES: Readonly<Record<TftpRefusal, number>> = {
  malformed: ERROR_CODE.ILLEGAL_OPERATION,
  write: ERROR_CODE.ILLEGAL_OPERATION,
  "not-found": ERROR_CODE.FILE_NOT_FOUND,
  forbidden: ERROR_CODE.ACCESS_VIOLATION,
  options: ERROR_CODE.OPTION_NEGOTIATION,
  busy: ERROR_CODE.NOT_DEFINED,
  unavailable: ERROR_CODE.NOT_DEFINED,
  stray: ERROR_CODE.UNKNOWN_TRANSFER_ID,
};
/** The longest request that any client here has reason for. */
const MAX_REQUEST_BYTES = 2 * MAX_BOOT_FILE_NAME_LENGTH;

/** So many turns of packets are read before clients are taken for silent, however many wait. */
const SWEEP_TURNS = 16;

/** Who asks, and where. */
interface Peers {
  readonly client: Endpoint;
  readonly local: LocalEnd;
}

export class TftpServer implements SendingHost {
  readonly socket: DatagramSocket;
  readonly counts: TftpCounts = noCounts();
  readonly #surroundings: TftpSurroundings;
  readonly #chunks = new FileChunks(MAX_TFTP_KEPT_BYTES);
  readonly #openings: TftpOpenings;
  readonly #sendings = new Map<number, TftpSending>();
  /** Of which the client has not answered; the oldest first. */
  readonly #unproven = new Set<TftpSending>();
  readonly #perClient = new Map<Ipv4, number>();
  /** Which wait for room in the kernel. */
  readonly #held = new Set<TftpSending>();
  readonly #lingering: Lingering;
  readonly #unwatch: () => void;
  #stopRoom: (() => void) | undefined;
  #stopSweep: (() => void) | undefined;
  #isFlushing = false;
  #isClosed = false;
  #nowMs: number;

  constructor(surroundings: TftpSurroundings) {
    this.#surroundings = surroundings;
    this.socket = surroundings.socket;
    this.#openings = new TftpOpenings(surroundings.open, this.#chunks);
    this.#nowMs = surroundings.clock.now().monoMs;
    this.#lingering = new Lingering({
      receive: () => this.#answer(),
      awaits: (mostMs) => !this.#isClosed && this.socket.awaits(mostMs),
      nowMs: () => performance.now(),
    });
    this.#unwatch = surroundings.poller.watch(this.socket.fd, () => this.#readable());
  }

  /** Transfers that are under way, those whose files are being opened among them. */
  get active(): number {
    return this.#sendings.size + this.#openings.size;
  }

  /** Bytes of files that are kept, and that were read. */
  get fileBytes(): { readonly kept: number; readonly read: number } {
    return { kept: this.#chunks.keptBytes, read: this.#chunks.readBytes };
  }

  /** Tells all clients that it ends, and closes the socket. */
  close(): void {
    if (this.#isClosed) return;
    this.#openings.close();
    for (const sending of [...this.#sendings.values()]) {
      sending.handle({ type: "failed", message: "this server ends; ask another" }, this.nowMs());
    }
    this.socket.flush();
    this.#isClosed = true;
    this.#unwatch();
    this.#stopRoom?.();
    this.#stopSweep?.();
    this.socket.close();
  }

  // ---- what comes

  #readable(): void {
    this.#answer();
    this.#lingering.linger();
  }

  /** How many packets came. */
  #answer(): number {
    if (this.#isClosed) return 0;
    const came = this.#receive();
    if (came > 0) this.#flush();
    return came;
  }

  #receive(): number {
    let isFirst = true;
    return this.socket.receive(TFTP_TURN_PACKETS, (bytes, client, local) => {
      if (isFirst) this.#nowMs = this.nowMs();
      isFirst = false;
      const block = ackedBlock(bytes);
      const sending = this.#sendings.get(keyOf(client));
      if (block === undefined || sending === undefined) this.#take(bytes, { client, local });
      else this.#acknowledged(sending, block);
    });
  }

  #acknowledged(sending: TftpSending, block: number): void {
    sending.handle({ type: "ack", block }, this.#nowMs);
    if (this.#unproven.size > 0 && sending.isProven) this.#unproven.delete(sending);
  }

  #take(bytes: Uint8Array, peers: Peers): void {
    const read = readTftp(bytes);
    if (!read.ok) return this.#malformed(bytes, peers, read.refusal);
    const packet = read.value, sending = this.#sendings.get(keyOf(peers.client));
    switch (packet.type) {
      case "rrq":
        return this.#requested(packet, peers, sending, bytes.length);
      case "wrq":
        return this.#refuse(peers, packet.file, "write", "nothing is written here");
      case "ack":
        return sending === undefined ? this.#stray() : this.#acknowledged(sending, packet.block);
      case "error":
        return this.#wasRefused(packet, peers.client, sending);
      default:
        return this.#stray();
    }
  }

  #stray(): void {
    this.counts.refused.stray++;
  }

  /** Only what was meant as a request is answered. */
  #malformed(bytes: Uint8Array, peers: Peers, refusal: Refusal): void {
    const isRequest = bytes[0] === 0 && (bytes[1] === 1 || bytes[1] === 2);
    if (isRequest) this.#refuse(peers, "", "malformed", refusal.message);
    else this.counts.refused.malformed++;
  }

  #wasRefused(
    packet: TftpPacket & { readonly type: "error" },
    client: Endpoint,
    sending: TftpSending | undefined,
  ): void {
    if (sending !== undefined) sending.handle(packet, this.#nowMs);
    else if (!this.#openings.forget(keyOf(client))) this.#stray();
  }

  #requested(
    request: TftpRequest,
    peers: Peers,
    sending: TftpSending | undefined,
    length: number,
  ): void {
    this.counts.requests++;
    const key = keyOf(peers.client);
    if (sending !== undefined) {
      if (isSame(sending.request, request)) sending.handle({ type: "request" }, this.#nowMs);
      else this.#ended(sending, { kind: "restarted" });
      if (this.#sendings.has(key)) return;
    }
    const opening = this.#openings.requestOf(key);
    if (opening !== undefined && isSame(opening, request)) return;
    this.#openings.forget(key);
    const bound = this.#boundHitBy(request, peers.client.address, length);
    if (bound === undefined) this.#open(key, request, peers);
    else this.#refuse(peers, request.file, bound[0], bound[1]);
  }

  #boundHitBy(
    request: TftpRequest,
    address: Ipv4,
    length: number,
  ): readonly [TftpRefusal, string] | undefined {
    if (request.mode === "mail") return ["malformed", "no mail is taken here"];
    if (length > MAX_REQUEST_BYTES) {
      return ["malformed", `a request of ${length} bytes: at most ${MAX_REQUEST_BYTES} are read`];
    }
    if ((this.#perClient.get(address) ?? 0) >= MAX_TFTP_TRANSFERS_PER_CLIENT) {
      return ["busy", `${MAX_TFTP_TRANSFERS_PER_CLIENT} files are sent to you; ask again later`];
    }
    if (this.#openings.isFull) return ["busy", "too many files are asked for; ask again later"];
    if (this.active < MAX_TFTP_TRANSFERS || this.#giveUpUnproven()) return undefined;
    return ["busy", `${MAX_TFTP_TRANSFERS} files are being sent; ask again later`];
  }

  #giveUpUnproven(): boolean {
    const [oldest] = this.#unproven;
    if (oldest === undefined || this.#nowMs - oldest.beganMs < TFTP_UNPROVEN_MS) return false;
    this.#ended(oldest, { kind: "vanished" });
    return true;
  }

  // ---- transfers

  #open(key: number, request: TftpRequest, peers: Peers): void {
    this.#count(peers.client.address, 1);
    this.#openings.open(key, request, peers.client.address, (outcome) => {
      this.#count(peers.client.address, -1);
      if (outcome === undefined) return;
      this.#nowMs = this.nowMs();
      this.#begin(key, request, peers, outcome);
      this.flushSoon();
    });
  }

  #begin(key: number, request: TftpRequest, peers: Peers, opened: Outcome<BlockSource>): void {
    const { client } = peers, { file } = request;
    if (!opened.ok) {
      return this.#refuse(peers, file, reasonOf(opened.refusal), opened.refusal.message);
    }
    const source = opened.value, agreed = agreeOn(request.options, source.sizeBytes);
    if (!agreed.ok) {
      source.release();
      return this.#refuse(peers, file, "options", agreed.refusal.message);
    }
    const sending = new TftpSending(this, peers, request, source, agreed.value);
    this.#sendings.set(key, sending);
    this.#unproven.add(sending);
    this.#count(client.address, 1);
    this.#sweepLater();
    this.#surroundings.events({ type: "started", client, file, sizeBytes: source.sizeBytes });
    sending.handle({ type: "begin" }, this.#nowMs);
  }

  /** Ends it without a word to the client. */
  #ended(sending: TftpSending, end: TransferEnd): void {
    sending.release();
    this.hasEnded(sending, end);
  }

  #refuse(peers: Peers, file: string, reason: TftpRefusal, message: string): void {
    this.counts.refused[reason]++;
    const error = writeTftp({ type: "error", code: CODES[reason], message });
    this.socket.send(peers.client, peers.local, error);
    this.#surroundings.events({ type: "refused", client: peers.client, file, reason, message });
  }

  #count(address: Ipv4, more: number): void {
    const count = (this.#perClient.get(address) ?? 0) + more;
    if (count === 0) this.#perClient.delete(address);
    else this.#perClient.set(address, count);
  }

  // ---- for transfers

  nowMs(): number {
    return this.#surroundings.clock.now().monoMs;
  }

  hasEnded(sending: TftpSending, outcome: TransferEnd): void {
    const { client, request, ackedBytes } = sending;
    this.#sendings.delete(keyOf(client));
    this.#unproven.delete(sending);
    this.#held.delete(sending);
    this.#count(client.address, -1);
    this.counts.ended[outcome.kind] = (this.counts.ended[outcome.kind] ?? 0) + 1;
    const tookMs = this.nowMs() - sending.beganMs;
    const { file } = request;
    this.#surroundings.events({ type: "ended", client, file, bytes: ackedBytes, tookMs, outcome });
  }

  get isCrowded(): boolean {
    return this.#sendings.size >= TFTP_CROWD;
  }

  hasNoRoom(sending: TftpSending): void {
    this.#held.add(sending);
  }

  flushSoon(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    queueMicrotask(() => {
      this.#isFlushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#isClosed) return;
    const isFull = this.socket.flush() > 0;
    if (!isFull && this.#held.size === 0) return;
    this.#stopRoom ??= this.#surroundings.poller.whenWritable(this.socket.fd, () => {
      this.#stopRoom = undefined;
      this.#goOn();
    });
  }

  #goOn(): void {
    this.#nowMs = this.nowMs();
    const held = [...this.#held];
    this.#held.clear();
    for (const sending of held) sending.pump(this.#nowMs);
    this.#flush();
  }

  // ---- time

  #sweepLater(): void {
    this.#stopSweep ??= this.#surroundings.clock.after(TFTP_SWEEP_MS, () => {
      this.#stopSweep = undefined;
      this.#sweep();
      if (this.#sendings.size > 0) this.#sweepLater();
    });
  }

  #sweep(): void {
    for (let turns = 0; turns < SWEEP_TURNS; turns++) {
      if (this.#answer() < TFTP_TURN_PACKETS) break;
    }
    this.#nowMs = this.nowMs();
    for (const sending of this.#sendings.values()) sending.lookAtTime(this.#nowMs);
    this.#flush();
  }
}

function keyOf({ address, port }: Endpoint): number {
  return address * 65_536 + port;
}

function isSame(a: TftpRequest, b: TftpRequest): boolean {
  return a.file === b.file && a.mode === b.mode && a.options.length === b.options.length &&
    a.options.every(({ name, value }, i) =>
      b.options[i]?.name === name && b.options[i]?.value === value
    );
}

function reasonOf({ kind }: Refusal): TftpRefusal {
  switch (kind) {
    case "not-found":
    case "forbidden":
    case "busy":
      return kind;
    case "invalid":
      return "forbidden";
    default:
      return "unavailable";
  }
}
