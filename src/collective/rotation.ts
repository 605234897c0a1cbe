/**
 * How one certificate of a member follows from another. The old key signs for the new
 * certificate; whoever pinned the old one and was away when it was given up can follow, to catch
 * up, and then finds the new one in the roster it gets.
 */
import { encodeFields, fingerprintOf, verify } from "../base/crypto.ts";
import { type Member, type MemberId, pinsOf, type Statement } from "../model/member.ts";

/** What the old key signs: that this member has the certificate of that fingerprint from now on. */
export function rotationWords(id: MemberId, old: Uint8Array, fingerprint: string): Uint8Array {
  return encodeFields("confluent rotation v1", id, old, fingerprint);
}

/**
 * Whether the certificate of `fingerprint` follows, by this statement, from one that the roster
 * pins for the member. The pin is looked at first: nothing else a stranger says is read.
 */
export function follows(member: Member, statement: Statement, fingerprint: string): boolean {
  const { certificate, signature } = statement;
  return pinsOf(member).includes(fingerprintOf(certificate)) &&
    verify(certificate, rotationWords(member.id, certificate, fingerprint), signature);
}
