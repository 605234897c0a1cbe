/**
 * What became of each machine's requests at this member, and the machines that are no node's: in
 * memory, bounded, the newest kept. Anybody may send requests in the name of as many machines as
 * they like, with texts as long as a packet: of what is no node's less is kept, and apart, so that
 * it takes nothing away from what nodes did.
 */
import {
  MAX_BOOT_EVENTS,
  MAX_BOOT_EVENTS_KEPT,
  MAX_BOOT_SUBJECTS,
  MAX_BOOT_TEXT_LENGTH,
  MAX_STRANGER_EVENTS_KEPT,
  MAX_STRANGERS,
} from "../../base/boot_limits.ts";
import { NewestMap } from "../../base/newest_map.ts";
import type { BootEvent, StrangeMachine } from "../../model/boot_event.ts";

/** What of a stranger is new each time it is heard. */
export type Sighting = Omit<StrangeMachine, "firstAtMs" | "lastAtMs" | "count">;

/** Whose an event is. */
export interface BootSubject {
  /** The node; else the hardware address, or the address that asked for a file. */
  readonly name: string;
  readonly isNode: boolean;
}

type Kept = { -readonly [key in keyof BootEvent]: BootEvent[key] };

export class BootLog {
  readonly #ofNodes = new Timelines(MAX_BOOT_SUBJECTS, MAX_BOOT_EVENTS_KEPT, MAX_BOOT_EVENTS);
  readonly #ofOthers = new Timelines(MAX_STRANGERS, MAX_STRANGER_EVENTS_KEPT, MAX_BOOT_EVENTS);
  readonly #strangers = new NewestMap<string, StrangeMachine>(MAX_STRANGERS);

  /** Adds what happened; what is the same as the last is counted there. */
  add({ name, isNode }: BootSubject, event: Omit<BootEvent, "count">): void {
    const asked = shortened(event.asked), told = shortened(event.told);
    (isNode ? this.#ofNodes : this.#ofOthers).add(name, { ...event, asked, told });
  }

  /** The oldest first. */
  of(name: string): readonly BootEvent[] {
    return this.#ofNodes.of(name) ?? this.#ofOthers.of(name) ?? [];
  }

  sighted(sighting: Sighting, atMs: number): void {
    const known = this.#strangers.get(sighting.mac);
    const firstAtMs = known?.firstAtMs ?? atMs, count = (known?.count ?? 0) + 1;
    this.#strangers.set(sighting.mac, { ...sighting, firstAtMs, lastAtMs: atMs, count });
  }

  /** It is known by now. */
  recognized(mac: string): void {
    this.#strangers.delete(mac);
  }

  get strangerCount(): number {
    return this.#strangers.size;
  }

  /** The newest first. */
  strangers(): StrangeMachine[] {
    return [...this.#strangers.values()].reverse();
  }

  stranger(mac: string): StrangeMachine | undefined {
    return this.#strangers.get(mac);
  }
}

/** Events of so many subjects, so many of each, and so many of all together. */
class Timelines {
  readonly #events: NewestMap<string, Kept[]>;
  readonly #mostSubjects: number;
  readonly #mostEach: number;
  readonly #most: number;
  #count = 0;

  constructor(mostSubjects: number, mostEach: number, most: number) {
    this.#events = new NewestMap(mostSubjects);
    this.#mostSubjects = mostSubjects;
    this.#mostEach = mostEach;
    this.#most = most;
  }

  of(name: string): readonly Kept[] | undefined {
    return this.#events.get(name);
  }

  add(name: string, event: Omit<BootEvent, "count">): void {
    const events = this.#events.get(name) ?? [];
    if (events.length === 0 && this.#events.size >= this.#mostSubjects) this.#forgetOldest();
    this.#events.set(name, events);
    const [repeated] = events.splice(repeatedAt(events, event), 1);
    if (repeated !== undefined) {
      repeated.count++;
      repeated.atMs = event.atMs;
      events.push(repeated);
      return;
    }
    // A machine boots as it did before: the texts of thousands of events are few.
    const { mac, asked, told } = events.findLast((before) => isSame(before, event)) ?? event;
    events.push({ ...event, mac, asked, told, count: 1 });
    if (events.length > this.#mostEach) events.shift();
    else this.#count++;
    while (this.#count > this.#most) this.#forgetOldest();
  }

  #forgetOldest(): void {
    const oldest = this.#events.oldest();
    if (oldest === undefined) return;
    const [name, events] = oldest;
    this.#events.delete(name);
    this.#count -= events.length;
  }
}

function shortened(text: string): string {
  return text.length <= MAX_BOOT_TEXT_LENGTH ? text : `${text.slice(0, MAX_BOOT_TEXT_LENGTH)}...`;
}

/** The place of a line that says the same, if nothing else happened since; behind all for none. A
 * machine searches by several ways at once, again and again: that is one thing. */
function repeatedAt(events: readonly BootEvent[], event: Omit<BootEvent, "count">): number {
  for (let at = events.length - 1; at >= 0; at--) {
    const one = events[at] as BootEvent;
    if (isSame(one, event)) return at;
    if (one.topic !== "search" || event.topic !== "search") break;
  }
  return events.length;
}

function isSame(a: BootEvent, b: Omit<BootEvent, "count">): boolean {
  return a.asked === b.asked && a.told === b.told && a.outcome === b.outcome &&
    a.topic === b.topic && a.mac === b.mac;
}
