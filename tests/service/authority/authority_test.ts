/** The collective's CA: who makes it, when, and what is signed by it. */
import { deepEqual, equal, match } from "node:assert/strict";
import { X509Certificate } from "node:crypto";

import {
  AUTHORITY_PATIENCE_MS,
  AUTHORITY_RENEWED_MS,
  MAX_CERTIFIED_DAYS,
} from "../../../src/base/boot_limits.ts";
import type { Outcome } from "../../../src/base/outcome.ts";
import { x509Library } from "../../../src/io/certificate.ts";
import { readServer } from "../../../src/io/certificate_signing.ts";
import {
  authoritiesOf,
  authorityRow,
  KEY_CELL,
  newestAuthority,
  SSH_ROW,
} from "../../../src/model/authority.ts";
import { GLOBALS_ROW, UUID_GLOBAL } from "../../../src/model/collective_uuid.ts";
import { sealedBy } from "../../../src/model/sealing.ts";
import { fromCell, toCell } from "../../../src/model/stored_value.ts";
import { parseSshKey } from "../../../src/wire/ssh_certificate.ts";
import { type AuthorityStage, DAY_MS, inAuthorityStage, UUID } from "./authority_stage.ts";

const YEAR_MS = 365 * DAY_MS;
const SSH_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKihkF5ubr5v+AlkR23zcYNCZu80wFw9NaFyEifgzjgQ";

async function request(): Promise<string> {
  const { Pkcs10CertificateRequestGenerator } = await x509Library();
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const made = await Pkcs10CertificateRequestGenerator.create({
    ...{ name: "CN=wished", keys, signingAlgorithm: algorithm },
  }, crypto);
  return made.toString("pem");
}

function value<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(outcome.refusal.message);
  return outcome.value;
}

function refusalOf(outcome: Outcome<unknown>): string {
  return outcome.ok ? "none" : `${outcome.refusal.kind}: ${outcome.refusal.message}`;
}

function sealedKey(stage: AuthorityStage, row: string): string {
  const stored = fromCell(stage.value(row, KEY_CELL) ?? "");
  return stored.kind === "sealed" ? stored.sealed : "";
}

Deno.test("of three members that make the CA at a time one does, and all go by it", async () => {
  await inAuthorityStage(async (stage) => {
    const members = await Promise.all(["m1", "m2", "m3"].map((name) => stage.member(name)));
    const all = Promise.withResolvers<void>();
    let waiting = 0;
    stage.before = async () => {
      if (++waiting === 3) all.resolve();
      await all.promise;
    };
    await Promise.all(members.map(({ authority }) => authority.turned()));
    equal(waiting, 3, "each of them had made one");
    stage.before = () => Promise.resolve();
    equal(authoritiesOf(stage.replica.cells).length, 1);
    equal(
      members.flatMap(({ lines }) => lines).filter((line) => /^made the CA/.test(line)).length,
      1,
    );
    for (const member of members) await member.looks(stage);
    equal(members.flatMap(({ lines }) => lines).filter((line) => /CA of SSH/.test(line)).length, 1);
    const [ca = ""] = members[0]?.authority.certificates() ?? [];
    for (const { authority } of members) {
      deepEqual(authority.certificates(), [ca]);
      const leaf = new X509Certificate(authority.leaf.current?.certificatePem ?? "");
      equal(leaf.verify(new X509Certificate(ca).publicKey), true);
      equal(authority.sshPublic, members[0]?.authority.sshPublic);
    }
    const { subject, ca: isCa, validFrom, validTo } = new X509Certificate(ca);
    deepEqual([subject, isCa], [`CN=confluent ${UUID}`, true]);
    equal(Date.parse(validFrom), stage.wallMs - DAY_MS);
    equal(new Date(validTo).getUTCFullYear(), new Date(stage.wallMs).getUTCFullYear() + 10);
  });
});

