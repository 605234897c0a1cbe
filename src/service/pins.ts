/**
 * By which certificates members know each other (I3): those the roster pins, and, for a peer that
 * was away while a certificate was rotated, those that follow from a pinned one by its old key's
 * word. A word holds for as long as the roster here pins the certificate it comes from: it is for
 * catching up, and the roster that is caught up with then decides.
 */
import { equalBytes } from "../base/bytes.ts";
import { fingerprintOf } from "../base/crypto.ts";
import { MAX_MEMBERS } from "../base/limits.ts";
import { follows } from "../collective/rotation.ts";
import type { Link, LinkIdentity } from "../io/link.ts";
import {
  findMember,
  type Member,
  type MemberId,
  pinsOf,
  type Roster,
  type Statement,
} from "../model/member.ts";
import { certificateDer } from "../wire/pem.ts";

/** What a member shows itself by: what is in force, and then what it rotates to, which the others
 * may list already. */
export type OwnIdentities = readonly [LinkIdentity, ...LinkIdentity[]];

/** See above. */
export class Pins {
  readonly #self: MemberId;
  readonly #roster: () => Roster;
  /** What peers said of their certificates that no roster here lists yet, by fingerprint. */
  readonly #statements = new Map<string, Statement>();
  #identities: OwnIdentities;
  /** DER of the certificates of the identities. */
  #own: readonly Uint8Array[];

  /** `roster` gives the newest one there is, committed or not. */
  constructor(self: MemberId, roster: () => Roster, identities: OwnIdentities) {
    this.#self = self;
    this.#roster = roster;
    this.#identities = identities;
    this.#own = certificatesOf(identities);
  }

  get identities(): OwnIdentities {
    return this.#identities;
  }

  use(identities: OwnIdentities): void {
    this.#identities = identities;
    this.#own = certificatesOf(identities);
  }

  /** How the own certificate followed from the one before. */
  get ownStatement(): Statement | undefined {
    return findMember(this.#roster(), this.#self)?.former;
  }

  /** The other member whose certificate the far end showed. */
  holderOf({ peerCertificate }: Link): Member | undefined {
    const fingerprint = fingerprintOf(peerCertificate);
    return this.#roster().members.find((member) =>
      member.id !== this.#self && this.mayShow(member, fingerprint)
    );
  }

  /** Whether the member is known by this certificate, or by one that it follows from. */
  mayShow(member: Member, fingerprint: string): boolean {
    if (pinsOf(member).includes(fingerprint)) return true;
    const statement = this.#statements.get(fingerprint);
    return statement !== undefined && follows(member, statement, fingerprint);
  }

  /** Takes the far end's word for how its certificate follows from one that is pinned here; the
   * member it is, where that is news. */
  note({ peerCertificate }: Link, statement: Statement | undefined): Member | undefined {
    const { members } = this.#roster();
    const fingerprint = fingerprintOf(peerCertificate);
    if (statement === undefined || this.#statements.size >= MAX_MEMBERS) return undefined;
    if (members.some((member) => this.mayShow(member, fingerprint))) return undefined;
    const member = members.find((listed) => follows(listed, statement, fingerprint));
    if (member !== undefined) this.#statements.set(fingerprint, statement);
    return member;
  }

  /** Forgets the words that none of these members stands behind any more. */
  keepFor(members: readonly Member[]): void {
    for (const fingerprint of this.#statements.keys()) {
      const isOpen = members.some((member) => this.mayShow(member, fingerprint));
      if (!isOpen) this.#statements.delete(fingerprint);
    }
  }

  /** Whether the link was made by a certificate that this member has given up. */
  isOutdated({ ownCertificate }: Link): boolean {
    return !this.#own.some((own) => equalBytes(own, ownCertificate));
  }

  /** Whether it was made by the one in force. */
  isInForce({ ownCertificate }: Link): boolean {
    return equalBytes(this.#own[0] ?? new Uint8Array(0), ownCertificate);
  }

  /** Higher for a link by newer certificates: both ends then keep the same one of two. */
  newness(peer: MemberId, link: Link): number {
    const fingerprint = fingerprintOf(link.peerCertificate);
    const member = findMember(this.#roster(), peer);
    const isFollowed = member !== undefined && !pinsOf(member).includes(fingerprint);
    const theirs = isFollowed ? 2 : member?.fingerprint === fingerprint ? 1 : 0;
    return theirs + (this.isOutdated(link) ? 0 : 1);
  }
}

function certificatesOf(identities: OwnIdentities): Uint8Array[] {
  return identities.map(({ certificatePem }) => certificateDer(certificatePem));
}
