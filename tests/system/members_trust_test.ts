/** Who is not let in, who is let go, and who comes back. */
import { deepEqual, equal, match, notEqual, ok as holds } from "node:assert/strict";
import { once } from "node:events";
import { connect as connectTls, type TLSSocket } from "node:tls";

import { systemClock } from "../../src/io/clock.ts";
import { makeIdentity } from "../../src/io/certificate.ts";
import type { Link, LinkIdentity } from "../../src/io/link.ts";
import { joinFrames } from "../../src/io/link_framing.ts";
import { tlsLinks } from "../../src/io/link_tls.ts";
import { fingerprintOf } from "../../src/base/crypto.ts";
import { Conversation } from "../../src/service/conversation.ts";
import { decodeHello, encodeHello, type HelloMessage } from "../../src/wire/hello.ts";
import { certificateDer } from "../../src/wire/pem.ts";
import { leaderOf, memberTest, type Server, settled } from "./collective.ts";

const STRANGER = await makeIdentity("stranger");
const HELLO: HelloMessage = {
  type: "hello",
  chain: [{ epoch: 0, random: "00".repeat(16) }],
  lastTerm: 9,
  lastIndex: 9,
  isSurvey: false,
  statement: undefined,
};

/** A TLS client that may say anything, and what it was answered until the link was closed. */
async function shout(
  server: Server,
  bytes: Uint8Array,
  identity: LinkIdentity | undefined = STRANGER,
  ends = false,
): Promise<Uint8Array> {
  const shown = identity && { cert: identity.certificatePem, key: identity.keyPem };
  const socket: TLSSocket = connectTls({
    host: "127.0.0.1",
    port: server.peerPort,
    rejectUnauthorized: false,
    ...shown,
  });
  const heard: Uint8Array[] = [];
  socket.on("data", (piece: Uint8Array) => void heard.push(piece));
  socket.on("error", () => socket.destroy());
  const closed = once(socket, "close");
  socket.write(bytes);
  if (ends) socket.end();
  await closed;
  return new Uint8Array(await new Blob(heard as BlobPart[]).arrayBuffer());
}

async function dial(server: Server, identity: LinkIdentity): Promise<Link> {
  const links = tlsLinks({ clock: systemClock });
  const dialed = await links.dial({ host: "127.0.0.1", port: server.peerPort }, identity);
  if (!dialed.ok) throw new Error(dialed.refusal.message);
  return dialed.value;
}

/** What a member answers to the greeting. */
async function greet(server: Server, identity: LinkIdentity): Promise<HelloMessage | string> {
  const conversation = new Conversation(await dial(server, identity), systemClock);
  conversation.say(HELLO);
  const answer = await conversation.next(10_000);
  conversation.link.close("heard");
  return answer.ok ? answer.value : answer.refusal.message;
}

