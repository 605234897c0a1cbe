/**
 * Faults aimed at the moments that hurt most: random ones would need a thousand times as many
 * seeds to hit a few milliseconds. Each stands for a fault of the log that the papers warn of.
 */
import type { Prng } from "../../src/base/prng.ts";
import { majorityOf, type MemberId, votersOf } from "../../src/model/member.ts";
import type { Host } from "./host.ts";
import type { World } from "./world.ts";

/** Which of them a world has. */
export interface AimsPlan {
  /** Leaders die or fall silent as soon as they lead: terms pile up (Raft, figure 8). */
  readonly leaders: boolean;
  /** They fall silent in turns: each comes back when the next one leads. */
  readonly turns: boolean;
  /** Voters die right after they voted and are back at once: would they vote again? */
  readonly votes: boolean;
  /** Leaders are cut off with a roster in their log that nobody else has (Ongaro, 2015). */
  readonly rosters: boolean;
}

/** What the storm lends to its aims. */
export interface Weapons {
  kill(host: Host, restartMs?: number): void;
  /** Cuts these off from all others; `isNoticed`: links close instead of falling silent. */
  cutOff(side: readonly Host[], isNoticed: boolean): void;
  healLater(ms: number): void;
  /** Nothing is cut between this one and any other. */
  mend(host: Host): void;
  /** Asks for the removal of a member, through `by`, if the collective can bear it. */
  remove(target: Host, by: Host): void;
}

interface Seen {
  readonly machine: Host["machine"];
  term: number;
  vote: MemberId | undefined;
  roster: number;
}

export class Aims {
  readonly #world: World;
  readonly #prng: Prng;
  readonly #plan: AimsPlan;
  readonly #weapons: Weapons;
  readonly #seen = new Map<MemberId, Seen>();
  /** The leader that is cut off, where they take turns. */
  #out: Host | undefined;
  /** Who led already since the turns began. */
  readonly #led = new Set<MemberId>();

  constructor(world: World, prng: Prng, plan: AimsPlan, weapons: Weapons) {
    this.#world = world;
    this.#prng = prng;
    this.#plan = plan;
    this.#weapons = weapons;
  }

  /** A member took a step: is this a moment? */
  stepped(host: Host): void {
    const { machine } = host;
    if (machine === undefined) return;
    const { raft } = machine;
    let seen = this.#seen.get(host.id);
    if (seen?.machine !== machine) {
      seen = { machine, term: raft.term, vote: raft.vote, roster: machine.roster.index };
      this.#seen.set(host.id, seen);
    }
    const leads = raft.leading !== undefined;
    if (leads && raft.term > seen.term) {
      seen.term = raft.term;
      if (this.#plan.leaders) this.#atLeader(host);
    }
    if (raft.vote !== seen.vote) {
      seen.vote = raft.vote;
      if (this.#plan.votes && raft.vote !== undefined) this.#atVoter(host);
    }
    if (machine.roster.index > seen.roster) {
      seen.roster = machine.roster.index;
      if (this.#plan.rosters && leads) this.#atRoster(host);
    }
  }

  #soon(ms: number, run: () => void): void {
    this.#world.at(this.#world.time + this.#prng.unit() * ms, run);
  }

  #atLeader(host: Host): void {
    const draw = this.#prng.unit();
    const { network, disk } = this.#world.plan;
    // Before anybody has its first entry, while some have it, or when all do.
    const reach = network.delayMax * this.#prng.pick([0.5, 1, 3]) + disk.syncMax;
    if (this.#plan.turns) this.#atTurn(host, reach);
    else if (draw < 0.25) this.#soon(reach, () => this.#weapons.kill(host, this.#quick()));
    else if (draw < 0.55) this.#soon(reach, () => this.#weapons.kill(host));
    else if (draw < 0.75) {
      this.#soon(reach, () => {
        this.#weapons.cutOff([host], this.#prng.chance(0.7));
        this.#weapons.healLater(this.#prng.between(200, 4_000));
      });
    }
  }

  /**
   * Leaders take turns. Three are figure 8: an entry of the first, which nobody had heard of when
   * it was cut off, reaches a majority in its second leadership, and at that moment the second
   * leader comes back, with a later entry that it alone has.
   */
  #atTurn(host: Host, reach: number): void {
    if (this.#led.has(host.id)) {
      this.#led.clear();
      return this.#rotateOnceHeld(host, host.machine?.raft.term ?? 0);
    }
    this.#led.add(host.id);
    const { delayMin } = this.#world.plan.network;
    this.#soon(this.#prng.chance(0.5) ? delayMin : reach, () => this.#rotate(host));
  }

  /** When a majority holds all that the leader had before it led, but nothing of its own term. */
  #rotateOnceHeld(host: Host, term: number): void {
    const machine = host.machine;
    if (machine === undefined || machine.raft.leading === undefined || machine.raft.term > term) {
      return;
    }
    const { log, leading } = machine.raft;
    let before = log.last;
    while (before > log.start && log.termAt(before) === term) before--;
    const voters = votersOf(machine.roster.roster);
    const holding = voters.filter(({ id }) => (leading.progress(id)?.match ?? 0) >= before);
    if (holding.length + 1 >= majorityOf(voters.length)) return this.#rotate(host);
    this.#world.at(this.#world.time + 0.2, () => this.#rotateOnceHeld(host, term));
  }

  /** The new leader takes the place of the one that was cut off before. */
  #rotate(host: Host): void {
    if (this.#out !== undefined) this.#weapons.mend(this.#out);
    this.#out = host;
    this.#weapons.cutOff([host], true);
    this.#world.at(this.#world.time + 5_000, () => this.#out === host && this.#weapons.mend(host));
  }

  #atVoter(host: Host): void {
    if (!this.#prng.chance(0.5)) return;
    const { delayMax } = this.#world.plan.network;
    const reach = this.#world.plan.disk.syncMax + delayMax;
    this.#soon(reach * 2, () => this.#weapons.kill(host, this.#prng.unit() * delayMax));
  }

  /**
   * A leader and one friend fall silent with a new roster, the others elect one who changes the
   * roster as well; then the first two come back, and another one is cut off.
   */
  #atRoster(leader: Host): void {
    const others = this.#world.live().filter((host) => host !== leader);
    if (others.length < 2 || !this.#prng.chance(0.5)) return;
    const friend = this.#prng.pick(others);
    const rest = others.filter((host) => host !== friend);
    this.#soon(this.#world.plan.network.delayMax * 2, () => {
      this.#weapons.cutOff(this.#prng.chance(0.5) ? [leader] : [leader, friend], true);
      const target = this.#prng.pick([leader, friend, ...rest]);
      for (let ms = 100; ms < 1_000; ms += 100) {
        this.#world.at(
          this.#world.time + ms,
          () => this.#weapons.remove(target, this.#prng.pick(rest)),
        );
      }
      this.#world.at(this.#world.time + this.#prng.between(300, 2_000), () => {
        this.#world.network.heal();
        const last = this.#prng.pick(rest);
        this.#weapons.cutOff([last], true);
        this.#weapons.healLater(this.#prng.between(300, 3_000));
      });
    });
  }

  #quick(): number {
    return this.#prng.between(2, 60);
  }
}
