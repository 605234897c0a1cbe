/** What became of each machine's requests at this member, and the machines that are no node's: in
 * memory, bounded, the newest kept. */
import { MAX_BOOT_EVENTS_KEPT, MAX_BOOT_SUBJECTS, MAX_STRANGERS } from "../../base/boot_limits.ts";
import { NewestMap } from "../../base/newest_map.ts";
import type { BootEvent, StrangeMachine } from "../../model/boot_event.ts";

/** What of a stranger is new each time it is heard. */
export type Sighting = Omit<StrangeMachine, "firstAtMs" | "lastAtMs" | "count">;

type Kept = { -readonly [key in keyof BootEvent]: BootEvent[key] };

export class BootLog {
  /** By node's name, or by hardware address where it is no node's. */
  readonly #events = new NewestMap<string, Kept[]>(MAX_BOOT_SUBJECTS);
  readonly #strangers = new NewestMap<string, StrangeMachine>(MAX_STRANGERS);

  /** Adds what happened; what is the same as the last is counted there. */
  add(subject: string, event: Omit<BootEvent, "count">): void {
    const events = this.#events.get(subject) ?? [];
    this.#events.set(subject, events);
    const last = events.at(-1);
    if (last !== undefined && isSame(last, event)) {
      last.count++;
      last.atMs = event.atMs;
      return;
    }
    if (events.length >= MAX_BOOT_EVENTS_KEPT) events.shift();
    events.push({ ...event, count: 1 });
  }

  /** The oldest first. */
  of(subject: string): readonly BootEvent[] {
    return this.#events.get(subject) ?? [];
  }

  sighted(sighting: Sighting, atMs: number): void {
    const { mac } = sighting;
    const known = this.#strangers.get(mac);
    const firstAtMs = known?.firstAtMs ?? atMs, count = (known?.count ?? 0) + 1;
    this.#strangers.set(mac, { ...sighting, firstAtMs, lastAtMs: atMs, count });
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
}

function isSame(a: BootEvent, b: Omit<BootEvent, "count">): boolean {
  return a.asked === b.asked && a.told === b.told && a.outcome === b.outcome &&
    a.topic === b.topic && a.mac === b.mac;
}
