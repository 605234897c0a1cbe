/**
 * The links of strangers: bounded in number, so that they cannot keep members out. Beyond the
 * bound the oldest of the address that holds most of them goes: one host that floods pushes out
 * itself, not others.
 */
import { MAX_UNPROVEN_LINKS } from "../base/limits.ts";

/** One that called and has not proven who it is. */
export interface Stranger {
  /** Where it calls from. */
  readonly host: string;
  drop(reason: string): void;
}

export class UnprovenLinks {
  /** Oldest first. */
  readonly #strangers = new Set<Stranger>();

  get size(): number {
    return this.#strangers.size;
  }

  add(stranger: Stranger): void {
    this.#strangers.add(stranger);
    if (this.#strangers.size <= MAX_UNPROVEN_LINKS) return;
    const victim = this.#oldestOfMost();
    this.#strangers.delete(victim);
    victim.drop(`more than ${MAX_UNPROVEN_LINKS} links wait to prove themselves`);
  }

  /** It proved itself, or it is gone. */
  delete(stranger: Stranger): void {
    this.#strangers.delete(stranger);
  }

  #oldestOfMost(): Stranger {
    const byHost = Map.groupBy(this.#strangers, ({ host }) => host);
    const groups = [...byHost.values()];
    return groups.reduce((most, group) => group.length > most.length ? group : most)[0]!;
  }
}
