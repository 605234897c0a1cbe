/**
 * The conversation about full copies: a leader offers them, a follower pulls one in and puts it
 * on its disk bit by bit.
 *
 * Invariant: a copy takes the place of the state in one step, and only where it is ahead of it.
 * Whoever holds the entry at the cut holds all that is before it, and takes nothing; and of a
 * leader of another term nothing is believed, for what it calls committed may not be.
 */
import { CHECK_QUORUM_MS, HEARTBEAT_MS } from "../../base/limits.ts";
import type { Leader } from "../../consensus/leader.ts";
import type { Raft } from "../../consensus/raft.ts";
import type { MemberId } from "../../model/member.ts";
import type { Replica } from "../../replica/replica.ts";
import type { PeerMessage } from "../../wire/peer.ts";
import { CopyReceiver, CopySender } from "./copying.ts";
import type { Disk } from "./disk.ts";

type MessageOf<T extends PeerMessage["type"]> = Extract<PeerMessage, { type: T }>;

/** What copies need of the member they belong to. */
interface CopyOwner {
  /** A state without anything in it, to copy into. */
  readonly blank: () => Replica;
  readonly send: (to: MemberId, message: PeerMessage) => void;
  /** A copy is on disk as a whole and takes the place of the state now. */
  readonly whole: (receiver: CopyReceiver) => void;
}

export class Copies {
  readonly #raft: Raft;
  readonly #disk: Disk;
  readonly #owner: CopyOwner;
  readonly #sender: CopySender;
  #receiver: CopyReceiver | undefined;
  #isFlipping = false;
  #offerAtMs = 0;

  constructor(raft: Raft, disk: Disk, owner: CopyOwner) {
    this.#raft = raft;
    this.#disk = disk;
    this.#owner = owner;
    this.#sender = new CopySender(disk.pace.copyChunkBytes);
  }

  /** How much of the copy under way is here. */
  get progress(): CopyReceiver["progress"] | undefined {
    return this.#receiver?.progress;
  }

  /** The last write of a copy is under way: until it is done the disk is ahead of the memory. */
  get isFlipping(): boolean {
    return this.#isFlipping;
  }

  /** The index the log must not be forgotten beyond while a copy is being sent. */
  pinned(nowMs: number): number {
    return this.#sender.pinned(nowMs);
  }

  /** Offers a copy, now and then, to every follower whose log ends before the leader's begins. */
  offer(leading: Leader, replica: Replica, nowMs: number): void {
    if (leading.wantCopy.size === 0 || nowMs < this.#offerAtMs) return;
    this.#offerAtMs = nowMs + HEARTBEAT_MS;
    const { log, term } = this.#raft;
    for (const to of leading.wantCopy) {
      const progress = leading.progress(to);
      if (progress === undefined) leading.wantCopy.delete(to);
      // Nobody is there to take it, and a cut kept for nobody would keep the log from being cut.
      if (progress === undefined || nowMs - progress.heardAtMs > CHECK_QUORUM_MS) continue;
      const offer = this.#sender.offer(term, replica, (index) => log.termAt(index), nowMs);
      if (offer !== undefined) this.#owner.send(to, offer);
    }
  }

  take(
    from: MemberId,
    message: MessageOf<"copyOffer" | "copyPull" | "copyChunk">,
    nowMs: number,
  ): void {
    if (message.type === "copyPull") {
      const chunk = this.#sender.chunk(message, nowMs);
      if (chunk !== undefined && this.#raft.leading !== undefined) this.#owner.send(from, chunk);
      return;
    }
    if (this.#isFlipping) return; // nothing better than a whole copy is to be had
    if (message.term !== this.#raft.term || from !== this.#raft.leader) return;
    if (message.type === "copyOffer") this.#onOffer(from, message);
    else this.#onChunk(message);
    this.#pull();
  }

  // ----

  #onOffer(from: MemberId, offer: MessageOf<"copyOffer">): void {
    if (this.#hasEntry(offer.cut, offer.cutTerm) || this.#receiver?.isOf(from, offer)) return;
    const generation = this.#disk.nextGeneration();
    this.#receiver = new CopyReceiver(from, offer, generation, this.#owner.blank());
  }

  #hasEntry(index: number, term: number): boolean {
    const { log } = this.#raft;
    return index <= log.start || log.termAt(index) === term;
  }

  #onChunk(chunk: MessageOf<"copyChunk">): void {
    const receiver = this.#receiver;
    const step = receiver?.take(chunk);
    if (receiver === undefined || step === undefined) return;
    const { cut, cutTerm, generation } = receiver;
    if (step.isWhole && this.#hasEntry(cut, cutTerm)) {
      this.#receiver = undefined;
      return;
    }
    this.#isFlipping = step.isWhole;
    this.#disk.writeCopy({
      generation,
      records: step.records,
      flipTo: step.isWhole ? { cut, cutTerm } : undefined,
      done: () => this.#written(receiver, step.isWhole),
    });
  }

  #written(receiver: CopyReceiver, isWhole: boolean): void {
    receiver.written();
    if (isWhole) {
      this.#isFlipping = false;
      this.#receiver = undefined;
      this.#owner.whole(receiver);
    } else if (this.#receiver === receiver) this.#pull();
  }

  #pull(): void {
    const pull = this.#receiver?.pull(this.#raft.term);
    if (pull !== undefined && this.#receiver !== undefined) {
      this.#owner.send(this.#receiver.from, pull);
    }
  }
}
