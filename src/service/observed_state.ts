/**
 * What was last seen of nodes, at every member: power, health, and when a node answered last. It
 * is answered from memory, with its age, whoever manages the node and whether or not there is a
 * quorum (docs/decisions/0030-observed-state-in-memory.md).
 *
 * Its owner hands it what controllers say (`saw`), links that come and go, and the frames that
 * `isObserved` (src/wire/observed.ts) names; it keeps its own time.
 */
import { hlcMillis } from "../base/hlc.ts";
import { MAX_OBSERVED_NODES, OBSERVED_COMPARE_MS, OBSERVED_SWEPT_NODES } from "../base/limits.ts";
import type { Clock } from "../io/clock.ts";
import type { Lane } from "../io/link_lanes.ts";
import type { MemberId } from "../model/member.ts";
import type { NodeCommand, NodePath, NodeResult, NodeValues } from "../model/node_command.ts";
import { factOf, type ObservedCell, sightingsOf, valuesOf } from "../model/observed.ts";
import { ObservedMap } from "../replica/observed.ts";
import { ObservedGossip, type ObservedNow } from "../replica/observed_gossip.ts";
import { decodeObserved, encodeObserved } from "../wire/observed.ts";
import type { Logger } from "./logger.ts";

/** What it must know of the member, asked anew each time. */
export interface ObservedParts {
  readonly clock: Clock;
  readonly log: Logger;
  /** A join gives the member another id: what was seen of the nodes before is void then. */
  self(): MemberId;
  /** The time of day as most members have it. */
  wallMs(): number;
  /** The clock here is not that of the others: what is seen is not written, for it could not be
   * said when. */
  isClockOff(): boolean;
  /** The index of the entry that defined the node; undefined where there is no such node. */
  bornAt(node: string): number | undefined;
  /** The index of the last entry applied. */
  applied(): number;
  /** False where there is no link. */
  sendFrame(to: MemberId, frame: Uint8Array, lane: Lane): boolean;
}

/** What is known of a node, how old that is, and who saw it. */
export interface LastKnown {
  readonly values: NodeValues;
  readonly ageMs: number;
  readonly by: MemberId;
}

export class ObservedState {
  readonly #parts: ObservedParts;
  #self: MemberId | undefined;
  #map = new ObservedMap();
  #gossip = this.#newGossip();
  /** Cancels the next tick, which is due then. */
  #cancelTick: () => void = () => {};
  #tickAtMs = Number.POSITIVE_INFINITY;
  #sweepAtMs = Number.NEGATIVE_INFINITY;
  #isFullTold = false;
  #isClosed = false;

  constructor(parts: ObservedParts) {
    this.#parts = parts;
  }

