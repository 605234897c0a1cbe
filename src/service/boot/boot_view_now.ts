/** What the boot decision goes by, of a running member as it is at that moment. */
import { BOOT_FIELD_KEPT_MS } from "../../base/boot_limits.ts";
import type { Clock } from "../../io/clock.ts";
import type { MemberId } from "../../model/member.ts";
import type { Ipv4, Network } from "../../model/ipv4.ts";
import type { BootMember, BootProfile, BootView, Recognition } from "../../netboot/boot_view.ts";
import type { MayServe } from "../../netboot/content_rule.ts";
import type { SearchView } from "../../netboot/search_decision.ts";
import type { BootBook } from "./boot_book.ts";
import type { BootField } from "./boot_field.ts";

export interface BootViewParts {
  readonly clock: Clock;
  readonly field: BootField;
  readonly book: BootBook;
  self(): MemberId;
  isHeld(): boolean;
  /** By which nodes know the collective. */
  uuid(): string;
  /** As {@link BootView.candidatesOf}. */
  candidatesOf(node: string): ReadonlySet<string> | string | undefined;
  profile(name: string): BootProfile | undefined;
  /** Whether each member may send the profile's files. */
  mayServe(profile: string): ReadonlyMap<MemberId, MayServe>;
  foreignServer(networks: readonly Network[]): Ipv4 | undefined;
}

const UNKNOWN: MayServe = { may: "not", because: "it is no member" };

export class BootViewNow implements BootView, SearchView {
  readonly #parts: BootViewParts;
  /** By profile; thousands of machines that boot at once ask for the same. */
  readonly #serving = new Map<string, ReadonlyMap<MemberId, MayServe>>();
  #servingAtMs = 0;

  constructor(parts: BootViewParts) {
    this.#parts = parts;
  }

  get self(): MemberId {
    return this.#parts.self();
  }

  get members(): readonly BootMember[] {
    return this.#parts.field.members;
  }

  get isHeld(): boolean {
    return this.#parts.isHeld();
  }

  get uuid(): string {
    return this.#parts.uuid().toLowerCase();
  }

  recognize(mac: string, uuid: string | undefined): Recognition {
    return this.#parts.book.recognize(mac, uuid);
  }

  candidatesOf(node: string): ReadonlySet<string> | string | undefined {
    return this.#parts.candidatesOf(node);
  }

  profile(name: string): BootProfile | undefined {
    return this.#parts.profile(name);
  }

  mayServe(profile: string, id: MemberId): MayServe {
    const nowMs = this.#parts.clock.now().monoMs;
    if (nowMs - this.#servingAtMs >= BOOT_FIELD_KEPT_MS) {
      this.#serving.clear();
      this.#servingAtMs = nowMs;
    }
    let serving = this.#serving.get(profile);
    if (serving === undefined) {
      this.#serving.set(profile, serving = this.#parts.mayServe(profile));
    }
    return serving.get(id) ?? UNKNOWN;
  }

  foreignServer(networks: readonly Network[]): Ipv4 | undefined {
    return this.#parts.foreignServer(networks);
  }
}
