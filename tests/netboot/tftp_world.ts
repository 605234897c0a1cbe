/**
 * A transfer and a client over a link that loses, doubles and delays what is sent. One seed, one
 * history. The careful client tells of a gap once (RFC 7440, section 4) and acknowledges again only
 * what it acknowledged before; the rash one answers each block that it does not expect.
 */
import { Prng } from "../../src/base/prng.ts";
import { type Agreement, agreeOn } from "../../src/netboot/tftp_options.ts";
import { TftpTransfer, type TransferEnd } from "../../src/netboot/tftp_transfer.ts";

export interface Link {
  /** Of a hundred packets, how many are lost, come twice, or come late. */
  readonly lost: number;
  readonly doubled: number;
  readonly late: number;
  /** One way, in milliseconds; late ones take up to three times as long. */
  readonly delayMs: number;
}

export type Manner = "careful" | "rash";

export interface Story {
  readonly end: TransferEnd | undefined;
  /** The blocks that the client took, in its order. */
  readonly taken: readonly number[];
  readonly isWhole: boolean;
  readonly lost: number;
  readonly doubled: number;
  readonly late: number;
  /** How often the client's own patience ended: it may, at the same silence as the server's. */
  readonly waits: number;
  /** Rounds and offers that were sent though all or some of them had been before. */
  readonly repeats: number;
  /** Blocks that were sent, those that were sent before among them. */
  readonly sent: number;
}

type Packet =
  | { readonly to: "client"; readonly type: "offer" | "data"; readonly block: number }
  | { readonly to: "server"; readonly type: "ack" | "request"; readonly block: number };

interface Underway {
  readonly atMs: number;
  readonly packet: Packet;
}

const CLIENT_PATIENCE_MS = 1_500;
const CLIENT_TRIES = 12;
const LONGEST_MS = 3_600_000;

export class TftpWorld {
  readonly #prng: Prng;
  readonly #link: Link;
  readonly #transfer: TftpTransfer;
  readonly #agreement: Agreement;
  readonly #underway: Underway[] = [];
  readonly #blocks: number;
  readonly #manner: Manner;
  readonly #taken: number[] = [];
  #nowMs = 0;
  #lost = 0;
  #doubled = 0;
  #late = 0;
  #waits = 0;
  #repeats = 0;
  #sent = 0;
  #highest = 0;
  #offers = 0;
  #inWindow = 0;
  #hasTold = false;
  #clientAtMs = CLIENT_PATIENCE_MS;
  #clientTries = 0;
  #hasAnswer = false;
  #end: TransferEnd | undefined;

  constructor(seed: number, link: Link, blocks: number, windowBlocks: number, manner: Manner) {
    this.#manner = manner;
    this.#prng = new Prng(seed);
    this.#link = link;
    this.#blocks = blocks;
    const options = windowBlocks === 0
      ? []
      : [{ name: "windowsize", value: String(windowBlocks) }, { name: "blksize", value: "8" }];
    const blockBytes = windowBlocks === 0 ? 512 : 8;
    const agreed = agreeOn(options, (blocks - 1) * blockBytes + this.#prng.between(0, 7));
    if (!agreed.ok) throw new Error(agreed.refusal.message);
    this.#agreement = agreed.value;
    this.#transfer = new TftpTransfer(agreed.value, 0);
  }

  run(): Story {
    this.#serve({ type: "begin" });
    while (this.#nowMs < LONGEST_MS && this.#step());
    return {
      end: this.#end,
      taken: this.#taken,
      isWhole: this.#taken.length === this.#blocks,
      lost: this.#lost,
      doubled: this.#doubled,
      late: this.#late,
      waits: this.#waits,
      repeats: this.#repeats,
      sent: this.#sent,
    };
  }

  /** The next thing that happens, wherever; false where nothing will. */
  #step(): boolean {
    this.#underway.sort((a, b) => a.atMs - b.atMs);
    const next = this.#underway[0]?.atMs ?? Number.POSITIVE_INFINITY;
    const serverAtMs = this.#transfer.deadline()?.atMs ?? Number.POSITIVE_INFINITY;
    const isClientDone = this.#taken.length === this.#blocks || this.#clientTries > CLIENT_TRIES;
    const clientAtMs = isClientDone ? Number.POSITIVE_INFINITY : this.#clientAtMs;
    const atMs = Math.min(next, serverAtMs, clientAtMs);
    if (!Number.isFinite(atMs)) return false;
    this.#nowMs = atMs;
    if (next === atMs) this.#arrived((this.#underway.shift() as Underway).packet);
    else if (serverAtMs === atMs) this.#serve({ type: "time" });
    else this.#clientWaitedLongEnough();
    return true;
  }

  #arrived(packet: Packet): void {
    if (packet.to === "client") return this.#clientGot(packet.type, packet.block);
    if (packet.type === "request") this.#serve({ type: "request" });
    else this.#serve({ type: "ack", block: packet.block % 65_536 });
  }

