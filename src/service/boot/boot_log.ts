/** What became of each machine's requests at this member, and the machines that are no node's: in
 * memory, bounded, the newest kept. */
import {
  MAX_BOOT_EVENTS,
  MAX_BOOT_EVENTS_KEPT,
  MAX_BOOT_SUBJECTS,
  MAX_STRANGERS,
} from "../../base/boot_limits.ts";
import { NewestMap } from "../../base/newest_map.ts";
import type { BootEvent, StrangeMachine } from "../../model/boot_event.ts";

/** What of a stranger is new each time it is heard. */
export type Sighting = Omit<StrangeMachine, "firstAtMs" | "lastAtMs" | "count">;

type Kept = { -readonly [key in keyof BootEvent]: BootEvent[key] };

export class BootLog {
  /** By node's name, or by hardware address where it is no node's. */
  readonly #events = new NewestMap<string, Kept[]>(MAX_BOOT_SUBJECTS);
  readonly #strangers = new NewestMap<string, StrangeMachine>(MAX_STRANGERS);
  #count = 0;

  /** Adds what happened; what is the same as the last is counted there. */
  add(subject: string, event: Omit<BootEvent, "count">): void {
    const events = this.#events.get(subject) ?? [];
    if (events.length === 0) this.#makeRoom();
    this.#events.set(subject, events);
    const last = events.at(-1);
    if (last !== undefined && isSame(last, event)) {
      last.count++;
      last.atMs = event.atMs;
      return;
    }
    // A machine boots as it did before: the texts of thousands of events are few.
    const { mac, asked, told } = events.findLast((before) => isSame(before, event)) ?? event;
    events.push({ ...event, mac, asked, told, count: 1 });
    if (events.length > MAX_BOOT_EVENTS_KEPT) events.shift();
    else this.#count++;
    while (this.#count > MAX_BOOT_EVENTS) this.#forgetOldest();
  }

  /** The oldest first. */
  of(subject: string): readonly BootEvent[] {
    return this.#events.get(subject) ?? [];
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

  /** The newest first. */
  strangers(): StrangeMachine[] {
    return [...this.#strangers.values()].reverse();
  }

  stranger(mac: string): StrangeMachine | undefined {
    return this.#strangers.get(mac);
  }

  // ----

  #makeRoom(): void {
    if (this.#events.size >= MAX_BOOT_SUBJECTS) this.#forgetOldest();
  }

  #forgetOldest(): void {
    const oldest = this.#events.oldest();
    if (oldest === undefined) return;
    const [subject, events] = oldest;
    this.#events.delete(subject);
    this.#count -= events.length;
  }
}

function isSame(a: BootEvent, b: Omit<BootEvent, "count">): boolean {
  return a.asked === b.asked && a.told === b.told && a.outcome === b.outcome &&
    a.topic === b.topic && a.mac === b.mac;
}
