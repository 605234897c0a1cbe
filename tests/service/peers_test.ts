/** Links between members: who gets one, which of two stays, and who is told to lock itself. */
import { deepEqual, equal, match, ok as holds } from "node:assert/strict";

import { fingerprintOf } from "../../src/base/crypto.ts";
import { HANDSHAKE_MS, QUORUM_HELD_MS } from "../../src/base/limits.ts";
import { certificateDer } from "../../src/io/certificate.ts";
import { fakeIdentity, FakeNetwork } from "../../src/io/link_fake.ts";
import type { Endpoint, LinkIdentity } from "../../src/io/link.ts";
import type { CollectiveChain } from "../../src/model/collective_chain.ts";
import { type Member, type MemberId, memberId, type Roster } from "../../src/model/member.ts";
import { SUPPORT } from "../../src/model/support.ts";
import { Conversation } from "../../src/service/conversation.ts";
import { Peers } from "../../src/service/peers.ts";
import type { HelloMessage } from "../../src/wire/hello.ts";
import type { Envelope } from "../../src/wire/peer.ts";
import { ManualClock, valueOf } from "../contract/link_bench.ts";

const PORT = 13001;
const CHAIN: CollectiveChain = [{ epoch: 0, random: "ab".repeat(16) }];
const FORCED: CollectiveChain = [...CHAIN, { epoch: 1, random: "cd".repeat(16) }];
const APART: CollectiveChain = [...CHAIN, { epoch: 1, random: "ef".repeat(16) }];
const FOREIGN: CollectiveChain = [{ epoch: 0, random: "01".repeat(16) }];
/** What members who are well say all the time. */
const HEARTBEAT: Envelope = { life: 1, count: 1, message: { type: "commit", term: 1, commit: 1 } };
const PING: Envelope = { life: 1, count: 1, message: { type: "ping", round: 1, rosterIndex: 1 } };

function fingerprintFor(identity: LinkIdentity): string {
  return fingerprintOf(certificateDer(identity.certificatePem));
}

/** A member's side of links, on a host of its own name, and all that it was told. */
class Side {
  readonly id: MemberId;
  readonly name: string;
  readonly identity: LinkIdentity;
  readonly hints = new Map<string, string[]>();
  readonly told: string[] = [];
  readonly warnings: string[] = [];
  readonly strangers: HelloMessage[] = [];
  peers!: Peers;
  chain: CollectiveChain;
  roster: Roster = { level: 1, members: [], removed: [] };
  /** The same roster where it is not set. */
  committed: Roster | undefined;
  readonly #stage: Stage;

  constructor(stage: Stage, number: number, chain: CollectiveChain) {
    this.#stage = stage;
    this.id = memberId(String(number).padStart(16, "0"));
    this.name = `m${number}`;
    this.identity = fakeIdentity(this.name);
    this.chain = chain;
  }

  get member(): Member {
    const fingerprint = fingerprintFor(this.identity);
    const addresses = [`${this.name}:${PORT}`];
    const { id, name } = this;
    return { id, name, fingerprint, addresses, role: "voter", support: SUPPORT };
  }

  /** Listens; it dials nobody before its peers are started. */
  async open(): Promise<void> {
    const { clock, network } = this.#stage;
    const links = network.host(this.name);
    const log = {
      debug: () => {},
      info: () => {},
      warn: (line: string) => void this.warnings.push(line),
      error: () => {},
    };
    this.peers = new Peers({
      links,
      identities: [this.identity],
      clock,
      log,
      hints: this.hints,
    }, {
      self: this.id,
      chain: this.chain,
      roster: () => ({ index: 7, roster: this.roster }),
      committed: () => this.committed ?? this.roster,
      position: () => ({ lastTerm: 3, lastIndex: 9 }),
    }, {
      up: (peer) => void this.told.push(`up ${this.#nameOf(peer)}`),
      down: (peer) => void this.told.push(`down ${this.#nameOf(peer)}`),
      received: (peer, { message }) => {
        if (message.type === "ping") this.told.push(`ping of ${this.#nameOf(peer)}`);
      },
      lock: ({ reason }) => void this.told.push(`locked: ${reason}`),
      stranger: (conversation, first) => {
        this.strangers.push(first);
        conversation.link.close("not today");
      },
    });
    const at: Endpoint = { host: "::", port: PORT };
    valueOf(await links.listen(at, this.identity, (link) => this.peers.accept(link)));
  }

  #nameOf(peer: MemberId): string {
    return `m${Number(peer)}`;
  }
}

class Stage {
  readonly clock = new ManualClock();
  readonly network = new FakeNetwork(this.clock);
  readonly sides: Side[] = [];

  add(chain = CHAIN): Side {
    const side = new Side(this, this.sides.length + 1, chain);
    this.sides.push(side);
    return side;
  }

  /** Everybody lists everybody. */
  async start(): Promise<void> {
    const members = this.sides.map(({ member }) => member);
    for (const side of this.sides) side.roster = { level: 1, members, removed: [] };
    for (const side of this.sides) await side.open();
    for (const side of this.sides) side.peers.start();
  }

  /** So much time goes by, in steps small enough for answers to come between. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 50) {
      this.clock.advance(50);
      await quiet();
      for (const side of this.sides) {
        for (const { id } of side.roster.members) side.peers.send(id, HEARTBEAT);
      }
    }
  }
}

/** Lets everything happen that needs no time. */
async function quiet(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise<void>((resolve) => void setImmediate(resolve));
}

async function two(theirs = CHAIN): Promise<{ stage: Stage; one: Side; other: Side }> {
  const stage = new Stage();
  const [one, other] = [stage.add(), stage.add(theirs)];
  await stage.start();
  await stage.pass(1_000);
  return { stage, one, other };
}

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
    removed: [{ id, name, fingerprints: [fingerprint], index: 5 }],
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
    removed: [{ id, name, fingerprints: [fingerprint], index: 8 }],
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
  equal(one.warnings.filter((line) => /says nothing this program knows/.test(line)).length, 1);
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
