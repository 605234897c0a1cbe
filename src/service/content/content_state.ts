/**
 * What all members hold of profiles: this one by looking, the others by what they tell. Each tells
 * all it holds when a link comes up and when something of it changed (src/wire/content_frame.ts).
 * Nothing of it is written anywhere: whoever is not linked is not known.
 */
import { MalformedError } from "../../base/bytes.ts";
import type { Lane } from "../../io/link_lanes.ts";
import type { MemberId } from "../../model/member.ts";
import { naturalSort } from "../../model/natural_order.ts";
import { profileName } from "../../model/profile.ts";
import { type ContentStanding, type MayServe, mayServe } from "../../netboot/content_rule.ts";
import {
  decodeContentTold,
  encodeContentTold,
  type ToldProfile,
} from "../../wire/content_frame.ts";
import type { Profiles } from "./profiles.ts";

/** What it must know of the member, asked anew each time. */
export interface ContentParts {
  readonly profiles: Pick<Profiles, "isLooked" | "names" | "standing">;
  /** A join gives the member another id. */
  self(): MemberId;
  members(): readonly { readonly id: MemberId; readonly name: string }[];
  /** The digest that the profile should have; undefined where none was set. */
  reference(profile: string): string | undefined;
  /** False where there is no link. */
  sendFrame(to: MemberId, frame: Uint8Array, lane: Lane): boolean;
}

/**
 * How a member's files of a profile are to the reference: `unset` where there is no reference,
 * `reading` while they are being compared, `unreadable` where they cannot be, `silent` where the
 * member does not say.
 */
export type ContentWord =
  | "equal"
  | "differs"
  | "unset"
  | "reading"
  | "unreadable"
  | "missing"
  | "silent";

/** A member, and what it holds of a profile. */
export interface Holder {
  readonly id: MemberId;
  readonly name: string;
  readonly content: ContentWord;
  readonly isBootable: boolean;
  readonly digest: string | undefined;
  /** Why it cannot be booted, or compared. */
  readonly why: string | undefined;
}

type Told = ReadonlyMap<string, ToldProfile>;

export class ContentState {
  readonly #parts: ContentParts;
  /** Members that are linked; undefined until they told. */
  readonly #heard = new Map<MemberId, Told | undefined>();

  constructor(parts: ContentParts) {
    this.#parts = parts;
  }

  /** What this member holds is another. */
  changed(): void {
    if (!this.#parts.profiles.isLooked) return;
    const frame = this.#frame();
    for (const peer of this.#heard.keys()) this.#parts.sendFrame(peer, frame, "bulk");
  }

  /** A link to the peer came up, or went down. */
  linked(peer: MemberId, isUp: boolean): void {
    if (!isUp) return void this.#heard.delete(peer);
    if (!this.#heard.has(peer)) this.#heard.set(peer, undefined);
    if (this.#parts.profiles.isLooked) this.#parts.sendFrame(peer, this.#frame(), "bulk");
  }

  /** What a peer tells; false where the frame is another service's, MalformedError where it makes
   * no sense. */
  frame(peer: MemberId, bytes: Uint8Array): boolean {
    const told = decodeContentTold(bytes);
    if (told === undefined) return false;
    const strange = told.find(({ profile }) => !profileName(profile).ok);
    if (strange !== undefined) throw new MalformedError(`a profile "${strange.profile}"`);
    this.#heard.set(peer, new Map(told.map((one) => [one.profile, one])));
    return true;
  }

  /** The profiles that any member is known to hold, in natural order. */
  names(): readonly string[] {
    const all = new Set(this.#parts.profiles.names);
    for (const { id } of this.#parts.members()) {
      for (const name of this.#heard.get(id)?.keys() ?? []) all.add(name);
    }
    return naturalSort(all);
  }

  reference(profile: string): string | undefined {
    return this.#parts.reference(profile);
  }

  /** Each member, and what it holds of the profile. */
  heldBy(profile: string): readonly Holder[] {
    const reference = this.#parts.reference(profile);
    return this.#parts.members().map(({ id, name }) => {
      const held = this.#held(id, profile);
      const { isBootable, digest, why } = held ?? NOTHING;
      const content = held === undefined
        ? this.#says(id) ? "missing" : "silent"
        : wordOf(held, reference);
      return { id, name, content, isBootable, digest, why };
    });
  }

  /** Whether each of these members may send the profile's files: see content_rule.ts. */
  mayServe(profile: string, among: Iterable<MemberId>): ReadonlyMap<MemberId, MayServe> {
    const standings = new Map<MemberId, ContentStanding | undefined>();
    for (const id of among) standings.set(id, this.#held(id, profile));
    return mayServe(profile, standings, this.#parts.reference(profile));
  }

  // ----

  #says(id: MemberId): boolean {
    if (id === this.#parts.self()) return this.#parts.profiles.isLooked;
    return this.#heard.get(id) !== undefined;
  }

  #held(id: MemberId, profile: string): ToldProfile | undefined {
    return id === this.#parts.self() ? this.#own(profile) : this.#heard.get(id)?.get(profile);
  }

  #own(profile: string): ToldProfile | undefined {
    const standing = this.#parts.profiles.standing(profile);
    if (standing === undefined) return undefined;
    const { isBootable, digest, whyNot, whyNoDigest } = standing;
    return { profile, isBootable, digest, why: whyNot ?? whyNoDigest };
  }

  #frame(): Uint8Array {
    return encodeContentTold(this.#parts.profiles.names.flatMap((name) => this.#own(name) ?? []));
  }
}

const NOTHING = { isBootable: false, digest: undefined, why: undefined };

function wordOf({ isBootable, digest, why }: ToldProfile, reference?: string): ContentWord {
  if (digest === undefined) return isBootable && why !== undefined ? "unreadable" : "reading";
  if (reference === undefined) return "unset";
  return digest === reference ? "equal" : "differs";
}
