import { deepEqual, equal } from "node:assert/strict";

import { toHex, utf8 } from "../../src/base/bytes.ts";
import { encodeFields, hkdfSha256, hmacSha256 } from "../../src/base/crypto.ts";
import {
  type Invitation,
  INVITATION_SECRET_BYTES,
  invitationFrom,
  invitationKey,
  inviteOperations,
  isProof,
  type ProofFields,
  proofOf,
  redeemOperations,
} from "../../src/collective/invitation.ts";
import { invitationRow, type Operation, type Verdict } from "../../src/model/operation.ts";
import { Replica } from "../../src/replica/replica.ts";
import { encodeBody } from "../../src/wire/entry.ts";

const SECRET = Uint8Array.from({ length: INVITATION_SECRET_BYTES }, (_, i) => i);
const KEY = invitationKey(SECRET);
const ON: ProofFields = {
  id: "00112233445566ff",
  name: "n2",
  role: "learner",
  serverCertificate: utf8("certificate of n1"),
  clientCertificate: utf8("certificate of n2"),
};

const EXPIRES_AT_MS = 1_700_000_000_000;
const [FIRST, SECOND] = ["1".repeat(64), "2".repeat(64)];
const INVITATION = {
  id: ON.id,
  key: KEY,
  name: "n2",
  role: "learner",
  expiresAtMs: EXPIRES_AT_MS,
  by: "root on n1",
  replaces: false,
} as const;
const ROW = invitationRow(ON.id);

const APPLIED: Verdict = { result: "applied" };

function refusedAt(operation: number): Verdict {
  return { result: "refused", operation, row: ROW };
}

/** A state that entries are applied to at a given time, and what it says of the invitation. */
class State {
  readonly #replica = new Replica();

  apply(operations: readonly Operation[], wallMs = EXPIRES_AT_MS - 60_000): Verdict {
    const index = this.#replica.applied + 1;
    const body = encodeBody({ operations });
    return this.#replica.apply({ index, term: 1, hlc: wallMs * 1024 + 1023, body }).verdict;
  }

