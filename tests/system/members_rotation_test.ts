/** Certificates that are rotated, with everybody there, with a member away, and at once. */
import { deepEqual, equal, match, notEqual, ok as holds } from "node:assert/strict";

import { fingerprintOf } from "../../src/base/crypto.ts";
import { systemClock } from "../../src/io/clock.ts";
import type { LinkIdentity } from "../../src/io/link.ts";
import { tlsLinks } from "../../src/io/link_tls.ts";
import type { MemberAnswer } from "../../src/wire/http.ts";
import { Conversation } from "../../src/service/conversation.ts";
import { certificateDer } from "../../src/wire/pem.ts";
import { leaderOf, memberTest, type Server, settled } from "./collective.ts";
import { until } from "./program.ts";

/** What a member says to whoever greets it by this certificate. */
async function greet(server: Server, identity: LinkIdentity): Promise<string> {
  const links = tlsLinks({ clock: systemClock });
  const to = { host: "127.0.0.1", port: server.peerPort };
  const dialed = await links.dial(to, identity);
  if (!dialed.ok) return dialed.refusal.message;
  const talk = new Conversation(dialed.value, systemClock);
  const position = { lastTerm: 0, lastIndex: 0, isSurvey: true, statement: undefined };
  talk.say({ type: "hello", chain: [], ...position });
  const answer = await talk.next(10_000);
  talk.link.close("heard");
  if (!answer.ok) return answer.refusal.message;
  return answer.value.type === "refused" ? answer.value.message : answer.value.type;
}

async function listed(at: Server, name: string): Promise<MemberAnswer> {
  const found = (await at.collective()).members.find((member) => member.name === name);
  if (found === undefined) throw new Error(`${at.name} does not list ${name}`);
  return found;
}

/** Until these know the member by the certificate it has now alone. */
async function rotated(members: readonly Server[], which: Server): Promise<string> {
  const fingerprint = fingerprintOf(certificateDer((await which.identity()).certificatePem));
  await until(`${which.name} is known by its new certificate alone`, async () => {
    const seen = await Promise.all(members.map((at) => listed(at, which.name)));
    return seen.every((one) => one.fingerprint === fingerprint && !one.rotating) || undefined;
  });
  return fingerprint;
}

memberTest(
  "a certificate is rotated under load, leader and follower, without an election",
  async (scene) => {
    const members = await scene.members(3);
    const leader = await leaderOf(members);
    let isOver = false, writes = 0;
    const writing = (async () => {
      while (!isOver) await leader.wrote("n1", `${writes++}`);
    })();
    try {
      for (const which of members) {
        const old = await which.identity();
        equal(
          await greet(leader === which ? members.find((m) => m !== which)! : leader, old),
          "hello",
        );
        const out = await which.done("collective", "rotate");
        match(out, new RegExp(`^${which.name}: new certificate [0-9a-f]{64}, until 20`));
        const fingerprint = await rotated(members, which);
        holds(out.includes(fingerprint), out);
        notEqual(fingerprint, fingerprintOf(certificateDer(old.certificatePem)));
        // What was stolen from a backup opens nothing any more.
        for (const at of members.filter((member) => member !== which)) {
          match(await greet(at, old), /^unknown to me at index \d+$/);
          equal(await greet(at, await which.identity()), "hello");
        }
        deepEqual(await names(`${which.data}/identity`), [
          "certificate.pem",
          "collective.key",
          "key.pem",
          "member.json",
          "roster.json",
          "wrapping.key",
        ]);
      }
    } finally {
      isOver = true;
      await writing;
    }
    equal((await leaderOf(members)).name, leader.name);
    for (const { process } of members) holds(!process?.said().includes("goes on without"));
    // They start again by it.
    for (const member of members) await member.stop();
    for (const member of members) await member.serve();
    await settled(members);
    equal(await members[0]!.dump(), await members[2]!.dump());
  },
);

async function names(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of Deno.readDir(folder)) found.push(name);
  return found.sort();
}

