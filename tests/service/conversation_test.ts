import { deepEqual, equal, match } from "node:assert/strict";

import { HANDSHAKE_MS } from "../../src/base/limits.ts";
import { refused } from "../../src/base/outcome.ts";
import { fakeIdentity, FakeNetwork } from "../../src/io/link_fake.ts";
import type { Link } from "../../src/io/link.ts";
import { makeIdentity } from "../../src/io/certificate.ts";
import { tlsLinks } from "../../src/io/link_tls.ts";
import { Conversation } from "../../src/service/conversation.ts";
import { encodeHello, type HelloMessage } from "../../src/wire/hello.ts";
import { Door, ManualClock, Receiver, valueOf } from "../contract/link_bench.ts";

interface Talk {
  readonly clock: ManualClock;
  /** The raw end, and what it hears. */
  readonly far: Link;
  readonly atFar: Receiver;
  readonly near: Conversation;
}

async function talk(): Promise<Talk> {
  const clock = new ManualClock();
  const links = new FakeNetwork(clock).host("here");
  const [server, client] = [fakeIdentity("server"), fakeIdentity("client")];
  const door = await Door.open({ links, clock, host: "here", server, client });
  const far = valueOf(await links.dial(door.address, client));
  const atFar = new Receiver();
  far.open(atFar);
  return { clock, far, atFar, near: new Conversation(await door.next(), clock) };
}

const REFUSED: HelloMessage = {
  type: "refused",
  kind: "conflict",
  message: "no",
  removedAt: 0,
  chain: [],
};

Deno.test("what the far end says is heard in order, one thing at a time", async () => {
  const { far, near } = await talk();
  for (const message of ["one", "two"]) far.send(encodeHello({ ...REFUSED, message }));
  for (const message of ["one", "two"]) {
    deepEqual(valueOf(await near.next(HANDSHAKE_MS)), { ...REFUSED, message });
  }
});

Deno.test("silence ends after its time, and closes the link", async () => {
  const { clock, near, atFar } = await talk();
  const heard = near.next(1_000);
  clock.advance(1_000);
  const outcome = await heard;
  match(outcome.ok ? "" : outcome.refusal.message, /went silent: no answer within 1000 ms$/);
  equal(outcome.ok ? "" : outcome.refusal.kind, "unavailable");
  await atFar.closing;
});

Deno.test("what was said before the end is heard, and then that it ended", async () => {
  const { far, near } = await talk();
  far.send(encodeHello(REFUSED));
  far.close("over");
  equal((await near.next(HANDSHAKE_MS)).ok, true);
  const outcome = await near.next(HANDSHAKE_MS);
  match(outcome.ok ? "" : outcome.refusal.message, /went silent: the peer closed the link/);
});

Deno.test("nonsense closes the link, another version hears what helps", async () => {
  const nonsense = await talk();
  nonsense.far.send(Uint8Array.of(200, 1, 1));
  const outcome = await nonsense.near.next(HANDSHAKE_MS);
  equal(outcome.ok ? "" : outcome.refusal.kind, "invalid");
  match(outcome.ok ? "" : outcome.refusal.message, /does not speak the protocol of members: greet/);
  await nonsense.atFar.closing;

  const newer = await talk();
  newer.far.send(Uint8Array.of(1, 8, 9, 3, 77));
  const other = await newer.near.next(HANDSHAKE_MS);
  match(other.ok ? "" : other.refusal.message, /speaks protocol 8 to 9, this member 1 to 1: upgra/);
  deepEqual(newer.near.far, { fewest: 8, most: 9, level: 3 });
  equal(newer.near.isOfOtherVersion, true);
  equal((await newer.atFar.taken(1)).length, 1);
});

Deno.test("a refusal is said, and the link closes behind it", async () => {
  const { near, atFar } = await talk();
  near.refuse(refused("conflict", "no"));
  deepEqual(await atFar.taken(1), [encodeHello(REFUSED)]);
  await atFar.closing;
});

Deno.test("once handed over frames go to their sink, those that wait first", async () => {
  const { far, near } = await talk();
  const heard: number[] = [];
  const closed = Promise.withResolvers<string>();
  far.send(encodeHello(REFUSED));
  equal((await near.next(HANDSHAKE_MS)).ok, true);
  far.send(Uint8Array.of(7));
  near.handOver((bytes) => void heard.push(...bytes), closed.resolve);
  far.send(Uint8Array.of(8));
  far.close("over");
  match(await closed.promise, /the peer closed the link/);
  deepEqual(heard, [7, 8]);
});

Deno.test("one that ended before it was handed over is told so", async () => {
  const { far, near } = await talk();
  far.close("over");
  equal((await near.next(HANDSHAKE_MS)).ok, false);
  const closed = Promise.withResolvers<string>();
  near.handOver(() => {}, closed.resolve);
  match(await closed.promise, /the peer closed the link/);
});

Deno.test("what is sent behind a greeting does not overtake it, however urgent", async () => {
  const clock = new ManualClock();
  const [server, client] = [await makeIdentity("n1"), await makeIdentity("n2")];
  const door = await Door.open({
    links: tlsLinks({ clock }),
    clock,
    host: "127.0.0.1",
    server,
    client,
  });
  const far = valueOf(await tlsLinks({ clock }).dial(door.address, client));
  const atFar = new Receiver();
  far.open(atFar);
  const near = new Conversation(await door.next(), clock);
  near.say(REFUSED);
  near.link.send(Uint8Array.of(7), "urgent");
  deepEqual(await atFar.taken(2), [encodeHello(REFUSED), Uint8Array.of(7)]);
  near.link.close("over");
  await atFar.closing;
  await door.close();
});
