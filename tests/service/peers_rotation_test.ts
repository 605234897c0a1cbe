/** Links while certificates are rotated, by those who know of it and by those who were away. */
import { deepEqual, equal, match, ok as holds } from "node:assert/strict";

import { sign } from "../../src/base/crypto.ts";
import { HANDSHAKE_MS } from "../../src/base/limits.ts";
import { rotationWords } from "../../src/collective/rotation.ts";
import { makeIdentity } from "../../src/io/certificate.ts";
import type { LinkIdentity } from "../../src/io/link.ts";
import type { Member, Roster } from "../../src/model/member.ts";
import { Conversation } from "../../src/service/conversation.ts";
import { certificateDer } from "../../src/wire/pem.ts";
import { valueOf } from "../contract/link_bench.ts";
import { CHAIN, fingerprintFor, PORT, quiet, type Side, Stage } from "./peers_stage.ts";

const [OLD, NEW, OTHER] = await Promise.all(["m", "m", "m"].map(makeIdentity)) as [
  LinkIdentity,
  LinkIdentity,
  LinkIdentity,
];

/** Two sides that are linked, of which the one of this number has a key that can sign. */
async function linked(number: 1 | 2): Promise<{ stage: Stage; one: Side; other: Side }> {
  const stage = new Stage();
  const sides = [stage.add(), stage.add()] as [Side, Side];
  const one = sides[number - 1] as Side, other = sides[2 - number] as Side;
  one.identity = OLD;
  await stage.start();
  await stage.pass(1_000);
  deepEqual([one.told, other.told], [[`up ${other.name}`], [`up ${one.name}`]]);
  return { stage, one, other };
}

/** The member of `side` after its rotation; its word for it is by `keyPem`. */
function rotated(side: Side, keyPem = OLD.keyPem): Member {
  const certificate = certificateDer(OLD.certificatePem);
  const fingerprint = fingerprintFor(NEW);
  const signature = sign(keyPem, rotationWords(side.id, certificate, fingerprint));
  return { ...side.member, fingerprint, former: { certificate, signature, isPinned: true } };
}

function rosterOf(...members: readonly Member[]): Roster {
  return { level: 1, members, removed: [] };
}

/** From now on `side` goes by the new certificate, and lists itself by it. */
function goesByNew(side: Side, others: readonly Member[], member = rotated(side)): void {
  side.roster = rosterOf(member, ...others);
  side.listener?.use(NEW);
  side.peers.use([NEW]);
  side.peers.rosterChanged();
}

/** What the far end shows of the link that is there. */
function shownTo(side: Side, peer: Side): string {
  const der = side.peers.certificateOf(peer.id);
  for (const [name, identity] of Object.entries({ OLD, NEW, OTHER })) {
    if (der?.join() === certificateDer(identity.certificatePem).join()) return name;
  }
  return der === undefined ? "nothing" : "another";
}

for (const number of [1, 2] as const) {
  const who = number === 1 ? "lower" : "higher";

  Deno.test(`rotation by the ${who} id: the link is made anew, and nobody was down`, async () => {
    const { stage, one, other } = await linked(number);
    other.roster = rosterOf(rotated(one), other.member);
    other.peers.rosterChanged();
    goesByNew(one, [other.member]);
    equal(one.peers.hasMet(other.id), false);
    await stage.pass(2_000);
    equal(shownTo(other, one), "NEW");
    equal(one.peers.hasMet(other.id), true);
    for (const { told } of [one, other]) {
      holds(told.every((line) => line.startsWith("up")), told.join());
      equal(told.length, 2, told.join());
    }
    await stage.pass(6_000);
    equal(other.told.length, 2, "and that is the end of it");
  });

  Deno.test(`rotation by the ${who} id: who has not heard follows the old key`, async () => {
    const { stage, one, other } = await linked(number);
    goesByNew(one, [other.member]);
    await stage.pass(3_000);
    equal(shownTo(other, one), "NEW");
    holds([...one.told, ...other.told].every((line) => line.startsWith("up")));
    // Its roster is the same for a while, and then lists the new one.
    other.peers.rosterChanged();
    await stage.pass(500);
    equal(shownTo(other, one), "NEW");
    other.roster = rosterOf(rotated(one), other.member);
    other.peers.rosterChanged();
    await stage.pass(3_000);
    equal(shownTo(other, one), "NEW");
    holds([...one.told, ...other.told].every((line) => line.startsWith("up")));
  });
}

Deno.test("who was away and must dial itself asks whose the certificate is", async () => {
  const stage = new Stage();
  const [one, other] = [stage.add(), stage.add()] as [Side, Side];
  one.identity = OLD;
  const members = [one.member, other.member];
  for (const side of [one, other]) {
    side.roster = rosterOf(...members);
    await side.open();
  }
  // Nobody finds it: it moved.
  goesByNew(one, [{ ...other.member, addresses: [] }]);
  other.peers.start();
  await stage.pass(4_000);
  equal(shownTo(other, one), "NEW");
  deepEqual([one.told, other.told], [["up m2"], ["up m1"]]);
});

