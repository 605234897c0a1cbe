/**
 * What became of each machine's requests at this member, and the machines that are no node's: in
 * memory, the newest kept. Anybody may send requests in the name of as many machines as they like,
 * with texts as long as a packet: of what is no node's less is kept, and apart, so that it takes
 * nothing away from what nodes did.
 */
import {
  MAX_BOOT_EVENTS_KEPT,
  MAX_BOOT_SUBJECTS,
  MAX_BOOT_TEXT_LENGTH,
  MAX_STRANGER_EVENTS_KEPT,
  MAX_STRANGERS,
} from "../../base/limits.ts";
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
  /** By the subject's name; the newest at the end. */
  readonly #ofNodes = new NewestMap<string, Kept[]>(MAX_BOOT_SUBJECTS);
  readonly #ofOthers = new NewestMap<string, Kept[]>(MAX_STRANGERS);
  readonly #strangers = new NewestMap<string, StrangeMachine>(MAX_STRANGERS);

  /** Adds what happened; what is the same as the last is counted there. */
  add({ name, isNode }: BootSubject, event: Omit<BootEvent, "count">): void {
    const all = isNode ? this.#ofNodes : this.#ofOthers;
    const most = isNode ? MAX_BOOT_EVENTS_KEPT : MAX_STRANGER_EVENTS_KEPT;
    const events = all.get(name) ?? [];
    all.set(name, events);
    const asked = shortened(event.asked), told = shortened(event.told);
    const last = events.at(-1);
    if (last !== undefined && isSame(last, { ...event, asked, told })) {
      last.count++;
      last.atMs = event.atMs;
      return;
    }
    if (events.length >= most) events.shift();
    events.push({ ...event, asked, told, count: 1 });
  }

  /** The oldest first. */
  of(name: string): readonly BootEvent[] {
    return this.#ofNodes.get(name) ?? this.#ofOthers.get(name) ?? [];
  }

  sighted(sighting: Sighting, atMs: number): void {
    const { mac } = sighting, known = this.#strangers.get(mac);
    const firstAtMs = known?.firstAtMs ?? atMs, count = (known?.count ?? 0) + 1;
    this.#strangers.set(mac, { ...sighting, firstAtMs, lastAtMs: atMs, count });
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

function shortened(text: string): string {
  return text.length <= MAX_BOOT_TEXT_LENGTH ? text : `${text.slice(0, MAX_BOOT_TEXT_LENGTH)}...`;
}

function isSame(a: BootEvent, b: Omit<BootEvent, "count">): boolean {
  return a.asked === b.asked && a.told === b.told && a.outcome === b.outcome &&
    a.topic === b.topic && a.mac === b.mac;
}
