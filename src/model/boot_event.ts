/** What happened when a machine booted, as one line of a timeline that all members add to. */

/** By which way it asked; `self`: its own environment or system, with its key, of the self-service
 * API. Never re-ordered: they are numbers on the wire. */
export const BOOT_TOPICS = ["dhcp", "tftp", "http", "search", "self"] as const;
/** One of {@link BOOT_TOPICS}. */
export type BootTopic = typeof BOOT_TOPICS[number];

/** What came of it: `left` to another member, and `failed` on the way. */
export const BOOT_OUTCOMES = ["answered", "silence", "left", "failed"] as const;
/** One of {@link BOOT_OUTCOMES}. */
export type BootOutcome = typeof BOOT_OUTCOMES[number];

/** See above. */
export interface BootEvent {
  /** Milliseconds since 1970, by the clock of the member that it happened at. */
  readonly atMs: number;
  readonly topic: BootTopic;
  /** The machine, by its hardware address; empty where it is known by another. */
  readonly mac: string;
  /** What was asked, for people: `DISCOVER of UEFI PXE on eth0`. */
  readonly asked: string;
  readonly outcome: BootOutcome;
  /** What it was told, or why it was told nothing; for people. */
  readonly told: string;
  /** How many times in a row it was the same; 1 for once. */
  readonly count: number;
}

/** What a node asked of the self-service API, or reported, and what came of it. */
export type SelfEvent = Pick<BootEvent, "asked" | "outcome" | "told">;

/** A machine that no node is known to be. */
export interface StrangeMachine {
  readonly mac: string;
  /** Empty where it told none. */
  readonly uuid: string;
  /** `UEFI x64 PXE`, say. */
  readonly client: string;
  /** The interface that heard it, and the relay that it came by, if it did. */
  readonly via: string;
  /** Option 82 in hexadecimal: the port of the switch, mostly. */
  readonly relayAgent: string;
  /** Milliseconds since 1970. */
  readonly firstAtMs: number;
  readonly lastAtMs: number;
  readonly count: number;
  /** Why it was told nothing. */
  readonly why: string;
}
