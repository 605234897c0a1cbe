/**
 * The storm. Members lost for good (wiped, damaged or rolled-back disks) are kept below half of
 * the voters; crashes with the disk intact may hit everybody at once.
 */
import { REQUEST_MS } from "../../src/base/limits.ts";
import type { Prng } from "../../src/base/prng.ts";
import { majorityOf, type MemberId, type Roster, votersOf } from "../../src/model/member.ts";
import type { RosterChange } from "../../src/wire/peer.ts";
import type { DiskSnapshot } from "../../src/io/store_fake.ts";
import { Aims } from "./aims.ts";
import type { Host } from "./host.ts";
import type { ChaosPlan } from "./plan.ts";
import type { World } from "./world.ts";

const MAX_HOSTS = 9;

export class Chaos {
  readonly #world: World;
  readonly #prng: Prng;
  readonly #plan: ChaosPlan;
  readonly #aims: Aims;
  #isOn = false;
  #faults = 0;
  /** Whoever is not mended before the rest has made progress. */
  readonly #left = new Set<Host>();
  /** Until when somebody may yet be removed. */
  #removingUntil = 0;
  /** No fault strikes before this time. */
  #pauseUntil = 0;
  #snapshot: {
    readonly host: Host;
    readonly disk: DiskSnapshot;
    readonly roster: Roster;
    readonly at: number;
  } | undefined;
  /** What the peers' disks have known for seconds of the one that is to be put back. */
  #knownCount = 0;

  constructor(world: World, prng: Prng, plan: ChaosPlan) {
    this.#world = world;
    this.#prng = prng;
    this.#plan = plan;
    this.#aims = new Aims(world, prng.fork("aims"), plan.aims, {
      kill: (host, ms) => this.#isOn && host.machine !== undefined && this.#kill(host, ms),
      cutOff: (side, isNoticed) => this.#isOn && this.#cutOff(side, isNoticed),
      healLater: (ms) => this.#healLater(ms),
      mend: (host) => this.#isOn && this.#world.network.mend(host.id),
      remove: (target, by) => this.#isOn && this.#remove(target, by),
    });
  }

  get faults(): number {
    return this.#faults;
  }

  start(): void {
    this.#isOn = true;
    this.#reconnect();
    this.#next();
  }

  /** The storm is over: a majority is mended, and sometimes no more than that. */
  calm(): void {
    this.#isOn = false;
    this.#world.tell("calm");
    this.#world.network.heal();
    this.#world.network.isCalm = true;
    this.#startListed();
    if (this.#prng.chance(0.4)) this.#leaveBehind();
    this.#world.connectAll();
  }

  /** When whoever was frozen as the storm ended runs again. */
  get thawedAt(): number {
    return Math.max(...[...this.#world.hosts.values()].map(({ frozenUntil }) => frozenUntil));
  }

  /** The rest is mended as well. */
  comeBack(): void {
    this.#left.clear();
    this.#world.network.heal();
    this.#startListed();
    this.#world.connectAll();
  }

  #leaveBehind(): void {
    // Whoever has to catch up needs somebody to copy from, and a spoilt state is none.
    if ([...this.#world.hosts.values()].some(({ isSpoilt }) => isSpoilt)) return;
    for (const host of this.#world.live()) {
      if (!this.#prng.chance(0.5) || !this.#mayLoseForGood(host)) continue;
      this.#left.add(host);
      const isDead = this.#prng.chance(0.5);
      this.#world.tell(`${host.member.name} stays ${isDead ? "down" : "cut off"}`);
      this.#cutOff([host], this.#prng.chance(0.5));
      if (isDead) host.crash();
    }
  }

  stepped(host: Host): void {
    if (this.#isOn && this.#world.time >= this.#pauseUntil) this.#aims.stepped(host);
  }

  /** A write was just acknowledged: the best moment for the lights to go out. */
  replied(): void {
    if (!this.#isOn || !this.#plan.crashAfterReply || !this.#prng.chance(0.02)) return;
    this.#world.at(this.#world.time + this.#prng.unit() * 0.05, () => this.#powerCut());
  }

  #startListed(): void {
    for (const host of this.#world.hosts.values()) {
      host.disk.free();
      if (!host.isLost && !this.#left.has(host) && this.#isListed(host)) host.start();
    }
  }

  #reconnect(): void {
    if (!this.#isOn) this.#startListed();
    this.#world.connectAll();
    this.#world.at(this.#world.time + 200, () => this.#reconnect());
  }

  #next(): void {
    const ms = -Math.log(1 - this.#prng.unit()) * this.#plan.everyMs;
    this.#world.at(this.#world.time + ms, () => {
      if (!this.#isOn) return;
      if (this.#world.time >= this.#pauseUntil) this.#strike();
      this.#next();
    });
  }

  #strike(): void {
    const plan = this.#plan;
    const faults: [boolean, () => void][] = [
      [plan.crashes, () => this.#crash()],
      [plan.stops, () => this.#stop()],
      [plan.powerCuts, () => this.#prng.chance(0.3) && this.#powerCut()],
      [plan.partitions, () => this.#partition()],
      [plan.partitions, () => this.#silenceLeader()],
      [plan.oneWayCuts, () => this.#oneWayCut()],
      [plan.resets, () => this.#reset()],
      [plan.clogs, () => this.#clog()],
      [plan.freezes, () => this.#freeze()],
      [plan.clockJumps, () => this.#jump()],
      [plan.diskErrors, () => this.#pick()?.disk.failNext("unknown")],
      [plan.diskFull, () => this.#fill()],
      [plan.lostDisks, () => this.#loseDisk()],
      [plan.rollbacks, () => this.#rollBack()],
      [plan.membership, () => this.#changeMembers()],
      [plan.spoils, () => this.#spoil()],
    ];
    const enabled = faults.filter(([isOn]) => isOn);
    if (enabled.length === 0) return;
    this.#faults++;
    this.#prng.pick(enabled)[1]();
  }

  #pick(): Host | undefined {
    const live = this.#world.live();
    return live.length === 0 ? undefined : this.#prng.pick(live);
  }

  #restartLater(host: Host, ms: number): void {
    this.#world.at(this.#world.time + ms, () => {
      if (host.isLost || host.machine !== undefined) return;
      this.#world.tell(`${host.member.name} starts`);
      host.start();
      this.#world.connectAll();
    });
  }

  #kill(host: Host, restartMs?: number): void {
    if (this.#world.time < this.#pauseUntil) return;
    this.#end(host, restartMs ?? this.#prng.between(50, 4_000));
  }

  #end(host: Host, restartMs: number): void {
    this.#world.tell(`${host.member.name} dies`);
    const peers = this.#world.live();
    host.crash();
    for (const peer of peers) this.#world.network.reset(host.id, peer.id);
    this.#restartLater(host, restartMs);
  }

  /** A row that no client asks for or watches: what is judged by a wrong state, before that is
   * found, is judged wrongly. One at a time, since a majority that is wrong alike is taken for
   * right. */
  #spoil(): void {
    const host = this.#pick();
    const isWhole = [...this.#world.hosts.values()].every(({ isSpoilt }) => !isSpoilt);
    if (host === undefined || !isWhole || host.machine?.replica.isBetween !== false) return;
    if (host.machine.locked !== undefined || host.machine.replica.applied === 0) return;
    this.#world.tell(`the state of ${host.member.name} is spoilt`);
    host.spoil("spoilt");
  }

  #crash(): void {
    const host = this.#pick();
    if (host !== undefined) this.#kill(host);
  }

  /** In good order: it hands over what it leads, and is gone a while later. */
  #stop(): void {
    const host = this.#pick();
    if (host === undefined) return;
    const { machine } = host;
    this.#world.tell(`${host.member.name} stops`);
    host.handle({ type: "stopping" });
    this.#world.at(this.#world.time + this.#prng.between(1, 500), () => {
      // Also when the storm is over by then: who said that it stops takes nothing more.
      if (host.machine === machine) this.#end(host, this.#prng.between(50, 4_000));
    });
  }

  #powerCut(): void {
    this.#world.tell("power cut");
    for (const host of this.#world.live()) this.#kill(host);
  }

  #partition(): void {
    const side = this.#world.live().filter(() => this.#prng.chance(0.5));
    this.#cutOff(side, this.#prng.chance(0.4));
    this.#healLater(this.#prng.between(200, 8_000));
  }

  /** Nobody notices but by the silence: the old leader goes on answering, if it may. */
  #silenceLeader(): void {
    const leader = this.#world.live().find(({ machine }) => machine?.raft.leading !== undefined);
    if (leader === undefined) return;
    this.#cutOff([leader], false);
    this.#healLater(this.#prng.between(1_000, 6_000));
  }

  #cutOff(side: readonly Host[], isNoticed: boolean): void {
    this.#world.tell(`partition: ${side.map(({ member }) => member.name).join(" ")}`);
    for (const a of side) {
      for (const b of this.#world.live()) {
        if (!side.includes(b)) this.#cutBothWays(a.id, b.id, isNoticed);
      }
    }
  }

  #cutBothWays(a: MemberId, b: MemberId, isNoticed: boolean): void {
    this.#world.network.cut(a, b);
    this.#world.network.cut(b, a);
    if (isNoticed) this.#world.network.reset(a, b);
  }

  #oneWayCut(): void {
    const from = this.#pick(), to = this.#pick();
    if (from === undefined || to === undefined || from === to) return;
    this.#world.tell(`one way cut ${from.member.name} > ${to.member.name}`);
    this.#world.network.cut(from.id, to.id);
    this.#healLater(this.#prng.between(200, 6_000));
  }

  #healLater(ms: number): void {
    this.#world.at(this.#world.time + ms, () => this.#world.network.heal());
  }

  #reset(): void {
    const a = this.#pick(), b = this.#pick();
    if (a !== undefined && b !== undefined) this.#world.network.reset(a.id, b.id);
  }

  #clog(): void {
    const from = this.#pick(), to = this.#pick();
    if (from === undefined || to === undefined) return;
    const until = this.#world.time + this.#prng.between(100, 5_000);
    this.#world.network.clog(from.id, to.id, until);
  }

  #freeze(): void {
    const host = this.#pick();
    if (host === undefined) return;
    host.frozenUntil = this.#world.time + this.#prng.between(50, 6_000);
    this.#world.tell(`${host.member.name} freezes`);
  }

  #jump(): void {
    const host = this.#pick();
    if (host !== undefined) host.wallOffset += (this.#prng.unit() - 0.5) * 1e9;
  }

  #fill(): void {
    const host = this.#pick();
    if (host === undefined) return;
    this.#world.tell(`${host.member.name}'s disk is full`);
    host.disk.fill();
    const ms = this.#prng.between(500, 6_000);
    this.#world.at(this.#world.time + ms, () => host.disk.free());
  }

  // ---- losses for good

  #isListed(host: Host): boolean {
    return this.#world.checks.newestRoster().members.some(({ id }) => id === host.id);
  }

  /** Whether one more voter may be lost and a majority is still whole, by every roster that any
   * disk holds: one that is not committed yet may still come to be. */
  #mayLose(host: Host): boolean {
    const rosters = [...this.#world.hosts.values()].map(({ lastRoster }) => lastRoster);
    return [this.#world.checks.newestRoster(), ...rosters].every((roster) => {
      const voters = votersOf(roster);
      const whole = voters.filter(({ id }) => {
        const voter = this.#world.hosts.get(id);
        return voter !== undefined && voter !== host && !this.#left.has(voter) &&
          !this.#world.checks.taken.has(id);
      });
      const isOut = voters.every(({ id }) => id !== host.id);
      return voters.length === 0 || isOut || whole.length >= majorityOf(voters.length);
    });
  }

  /** The same for good, and with nobody being removed meanwhile: of the two that this may leave
   * none may be lost. */
  #mayLoseForGood(host: Host): boolean {
    return this.#world.time >= this.#removingUntil && this.#mayLose(host);
  }

  #loseDisk(): void {
    const host = this.#pick();
    if (host === undefined || !this.#mayLoseForGood(host)) return;
    this.#world.checks.taken.add(host.id);
    this.#kill(host);
    if (host.machine !== undefined) return void this.#world.checks.taken.delete(host.id);
    if (this.#prng.chance(0.5)) host.disk.wipe();
    else host.disk.corruptBit(this.#prng);
    this.#world.tell(`${host.member.name}'s disk is ruined`);
    this.#replaceLater(host);
  }

  #rollBack(): void {
    const { time } = this.#world;
    if (this.#snapshot === undefined) {
      const host = this.#pick();
      if (host === undefined) return;
      const { disk, lastRoster: roster } = host;
      this.#snapshot = { host, disk: disk.snapshot(), roster, at: time };
      return;
    }
    const { host } = this.#snapshot;
    if (time - this.#snapshot.at < 500 || !this.#mayLoseForGood(host)) return;
    // Such a disk is a lost one, so nobody else may be down or cut off until it was found out.
    this.#world.network.heal();
    this.#knownCount = host.heardCount;
    this.#pauseUntil = time + 9_000;
    this.#world.at(time + 4_500, () => this.#putBack());
  }

  #putBack(): void {
    const taken = this.#snapshot;
    this.#snapshot = undefined;
    if (!this.#isOn || taken === undefined || this.#world.live().length < this.#listed()) return;
    // One put back to when it was alone, or with others, cannot know better before it hears them.
    if (taken.roster !== taken.host.lastRoster) return;
    if (this.#prng.chance(0.5)) {
      this.#goBack(taken.host, taken.disk);
      // The lights go out for all: what they heard is on their disks.
      if (this.#knownCount > taken.disk.count && this.#prng.chance(0.5)) this.#restartAll();
      return;
    }
    this.#goBackSoon(taken.host, taken.host.disk.snapshot(), this.#world.time + 1_000);
  }

  /** By as little as can be: as soon as anybody has heard of one more commit. */
  #goBackSoon(host: Host, disk: DiskSnapshot, until: number): void {
    if (host.heardCount > disk.count) return this.#goBack(host, disk);
    if (this.#world.time < until) {
      this.#world.at(this.#world.time + 1, () => this.#goBackSoon(host, disk, until));
    }
  }

  #goBack(host: Host, disk: DiskSnapshot): void {
    if (
      !this.#isOn || host.machine === undefined || host.isRolledBack || !this.#mayLoseForGood(host)
    ) {
      return;
    }
    this.#world.tell(`${host.member.name}'s disk goes back to ${disk.count} commits`);
    this.#world.checks.taken.add(host.id);
    const peers = this.#world.live();
    host.rollBackTo(disk);
    this.#startAnew(host, peers);
    // To start again is no cure.
    if (this.#prng.chance(0.5)) {
      this.#world.at(this.#world.time + this.#prng.between(10, 1_000), () => {
        if (host.machine === undefined) return;
        host.crash();
        this.#startAnew(host, this.#world.live());
      });
    }
    this.#world.at(this.#world.time + 3_000, () => this.#world.checks.foundOut(host));
    this.#replaceLater(host);
  }

  #restartAll(): void {
    const hosts = this.#world.live();
    for (const host of hosts) {
      host.crash();
      for (const peer of hosts) this.#world.network.reset(host.id, peer.id);
    }
    for (const host of hosts) host.start();
    this.#world.connectAll();
  }

  #startAnew(host: Host, peers: readonly Host[]): void {
    for (const peer of peers) this.#world.network.reset(host.id, peer.id);
    host.start();
    this.#world.connectAll();
  }

  #listed(): number {
    return this.#world.checks.newestRoster().members.length;
  }

  // ---- membership

  #changeMembers(): void {
    const roster = this.#world.checks.newestRoster();
    if (this.#prng.chance(0.5) && this.#world.hosts.size < MAX_HOSTS) return this.#admit(undefined);
    if (roster.members.length < 2) return;
    const { id } = this.#prng.pick(roster.members);
    if (this.#prng.chance(0.2)) return this.#readdress(id);
    const host = this.#world.hosts.get(id);
    if (host === undefined || !this.#mayLose(host)) return;
    this.#world.tell(`remove ${host.member.name}`);
    this.#ask({ change: "remove", id: host.id }, () => undefined);
  }

  #readdress(id: MemberId): void {
    const addresses = [`198.51.100.${this.#prng.between(1, 254)}:13001`];
    this.#ask({ change: "readdress", id, addresses }, () => undefined);
  }

  #remove(target: Host, by: Host): void {
    if (!this.#mayLose(target)) return;
    this.#removingUntil = this.#world.time + REQUEST_MS;
    const ask = { change: "remove", id: target.id } as const;
    by.handle({ type: "changeRoster", ask, reply: () => undefined });
  }

  /** A joiner; it starts once it was admitted, as a real one does. */
  #admit(replaces: MemberId | undefined): void {
    const joiner = this.#world.addJoiner();
    this.#world.tell(`admit ${joiner.member.name}${replaces ? ` for ${replaces}` : ""}`);
    this.#ask({ change: "admit", member: joiner.member, replaces }, () => {
      joiner.start();
      this.#world.connectAll();
    });
  }

  #replaceLater(host: Host): void {
    const ms = this.#prng.between(1_000, 5_000);
    this.#world.at(this.#world.time + ms, () => {
      if (this.#isOn && this.#isListed(host)) this.#admit(host.id);
    });
  }

  #ask(ask: RosterChange, done: () => void): void {
    const removes = ask.change === "remove" || (ask.change === "admit" && ask.replaces);
    if (removes) this.#removingUntil = this.#world.time + REQUEST_MS;
    const host = this.#pick();
    const reply = (outcome: { ok: boolean }): void => {
      if (outcome.ok) done();
      else if (this.#isOn) this.#world.at(this.#world.time + 300, () => this.#ask(ask, done));
    };
    if (host === undefined) reply({ ok: false });
    else host.handle({ type: "changeRoster", ask, reply });
  }
}
