import { deepEqual, equal, fail, match, notEqual, ok as holds } from "node:assert/strict";

import { toHex } from "../../src/base/bytes.ts";
import { fingerprintOf } from "../../src/base/crypto.ts";
import {
  announcedKey,
  announceOperations,
  COLLECTIVE_KEY_BYTES,
  copiesDue,
  dropKeysOperations,
  isAnnounced,
  keyIds,
  keyRow,
  KEYS_ROW,
  newestGuard,
  newestKey,
  newKeyOperations,
  openCopy,
  sealCopy,
  SEALING_KEY_BYTES,
  SEALING_ROW,
  type SealingKey,
  sealingKey,
} from "../../src/collective/key_ring.ts";
import { makeIdentity } from "../../src/io/certificate.ts";
import { type Member, memberId } from "../../src/model/member.ts";
import type { Operation, Verdict } from "../../src/model/operation.ts";
import type { CollectiveKey } from "../../src/model/sealing.ts";
import { SUPPORT } from "../../src/model/support.ts";
import { Replica } from "../../src/replica/replica.ts";
import { encodeBody } from "../../src/wire/entry.ts";
import { certificateDer } from "../../src/wire/pem.ts";

/** A member with its certificate and what it opens copies with. */
interface One {
  readonly member: Member;
  readonly key: SealingKey;
  readonly certificate: Uint8Array;
  readonly keyPem: string;
}

let seed = 1;

/** Bytes that are others each time, and the same in each run. */
function next(length = 32): Uint8Array {
  return new Uint8Array(length).fill(seed++);
}

async function one(name: string): Promise<One> {
  const id = memberId(toHex(next(8)));
  const { certificatePem, keyPem } = await makeIdentity(name);
  const certificate = certificateDer(certificatePem);
  const fingerprint = fingerprintOf(certificate);
  const member: Member = {
    id,
    name,
    fingerprint,
    addresses: [`${name}:13001`],
    role: "voter",
    support: SUPPORT,
  };
  return { member, key: sealingKey(id, next(SEALING_KEY_BYTES)), certificate, keyPem };
}

const A = await one("a"), B = await one("b"), C = await one("c");
const KEY: CollectiveKey = { id: "00000000000000aa", bytes: next(COLLECTIVE_KEY_BYTES) };
const LATER: CollectiveKey = { id: "00000000000000bb", bytes: next(COLLECTIVE_KEY_BYTES) };

class State {
  readonly replica = new Replica();

  apply(operations: readonly Operation[]): Verdict["result"] {
    const index = this.replica.applied + 1;
    const body = encodeBody({ operations });
    return this.replica.apply({ index, term: 1, hlc: 1024 * index, body }).verdict.result;
  }

  get rows(): Replica["cells"] {
    return this.replica.cells;
  }

  announce(...all: readonly One[]): this {
    for (const { key, certificate, keyPem } of all) {
      this.apply(announceOperations(key, certificate, keyPem));
    }
    return this;
  }

  found(key: CollectiveKey, ...all: readonly One[]): this {
    const recipients = all.map((each) => [each.member.id, each.key.publicKey] as const);
    equal(this.apply(newKeyOperations(key, newestKey(this.rows), recipients, next)), "applied");
    return this;
  }

  opened(by: One, id: string): CollectiveKey | undefined {
    return openCopy(by.key, id, this.rows.value(keyRow(id), by.member.id) ?? "");
  }
}

Deno.test("a copy opens for the member it is sealed to, and for no other", () => {
  const copy = sealCopy(KEY, A.member.id, A.key.publicKey, next()) ?? fail("no copy");
  deepEqual(openCopy(A.key, KEY.id, copy), KEY);
  equal(openCopy(B.key, KEY.id, copy), undefined);
  equal(openCopy({ ...A.key, member: B.member.id }, KEY.id, copy), undefined);
  equal(openCopy(A.key, LATER.id, copy), undefined);
  holds(!copy.includes(toHex(KEY.bytes)));
  for (let at = 0; at < copy.length; at++) {
    const changed = copy.slice(0, at) + (copy[at] === "0" ? "1" : "0") + copy.slice(at + 1);
    // The mark between the dots is for those who seal, and opens nothing.
    if (at < 2 || at > 17) equal(openCopy(A.key, KEY.id, changed), undefined, `character ${at}`);
  }
});