  #serve(event: Parameters<TftpTransfer["handle"]>[0]): void {
    for (const effect of this.#transfer.handle(event, this.#nowMs)) {
      if (effect.type === "end") this.#end = effect.end;
      if (effect.type === "offer") {
        if (this.#offers++ > 0) this.#repeats++;
        this.#send({ to: "client", type: "offer", block: 0 });
        this.#transfer.handle({ type: "sent" }, this.#nowMs);
      }
      if (effect.type !== "send") continue;
      const again = Math.max(
        0,
        Math.min(this.#highest, effect.first + effect.count - 1) -
          effect.first + 1,
      );
      if (again !== effect.again) throw new Error(`${again} were sent before, not ${effect.again}`);
      if (again > 0) this.#repeats++;
      for (let i = 0; i < effect.count; i++) {
        this.#sent++;
        this.#highest = Math.max(this.#highest, effect.first + i);
        this.#send({ to: "client", type: "data", block: effect.first + i });
      }
      this.#transfer.handle({ type: "sent" }, this.#nowMs);
    }
  }

  #send(packet: Packet): void {
    const chance = (percent: number): boolean => this.#prng.chance(percent / 100);
    if (chance(this.#link.lost)) {
      this.#lost++;
      return;
    }
    const isDoubled = chance(this.#link.doubled);
    if (isDoubled) this.#doubled++;
    for (let i = 0; i < (isDoubled ? 2 : 1); i++) {
      const isLate = chance(this.#link.late);
      if (isLate) this.#late++;
      const times = isLate ? 1 + 2 * this.#prng.unit() : 1;
      this.#underway.push({ atMs: this.#nowMs + this.#link.delayMs * times, packet });
    }
  }

  #clientGot(type: "offer" | "data", block: number): void {
    const expected = this.#taken.length + 1;
    if (type === "offer") {
      this.#hasAnswer = true;
      return expected === 1 ? this.#acknowledge(0) : undefined;
    }
    this.#hasAnswer = true;
    if (block !== expected) return this.#clientSurprised(block, expected);
    this.#hasTold = false;
    this.#taken.push(block);
    this.#inWindow++;
    this.#clientTries = 0;
    this.#clientAtMs = this.#nowMs + CLIENT_PATIENCE_MS;
    const isLast = block === this.#blocks;
    if (isLast || this.#inWindow === this.#agreement.windowBlocks) this.#acknowledge(block);
  }

  #clientSurprised(block: number, expected: number): void {
    const isNews = block > expected
      ? !this.#hasTold
      : block === expected - 1 && this.#inWindow === 0;
    if (block > expected) this.#hasTold = true;
    if (isNews || this.#manner === "rash") this.#acknowledge(expected - 1);
  }

  #acknowledge(block: number): void {
    this.#inWindow = 0;
    this.#clientAtMs = this.#nowMs + CLIENT_PATIENCE_MS;
    this.#send({ to: "server", type: "ack", block });
  }

  #clientWaitedLongEnough(): void {
    this.#clientTries++;
    this.#waits++;
    this.#clientAtMs = this.#nowMs + CLIENT_PATIENCE_MS;
    if (this.#hasAnswer) return this.#acknowledge(this.#taken.length);
    this.#send({ to: "server", type: "request", block: 0 });
  }
}
