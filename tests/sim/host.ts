/** One simulated server: a disk, crooked clocks, and a member process that may die at any time. */
import { assert, present } from "../../src/base/assert.ts";
import type { Now } from "../../src/base/instant.ts";
import type { Mutant } from "../../src/base/mutant.ts";
import type { Prng } from "../../src/base/prng.ts";
import { DamageError, type StoreBatch } from "../../src/io/store.ts";
import { type DiskSnapshot, FakeDisk, type StoreMutant } from "../../src/io/store_fake.ts";
import { EMPTY_ROSTER, type Member, type Roster } from "../../src/model/member.ts";
import { forcedRecords } from "../../src/service/machine/forcing.ts";
import { loadDisk } from "../../src/service/machine/loading.ts";
import type { MemberEvent } from "../../src/service/machine/member_event.ts";
import { MemberMachine } from "../../src/service/machine/member_machine.ts";
import type { DiskPace } from "../../src/service/machine/pace.ts";
import type { WatchSource } from "../../src/replica/watch.ts";
import { type Watched, watchSource } from "../../src/service/watch_source.ts";
import type { Envelope } from "../../src/wire/peer.ts";
import type { StoreRecord } from "../../src/io/store.ts";

export interface HostWorld {
  readonly time: number;
  readonly isCalm: boolean;
  at(time: number, run: () => void): void;
  send(host: Host, to: Member["id"], envelope: Envelope): void;
  /** After every step of a member: the checkers look. */
  stepped(host: Host): void;
  lost(host: Host, why: string): void;
  /** From here on there may be two histories. */
  forced(host: Host): void;
}

export interface DiskSpeed {
  readonly syncMin: number;
  readonly syncMax: number;
  /** The chance that one sync takes up to `stallMax`. */
  readonly stalls: number;
  readonly stallMax: number;
}

export class Host {
  readonly member: Member;
  readonly disk: FakeDisk;
  machine: MemberMachine | undefined;
  /** What watchers read as long as the process lives, also while it sets its store right. */
  watched: WatchSource | undefined;
  /** The disk is lost: this member counts as gone until a new one takes its place. */
  isLost = false;
  /** The most commits that any other member heard it to hold. */
  heardCount = 0;
  /** Its disk was put back in time, behind what others heard: nothing it says may count. */
  isRolledBack = false;
  /** Its state was made another, past every checksum: it must be found, and healed. */
  isSpoilt = false;
  /** Wall clock against true time; the monotonic clock drifts by `drift`. */
  wallOffset = 0;
  readonly drift: number;
  frozenUntil = 0;
  /** The newest roster in its log, also while it is down. */
  lastRoster: Roster = EMPTY_ROSTER;
  readonly #world: HostWorld;
  readonly #prng: Prng;
  readonly #speed: DiskSpeed;
  readonly #pace: DiskPace | undefined;
  readonly #mutant: Mutant | undefined;
  #life = 0;
  #wakeAt = Number.POSITIVE_INFINITY;
  #returned = 0;
  #slowMs = 0;
  #effects: Watched["effects"] | undefined;

  constructor(
    world: HostWorld,
    member: Member,
    prng: Prng,
    speed: DiskSpeed,
    drift: number,
    mutant: Mutant | undefined,
    pace: DiskPace | undefined,
  ) {
    this.#world = world;
    this.member = member;
    this.#prng = prng;
    this.#speed = speed;
    this.drift = drift;
    this.#mutant = mutant;
    this.#pace = pace;
    const isDisk = mutant === "no-fsync" || mutant === "floor-in-parallel";
    const options = isDisk ? { mutant: mutant as StoreMutant } : {};
    this.disk = new FakeDisk(prng.fork("disk"), options);
  }

  get id(): Member["id"] {
    return this.member.id;
  }

  now(): Now {
    const time = this.#world.time;
    return { monoMs: time * this.drift, wallMs: Math.max(0, 1.7e12 + time + this.wallOffset) };
  }

  /** Puts the first records on an empty disk. */
  found(records: readonly StoreRecord[]): void {
    this.disk.begin({ puts: records, deletes: [] });
    const done = this.disk.finish();
    assert(done.result === "done", "the first records are on disk");
    this.disk.flushFloor();
  }