Deno.test("the text of a copy is this one for ever", () => {
  const filled = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
  const { member, publicKey } = sealingKey(memberId("0123456789abcdef"), filled(1));
  equal(
    sealCopy({ id: "00000000000000aa", bytes: filled(3) }, member, publicKey, filled(2)),
    "1.1a92f23852dc908d." +
      "ce8d3ad1ccb633ec7b70c17814a5c76ecd029685050d344745ba05870e587d59" +
      "595ccd0ac1a4c0673b23fb692891bd6c5cf0e1d9d6ac568b16cc4e5c9d1e23c4" +
      "d382bac9e45521dba4f4be9cf2a74497",
  );
});

Deno.test("no two copies are the same, and none is made for a key that hides nothing", () => {
  const [first, second] = [1, 2].map(() => sealCopy(KEY, A.member.id, A.key.publicKey, next()));
  notEqual(first, second);
  equal(sealCopy(KEY, A.member.id, new Uint8Array(32), next()), undefined);
});

Deno.test("what to seal to counts only by the word of a certificate that the roster pins", () => {
  const state = new State().announce(A, B);
  deepEqual(announcedKey(state.rows, A.member), A.key.publicKey);
  holds(isAnnounced(state.rows, A.key, A.member.fingerprint));
  holds(!isAnnounced(state.rows, A.key, B.member.fingerprint));
  equal(announcedKey(state.rows, C.member), undefined);
  // Listed by another certificate.
  equal(announcedKey(state.rows, { ...A.member, fingerprint: B.member.fingerprint }), undefined);
  // B's key under A's name, by B's own word; and under A's certificate without A's word.
  const forged = { ...B.key, member: A.member.id };
  state.apply(announceOperations(forged, B.certificate, B.keyPem));
  equal(announcedKey(state.rows, A.member), undefined);
  state.apply(announceOperations(forged, A.certificate, B.keyPem));
  equal(announcedKey(state.rows, A.member), undefined);
});

Deno.test("while a certificate is rotated both vouch, and then only the new one", () => {
  const state = new State().announce(A);
  const former = { certificate: A.certificate, signature: next(), isPinned: true };
  const rotating = { ...A.member, fingerprint: B.member.fingerprint, former };
  deepEqual(announcedKey(state.rows, rotating), A.key.publicKey);
  equal(
    announcedKey(state.rows, { ...rotating, former: { ...former, isPinned: false } }),
    undefined,
  );
});

Deno.test("cells that say nothing of the kind are nobody's key, and nothing is thrown", () => {
  const state = new State().announce(A).found(KEY);
  const said = state.rows.value(SEALING_ROW, A.member.id)?.split(".") ?? fail("nothing said");
  for (let part = 0; part < said.length; part++) {
    for (const value of ["", "zz", "0", "00ff"]) {
      const changed = said.map((text, i) => i === part ? value : text).join(".");
      state.apply([{ kind: "set", rows: [SEALING_ROW], cells: [[A.member.id, changed]] }]);
      equal(announcedKey(state.rows, A.member), undefined, `part ${part}: ${value}`);
      deepEqual(copiesDue(state.rows, [A.member], [KEY], next), []);
    }
  }
});