memberTest(
  "a member that was away follows the old key, and only then the old one goes",
  async (scene) => {
    const [m1, m2, m3] = await scene.members(3) as [Server, Server, Server];
    await m3.stop();
    for (const which of [m1, m2]) {
      const told = await which.run("collective", "rotate");
      equal(told.code, 0, told.err);
      match(told.err, /The old one is good until these have met the new one: .*m3/);
    }
    await m1.shows(/^m2 rotates its certificate: the old one is good until every member has met/);
    const again = await m1.run("collective", "rotate");
    equal(again.code, 1);
    match(again.err, /the last rotation is not over.*met the new one: m3; start them, or.* --now`/);
    // Both rotated: nobody is left by a certificate that the one that was away pinned.
    await m1.wrote("n1", "meanwhile");
    await m3.serve();
    await settled([m1, m2, m3]);
    for (const which of [m1, m2]) await rotated([m1, m2, m3], which);
    equal(await m3.dump(), await m1.dump());
  },
);

memberTest(
  "a certificate rotated at once is refused at once, and a crash in between is survived",
  async (scene) => {
    const [m1, m2, m3] = await scene.members(3) as [Server, Server, Server];
    const stolen = await m2.identity();
    await m3.stop();
    equal(await greet(m1, stolen), "hello");
    await m2.done("collective", "rotate", "--now");
    await rotated([m1, m2], m2);
    match(await greet(m1, stolen), /^unknown to me at index \d+$/);
    // Who was away hears of it from the one it still knows.
    await m3.serve();
    await settled([m1, m2, m3]);
    match(await greet(m3, stolen), /^unknown to me at index \d+$/);
    // A crash after the others have it, and before it is in its place here: it lies beside the old.
    const [before, folder] = [await m2.identity(), `${m2.data}/identity`];
    await m2.done("collective", "rotate", "--now");
    const fingerprint = await rotated([m1, m3], m2);
    const now = await m2.identity();
    await m2.kill();
    await Deno.writeTextFile(`${folder}/next-key.pem`, now.keyPem);
    await Deno.writeTextFile(`${folder}/next-certificate.pem`, now.certificatePem);
    await Deno.writeTextFile(`${folder}/key.pem`, before.keyPem);
    await Deno.writeTextFile(`${folder}/certificate.pem`, before.certificatePem);
    await m2.serve();
    await settled([m1, m2, m3]);
    equal((await listed(m2, "m2")).fingerprint, fingerprint);
    // Its disk takes a moment longer.
    await until("m2 has it in its place", async () => {
      return !(await names(folder)).some((name) => name.startsWith("next-")) || undefined;
    });
    deepEqual(await m2.identity(), now);
  },
);

memberTest(
  "a collective of one rotates, and one whose site was renumbered is found by hints",
  async (scene) => {
    const m1 = scene.server();
    await m1.serve();
    await m1.done("collective", "rotate");
    await rotated([m1], m1);
    const others = [scene.server(), scene.server()];
    for (const next of others) await next.join(await m1.invite(next.name));
    const members = [m1, ...others] as [Server, Server, Server];
    await settled(members);
    await m1.wrote("n1", "before");
    for (const member of members) await member.stop();
    for (const member of members) member.move();
    const hints = members.map(({ name, peer }) =>
      `${name}=${peer.replace("127.0.0.1", "localhost")}`
    );
    const hint = ["--peer-hint", [...hints, "m9=nowhere.invalid"].join(",")];
    for (const member of members) await member.serve([], hint);
    await settled(members);
    match(m1.running.err.join("\n"), /--peer-hint: no member is called m9/);
    // From then on the roster knows, and nobody needs a hint. A host name is as good.
    await until("the new addresses are listed", async () => {
      const { members: seen } = await m1.collective();
      return seen.every(({ name, addresses }) =>
        members.some((member) => member.name === name && addresses.includes(member.peer))
      ) || undefined;
    });
    for (const member of members) await member.stop();
    for (const member of members) {
      await member.serve([], ["--advertise", member.peer.replace("127.0.0.1", "localhost")]);
    }
    await settled(members);
    await until("host names are listed", async () => {
      const { members: seen } = await m1.collective();
      return seen.every(({ addresses }) => addresses[0]?.startsWith("localhost:")) || undefined;
    });
    for (const member of members) await member.kill();
    for (const member of members) {
      await member.serve([], ["--advertise", member.peer.replace("127.0.0.1", "localhost")]);
    }
    await settled(members);
    await m1.wrote("n1", "after");
  },
);
