/**
 * The simulated network: links that delay, lose, duplicate and reorder, and that are cut silently,
 * one way, or with a reset both ends notice.
 */
import type { Prng } from "../../src/base/prng.ts";
import type { MemberId } from "../../src/model/member.ts";
import { decodeEnvelope, encodeEnvelope, type Envelope } from "../../src/wire/peer.ts";

export interface NetworkFaults {
  /** Milliseconds, one way. */
  readonly delayMin: number;
  readonly delayMax: number;
  readonly loss: number;
  readonly duplication: number;
  /** The chance that a frame takes ten times as long as it should. */
  readonly straggling: number;
  /** Frames go through their bytes, as on a real wire. */
  readonly throughCodec: boolean;
}

export interface NetworkWorld {
  readonly time: number;
  at(time: number, run: () => void): void;
  isListening(id: MemberId): boolean;
  deliver(from: MemberId, to: MemberId, envelope: Envelope): void;
  linkUp(at: MemberId, peer: MemberId): void;
  linkDown(at: MemberId, peer: MemberId): void;
}

export class Network {
  readonly #world: NetworkWorld;
  readonly #prng: Prng;
  readonly #faults: NetworkFaults;
  /** Directed pairs that swallow everything. */
  readonly #cut = new Set<string>();
  /** Directed pairs whose frames wait until the time given. */
  readonly #clogged = new Map<string, number>();
  /** Pairs with a link, smaller id first. */
  readonly #links = new Set<string>();
  isCalm = false;

  constructor(world: NetworkWorld, prng: Prng, faults: NetworkFaults) {
    this.#world = world;
    this.#prng = prng;
    this.#faults = faults;
  }

  send(from: MemberId, to: MemberId, envelope: Envelope): void {
    if (!this.hasLink(from, to) || this.#cut.has(`${from}>${to}`)) return;
    const faults = this.#faults;
    if (!this.isCalm && this.#prng.chance(faults.loss)) return;
    this.#carry(from, to, envelope);
    if (!this.isCalm && this.#prng.chance(faults.duplication)) this.#carry(from, to, envelope);
  }

  #carry(from: MemberId, to: MemberId, envelope: Envelope): void {
    const { delayMin, delayMax, straggling, throughCodec } = this.#faults;
    let delay = delayMin + this.#prng.unit() * (delayMax - delayMin);
    if (!this.isCalm && this.#prng.chance(straggling)) delay *= 10;
    const clog = this.#clogged.get(`${from}>${to}`) ?? 0;
    const at = Math.max(this.#world.time + delay, clog + delay);
    const carried = throughCodec ? decodeEnvelope(encodeEnvelope(envelope).slice()) : envelope;
    this.#world.at(at, () => {
      if (!this.hasLink(from, to) || !this.#world.isListening(to)) return;
      if (this.#cut.has(`${from}>${to}`)) return;
      this.#world.deliver(from, to, carried);
    });
  }

  hasLink(a: MemberId, b: MemberId): boolean {
    return this.#links.has(pair(a, b));
  }

  /** Both ends are up and nothing between them is cut: they find each other. */
  connect(a: MemberId, b: MemberId): void {
    if (a === b || this.hasLink(a, b)) return;
    if (this.isCut(a, b)) return;
    if (!this.#world.isListening(a) || !this.#world.isListening(b)) return;
    this.#links.add(pair(a, b));
    this.#world.linkUp(a, b);
    this.#world.linkUp(b, a);
  }

  /** The link is gone and both ends see it. */
  reset(a: MemberId, b: MemberId): void {
    if (!this.#links.delete(pair(a, b))) return;
    for (const [at, peer] of [[a, b], [b, a]] as const) {
      const delay = this.#faults.delayMin;
      this.#world.at(this.#world.time + delay, () => {
        if (this.#world.isListening(at) && !this.hasLink(at, peer)) this.#world.linkDown(at, peer);
      });
    }
  }

  isCut(a: MemberId, b: MemberId): boolean {
    return this.#cut.has(`${a}>${b}`) || this.#cut.has(`${b}>${a}`);
  }

  cut(from: MemberId, to: MemberId): void {
    this.#cut.add(`${from}>${to}`);
  }

  clog(from: MemberId, to: MemberId, until: number): void {
    this.#clogged.set(`${from}>${to}`, until);
  }

  /** Nothing is cut any more between this one and any other. */
  mend(id: MemberId): void {
    for (const pair of this.#cut) if (pair.split(">").includes(id)) this.#cut.delete(pair);
  }

  heal(): void {
    this.#cut.clear();
    this.#clogged.clear();
  }
}

function pair(a: MemberId, b: MemberId): string {
  return a < b ? `${a}-${b}` : `${b}-${a}`;
}
