/** Links between members: who gets one, which of two stays, and who is told to lock itself. */
import { deepEqual, equal, match, ok as holds } from "node:assert/strict";

import { HANDSHAKE_MS, LEFT_BEHIND_MS, QUORUM_HELD_MS } from "../../src/base/limits.ts";
import { fakeIdentity } from "../../src/io/link_fake.ts";
import type { CollectiveChain } from "../../src/model/collective_chain.ts";
import type { RemovedMember } from "../../src/model/member.ts";
import { Conversation } from "../../src/service/conversation.ts";
import { valueOf } from "../contract/link_bench.ts";
import {
  APART,
  CHAIN,
  FORCED,
  FOREIGN,
  PING,
  PORT,
  quiet,
  type Side,
  Stage,
  two,
} from "./peers_stage.ts";

Deno.test("two members get one link, though both dial, and talk over it", async () => {
  const { stage, one, other } = await two();
  deepEqual([one.told, other.told], [["up m2"], ["up m1"]]);
  one.peers.send(other.id, PING);
  other.peers.send(one.id, PING);
  await quiet();
  deepEqual([one.told.at(-1), other.told.at(-1)], ["ping of m2", "ping of m1"]);
  await stage.pass(10_000);
  deepEqual([one.told.length, other.told.length], [2, 2]);
  deepEqual([one.warnings, other.warnings], [[], []]);
});

Deno.test("a link that broke comes back, and what it was told of once is told once", async () => {
  const { stage, one, other } = await two();
  stage.network.cut("m1", "m2");
  await stage.pass(20_000);
  deepEqual(one.told, ["up m2", "down m2"]);
  equal(one.warnings.length, 1, one.warnings.join("\n"));
  match(one.warnings[0] ?? "", /^m2 is not linked: cannot reach m2:13001: /);
  stage.network.heal("m1", "m2");
  await stage.pass(6_000);
  deepEqual(one.told, ["up m2", "down m2", "up m2"]);
  equal(other.told.at(-1), "up m1");
});

Deno.test("a link over which nothing comes is given up, and a new one follows", async () => {
  const { stage, one, other } = await two();
  stage.network.silence("m1", "m2");
  await stage.pass(QUORUM_HELD_MS - 1_000);
  deepEqual(one.told, ["up m2"]);
  await stage.pass(2_000);
  deepEqual([one.told, other.told], [["up m2", "down m2"], ["up m1", "down m1"]]);
  stage.network.heal("m1", "m2");
  await stage.pass(4_000);
  deepEqual([one.told.at(-1), other.told.at(-1)], ["up m2", "up m1"]);
});

Deno.test("who stood still itself does not take the others for silent", async () => {
  const { stage, one, other } = await two();
  stage.clock.advance(QUORUM_HELD_MS * 3);
  await stage.pass(5_000);
  deepEqual([one.told, other.told], [["up m2"], ["up m1"]]);
});

Deno.test("a new link is taken where the old one is silent, whoever dialed it", async () => {
  const { stage, one, other } = await two();
  stage.network.silence("m1", "m2");
  // The end of the higher id goes, and dials again; the other one has not noticed.
  other.peers.close("it restarts");
  await stage.pass(QUORUM_HELD_MS - 100);
  stage.network.heal("m1", "m2");
  stage.clock.advance(150);
  deepEqual(one.told, ["up m2"]);
  const links = stage.network.host(other.name);
  const link = valueOf(await links.dial({ host: "m1", port: PORT }, other.identity));
  const talk = new Conversation(link, stage.clock);
  talk.say({
    type: "hello",
    chain: CHAIN,
    lastTerm: 3,
    lastIndex: 9,
    isSurvey: false,
    statement: undefined,
  });
  await quiet();
  equal(one.told.filter((line) => line === "up m2").length, 2, one.told.join(", "));
});

Deno.test("a member of several addresses is tried at each", async () => {
  const stage = new Stage();
  const [one, other] = [stage.add(), stage.add()];
  await stage.start();
  const addresses = ["nowhere:1", "not an address", `m2:${PORT}`];
  one.roster = { level: 1, members: [one.member, { ...other.member, addresses }], removed: [] };
  other.roster = {
    level: 1,
    members: [other.member, { ...one.member, addresses: [] }],
    removed: [],
  };
  await stage.pass(10_000);
  deepEqual(one.told, ["up m2"]);
});

Deno.test("who is not listed gets no link, and learns nothing of the collective", async () => {
  const { stage, one } = await two();
  const links = stage.network.host("elsewhere");
  const link = valueOf(await links.dial({ host: "m1", port: PORT }, fakeIdentity("nobody")));
  const talk = new Conversation(link, stage.clock);
  talk.say({
    type: "hello",
    chain: CHAIN,
    lastTerm: 9,
    lastIndex: 9,
    isSurvey: false,
    statement: undefined,
  });
  const said = valueOf(await talk.next(HANDSHAKE_MS));
  deepEqual(said, {
    type: "refused",
    kind: "forbidden",
    message: "unknown to me at index 7",
    removedAt: 0,
    chain: [],
  });
  deepEqual(one.told, ["up m2"]);
});

