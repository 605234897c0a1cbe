/** Invitations: a log entry, and the token that one who holds it is let in by. */
import { toHex } from "../base/bytes.ts";
import { INVITATION_DEFAULT_MS, MAX_INVITATIONS } from "../base/limits.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";
import {
  INVITATION_SECRET_BYTES,
  invitationKey,
  inviteOperations,
} from "../collective/invitation.ts";
import type { Random } from "../io/random.ts";
import type { MemberId, Roster } from "../model/member.ts";
import { invitationRow, type Operation } from "../model/operation.ts";
import type { Rows } from "../model/rows.ts";
import { encodeToken } from "../wire/token.ts";
import { tokenAddresses } from "./addresses.ts";
import type { InviteAnswer, InviteRequest, Written } from "./member_service.ts";

/** What an invitation needs of the member that makes it. */
export interface Inviter {
  readonly id: MemberId;
  readonly roster: Roster;
  readonly state: Rows;
  readonly random: Random;
  /** Milliseconds since 1970, as the collective has them. */
  readonly agreedWallMs: number;
  readonly write: (operations: readonly Operation[]) => Promise<Outcome<Written>>;
}

/** Writes the invitation and gives its token; `conflict` where the name is taken. */
export async function invite(
  { name, nonvoting, replaces, by, expiresMs }: InviteRequest,
  { id: inviter, roster, state, random, agreedWallMs, write }: Inviter,
): Promise<Outcome<InviteAnswer>> {
  if (!replaces && roster.members.some((member) => member.name === name)) {
    return refused(
      "conflict",
      `cannot invite ${name}: a member of that name is listed; remove it first, or invite with ` +
        "--replace to have the newcomer take its place",
    );
  }
  if ([...state.rows(invitationRow(""))].length >= MAX_INVITATIONS) {
    return refused(
      "busy",
      `${MAX_INVITATIONS} invitations are open, which is MAX_INVITATIONS; they end as they are ` +
        "used or expire",
    );
  }
  const secret = random.bytes(INVITATION_SECRET_BYTES);
  const id = toHex(random.bytes(8));
  const role = nonvoting ? "nonvoting" : "learner";
  const expiresAtMs = agreedWallMs + (expiresMs ?? INVITATION_DEFAULT_MS);
  const invitation = { id, key: invitationKey(secret), name, role, expiresAtMs, by } as const;
  const written = await write(inviteOperations({ ...invitation, replaces: replaces ?? false }));
  if (!written.ok) return written;
  const { index } = written.value;
  const addresses = tokenAddresses(roster.members, inviter);
  const token = encodeToken({ id, index, role, name, expiresAtMs, addresses, secret });
  const expires = new Date(expiresAtMs).toISOString();
  return ok({ token, name, role: nonvoting ? "nonvoting" : "voter", expires });
}