Deno.test("who does not lead waits for the leader, and makes it if that one does ", async () => {
  await inAuthorityStage(async (stage) => {
    const { authority } = await stage.member("m1", { isLeader: false });
    await authority.turned();
    deepEqual(authority.certificates(), []);
    equal(
      refusalOf(await authority.signTls(await request(), ["n1"], 1)).split(":")[0],
      "unavailable",
    );
    equal(refusalOf(await authority.signSsh(SSH_KEY, ["n1"])).split(":")[0], "unavailable");
    stage.pass(AUTHORITY_PATIENCE_MS);
    await authority.turned();
    deepEqual(authority.certificates(), []);
    stage.pass(AUTHORITY_PATIENCE_MS);
    await authority.turned();
    equal(authority.certificates().length, 1);
  });
});

Deno.test("nothing is made without quorum or the collective key, and that is told", async () => {
  await inAuthorityStage(async (stage) => {
    const member = await stage.member("m1", { isTold: false }), { authority } = member;
    await member.looks(stage);
    equal(stage.replica.applied, 1, "the collective key alone");
    member.is.isTold = true;
    member.is.hasKey = false;
    await member.looks(stage);
    equal(stage.replica.applied, 1);
    match(
      authority.notices.join("\n"),
      /^m1 has no certificate for nodes: the collective key is not here; it tries again by itself/,
    );
    member.is.hasKey = true;
    await member.looks(stage);
    equal(authority.leaf.current?.names[0], "m1");
    deepEqual(authority.notices, []);
  });
});

Deno.test("the keys are sealed, a rotation seals them anew, and signing goes on", async () => {
  await inAuthorityStage(async (stage) => {
    const member = await stage.member("m1"), { authority } = member;
    await member.looks(stage);
    const rows = [authorityRow(newestAuthority(stage.replica.cells) ?? ""), SSH_ROW];
    for (const row of rows) equal(sealedBy(sealedKey(stage, row)), "aa".padStart(16, "0"));
    for (const row of stage.replica.cells.rows("")) {
      for (const [, cell] of stage.replica.cells.valuesOf(row)) {
        equal(cell.includes("PRIVATE"), false, row);
      }
    }
    const ca = authority.certificates(), ssh = authority.sshPublic;
    stage.newKey("bb");
    await stage.reseals();
    for (const row of rows) equal(sealedBy(sealedKey(stage, row)), "bb".padStart(16, "0"));
    await member.looks(stage);
    deepEqual([authority.certificates(), authority.sshPublic], [ca, ssh], "none was made anew");
    const signed = new X509Certificate(value(await authority.signTls(await request(), ["n1"], 5)));
    equal(signed.verify(new X509Certificate(ca[0] ?? "").publicKey), true);
    match(value(await authority.signSsh(SSH_KEY, ["n1"])), /^ssh-ed25519-cert-v01@openssh\.com /);
  });
});

Deno.test("a certificate says what was asked for, and no longer than the CA counts", async () => {
  await inAuthorityStage(async (stage) => {
    const member = await stage.member("m1"), { authority } = member;
    await member.looks(stage);
    const asked = await request();
    const made = value(await authority.signTls(asked, ["n1", "n1.site", "10.0.0.7"], 5));
    deepEqual(readServer(made), {
      names: ["n1", "n1.site", "10.0.0.7"],
      fromMs: stage.wallMs - DAY_MS,
      untilMs: stage.wallMs + 5 * DAY_MS,
    });
    equal(new X509Certificate(made).subject, "CN=n1");
    const [ca = ""] = authority.certificates();
    stage.pass(30 * DAY_MS);
    const long = value(await authority.signTls(asked, ["n1"], MAX_CERTIFIED_DAYS));
    equal(readServer(long).untilMs, readServer(ca).untilMs);

    const kinds = [
      await authority.signTls("no request", ["n1"], 5),
      await authority.signTls(asked, [], 5),
      await authority.signTls(asked, ["n 1"], 5),
      await authority.signTls(asked, ["n1"], 0),
      await authority.signTls(asked, ["n1"], MAX_CERTIFIED_DAYS + 1),
      await authority.signTls(asked, ["n1"], 1.5),
      await authority.signSsh("no key", ["n1"]),
      await authority.signSsh(SSH_KEY, ["n1\nother"]),
      await authority.signSsh(SSH_KEY, ["n1"], 0),
    ].map((outcome) => refusalOf(outcome).split(":")[0]);
    deepEqual(new Set(kinds), new Set(["invalid"]));
    member.is.hasKey = false;
    match(refusalOf(await authority.signTls(asked, ["n1"], 5)), /^unavailable: the collective key/);
  });
});

