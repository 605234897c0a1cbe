/**
 * Invitations: who may become a member, proven without showing the secret.
 *
 * The token holds a random secret S; the collective keeps only K = HKDF-SHA256(S, "confluent
 * invitation v1"). Over one TLS connection, whose two certificates are C (joiner) and D (server):
 *
 *     joiner -> server   id, HMAC(K, enc("client", id, name, role, D, C))
 *     server -> joiner   HMAC(K, enc("server", id, name, role, D, C))     only after a valid one
 *
 * `enc` puts each field behind its length (base/crypto.ts). Neither proof can be replayed on
 * another connection, for another name or role, or as the other side's.
 */
import { encodeFields, hkdfSha256, hmacSha256, sameSecret } from "../base/crypto.ts";
import { fromHex, toHex } from "../base/bytes.ts";
import type { InvitedRole, MemberRole } from "../model/member.ts";
import { invitationRow, type Operation, ROW_MARK } from "../model/operation.ts";

export const INVITATION_SECRET_BYTES = 32;

/** An invitation as the replicated state keeps it. */
export interface Invitation {
  /** 16 hexadecimal digits. */
  readonly id: string;
  /** K: it can redeem, so it is a secret. Never in logs, dumps or answers. */
  readonly key: Uint8Array;
  readonly name: string;
  readonly role: InvitedRole;
  readonly expiresAtMs: number;
  /** Who made it, for people. */
  readonly by: string;
  /** Whether it may take the place of a listed member of that name. */
  readonly replaces: boolean;
  /** The fingerprint that redeemed it, once one did. */
  readonly redeemedBy: string | undefined;
}

export function invitationKey(secret: Uint8Array): Uint8Array {
  return hkdfSha256(secret, "confluent invitation v1");
}

/** What both proofs are made over. */
export interface ProofFields {
  readonly id: string;
  readonly name: string;
  readonly role: MemberRole;
  /** DER of the certificates of this very connection. */
  readonly serverCertificate: Uint8Array;
  readonly clientCertificate: Uint8Array;
}

/** One side's proof, 32 bytes: HMAC-SHA256 under K, as drawn above. */
export function proofOf(side: "client" | "server", key: Uint8Array, on: ProofFields): Uint8Array {
  return hmacSha256(
    key,
    encodeFields(side, on.id, on.name, on.role, on.serverCertificate, on.clientCertificate),
  );
}

/** Whether `proof` is that side's, compared in constant time. */
export function isProof(
  proof: Uint8Array,
  side: "client" | "server",
  key: Uint8Array,
  on: ProofFields,
): boolean {
  return sameSecret(proof, proofOf(side, key, on));
}

const KEY = "key", NAME = "name", ROLE = "role", EXPIRES = "expires", BY = "by";
const REPLACES = "replaces", REDEEMED = "redeemed";

/** The operations that put the invitation into the state. */
export function inviteOperations(invitation: Omit<Invitation, "redeemedBy">): Operation[] {
  const rows = [invitationRow(invitation.id)];
  return [
    { kind: "guard", guard: { test: "absent", rows } },
    {
      kind: "set",
      rows,
      cells: [
        [ROW_MARK, ""],
        [KEY, toHex(invitation.key)],
        [NAME, invitation.name],
        [ROLE, invitation.role],
        [EXPIRES, String(invitation.expiresAtMs)],
        [BY, invitation.by],
        [REPLACES, String(invitation.replaces)],
      ],
    },
  ];
}

/** The invitation as the cells of its row give it, or undefined where there is none. */
export function invitationFrom(
  id: string,
  value: (attribute: string) => string | null,
): Invitation | undefined {
  const key = value(KEY), name = value(NAME), role = value(ROLE), expires = value(EXPIRES);
  if (key === null || name === null || expires === null) return undefined;
  return {
    id,
    key: fromHex(key),
    name,
    role: role === "nonvoting" ? "nonvoting" : "learner",
    expiresAtMs: Number(expires),
    by: value(BY) ?? "",
    replaces: value(REPLACES) === "true",
    redeemedBy: value(REDEEMED) ?? undefined,
  };
}

/**
 * The entry that redeems it: refused at apply where it expired or somebody else redeemed it, the
 * same on every member. Whoever redeemed it first may do so again until it is gone.
 */
export function redeemOperations(invitation: Invitation, fingerprint: string): Operation[] {
  const row = invitationRow(invitation.id);
  const before = invitation.redeemedBy === fingerprint ? fingerprint : null;
  return [
    { kind: "guard", guard: { test: "exists", rows: [row] } },
    { kind: "guard", guard: { test: "before", row, attribute: EXPIRES } },
    { kind: "guard", guard: { test: "equals", row, attribute: REDEEMED, value: before } },
    { kind: "set", rows: [row], cells: [[REDEEMED, fingerprint]] },
  ];
}