  get invitation(): Invitation | undefined {
    return invitationFrom(ON.id, (attribute) => this.#replica.cells.value(ROW, attribute));
  }

  /** Redeems what the state says now, or the invitation as somebody read it before. */
  redeem(fingerprint: string, read: Invitation = this.present, wallMs?: number): Verdict {
    return this.apply(redeemOperations(read, fingerprint), wallMs);
  }

  get present(): Invitation {
    return this.invitation ?? { ...INVITATION, redeemedBy: undefined };
  }
}

function invited(): State {
  const state = new State();
  deepEqual(state.apply(inviteOperations(INVITATION)), APPLIED);
  return state;
}

Deno.test("the key is derived of the secret, and is not the secret", () => {
  deepEqual(KEY, hkdfSha256(SECRET, "confluent invitation v1"));
  equal(toHex(KEY), "60b375a54b35a192e28bd5de01abdfb285158cadcb5fef172843460d3edca414");
});

Deno.test("a proof is the HMAC over the side, the invitation and both certificates", () => {
  const { id, name, role, serverCertificate, clientCertificate } = ON;
  for (const side of ["client", "server"] as const) {
    const fields = encodeFields(side, id, name, role, serverCertificate, clientCertificate);
    deepEqual(proofOf(side, KEY, ON), hmacSha256(KEY, fields));
    equal(isProof(proofOf(side, KEY, ON), side, KEY, ON), true);
  }
});

Deno.test("a proof cannot be replayed for anything else, nor as the other side's", () => {
  const others: Readonly<Record<string, Partial<ProofFields>>> = {
    "another invitation": { id: "00112233445566fe" },
    "another name": { name: "n3" },
    "another role": { role: "nonvoting" },
    "as a voter": { role: "voter" },
    "another server": { serverCertificate: utf8("certificate of n9") },
    "another joiner": { clientCertificate: utf8("certificate of n9") },
    "the ends exchanged": {
      serverCertificate: ON.clientCertificate,
      clientCertificate: ON.serverCertificate,
    },
    "a letter moved from field to field": { id: `${ON.id}n`, name: "2" },
  };
  for (const [side, otherSide] of [["client", "server"], ["server", "client"]] as const) {
    const proof = proofOf(side, KEY, ON);
    equal(isProof(proof, otherSide, KEY, ON), false);
    for (const [title, other] of Object.entries(others)) {
      equal(isProof(proof, side, KEY, { ...ON, ...other }), false, title);
      equal(isProof(proof, otherSide, KEY, { ...ON, ...other }), false, title);
    }
  }
});

Deno.test("a proof by another key, changed, cut or empty is none", () => {
  const proof = proofOf("client", KEY, ON);
  equal(isProof(proof, "client", invitationKey(new Uint8Array(32)), ON), false);
  equal(isProof(proof, "client", SECRET, ON), false);
  equal(isProof(proof.subarray(1), "client", KEY, ON), false);
  equal(isProof(new Uint8Array(0), "client", KEY, ON), false);
  for (let at = 0; at < proof.length; at++) {
    const changed = proof.map((byte, i) => i === at ? byte ^ 1 : byte);
    equal(isProof(changed, "client", KEY, ON), false);
  }
});

Deno.test("what is put into the state comes back out of it, every field", () => {
  for (
    const invitation of [
      INVITATION,
      { ...INVITATION, role: "nonvoting", replaces: true, by: "", name: "é" } as const,
    ]
  ) {
    const state = new State();
    deepEqual(state.apply(inviteOperations(invitation)), APPLIED);
    deepEqual(state.invitation, { ...invitation, redeemedBy: undefined });
  }
});

Deno.test("where there is no invitation, or one without what it needs, there is none", () => {
  equal(new State().invitation, undefined);
  const cells: Readonly<Record<string, string>> = { key: "00", name: "n2", expires: "5" };
  for (const absent of Object.keys(cells)) {
    const of = (name: string): string | null => name === absent ? null : cells[name] ?? null;
    equal(invitationFrom(ON.id, of), undefined, absent);
  }
  const least = invitationFrom(ON.id, (name) => cells[name] ?? null);
  deepEqual([least?.role, least?.replaces, least?.by], ["learner", false, ""]);
});

Deno.test("an invitation is made once: its id is not taken a second time", () => {
  const state = invited();
  deepEqual(state.apply(inviteOperations({ ...INVITATION, name: "n9" })), refusedAt(0));
  equal(state.invitation?.name, "n2");
});

Deno.test("an invitation is redeemed once, by the first", () => {
  const state = invited();
  deepEqual(state.redeem(FIRST), APPLIED);
  equal(state.invitation?.redeemedBy, FIRST);
  deepEqual(state.redeem(SECOND), refusedAt(2));
  equal(state.invitation?.redeemedBy, FIRST);
});

Deno.test("of two that read it unredeemed and redeem at the same time one is refused", () => {
  const state = invited();
  const read = state.present;
  deepEqual(state.redeem(FIRST, read), APPLIED);
  deepEqual(state.redeem(SECOND, read), refusedAt(2));
  equal(state.invitation?.redeemedBy, FIRST);
});

Deno.test("whoever redeemed it may do so again, if the answer was lost", () => {
  const state = invited();
  deepEqual(state.redeem(FIRST), APPLIED);
  deepEqual(state.redeem(FIRST), APPLIED);
  equal(state.invitation?.redeemedBy, FIRST);
  deepEqual(state.redeem(SECOND), refusedAt(2));
});

Deno.test("an invitation ends at its time by the log's clock, for the first one too", () => {
  const state = invited();
  const read = state.present;
  deepEqual(state.redeem(FIRST, read, EXPIRES_AT_MS), refusedAt(1));
  deepEqual(state.redeem(FIRST, read, EXPIRES_AT_MS + 1), refusedAt(1));
  equal(state.invitation?.redeemedBy, undefined);
  deepEqual(state.redeem(FIRST, read, EXPIRES_AT_MS - 1), APPLIED);
  deepEqual(state.redeem(FIRST, state.present, EXPIRES_AT_MS), refusedAt(1));
});

Deno.test("an invitation that was taken back is not redeemed, and nothing of it comes back", () => {
  const state = invited();
  const read = state.present;
  deepEqual(state.apply([{ kind: "drop", rows: [ROW] }]), APPLIED);
  equal(state.invitation, undefined);
  deepEqual(state.redeem(FIRST, read), refusedAt(0));
  equal(state.invitation, undefined);
});

Deno.test("what was redeemed and taken back leaves no trace in a new one of its id", () => {
  const state = invited();
  state.redeem(FIRST);
  state.apply([{ kind: "drop", rows: [ROW] }]);
  deepEqual(state.apply(inviteOperations(INVITATION)), APPLIED);
  equal(state.invitation?.redeemedBy, undefined);
  deepEqual(state.redeem(SECOND), APPLIED);
});