Deno.test("a year before a CA ends another stands beside it, the old one signs on", async () => {
  await inAuthorityStage(async (stage) => {
    const member = await stage.member("m1"), { authority } = member;
    await member.looks(stage);
    const [first = ""] = authority.certificates();
    stage.pass(9 * YEAR_MS);
    await member.looks(stage);
    equal(authority.certificates().length, 1);
    stage.wallMs = readServer(first).untilMs - AUTHORITY_RENEWED_MS + 1;
    await member.looks(stage);
    const [old, second = ""] = authority.certificates();
    equal(old, first);
    const leafBy = (ca: string): boolean =>
      new X509Certificate(authority.leaf.current?.certificatePem ?? "")
        .verify(new X509Certificate(ca).publicKey);
    deepEqual([leafBy(first), leafBy(second)], [true, false], "nodes may know the old one alone");
    await member.looks(stage);
    equal(authority.certificates().length, 2);
    stage.wallMs = readServer(first).untilMs - DAY_MS;
    await member.looks(stage);
    deepEqual([leafBy(first), leafBy(second)], [false, true]);
  });
});

Deno.test("a key that does not open is replaced, one sealed elsewhere is not", async () => {
  await inAuthorityStage(async (stage) => {
    const member = await stage.member("m1"), { authority } = member;
    await member.looks(stage);
    const [before] = authority.certificates(), ssh = authority.sshPublic;
    const row = authorityRow(newestAuthority(stage.replica.cells) ?? "");
    const kept = sealedKey(stage, row);
    const put = (of: string, sealed: string): void => {
      const cell = toCell({ kind: "sealed", sealed });
      stage.apply([{ kind: "set", rows: [of], cells: [[KEY_CELL, cell]] }]);
    };
    put(row, kept.replace(/\.[0-9a-f]{16}\./, ".00000000000000cc."));
    await member.looks(stage);
    equal(authority.certificates().length, 1, "it may come back");
    stage.wallMs += 1_000;
    put(row, sealedKey(stage, SSH_ROW));
    put(SSH_ROW, kept);
    await member.looks(stage);
    deepEqual(authority.certificates()[0], before);
    equal(authority.certificates().length, 2);
    equal(authority.sshPublic === ssh, false);
    parseSshKey(authority.sshPublic ?? "");
    value(await authority.signTls(await request(), ["n1"], 5));
    value(await authority.signSsh(SSH_KEY, ["n1"]));
  });
});

Deno.test("after a restore the fixed name is of the restored id, by the same CA", async () => {
  await inAuthorityStage(async (stage) => {
    const member = await stage.member("m1"), { authority } = member;
    await member.looks(stage);
    const [ca] = authority.certificates();
    equal(authority.leaf.current?.names.includes(`${UUID}.confluent`), true);
    const cells = [[".", ""], [UUID_GLOBAL, '"of-another"']] as const;
    stage.apply([{ kind: "set", rows: [GLOBALS_ROW], cells }]);
    await member.looks(stage);
    equal(authority.uuid, "of-another");
    equal(authority.leaf.current?.names.includes("of-another.confluent"), true);
    deepEqual(authority.certificates(), [ca]);
  });
});

Deno.test("a member that stops makes nothing more", async () => {
  await inAuthorityStage(async (stage) => {
    const member = await stage.member("m1");
    member.authority.close();
    await member.looks(stage);
    equal(stage.replica.applied, 1);
  });
});