Deno.test("whoever answers at a member's address with another key is not believed", async () => {
  const stage = new Stage();
  const [one, other] = [stage.add(), stage.add()];
  const [known, impostor] = [one.member, { ...other.member, fingerprint: "00".repeat(32) }];
  one.roster = { level: 1, members: [known, impostor], removed: [] };
  other.roster = { level: 1, members: [], removed: [] };
  for (const side of [one, other]) await side.open();
  for (const side of [one, other]) side.peers.start();
  await stage.pass(5_000);
  deepEqual(one.told, []);
  equal(one.warnings.length, 1);
  match(one.warnings[0] ?? "", /m2:13001 shows a certificate that the roster does not list/);
});

Deno.test("a member that was let go is told at which index, and locks itself", async () => {
  const stage = new Stage();
  const [one, other] = [stage.add(), stage.add()];
  await stage.start();
  const { id, name, fingerprint } = other.member;
  one.roster = {
    level: 1,
    members: [one.member],
    removed: [{ id, name, fingerprints: [fingerprint], addresses: [], index: 5 }],
  };
  await stage.pass(2_000);
  deepEqual(one.told, []);
  equal(other.told[0], "locked: removed at index 5, says m1");
});

Deno.test("a roster without a member closes its link", async () => {
  const { one, other } = await two();
  one.roster = { level: 1, members: [one.member], removed: [] };
  one.peers.rosterChanged();
  await quiet();
  deepEqual(one.told, ["up m2", "down m2"]);
  equal(other.told.at(-1), "down m1");
});

Deno.test("a member that is let go keeps its link until that is committed", async () => {
  const { stage, one, other } = await two();
  one.committed = one.roster;
  const { id, name, fingerprint } = other.member;
  one.roster = {
    level: 1,
    members: [one.member],
    removed: [{ id, name, fingerprints: [fingerprint], addresses: [], index: 8 }],
  };
  one.peers.rosterChanged();
  other.peers.send(one.id, PING);
  await stage.pass(1_000);
  deepEqual(one.told, ["up m2", "ping of m2"]);
  one.committed = one.roster;
  one.peers.rosterChanged();
  await stage.pass(3_000);
  equal(one.told.at(-1), "down m2");
  equal(other.told.at(-1), "locked: removed at index 8, says m1");
});

Deno.test("who has been away is told whom to expect, until its log says so itself", async () => {
  const stage = new Stage();
  const [away, one, newcomer] = [stage.add(), stage.add(), stage.add()];
  const all = { level: 1, members: [away.member, one.member, newcomer.member], removed: [] };
  for (const side of stage.sides) side.roster = all;
  for (const side of [one, newcomer]) [side.rosterIndex, side.lastIndex] = [20, 25];
  away.roster = { level: 1, members: [away.member, one.member], removed: [] };
  for (const side of stage.sides) await side.open();
  for (const side of stage.sides) side.peers.start();
  await stage.pass(QUORUM_HELD_MS / 2);
  deepEqual(away.told.toSorted(), ["up m2", "up m3"]);
  // What its own log says counts as soon as that is as long.
  away.lastIndex = 20;
  away.peers.rosterChanged();
  deepEqual(away.told.toSorted(), ["down m3", "up m2", "up m3"]);
});