Deno.test("a word by another key is not followed, and neither is one that went stale", async () => {
  const { stage, one, other } = await linked(1);
  goesByNew(one, [other.member], rotated(one, OTHER.keyPem));
  await stage.pass(4_000);
  equal(shownTo(other, one), "OLD");
  match(one.warnings.join("\n"), /m2 refuses this member: unknown to me at index 7/);
  // The other side gave the old certificate up, for one that nobody shows here.
  const { former: _, ...given } = { ...rotated(one), fingerprint: fingerprintFor(OTHER) };
  other.roster = rosterOf(given, other.member);
  goesByNew(one, [other.member]);
  other.peers.rosterChanged();
  await stage.pass(4_000);
  equal(shownTo(other, one), "nothing");
  equal(other.told.at(-1), "down m1");
});

Deno.test("a roster that gave up the old key ends the link that followed it", async () => {
  const { stage, one, other } = await linked(1);
  goesByNew(one, [other.member]);
  await stage.pass(2_000);
  equal(shownTo(other, one), "NEW");
  other.roster = rosterOf({ ...one.member, fingerprint: fingerprintFor(OTHER) }, other.member);
  other.peers.rosterChanged();
  equal(shownTo(other, one), "nothing");
});

Deno.test("rotated at once: the old certificate is refused, its links close", async () => {
  const { stage, one, other } = await linked(1);
  const { former: _, ...member } = rotated(one);
  other.committed = other.roster;
  other.roster = rosterOf(member, other.member);
  other.peers.rosterChanged();
  equal(shownTo(other, one), "OLD", "it may come to nothing yet");
  other.committed = undefined;
  other.peers.rosterChanged();
  equal(shownTo(other, one), "nothing");
  const links = stage.network.host("elsewhere");
  const thief = new Conversation(
    valueOf(await links.dial({ host: "m2", port: PORT }, OLD)),
    stage.clock,
  );
  const statement = {
    certificate: certificateDer(OLD.certificatePem),
    signature: sign(OLD.keyPem, new Uint8Array(3)),
  };
  const position = { lastTerm: 3, lastIndex: 9 };
  thief.say({ type: "hello", chain: CHAIN, ...position, isSurvey: false, statement });
  const said = valueOf(await thief.next(HANDSHAKE_MS));
  match(said.type === "refused" ? said.message : said.type, /^unknown to me at index 7$/);
  // It has not heard of it either: it shows what it was about to rotate to.
  one.peers.use([OLD, NEW]);
  await stage.pass(6_000);
  equal(shownTo(other, one), "NEW");
  await quiet();
});

Deno.test("a member that moved is found where a hint says, if it is that member", async () => {
  const stage = new Stage();
  const [one, other] = [stage.add(), stage.add()] as [Side, Side];
  for (const side of [one, other]) await side.open();
  const members = [one, other].map(({ member }) => ({ ...member, addresses: ["gone:1"] }));
  for (const side of [one, other]) side.roster = rosterOf(...members);
  const stranger = stage.network.host("m9");
  valueOf(await stranger.listen({ host: "::", port: PORT }, OTHER, () => {}));
  one.hints.set("m2", [`m9:${PORT}`]);
  for (const side of [one, other]) side.peers.start();
  await stage.pass(8_000);
  deepEqual(one.told, []);
  one.hints.set("m2", [`m9:${PORT}`, `m2:${PORT}`]);
  await stage.pass(20_000);
  deepEqual([one.told, other.told], [["up m2"], ["up m1"]]);
});

Deno.test("a peer too old, or of another protocol, is named with what helps", async () => {
  const { stage, one, other } = await linked(1);
  const links = stage.network.host("m2");
  const dial = async (): Promise<Conversation> =>
    new Conversation(
      valueOf(await links.dial({ host: "m1", port: PORT }, other.identity)),
      stage.clock,
    );
  const newer = await dial();
  newer.link.send(Uint8Array.of(1, 8, 9, 3));
  await quiet();
  deepEqual(one.peers.troubles, [
    "m2 speaks protocol 8 to 9, this member 1 to 1: upgrade this member",
  ]);
  // A frame that is understood ends it.
  await stage.pass(100);
  deepEqual(one.peers.troubles, []);
  one.roster = { ...one.roster, level: 2 };
  const old = await dial();
  const position = { lastTerm: 3, lastIndex: 9 };
  old.say({ type: "hello", chain: CHAIN, ...position, isSurvey: false, statement: undefined });
  const said = valueOf(await old.next(HANDSHAKE_MS));
  match(
    said.type === "refused" ? said.message : said.type,
    /^m2 cannot take part: its program supports feature level 1, and this collective is at 2;/,
  );
  match(one.peers.troubles.join(), /^m2 cannot take part: /);
});
