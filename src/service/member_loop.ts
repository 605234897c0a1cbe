/**
 * The loop of one member: what happens goes into the machine, what it wants done comes out, one
 * drain for all that came in the same turn. It owns the disk and the timer, and nothing else.
 *
 * 1. One commit at a time; what is sent after a batch was handed over never depends on it (the
 *    machine holds back what does).
 * 2. After a commit of unknown outcome memory is worth nothing: the store is set right, and a new
 *    machine starts from what it holds, as after a restart. Requests under way are answered
 *    `unknown-outcome`.
 */
import type { Prng } from "../base/prng.ts";
import { MalformedError } from "../base/bytes.ts";
import { DISK_FULL_RETRY_MS } from "../base/limits.ts";
import type { Clock } from "../io/clock.ts";
import { oneLine } from "../base/one_line.ts";
import { DamageError, type Store, type StoreBatch } from "../io/store.ts";
import type { MemberId } from "../model/member.ts";
import type { Envelope } from "../wire/peer.ts";
import type { Logger } from "./logger.ts";
import { loadStore } from "./load_store.ts";
import type { Effects } from "./machine/effects.ts";
import type { Loaded } from "./machine/loading.ts";
import type { MemberEvent } from "./machine/member_event.ts";
import { MemberMachine } from "./machine/member_machine.ts";

export interface MemberLoopParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly prng: Prng;
  readonly send: (to: MemberId, envelope: Envelope) => void;
  /** Called after every drain: the state may be another. */
  readonly turned: () => void;
}

export class MemberLoop {
  readonly #parts: MemberLoopParts;
  #machine: MemberMachine;
  #effects: Effects;
  #isDrainDue = false;
  #committing: Promise<void> | undefined;
  #isStopped = false;
  #toldLock: string | undefined;
  /** Why the disk is lost, once it is. */
  #lost: string | undefined;
  #wakeAtMs = Number.POSITIVE_INFINITY;
  #cancelWake: () => void = () => {};

  constructor(loaded: Loaded, parts: MemberLoopParts) {
    this.#parts = parts;
    this.#machine = this.#newMachine(loaded);
    this.#effects = loaded.disk.effects;
  }

  get machine(): MemberMachine {
    return this.#machine;
  }

  /** Which entries of the machine's log changed anything. */
  get effects(): Pick<Effects, "has"> {
    return this.#effects;
  }

  /** The entry by which this member was let go, where it was. */
  get removedAt(): number | undefined {
    return this.#machine.lockedBy?.removedAt;
  }

  /** Why this member must not act, while that is so. */
  get locked(): string | undefined {
    return this.#lost ?? this.#machine.locked ?? this.#machine.audit.odd;
  }

  start(): void {
    this.#drainSoon();
  }

  /** Takes what happened. After `stop` nothing happens any more; requests are refused. */
  handle(event: MemberEvent): void {
    this.#machine.handle(event, this.#parts.clock.now());
    this.#drainSoon();
  }

  /** Lets the commit under way end and does nothing more; every request under way is answered. */
  async stop(): Promise<void> {
    this.handle({ type: "lock", lock: { reason: "it stops" } });
    this.#isStopped = true;
    this.#cancelWake();
    await this.#committing;
  }

  // ----

  #newMachine(loaded: Loaded, lostAt?: number): MemberMachine {
    const { store, clock, prng } = this.#parts;
    return new MemberMachine({ loaded, count: store.count, lostAt, prng, now: clock.now() });
  }

  #drainSoon(): void {
    if (this.#isDrainDue) return;
    this.#isDrainDue = true;
    queueMicrotask(() => this.#drain());
  }

  #drain(): void {
    this.#isDrainDue = false;
    if (this.#isStopped) return;
    const { sends, batch } = this.#machine.drain();
    for (const { to, envelope } of sends) this.#parts.send(to, envelope);
    if (batch !== undefined) this.#committing = this.#commit(batch);
    this.#tellLock();
    for (const line of this.#machine.audit.takeAlarms()) this.#parts.log.error(line);
    this.#parts.turned();
    this.#wakeLater();
  }

  #tellLock(): void {
    const { locked } = this.#machine;
    if (locked !== undefined && locked !== this.#toldLock) {
      this.#parts.log.error(`this member is locked: ${locked}`);
    }
    this.#toldLock = locked;
  }

  #wakeLater(): void {
    const deadline = this.#machine.deadline();
    if (deadline === undefined || deadline.atMs >= this.#wakeAtMs) return;
    this.#cancelWake();
    this.#wakeAtMs = deadline.atMs;
    const ms = Math.max(0, deadline.atMs - this.#parts.clock.now().monoMs);
    this.#cancelWake = this.#parts.clock.after(ms, () => {
      this.#wakeAtMs = Number.POSITIVE_INFINITY;
      this.handle({ type: "tick" });
    });
  }

  async #commit(batch: StoreBatch): Promise<void> {
    const done = await this.#parts.store.commit(batch);
    switch (done.result) {
      case "done":
        return this.handle({ type: "persisted", count: done.count });
      case "full":
        this.#parts.log.error(`the disk is full, nothing can be written: ${done.message}`);
        return this.handle({ type: "diskFull" });
      case "unknown":
        this.#parts.log.error(`a commit failed, its outcome is unknown: ${done.message}`);
        return await this.#recover();
    }
  }

  async #recover(): Promise<void> {
    this.#machine.handle(
      { type: "lock", lock: { reason: "its disk failed and is being set right" } },
      this.#parts.clock.now(),
    );
    this.#parts.turned();
    try {
      const loaded = await this.#reload();
      if (loaded === undefined || this.#isStopped) return;
      this.#machine = this.#newMachine(loaded, this.#machine.lostAt);
      this.#effects = loaded.disk.effects;
      this.#parts.log.warn("the store was set right; this member goes on");
      this.#drainSoon();
    } catch (error) {
      if (!(error instanceof DamageError) && !(error instanceof MalformedError)) throw error;
      this.#parts.log.error(`the disk is lost: ${error.message}`);
      this.#lost = error.message;
    }
  }

  /** Tried again for as long as the disk gives no bytes at all. */
  async #reload(): Promise<Loaded | undefined> {
    const { store, clock, log } = this.#parts;
    while (!this.#isStopped) {
      try {
        await store.recover();
        return await loadStore(store);
      } catch (error) {
        if (!(error instanceof DamageError) || error.damage !== "unreadable") throw error;
        log.error(`the disk cannot be read yet: ${oneLine(error)}`);
        await new Promise<void>((resolve) => clock.after(DISK_FULL_RETRY_MS, resolve));
      }
    }
    return undefined;
  }
}
