/** Where each member hears booting machines and what it can do for them: what they tell each other,
 * and this member's own. */
import {
  BOOT_FIELD_KEPT_MS,
  MAX_INTERFACES,
  MAX_RELAYS,
  RELAY_KEPT_MS,
} from "../../base/boot_limits.ts";
import type { Clock } from "../../io/clock.ts";
import type { MemberId, Roster } from "../../model/member.ts";
import type { Interface4, Ipv4 } from "../../model/ipv4.ts";
import type { BootAbilities, BootMember } from "../../netboot/boot_view.ts";
import { type BootNow, encodeBootFrame } from "../../wire/boot_frame.ts";

export interface BootFieldParts {
  readonly clock: Clock;
  self(): MemberId;
  roster(): Roster;
  /** Whether it answers its peers now. */
  isLive(id: MemberId): boolean;
  send(to: MemberId, frame: Uint8Array): unknown;
}

const NOTHING: BootNow = {
  interfaces: [],
  relays: [],
  dhcp: false,
  tftp: false,
  httpPort: 0,
  loaders: [],
};

export class BootField {
  readonly #parts: BootFieldParts;
  readonly #told = new Map<MemberId, BootNow>();
  /** Who is told of changes: whoever joins is linked before the roster lists the others. */
  readonly #linked = new Set<MemberId>();
  /** When each relay was heard last, and first of late. */
  readonly #relays = new Map<Ipv4, { readonly sinceMs: number; lastMs: number }>();
  #interfaces: readonly Interface4[] = [];
  #can: BootAbilities = NOTHING;
  #said = "";
  #members: readonly BootMember[] = [];
  #madeAtMs = Number.NEGATIVE_INFINITY;

  constructor(parts: BootFieldParts) {
    this.#parts = parts;
  }

  /** All members as they are now, or were a moment ago. */
  get members(): readonly BootMember[] {
    const nowMs = this.#nowMs;
    if (nowMs - this.#madeAtMs < BOOT_FIELD_KEPT_MS) return this.#members;
    this.#madeAtMs = nowMs;
    const self = this.#parts.self();
    return this.#members = this.#parts.roster().members.map(({ id, name }): BootMember => {
      const { interfaces, relays, ...can } = id === self ? this.#own() : this.#told.get(id) ??
        NOTHING;
      return { id, name, isLive: id === self || this.#parts.isLive(id), interfaces, relays, can };
    });
  }

  get can(): BootAbilities {
    return this.#can;
  }

  /** What is true of this member from now on. */
  is(interfaces: readonly Interface4[], can: BootAbilities): void {
    // Peers refuse a longer list, and with it the link.
    this.#interfaces = interfaces.slice(0, MAX_INTERFACES);
    this.#can = can;
    this.#tellAll();
  }

  /** Tells the others of relays that fell silent. Until then they leave to this member what comes
   * by them, and step in late. */
  forgetRelays(): void {
    const nowMs = this.#nowMs;
    for (const [relay, { lastMs }] of this.#relays) {
      if (nowMs - lastMs >= RELAY_KEPT_MS) this.#relays.delete(relay);
    }
    this.#tellAll();
  }

  /** A relay passed something on; since when it is heard. */
  heardRelay(address: Ipv4): number {
    const nowMs = this.#nowMs;
    const known = this.#relays.get(address);
    if (known !== undefined && nowMs - known.lastMs < RELAY_KEPT_MS) {
      known.lastMs = nowMs;
      return known.sinceMs;
    }
    this.#relays.delete(address);
    if (this.#relays.size < MAX_RELAYS) {
      this.#relays.set(address, { sinceMs: nowMs, lastMs: nowMs });
      this.#tellAll();
    }
    return nowMs;
  }

  /** A peer said how it is with it. */
  told(from: MemberId, now: BootNow): void {
    this.#told.set(from, now);
    this.#changed();
  }

  linked(peer: MemberId, isUp: boolean): void {
    this.#changed();
    if (!isUp) return void this.#linked.delete(peer);
    this.#linked.add(peer);
    this.#parts.send(peer, encodeBootFrame({ type: "bootNow", now: this.#own() }));
  }

  // ----

  get #nowMs(): number {
    return this.#parts.clock.now().monoMs;
  }

  #own(): BootNow {
    return { ...this.#can, interfaces: this.#interfaces, relays: [...this.#relays.keys()] };
  }

  #changed(): void {
    this.#madeAtMs = Number.NEGATIVE_INFINITY;
  }

  #tellAll(): void {
    const now = this.#own();
    const said = JSON.stringify(now);
    if (said === this.#said) return;
    this.#said = said;
    this.#changed();
    const frame = encodeBootFrame({ type: "bootNow", now });
    for (const peer of this.#linked) this.#parts.send(peer, frame);
  }
}
