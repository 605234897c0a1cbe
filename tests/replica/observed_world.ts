/**
 * Members that see nodes and tell each other, in one process and by one seed: links that lose,
 * repeat, delay and go down, clocks that are off, nodes that change hands, members that restart.
 */
import { Prng } from "../../src/base/prng.ts";
import { type MemberId, memberId } from "../../src/model/member.ts";
import { ObservedMap } from "../../src/replica/observed.ts";
import { ObservedGossip, type ObservedNow } from "../../src/replica/observed_gossip.ts";
import { decodeObserved, encodeObserved } from "../../src/wire/observed.ts";

export const NOON_MS = 1_800_000_000_000;
const STEP_MS = 20;

export interface WorldOptions {
  readonly seed: number | string;
  readonly members: number;
  readonly nodes: number;
  /** How far each clock is off, at most, either way. */
  readonly skewMs?: number;
  readonly loss?: number;
  readonly repeats?: number;
  readonly frameBytes?: number;
}

interface Flying {
  readonly from: WorldMember;
  readonly to: WorldMember;
  readonly frame: Uint8Array;
  readonly atMs: number;
}

export class WorldMember {
  readonly id: MemberId;
  readonly skewMs: number;
  map!: ObservedMap;
  gossip!: ObservedGossip;

  constructor(number: number, skewMs: number) {
    this.id = memberId(String(number).padStart(16, "0"));
    this.skewMs = skewMs;
  }

  begin(isGone: (node: string, epoch: number) => boolean, frameBytes: number): void {
    this.map = new ObservedMap();
    this.gossip = new ObservedGossip(this.map, isGone, { frameBytes });
  }
}

/** See above. */
export class ObservedWorld {
  readonly members: WorldMember[];
  readonly prng: Prng;
  nowMs = 0;
  loss: number;
  repeats: number;
  /** Frames that went out, cells in them, and the frames a link held at most. */
  readonly sent = { frames: 0, cells: 0, mostInFlight: 0 };
  /** By node: its manager, the entry that made it so, and what was seen last. */
  readonly nodes: { name: string; manager: WorldMember; epoch: number; value: string }[];
  readonly #frameBytes: number;
  readonly #links = new Set<string>();
  #flying: Flying[] = [];
  #index = 0;

  constructor(options: WorldOptions) {
    const { seed, members, nodes, skewMs = 0, loss = 0, repeats = 0, frameBytes = 400 } = options;
    this.prng = new Prng(seed);
    this.loss = loss;
    this.repeats = repeats;
    this.#frameBytes = frameBytes;
    this.members = Array.from(
      { length: members },
      (_, i) => new WorldMember(i, this.prng.between(-skewMs, skewMs)),
    );
    for (const member of this.members) member.begin(() => false, frameBytes);
    this.nodes = Array.from({ length: nodes }, (_, i) => ({
      name: `n${i}`,
      manager: this.prng.pick(this.members),
      epoch: ++this.#index,
      value: "",
    }));
  }

  now(member: WorldMember): ObservedNow {
    return { monoMs: this.nowMs, wallMs: NOON_MS + this.nowMs + member.skewMs };
  }

  isLinked(a: WorldMember, b: WorldMember): boolean {
    return this.#links.has(linkOf(a, b));
  }

  link(a: WorldMember, b: WorldMember, isUp: boolean): void {
    if (a === b || this.isLinked(a, b) === isUp) return;
    if (isUp) this.#links.add(linkOf(a, b));
    else this.#links.delete(linkOf(a, b));
    this.#flying = this.#flying.filter(({ from, to }) => linkOf(from, to) !== linkOf(a, b));
    a.gossip.linked(b.id, isUp, this.now(a));
    b.gossip.linked(a.id, isUp, this.now(b));
    this.#take(a);
    this.#take(b);
  }

  linkAll(isUp: boolean): void {
    for (const a of this.members) for (const b of this.members) this.link(a, b, isUp);
  }

  /** The node's manager asks it, and is told. */
  look(index: number, value: string): void {
    const node = this.nodes[index] as ObservedWorld["nodes"][number];
    node.value = value;
    const { id: by, map } = node.manager;
    const { wallMs } = this.now(node.manager);
    map.write(node.name, [["power", value], ["seen", ""]], { epoch: node.epoch, by, wallMs });
  }

  /** The node goes to another member. */
  handOver(index: number): void {
    const node = this.nodes[index] as ObservedWorld["nodes"][number];
    node.manager = this.prng.pick(this.members);
    node.epoch = ++this.#index;
  }

  restart(member: WorldMember): void {
    const peers = this.members.filter((other) => this.isLinked(member, other));
    for (const peer of peers) this.link(member, peer, false);
    member.begin(() => false, this.#frameBytes);
    for (const peer of peers) this.link(member, peer, true);
  }

  run(ms: number, everyStep: () => void = () => {}): void {
    for (const endMs = this.nowMs + ms; this.nowMs < endMs;) {
      this.nowMs += STEP_MS;
      everyStep();
      const due = this.#flying.filter(({ atMs }) => atMs <= this.nowMs);
      this.#flying = this.#flying.filter(({ atMs }) => atMs > this.nowMs);
      for (const { from, to, frame } of due) {
        to.gossip.heard(from.id, decodeObserved(frame), this.now(to));
        this.#take(to);
      }
      for (const member of this.members) {
        if ((member.gossip.dueAtMs() ?? Infinity) > this.nowMs) continue;
        member.gossip.tick(this.now(member));
        this.#take(member);
      }
    }
  }

  #take(from: WorldMember): void {
    for (const { to: ids, message } of from.gossip.drain()) {
      const frame = encodeObserved(message);
      for (const to of this.members.filter(({ id }) => ids.includes(id))) {
        if (!this.isLinked(from, to)) continue;
        this.sent.frames++;
        if ("cells" in message) this.sent.cells += message.cells.length;
        const copies = this.prng.chance(this.loss) ? 0 : this.prng.chance(this.repeats) ? 2 : 1;
        for (let i = 0; i < copies; i++) {
          this.#flying.push({ from, to, frame, atMs: this.nowMs + this.prng.between(0, 200) });
        }
        const between = this.#flying.filter((one) => one.from === from && one.to === to);
        this.sent.mostInFlight = Math.max(this.sent.mostInFlight, between.length);
      }
    }
  }
}

function linkOf(a: WorldMember, b: WorldMember): string {
  return a.id < b.id ? `${a.id} ${b.id}` : `${b.id} ${a.id}`;
}