  /** `lostAt`: what the machine before it knew to be gone, in the same process. */
  start(lostAt?: number): void {
    if (this.machine !== undefined || this.isLost) return;
    this.#life++;
    try {
      const loaded = loadDisk(this.disk.read(), { mutant: this.#mutant, pace: this.#pace });
      if (loaded === undefined) return this.#lose("its disk is empty");
      this.machine = new MemberMachine({
        loaded,
        count: this.disk.count,
        lostAt,
        prng: this.#prng.fork(`life ${this.#life}`),
        now: this.now(),
        mutant: this.#mutant,
      });
      this.#effects = loaded.disk.effects;
      this.watched ??= watchSource(() => this.#watch());
    } catch (error) {
      if (!(error instanceof DamageError)) throw error;
      return this.#lose(error.message);
    }
    this.#act();
  }

  /** One row becomes another in memory alone, as a wrong program would leave it. */
  spoil(row: string): void {
    const { replica } = this.machine!;
    const stamp = replica.applied;
    assert(replica.cells.newest(row) < stamp, "somebody wrote after it");
    this.isSpoilt = true;
    replica.join({ row, floor: 0, newest: stamp, cells: [["v", { value: "wrong", stamp }]] });
  }

  crash(): void {
    this.#die();
    this.disk.crash();
  }

  /** `collective force-quorum`, while nothing runs here; `random` tells the new epoch apart. */
  force(random: string): void {
    assert(this.machine === undefined, "the service is stopped");
    const loaded = loadDisk(this.disk.read(), { mutant: this.#mutant, pace: this.#pace });
    assert(loaded !== undefined, "there is something to go on with");
    const { puts } = forcedRecords(loaded, random, this.now().wallMs);
    this.found(puts);
    this.#world.forced(this);
  }

  rollBackTo(snapshot: DiskSnapshot): void {
    this.#die();
    this.isRolledBack = snapshot.count < this.heardCount;
    this.disk.rollBackTo(snapshot);
  }

  /** The next commit takes so much longer. */
  slowNextSync(ms: number): void {
    this.#slowMs = ms;
  }

  handle(event: MemberEvent): void {
    if (this.machine === undefined) return;
    const life = this.#life;
    if (this.frozenUntil > this.#world.time) {
      this.#world.at(this.frozenUntil, () => {
        if (life === this.#life) this.handle(event);
      });
      return;
    }
    this.machine.handle(event, this.now());
    this.#act();
  }

  #die(): void {
    this.#stop();
    this.#returned = 0;
    this.watched = undefined;
  }

  #watch(): Watched {
    const { replica, raft: { log } } = present(this.machine, "whoever watches reads a machine");
    return { replica, log, effects: present(this.#effects, "what its disk says of its log") };
  }

  /** The process is gone, or may say nothing more. */
  #stop(): void {
    this.machine = undefined;
    this.#life++;
    this.#wakeAt = Number.POSITIVE_INFINITY;
    this.frozenUntil = 0;
  }

  #act(): void {
    const { machine } = this;
    if (machine === undefined) return;
    const { sends, batch } = machine.drain();
    this.lastRoster = machine.roster.roster;
    for (const { to, envelope } of sends) this.#world.send(this, to, envelope);
    if (batch !== undefined) this.#commit(batch);
    this.#world.stepped(this);
    this.#schedule();
  }

  #schedule(): void {
    const deadline = this.machine?.deadline();
    if (deadline === undefined) return;
    const at = Math.max(deadline.atMs / this.drift, this.#world.time + 0.01);
    if (at >= this.#wakeAt) return;
    this.#wakeAt = at;
    const life = this.#life;
    this.#world.at(at, () => {
      if (life !== this.#life || this.#wakeAt !== at) return;
      this.#wakeAt = Number.POSITIVE_INFINITY;
      this.handle({ type: "tick" });
    });
  }

  #commit(batch: StoreBatch): void {
    this.disk.begin(batch);
    const { syncMin, syncMax, stalls, stallMax } = this.#speed;
    let ms = syncMin + this.#prng.unit() * (syncMax - syncMin);
    if (!this.#world.isCalm && this.#prng.chance(stalls)) ms += this.#prng.unit() * stallMax;
    ms += this.#slowMs;
    this.#slowMs = 0;
    const life = this.#life;
    this.#world.at(this.#world.time + ms, () => {
      if (life === this.#life) this.#finish();
    });
  }

  #finish(): void {
    const done = this.disk.finish();
    if (done.result === "done") {
      this.#returned = done.count;
      this.#flushFloorLater();
      return this.handle({ type: "persisted", count: done.count });
    }
    if (done.result === "full") return this.handle({ type: "diskFull" });
    const lostAt = this.machine?.lostAt;
    this.#stop();
    this.#recover(lostAt);
  }

  /** The outcome is unknown: believe only what a fresh copy of the store holds, or nothing. */
  #recover(lostAt: number | undefined): void {
    const life = this.#life;
    try {
      this.disk.recover();
    } catch (error) {
      if (!(error instanceof DamageError)) throw error;
      if (error.damage !== "unreadable") return this.#lose(error.message);
      this.#world.at(this.#world.time + 500, () => {
        if (life === this.#life) this.#recover(lostAt);
      });
      return;
    }
    if (this.disk.count < this.#returned) return this.#lose("commits that had returned are gone");
    this.start(lostAt);
  }

  #flushFloorLater(): void {
    const life = this.#life;
    this.#world.at(this.#world.time + 50, () => {
      if (life === this.#life) this.disk.flushFloor();
    });
  }

  #lose(why: string): void {
    this.isLost = true;
    this.watched = undefined;
    this.#world.lost(this, why);
  }
}
