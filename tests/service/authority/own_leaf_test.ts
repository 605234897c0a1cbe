/** A member's certificate for nodes: when it is renewed, and what is kept of it. */
import { deepEqual, equal, match, notEqual } from "node:assert/strict";

import { LEAF_DAYS } from "../../../src/base/boot_limits.ts";
import { isKeyOf } from "../../../src/io/certificate_signing.ts";
import { DAY_MS, inAuthorityStage, UUID } from "./authority_stage.ts";

const V4 = "IPv4", V6 = "IPv6";

function filesOf(data: string): Promise<string[]> {
  return Promise.all(
    ["key", "certificate"].map((name) => Deno.readTextFile(`${data}/nodes-${name}.pem`)),
  );
}

Deno.test("it is renewed at half its life, with another key, and not before", async () => {
  await inAuthorityStage(async (stage) => {
    const member = await stage.member("m1"), { leaf } = member.authority;
    await member.looks(stage);
    const first = leaf.current;
    deepEqual([first?.fromMs, first?.untilMs], [
      stage.wallMs - DAY_MS,
      stage.wallMs + LEAF_DAYS * DAY_MS,
    ]);
    stage.wallMs += LEAF_DAYS * DAY_MS / 2 - 1;
    await member.looks(stage);
    equal(member.used.length, 1);
    stage.wallMs += 1;
    await member.looks(stage);
    equal(member.used.length, 2);
    notEqual(leaf.current?.keyPem, first?.keyPem);
    equal(leaf.current?.untilMs, stage.wallMs + LEAF_DAYS * DAY_MS);
    await member.looks(stage);
    equal(member.used.length, 2);
  });
});

Deno.test("it is renewed where the member goes by a new name, not where one is gone", async () => {
  await inAuthorityStage(async (stage) => {
    const lo = { address: "127.0.0.1", family: V4 } as const;
    const own = { address: "10.0.0.5", family: V4 } as const;
    const link = { address: "FE80::0:1%eth0", family: V6 } as const;
    const member = await stage.member("m1", { host: [lo] }), { leaf } = member.authority;
    await member.looks(stage);
    deepEqual(leaf.current?.names, ["m1", `${UUID}.confluent`, "10.0.0.1", "127.0.0.1"]);
    member.is.host = [lo, own, link];
    await member.looks(stage);
    equal(member.used.length, 2);
    deepEqual(leaf.current?.names.slice(3), ["10.0.0.5", "127.0.0.1", "fe80::1"]);
    member.is.host = [lo];
    await member.looks(stage);
    equal(member.used.length, 2, "it is as good without");
    member.is.advertised = "m1.site.test:13001";
    await member.looks(stage);
    equal(leaf.current?.names.includes("m1.site.test"), true);
  });
});

Deno.test("it waits in the data folder for the next start, even one without quorum", async () => {
  await inAuthorityStage(async (stage) => {
    const member = await stage.member("m1");
    await member.looks(stage);
    const [key, certificate = ""] = await filesOf(member.data);
    equal(key, member.authority.leaf.current?.keyPem);
    equal(certificate.match(/BEGIN CERTIFICATE/g)?.length, 2, "its CA's is behind it");
    for (const name of ["key", "certificate"]) {
      const { mode } = await Deno.stat(`${member.data}/nodes-${name}.pem`);
      equal((mode ?? 0) & 0o777, 0o600);
    }
    const again = await stage.member("m1", { isTold: false, hasKey: false });
    await again.looks(stage);
    deepEqual(again.used, [certificate]);
    again.is.isTold = true;
    again.is.hasKey = true;
    await again.looks(stage);
    deepEqual(again.used, [certificate], "nothing changed");
  });
});

Deno.test("what is kept and damaged, of another key or of another CA, is made anew", async () => {
  await inAuthorityStage(async (stage) => {
    const member = await stage.member("m1"), other = await stage.member("m2");
    await member.looks(stage);
    await other.looks(stage);
    const [foreign = ""] = await filesOf(other.data), [, own = ""] = await filesOf(member.data);
    const cut = own.slice(0, own.indexOf("-----END"));
    const stranger = own.slice(0, own.lastIndexOf("-----BEGIN"));
    for (
      const [name, text] of [
        ["key", foreign],
        ["key", "no key"],
        ["certificate", "no certificate"],
        ["certificate", cut],
        ["certificate", stranger],
      ] as const
    ) {
      const kept = await filesOf(member.data);
      await Deno.writeTextFile(`${member.data}/nodes-${name}.pem`, text);
      const again = await stage.member("m1");
      await again.looks(stage);
      equal(again.used.length, 1, `${name}: ${text.slice(0, 40)}`);
      const [leaf] = [again.authority.leaf.current];
      equal(leaf !== undefined && isKeyOf(leaf) && !kept.includes(leaf.keyPem), true);
    }
  });
});

Deno.test("one that cannot be renewed is used on, and told of a day after it was due", async () => {
  await inAuthorityStage(async (stage) => {
    const member = await stage.member("m1"), { authority } = member;
    await member.looks(stage);
    member.is.hasKey = false;
    stage.wallMs += LEAF_DAYS * DAY_MS / 2 + DAY_MS;
    await member.looks(stage);
    match(authority.notices.join(), /^m1 could not renew its certificate for nodes: /);
    stage.wallMs += 1;
    const days = (from: string): RegExp =>
      new RegExp(`^the certificate of m1 for nodes ${from} on \\d{4}-\\d\\d-\\d\\d and was not `);
    match(authority.notices.join(), days("ends"));
    stage.wallMs += LEAF_DAYS * DAY_MS;
    match(authority.notices.join(), days("ended"));
    equal(member.used.length, 1);
  });
});

Deno.test("a folder that cannot be written to does not keep it from being used", async () => {
  await inAuthorityStage(async (stage) => {
    const member = await stage.member("m1");
    await Deno.remove(member.data);
    await Deno.writeTextFile(member.data, "no folder");
    await member.looks(stage);
    equal(member.used.length, 1);
    match(member.lines.join("\n"), /cannot keep the certificate for nodes: /);
  });
});
