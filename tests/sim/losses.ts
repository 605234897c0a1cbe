/**
 * Stories of managers that are lost in the ways that hurt most, told with other numbers by each
 * seed: random faults would need a hundred times as many worlds to hit those moments.
 */
import type { Prng } from "../../src/base/prng.ts";
import type { Host } from "./host.ts";
import type { World } from "./world.ts";

export const LOSS_STORIES = [
  /** Its link to the leader alone is cut; voters die as soon as they promised. */
  "partial",
  /** Answers to it come late, then nothing comes. */
  "late",
  /** It dies, comes back, and is given its share again. */
  "back",
  /** It is heard by one voter alone, while others come to vote who never heard it. */
  "rosters",
] as const;
export type LossStory = typeof LOSS_STORIES[number];

/** Whoever was just started promises nothing: the first loss comes after that. */
const FIRST_AT_MS = 6_500;
const EACH_MS = 14_000;
const BACK_MS = 45_000;

export class Losses {
  readonly #world: World;
  readonly #prng: Prng;
  readonly #story: LossStory | undefined;
  #isOn = false;
  /** The member that is lost now, and whether voters that promise are to die. */
  #lost: Host | undefined;

  constructor(world: World, prng: Prng, story: LossStory | undefined) {
    this.#world = world;
    this.#prng = prng;
    this.#story = story;
  }

  start(): void {
    if (this.#story === undefined) return;
    this.#isOn = true;
    this.#in(FIRST_AT_MS, () => this.#tell());
  }

  stop(): void {
    this.#isOn = false;
  }

  /** A voter that has promised is gone for a moment, and forgets what is not on its disk. */
  stepped(host: Host): void {
    const { machine } = host;
    if (this.#story !== "partial" || this.#lost === undefined || machine === undefined) return;
    const { promises } = machine.placing.losses;
    const made = promises.madeTo(this.#lost.id, machine.raft.term);
    if (made === undefined || machine.raft.leading !== undefined) return;
    this.#in(
      this.#prng.unit() * 3,
      () => host.machine === machine && this.#die(host, 2 + this.#prng.unit() * 20),
    );
    this.#lost = undefined;
  }

  #in(ms: number, run: () => void): void {
    this.#world.at(this.#world.time + ms, () => this.#isOn && run());
  }

  #tell(): void {
    const leader = this.#leader();
    const holders = this.#world.live().filter((host) =>
      host !== leader && this.#world.managed.isHolder(host)
    );
    if (leader === undefined || holders.length === 0) return this.#in(500, () => this.#tell());
    const lost = this.#prng.pick(holders);
    this.#world.tell(`${lost.member.name} is to be lost: ${this.#story}`);
    switch (this.#story) {
      case "partial":
        this.#partial(lost, leader);
        break;
      case "late":
        this.#late(lost);
        break;
      case "back":
        this.#die(lost, this.#prng.between(8_000, 11_000));
        break;
      case "rosters":
        this.#rosters(lost, leader);
        break;
    }
    this.#in(this.#story === "back" ? BACK_MS : EACH_MS, () => this.#tell());
  }

  #leader(): Host | undefined {
    return this.#world.live().find(({ machine }) => machine?.raft.leading?.isSettled === true);
  }

  #partial(lost: Host, leader: Host): void {
    this.#cut(lost, leader);
    this.#lost = lost;
    this.#in(EACH_MS - 4_000, () => this.#heal());
  }

  #late(lost: Host): void {
    const { network, time } = this.#world;
    const lateMs = this.#prng.between(1_000, 3_500);
    for (const other of this.#others(lost)) network.clog(other.id, lost.id, time + lateMs);
    // What was on its way comes; nothing is said any more.
    const saidMs = this.#prng.between(100, 600);
    this.#in(saidMs, () => {
      for (const other of this.#others(lost)) this.#world.network.cut(lost.id, other.id);
    });
    this.#in(EACH_MS - 4_000, () => this.#heal());
  }

  /** Two who were there for long without a voice get one, while the old voters hear different
   * things of the one that is lost. */
  #rosters(lost: Host, leader: Host): void {
    const joiners = [this.#world.addJoiner(), this.#world.addJoiner()];
    for (const joiner of joiners) {
      const reply = (): void => joiner.start();
      const ask = { change: "admit", member: joiner.member, replaces: undefined } as const;
      for (const host of this.#world.live()) this.#cut(joiner, host);
      leader.handle({ type: "changeRoster", ask, reply });
    }
    this.#in(this.#prng.between(5_200, 6_000), () => {
      this.#cut(lost, leader);
      this.#in(this.#prng.between(2_200, 3_000), () => {
        for (const joiner of joiners) {
          this.#world.network.mend(joiner.id);
          this.#cut(joiner, lost);
        }
        this.#cut(lost, leader);
        this.#world.connectAll();
      });
      this.#in(EACH_MS - 7_000, () => this.#heal());
    });
  }

  #others(lost: Host): Host[] {
    return this.#world.live().filter((host) => host !== lost);
  }

  #cut(a: Host, b: Host): void {
    this.#world.network.cut(a.id, b.id);
    this.#world.network.cut(b.id, a.id);
  }

  #heal(): void {
    this.#lost = undefined;
    this.#world.network.heal();
    this.#world.connectAll();
  }

  #die(host: Host, restartMs: number): void {
    this.#world.tell(`${host.member.name} dies`);
    const peers = this.#world.live();
    host.crash();
    for (const peer of peers) this.#world.network.reset(host.id, peer.id);
    this.#in(restartMs, () => {
      if (host.machine !== undefined || host.isLost) return;
      host.start();
      this.#world.connectAll();
    });
  }
}