Deno.test("the first key: of two who make one the second is refused", () => {
  const state = new State().announce(A, B);
  equal(newestKey(state.rows), undefined);
  const to = [[A.member.id, A.key.publicKey], [B.member.id, B.key.publicKey]] as const;
  equal(state.apply(newKeyOperations(KEY, undefined, to, next)), "applied");
  equal(state.apply(newKeyOperations(LATER, undefined, to, next)), "refused");
  equal(newestKey(state.rows), KEY.id);
  deepEqual(keyIds(state.rows), [KEY.id]);
  deepEqual([state.opened(A, KEY.id), state.opened(B, KEY.id)], [KEY, KEY]);
});

Deno.test("a newcomer gets a copy once it says what to seal to, and only then", () => {
  const state = new State().announce(A).found(KEY, A);
  const members = [A.member, B.member];
  deepEqual(copiesDue(state.rows, members, [KEY], next), []);
  state.announce(B);
  const [entry, ...more] = copiesDue(state.rows, members, [KEY], next);
  equal(more.length, 0);
  equal(state.apply(entry ?? []), "applied");
  equal(state.apply(entry ?? []), "refused");
  deepEqual(state.opened(B, KEY.id), KEY);
  deepEqual(copiesDue(state.rows, members, [KEY], next), []);
});

Deno.test("whoever has another sealing key gets another copy", () => {
  const state = new State().announce(A, B).found(KEY, A, B);
  const again = { ...B, key: sealingKey(B.member.id, next()) };
  state.announce(again);
  equal(state.opened(again, KEY.id), undefined);
  for (const entry of copiesDue(state.rows, [A.member, B.member], [KEY], next)) state.apply(entry);
  deepEqual(state.opened(again, KEY.id), KEY);
  deepEqual(state.opened(A, KEY.id), KEY);
});

Deno.test("a rotation: both keys for all, then the old one is gone for good", () => {
  const state = new State().announce(A, B).found(KEY, A, B).found(LATER, A, B);
  equal(newestKey(state.rows), LATER.id);
  deepEqual(keyIds(state.rows), [KEY.id, LATER.id]);
  deepEqual(state.opened(B, LATER.id), LATER);
  const write: Operation = { kind: "set", rows: ["node/n1"], cells: [["secret.x", "sealed"]] };
  equal(state.apply([newestGuard(KEY.id), write]), "refused");
  equal(state.apply([newestGuard(LATER.id), write]), "applied");
  equal(state.apply(dropKeysOperations(KEY.id, [LATER.id])), "refused");
  equal(state.apply(dropKeysOperations(LATER.id, [KEY.id])), "applied");
  deepEqual(keyIds(state.rows), [LATER.id]);
  // A copy for a newcomer that was on its way does not bring the old one back.
  const late: Operation[] = copiesDue(
    new State().announce(A, C).found(KEY, A).rows,
    [A.member, C.member],
    [KEY],
    next,
  )[0] as Operation[];
  equal(state.apply(late), "refused");
  equal(state.rows.exists(keyRow(KEY.id)), false);
});

Deno.test("of a member that was let go nothing stays, of the others all", () => {
  const state = new State().announce(A, B).found(KEY, A, B);
  const entries = copiesDue(state.rows, [A.member], [KEY], next);
  equal(entries.length, 1);
  for (const entry of entries) equal(state.apply(entry), "applied");
  equal(state.rows.value(SEALING_ROW, B.member.id), null);
  equal(state.opened(B, KEY.id), undefined);
  deepEqual(state.opened(A, KEY.id), KEY);
  deepEqual(copiesDue(state.rows, [A.member], [KEY], next), []);
});

Deno.test("nothing that is written holds a key or a private key in clear", () => {
  const state = new State().announce(A, B).found(KEY, A, B);
  const written = [KEYS_ROW, keyRow(KEY.id), SEALING_ROW]
    .flatMap((row) => [...state.rows.valuesOf(row)].map(([, value]) => value)).join("\n");
  match(written, /^1\.[0-9a-f]{16}\.[0-9a-f]{160}$/m);
  for (const secret of [KEY.bytes, A.key.privateKey, B.key.privateKey]) {
    holds(!written.includes(toHex(secret)));
  }
});