memberTest("strangers at the peer port break nothing", async (scene) => {
  const [m1] = await scene.members(2) as [Server, Server];
  const frame = (bytes: readonly number[]): Uint8Array => joinFrames([Uint8Array.from(bytes)]);
  const strangers: Record<string, () => Promise<unknown>> = {
    "no certificate": () => shout(m1, frame([1, 1, 1]), undefined),
    "a frame too large": () => shout(m1, Uint8Array.of(0xff, 0xff, 0xff, 0xff, 1, 2, 3)),
    "a torn frame": () => shout(m1, frame([1, 1, 1]).subarray(0, 5), STRANGER, true),
    "an empty frame": () => shout(m1, frame([])),
    "an unknown greeting": () => shout(m1, frame([200, 1, 1, 1])),
    "a frame of peers": () => shout(m1, frame([16, 1, 1, 1, 1])),
    "a greeting cut short": () => shout(m1, joinFrames([encodeHello(HELLO).subarray(0, 9)])),
    "a redemption without an invitation": () =>
      shout(
        m1,
        joinFrames([encodeHello({ type: "redeem", member: "00" as never, addresses: [] })]),
      ),
  };
  for (const [what, come] of Object.entries(strangers)) {
    const lines = m1.running.err.length;
    await come();
    await m1.wrote("n1", what);
    const more = m1.running.err.slice(lines);
    holds(more.length <= 1, `${what}: ${more.join("\n")}`);
  }
  const refused = await greet(m1, STRANGER);
  holds(typeof refused === "object" && refused.type === "refused");
  match(refused.message, /^unknown to me at index \d+$/);
  deepEqual([refused.kind, refused.chain, refused.removedAt], ["forbidden", [], 0]);
  using socket = await Deno.connect({ port: m1.peerPort });
  await socket.write(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
  equal(m1.running.err.filter((line) => line.startsWith("error")).length, 0);
  holds(!m1.running.said().includes("    at "), m1.running.said());
  await m1.wrote("n1", "still here");
});

memberTest("another version of the protocol is told what helps", async (scene) => {
  const [m1] = await scene.members(1) as [Server];
  const answered = await shout(m1, joinFrames([Uint8Array.of(1, 9, 9, 1, 1, 2, 3)]));
  const { message: said } = decodeHello(answered.subarray(4));
  holds(said?.type === "refused");
  match(said.message, /^\S+ speaks protocol 9 to 9, this member 1 to 1: upgrade this member$/);
  await m1.wrote("n1", "still here");
});

memberTest("a member that goes mad is not believed, and one line tells of it", async (scene) => {
  const [m1, m2, m3] = await scene.members(3) as [Server, Server, Server];
  await m3.stop();
  // Whoever has its key speaks for it, and says nothing that can be understood.
  const identity = await m3.identity();
  const chain = await keptChain(m3);
  const link = await dial(m1, identity);
  const conversation = new Conversation(link, systemClock);
  conversation.say({ ...HELLO, chain });
  const answer = await conversation.next(10_000);
  equal(answer.ok && answer.value.type, "hello");
  const closed = Promise.withResolvers<string>();
  conversation.handOver(() => {}, closed.resolve);
  link.send(Uint8Array.of(99, 1, 2, 3));
  await closed.promise;
  const lines = m1.running.err.filter((line) =>
    /m3 says what this program does not know/.test(line)
  );
  equal(lines.length, 1, m1.running.said());
  await m1.shows(/^m3 says what this program does not know \(message 99 .*: upgrade the older/);
  await m1.wrote("n1", "on the majority");
  await m2.wrote("n1", "on all of it");
  await m3.serve();
  await settled([m1, m2, m3]);
  deepEqual((await m1.collective()).notices, []);
});

async function keptChain({ data }: Server): Promise<(HelloMessage & { type: "hello" })["chain"]> {
  return JSON.parse(await Deno.readTextFile(`${data}/identity/roster.json`)).chain;
}

memberTest("a member that was let go locks itself, and says how it comes back", async (scene) => {
  const [m1, m2, m3] = await scene.members(3) as [Server, Server, Server];
  await m1.wrote("n1", "before");
  equal(await m1.done("collective", "remove", "m3"), "m3: removed");
  const notice = await m3.shows(/locked/);
  match(notice, /^m3 is locked: removed at index \d+/);
  const shown = await m3.run("collective", "show");
  equal(shown.code, 0);
  match(shown.out, /^Quorum: False/);
  match(shown.err, /m3 is locked: removed at index \d+/);
  const written = await m3.write("n1", "by the removed one");
  equal(written.status, 503);
  match(JSON.stringify(written.body), /locked: removed at index/);
  equal((await m3.run("nodedefine", "n2")).code, 1);
  await m1.wrote("n1", "after");
  await settled([m1, m2]);
  const strange = await m1.run("collective", "remove", "m9");
  equal(strange.code, 1);
  match(strange.err, /cannot remove m9: no such member; there are m1, m2$/);

  // It stays locked when it is started again, and may not rejoin by its key.
  await m3.stop();
  await m3.serve();
  await m3.shows(/m3 is locked: removed at index \d+/);
  await m3.stop();
  const again = await m3.start(["collective", "rejoin"]).ended();
  equal(again.code, 5, again.err);
  match(again.err, /cannot rejoin: m3 was removed at index \d+.*`confluent invite m3`/);
  // With a token it may, once it gives up what it holds.
  const token = await m2.token("m3");
  const held = await m3.start(["join", token]).ended();
  equal(held.code, 1, held.err);
  match(held.err, /locked \(removed at index.*--replace/);
  await m3.join(token, "--replace");
  await settled([m1, m2, m3]);
  equal(await m3.dump(), await m1.dump());
});

memberTest(
  "a member that was let go while it was down learns it when it is back",
  async (scene) => {
    const [m1, m2, m3] = await scene.members(3) as [Server, Server, Server];
    await m3.kill();
    await m1.done("collective", "remove", "m3");
    await m3.serve();
    match(await m3.shows(/locked/), /m3 is locked: removed at index \d+/);
    equal((await m3.write("n1", "x")).status, 503);
    await settled([m1, m2]);
    // By its service, that runs.
    const { code, err } = await m3.run("join", await m1.token("m3"), "--replace");
    equal(code, 0, err);
    await settled([m1, m2, m3]);
  },
);

memberTest("members that remove themselves are told that it is done", async (scene) => {
  const members = await scene.members(3);
  const leader = await leaderOf(members);
  const others = members.filter((member) => member !== leader) as [Server, Server];
  equal(await leader.done("collective", "remove", leader.name), `${leader.name}: removed`);
  await leader.shows(/locked: removed at index \d+/);
  await others[0].wrote("n1", "without it");
  await settled(others);
  // One that follows hears too that it was done.
  const last = await leaderOf(others);
  const follower = others.find((member) => member !== last) as Server;
  const { name } = follower;
  equal(await follower.done("collective", "remove", name), `${name}: removed`);
  const refused = await last.run("collective", "remove", last.name);
  equal(refused.code, 1);
  match(refused.err, /cannot remove m\d: it is the last voting member/);
  await last.wrote("n2", "alone");
});

memberTest("a member that lost its store comes back under another id", async (scene) => {
  const [m1, m2, m3] = await scene.members(3) as [Server, Server, Server];
  await m1.wrote("n1", "before");
  const before = (await m1.collective()).members.find(({ name }) => name === "m2");
  await m2.stop();
  for await (const { name } of Deno.readDir(m2.data)) {
    if (/^(confluent|floor)/.test(name)) await Deno.remove(`${m2.data}/${name}`);
  }
  const refused = await m2.start(["serve"]).ended();
  equal(refused.code, 1);
  match(
    refused.err,
    /^Error: the store of m2 is gone, only its identity is there; the way back is `/,
  );
  match(refused.err, /confluent collective rejoin/);
  await m3.wrote("n2", "meanwhile");
  const rejoining = m2.start(["collective", "rejoin"]);
  await rejoining.line(/^joined name=m2 /);
  await rejoining.line(/^ready name=m2 /);
  await settled([m1, m2, m3]);
  const after = (await m1.collective()).members.find(({ name }) => name === "m2");
  notEqual(after?.id, before?.id);
  notEqual(after?.fingerprint, before?.fingerprint);
  const key = certificateDer((await m2.identity()).certificatePem);
  equal(after?.fingerprint, fingerprintOf(key));
  equal(await m2.dump(), await m1.dump());
  await m2.kill();
  await m2.serve();
  await settled([m1, m2, m3]);
});

memberTest("a member that knows nobody cannot rejoin, and says what to do", async (scene) => {
  const m1 = scene.server(), m2 = scene.server();
  const never = await m1.start(["collective", "rejoin"]).ended();
  equal(never.code, 1);
  match(
    never.err,
    /cannot rejoin: \S+identity does not say who this member was.*invite NAME --repl/,
  );
  await m2.serve();
  await m2.stop();
  await Deno.remove(`${m2.data}/confluent.kv`);
  const alone = await m2.start(["collective", "rejoin"]).ended();
  equal(alone.code, 1);
  match(
    alone.err,
    /cannot rejoin: this member knows no other; where none is left, `confluent collective force/,
  );
});