Deno.test("whose quorum was forced away locks itself, and the other side goes on", async () => {
  const { one, other } = await two(FORCED);
  match(one.told[0] ?? "", /^locked: left behind when m2's side forced the quorum; the way back/);
  holds(one.told.every((line) => line.startsWith("locked")), one.told.join("\n"));
  deepEqual(other.told, []);
});

Deno.test("where both sides forced the quorum both lock themselves", async () => {
  const stage = new Stage();
  const [one, other] = [stage.add(FORCED), stage.add(APART)];
  await stage.start();
  await stage.pass(1_000);
  for (const { told } of [one, other]) {
    match(
      told[0] ?? "",
      /^locked: the quorum was forced on both sides, here and at m[12]'s; choose/,
    );
  }
});

/** Two sides of which the first forced, and let the other go at the addresses it had. */
async function forced(theirs: CollectiveChain, addresses = ["gone:1", `m2:${PORT}`]): Promise<{
  stage: Stage;
  one: Side;
  other: Side;
}> {
  const stage = new Stage();
  const [one, other] = [stage.add(FORCED), stage.add(theirs)] as [Side, Side];
  for (const side of [one, other]) await side.open();
  const gone = goneOf(other, addresses);
  one.roster = { level: 1, members: [one.member], removed: [gone] };
  other.roster = { level: 1, members: [other.member], removed: [goneOf(one, [])] };
  return { stage, one, other };
}

function goneOf({ member: { id, name, fingerprint } }: Side, addresses: string[]): RemovedMember {
  return { id, name, fingerprints: [fingerprint], addresses, index: 9 };
}

Deno.test("who forced the quorum looks for those it left behind, and tells them", async () => {
  const { stage, one, other } = await forced(CHAIN);
  other.roster = {
    level: 1,
    members: [other.member, { ...one.member, addresses: [] }],
    removed: [],
  };
  one.peers.start();
  await stage.pass(LEFT_BEHIND_MS + 1_000);
  match(other.told.join(), /^locked: left behind when m1's side forced the quorum; the way back/);
  deepEqual(one.told, []);
});

Deno.test("two sides that forced, neither listing the other, both lock as they meet", async () => {
  const { stage, one, other } = await forced(APART);
  other.roster = { ...other.roster, removed: [goneOf(one, ["gone:1"])] };
  for (const side of [one, other]) side.peers.start();
  await stage.pass(LEFT_BEHIND_MS + 1_000);
  match(one.told.join(), /^locked: the quorum was forced on both sides, here and at m2's; choose/);
  match(
    other.told.join(),
    /^locked: the quorum was forced on both sides, here and at m1's; choose/,
  );
});

Deno.test("who was let go in good order is not looked for, and its word locks nobody", async () => {
  const { stage, one, other } = await forced(APART, []);
  other.roster = { ...other.roster, members: [other.member, one.member] };
  for (const side of [one, other]) side.peers.start();
  await stage.pass(LEFT_BEHIND_MS + 1_000);
  deepEqual(one.told, []);
});

Deno.test("another server at the place of one that was left behind is told nothing", async () => {
  const { stage, one, other } = await forced(CHAIN);
  other.identity = fakeIdentity("another");
  one.roster = {
    ...one.roster,
    removed: [{ ...goneOf(other, [`m2:${PORT}`]), fingerprints: ["00".repeat(32)] }],
  };
  one.peers.start();
  await stage.pass(LEFT_BEHIND_MS + 1_000);
  deepEqual([one.told, other.told, one.warnings], [[], [], []]);
});

Deno.test("a pinned peer of another collective is refused, and locks nobody", async () => {
  const { one, other } = await two(FOREIGN);
  deepEqual([one.told, other.told], [[], []]);
  match(one.warnings.join("\n"), /is of another collective now/);
});

Deno.test("a survey hears where the log ends, and is no link", async () => {
  const { stage, one, other } = await two();
  const links = stage.network.host("m2");
  const link = valueOf(await links.dial({ host: "m1", port: PORT }, other.identity));
  const talk = new Conversation(link, stage.clock);
  talk.say({
    type: "hello",
    chain: CHAIN,
    lastTerm: 0,
    lastIndex: 0,
    isSurvey: true,
    statement: undefined,
  });
  const said = valueOf(await talk.next(HANDSHAKE_MS));
  deepEqual(said, {
    type: "hello",
    chain: CHAIN,
    lastTerm: 3,
    lastIndex: 9,
    isSurvey: false,
    statement: undefined,
  });
  await quiet();
  deepEqual(one.told, ["up m2"]);
});

Deno.test("a peer that talks nonsense is cut off, told of once, and linked anew", async () => {
  const { stage, one, other } = await two();
  other.peers.close("it makes room");
  await quiet();
  const links = stage.network.host("m2");
  const link = valueOf(await links.dial({ host: "m1", port: PORT }, other.identity));
  const talk = new Conversation(link, stage.clock);
  talk.say({
    type: "hello",
    chain: CHAIN,
    lastTerm: 0,
    lastIndex: 0,
    isSurvey: false,
    statement: undefined,
  });
  equal(valueOf(await talk.next(HANDSHAKE_MS)).type, "hello");
  const closed = Promise.withResolvers<string>();
  talk.handOver(() => {}, closed.resolve);
  link.send(Uint8Array.of(99));
  await closed.promise;
  equal(
    one.warnings.filter((line) => /^m2 says what this program does not know/.test(line)).length,
    1,
  );
  equal(one.told.at(-1), "down m2");
});

Deno.test("who begins with something else is a stranger, for the desk to serve", async () => {
  const { stage, one } = await two();
  const links = stage.network.host("elsewhere");
  const link = valueOf(await links.dial({ host: "m1", port: PORT }, fakeIdentity("joiner")));
  const talk = new Conversation(link, stage.clock);
  talk.say({ type: "enrol", id: "aa", index: 1, proof: new Uint8Array(32) });
  await talk.next(HANDSHAKE_MS);
  deepEqual(one.strangers.map(({ type }) => type), ["enrol"]);
});

Deno.test("a member that stops accepts nobody and dials nobody", async () => {
  const { stage, one, other } = await two();
  one.peers.close("it stops");
  await stage.pass(3_000);
  deepEqual(one.told, ["up m2"]);
  equal(other.told[1], "down m1");
  const links = stage.network.host("m2");
  const link = valueOf(await links.dial({ host: "m1", port: PORT }, other.identity));
  const talk = new Conversation(link, stage.clock);
  talk.say({
    type: "hello",
    chain: CHAIN,
    lastTerm: 0,
    lastIndex: 0,
    isSurvey: false,
    statement: undefined,
  });
  equal((await talk.next(HANDSHAKE_MS)).ok, false);
});