  /** A command on a node that this member manages by that epoch had this result. */
  saw(command: NodeCommand, result: NodeResult, epoch: number): void {
    const sightings = sightingsOf(command, result);
    if (this.#isClosed || sightings.length === 0 || this.#parts.isClockOff()) return;
    this.#settle();
    // The node may have been removed, or defined anew, while its controller was asked.
    if (this.#isGone(result.node, epoch)) return;
    const by = this.#parts.self(), { wallMs } = this.#now();
    if (!this.#map.write(result.node, sightings, { epoch, by, wallMs })) this.#tellFull();
    this.#tickLater();
  }

  /** Undefined where nothing is known, or nothing of that path is ever kept. */
  lastKnown(node: string, path: NodePath): LastKnown | undefined {
    const fact = factOf(path);
    const cell = fact && this.#cell(node, fact);
    return cell && { ...this.#known(cell), values: valuesOf(cell) };
  }

  /** When a node last answered, whatever it was asked. */
  lastSeen(node: string): Pick<LastKnown, "ageMs" | "by"> | undefined {
    const cell = this.#cell(node, "seen");
    return cell && this.#known(cell);
  }

  /** As a command would be answered that asks, of memory alone: with `age`, in seconds. */
  result(node: string, path: NodePath): NodeResult {
    if (factOf(path) === undefined) {
      return { node, errorcode: 501, error: `${path} is asked of nodes only, it is not kept` };
    }
    const known = this.lastKnown(node, path);
    if (known === undefined) {
      return { node, errorcode: 404, error: `${path} of ${node} was not read yet: ask the node` };
    }
    const age = { value: Math.floor(known.ageMs / 1000) };
    return { node, values: { ...known.values, age } };
  }

  /** A link to the peer came up, or went down. */
  linked(peer: MemberId, isUp: boolean): void {
    if (this.#isClosed) return;
    this.#settle();
    this.#gossip.linked(peer, isUp, this.#now());
    this.#sendAll();
  }

  /** A peer said something that is for this; MalformedError where it makes no sense. */
  frame(peer: MemberId, bytes: Uint8Array): void {
    if (this.#isClosed) return;
    this.#settle();
    this.#gossip.heard(peer, decodeObserved(bytes), this.#now());
    this.#sendAll();
  }

  /** Writes, tells and learns nothing more. */
  close(): void {
    this.#isClosed = true;
    this.#cancelTick();
  }

  // ----

  /** Another id stands for another collective, or for the same one come to anew. */
  #settle(): void {
    const self = this.#parts.self();
    if (self === this.#self) return;
    if (this.#self !== undefined) this.#begin();
    this.#self = self;
  }

  #begin(): void {
    this.#map = new ObservedMap();
    this.#gossip = this.#newGossip();
  }

  #newGossip(): ObservedGossip {
    return new ObservedGossip(this.#map, (node, epoch) => this.#isGone(node, epoch));
  }

  /** A member that lags does not know yet what others saw already: it keeps it. */
  #isGone(node: string, epoch: number): boolean {
    const bornAt = this.#parts.bornAt(node);
    return bornAt === undefined ? epoch <= this.#parts.applied() : epoch < bornAt;
  }

  #cell(node: string, fact: ObservedCell["fact"]): ObservedCell | undefined {
    this.#settle();
    const cell = this.#map.cell(node, fact);
    const bornAt = cell && this.#parts.bornAt(node);
    return bornAt === undefined || cell === undefined || cell.stamp.epoch < bornAt
      ? undefined
      : cell;
  }

  #known({ stamp }: ObservedCell): Pick<LastKnown, "ageMs" | "by"> {
    return { ageMs: Math.max(0, this.#parts.wallMs() - hlcMillis(stamp.hlc)), by: stamp.by };
  }

  #tellFull(): void {
    if (this.#map.size < MAX_OBSERVED_NODES || this.#isFullTold) return;
    this.#isFullTold = true;
    this.#parts.log.warn(
      `what is seen of more than MAX_OBSERVED_NODES (${MAX_OBSERVED_NODES}) nodes is not kept`,
    );
  }

  #now(): ObservedNow {
    return { monoMs: this.#parts.clock.now().monoMs, wallMs: this.#parts.wallMs() };
  }

  // ---- its time

  #tick(): void {
    this.#tickAtMs = Number.POSITIVE_INFINITY;
    this.#settle();
    const now = this.#now();
    if (now.monoMs >= this.#sweepAtMs) {
      this.#sweepAtMs = now.monoMs + OBSERVED_COMPARE_MS;
      const isGone = (node: string, epoch: number): boolean => this.#isGone(node, epoch);
      this.#map.sweep(isGone, now.wallMs, OBSERVED_SWEPT_NODES);
    }
    this.#gossip.tick(now);
    this.#sendAll();
  }

  #sendAll(): void {
    for (const { to, message } of this.#gossip.drain()) {
      const frame = encodeObserved(message);
      // Where it is lost the peer asks for it, as soon as there is a link.
      for (const id of to) this.#parts.sendFrame(id, frame, "bulk");
    }
    this.#tickLater();
  }

  #tickLater(): void {
    const sweepAtMs = this.#map.size > 0 ? this.#sweepAtMs : Number.POSITIVE_INFINITY;
    const atMs = Math.min(this.#gossip.dueAtMs() ?? Number.POSITIVE_INFINITY, sweepAtMs);
    if (atMs >= this.#tickAtMs) return;
    this.#cancelTick();
    this.#tickAtMs = atMs;
    const inMs = Math.max(0, atMs - this.#parts.clock.now().monoMs);
    this.#cancelTick = this.#parts.clock.after(inMs, () => this.#tick());
  }
}
