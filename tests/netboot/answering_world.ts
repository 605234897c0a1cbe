/**
 * Members that hear the same clients, and tell each other over links that delay and lose; loops
 * that stand still for a while, and then do what waited in any order. One seed, one history.
 */
import { DueQueue } from "../../src/base/due_queue.ts";
import { Prng } from "../../src/base/prng.ts";
import type { MemberId } from "../../src/model/member.ts";
import { Answering, type AnsweringEffect, type AnswerNote } from "../../src/netboot/answering.ts";
import { rendezvousOrder } from "../../src/netboot/rendezvous.ts";
import { idOf } from "./boot_stage.ts";

export interface Weather {
  readonly members: number;
  /** So many of the first in each client's order are dead. */
  readonly deadFirsts?: number;
  /** The word of a member comes after so long, at least and at most. */
  readonly noteMs: readonly [number, number];
  /** Of a hundred words and of a hundred requests at each member, how many are lost. */
  readonly lostNotes?: number;
  readonly lostRequests?: number;
  /** Loops stand still for so long at most, time and again. */
  readonly stillMs?: number;
  /** When a client asks, in its own time. */
  readonly asksAtMs: readonly number[];
  readonly clients: number;
}

/** One answer. */
export interface Answered {
  readonly by: string;
  /** Since the request was sent. */
  readonly afterMs: number;
}

/** Of each client, what came of each time it asked. */
export type Story = readonly (readonly (readonly Answered[])[])[];

interface Request {
  readonly client: number;
  readonly nth: number;
  readonly sentAtMs: number;
}

interface Actor {
  readonly id: MemberId;
  readonly name: string;
  readonly answering: Answering<Request>;
  /** When its loop stands still, in order. */
  readonly still: readonly { readonly fromMs: number; readonly toMs: number }[];
  tickAtMs: number;
}

const LAG_SEEN_MS = 1_000;
const NOTICED_MS = 0.01;

export class AnsweringWorld {
  readonly #prng: Prng;
  readonly #weather: Weather;
  readonly #actors: readonly Actor[];
  readonly #events = new DueQueue<(nowMs: number) => void>();
  readonly #story: Answered[][][];

  constructor(seed: number, weather: Weather) {
    this.#prng = new Prng(seed);
    this.#weather = weather;
    this.#actors = Array.from({ length: weather.members }, (_, i) => this.#actor(`m${i + 1}`));
    this.#story = Array.from({ length: weather.clients }, () => weather.asksAtMs.map(() => []));
  }

  run(): Story {
    for (let client = 0; client < this.#weather.clients; client++) {
      const beginsAtMs = this.#prng.between(0, 5_000);
      for (const [nth, askMs] of this.#weather.asksAtMs.entries()) {
        this.#sends({ client, nth, sentAtMs: beginsAtMs + askMs });
      }
    }
    for (;;) {
      const nowMs = this.#events.firstMs;
      const event = this.#events.take(nowMs);
      if (event === undefined) return this.#story;
      event(nowMs);
    }
  }

  // ----

  #actor(name: string): Actor {
    const still: { readonly fromMs: number; readonly toMs: number }[] = [];
    const { stillMs = 0 } = this.#weather;
    const prng = this.#prng.fork(name);
    for (let atMs = 0; stillMs > 0 && atMs < 20_000;) {
      const fromMs = atMs + prng.between(100, 1_500);
      atMs = fromMs + prng.between(1, stillMs);
      still.push({ fromMs, toMs: atMs });
    }
    const id = idOf(name);
    const answering = new Answering<Request>(() => id);
    return { id, name, answering, still, tickAtMs: Number.POSITIVE_INFINITY };
  }

  #sends(request: Request): void {
    const { deadFirsts = 0, lostRequests = 0 } = this.#weather;
    const mac = `52:54:00:00:00:${request.client.toString(16).padStart(2, "0")}`;
    const order = rendezvousOrder(mac, this.#actors.map(({ id }) => id));
    for (const actor of this.#actors) {
      if (order.indexOf(actor.id) < deadFirsts || this.#prng.chance(lostRequests / 100)) continue;
      this.#happens(actor, request.sentAtMs + this.#prng.unit(), (nowMs) => {
        const asked = {
          mac,
          xid: request.client,
          kind: "discover" as const,
          order,
          reply: request,
        };
        this.#does(actor, actor.answering.heard(asked, nowMs, lagOf(actor, nowMs)), nowMs);
      });
    }
  }

  #does(actor: Actor, effects: readonly AnsweringEffect<Request>[], nowMs: number): void {
    for (const effect of effects) {
      if (effect.effect === "note") this.#tells(actor, effect.to, effect.note, nowMs);
      if (effect.effect !== "answer") continue;
      const { client, nth, sentAtMs } = effect.reply;
      this.#story[client]?.[nth]?.push({ by: actor.name, afterMs: nowMs - sentAtMs });
    }
    const dueAtMs = actor.answering.deadlineMs;
    if (dueAtMs === actor.tickAtMs || !Number.isFinite(dueAtMs)) return;
    actor.tickAtMs = dueAtMs;
    this.#happens(actor, dueAtMs, (tickMs) => {
      if (actor.tickAtMs === dueAtMs) actor.tickAtMs = Number.POSITIVE_INFINITY;
      this.#does(actor, actor.answering.tick(tickMs, lagOf(actor, tickMs)), tickMs);
    });
  }

  #tells(from: Actor, to: readonly MemberId[], note: AnswerNote, nowMs: number): void {
    const { noteMs: [leastMs, mostMs], lostNotes = 0 } = this.#weather;
    for (const actor of this.#actors) {
      if (!to.includes(actor.id) || this.#prng.chance(lostNotes / 100)) continue;
      const atMs = nowMs + leastMs + this.#prng.unit() * (mostMs - leastMs);
      this.#happens(actor, atMs, (heardMs) => {
        actor.answering.noted(note, from.id, heardMs);
        this.#does(actor, [], heardMs);
      });
    }
  }

  /** At once, or when the loop goes on: then in any order. */
  #happens(actor: Actor, atMs: number, act: (nowMs: number) => void): void {
    const still = actor.still.find(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs);
    const dueAtMs = still === undefined ? atMs : still.toMs + this.#prng.unit() * NOTICED_MS;
    this.#events.add(dueAtMs, act);
  }
}

/** The longest that its loop stood still of late, as it is measured there. */
function lagOf({ still }: Actor, nowMs: number): number {
  const late = still.filter(({ toMs }) => toMs <= nowMs && nowMs - toMs < LAG_SEEN_MS);
  return Math.max(0, ...late.map(({ fromMs, toMs }) => toMs - fromMs));
}
