/** The desk for strangers: what opens it, and what those hear for whom it does not open. */
import { deepEqual, equal, match, ok as holds } from "node:assert/strict";

import { fingerprintOf, sign } from "../../src/base/crypto.ts";
import { HANDSHAKE_MS } from "../../src/base/limits.ts";
import { ok, type Outcome, refused } from "../../src/base/outcome.ts";
import {
  invitationKey,
  inviteOperations,
  isProof,
  proofOf,
} from "../../src/collective/invitation.ts";
import { makeIdentity } from "../../src/io/certificate.ts";
import { fakeIdentity, FakeNetwork } from "../../src/io/link_fake.ts";
import type { LinkIdentity } from "../../src/io/link.ts";
import { type Member, memberId, type Roster } from "../../src/model/member.ts";
import { SUPPORT } from "../../src/model/support.ts";
import type { Operation, Verdict } from "../../src/model/operation.ts";
import { AdmissionDesk, type DeskMember } from "../../src/service/admission.ts";
import { Conversation } from "../../src/service/conversation.ts";
import { rejoinWords } from "../../src/service/enrolment.ts";
import type { StateView, Written } from "../../src/service/member_service.ts";
import type { HelloMessage } from "../../src/wire/hello.ts";
import type { RosterChange } from "../../src/wire/peer.ts";
import { certificateDer } from "../../src/wire/pem.ts";
import { Door, ManualClock, valueOf } from "../contract/link_bench.ts";

const CHAIN = [{ epoch: 0, random: "ab".repeat(16) }];
const ID = "00112233445566aa";
const SECRET = new Uint8Array(32).fill(7);
const KEY = invitationKey(SECRET);
const [SERVER, JOINER] = [fakeIdentity("m1"), fakeIdentity("joiner")];
const NEWCOMER = memberId("9".repeat(16));
const ADDRESSES = ["h9:13001"];
const UNKNOWN = /^the token opens nothing here: it was used, it expired, or it is of another colle/;

/** A member that has one invitation, for m9, and does as it is told. */
class Stub implements DeskMember {
  readonly chain = CHAIN;
  readonly state: StateView;
  roster: Roster = { level: 1, members: [], removed: [] };
  readonly asked: RosterChange[] = [];
  readonly cells = new Map<string, string>();
  isFresh: Outcome<void> = ok();
  isReached = true;
  verdict: Verdict = { result: "applied" };
  written: readonly Operation[] = [];

  constructor() {
    for (
      const operation of inviteOperations({
        id: ID,
        key: KEY,
        name: "m9",
        role: "learner",
        expiresAtMs: Date.UTC(2030, 0),
        by: "a test",
        replaces: false,
      })
    ) {
      if (operation.kind !== "set") continue;
      for (const [attribute, value] of operation.cells) {
        if (value !== null) this.cells.set(`${operation.rows[0]} ${attribute}`, value);
      }
    }
    this.state = {
      exists: () => true,
      value: (row, attribute) => this.cells.get(`${row} ${attribute}`) ?? null,
      valuesOf: () => [],
      rows: () => [],
      changedRows: () => [],
      cells: () => [],
      recordSince: () => undefined,
      attributes: () => [],
      newest: () => 0,
    };
  }

  fresh(): Promise<Outcome<void>> {
    return Promise.resolve(this.isFresh);
  }

  reach(): Promise<Outcome<void>> {
    return Promise.resolve(this.isReached ? ok() : refused("catching-up", "behind"));
  }

  write(operations: readonly Operation[]): Promise<Outcome<Written>> {
    this.written = operations;
    return Promise.resolve(ok({ index: 8, verdict: this.verdict }));
  }

  changeRoster(ask: RosterChange): Promise<Outcome<Written>> {
    this.asked.push(ask);
    return Promise.resolve(ok({ index: 9, verdict: { result: "applied" as const } }));
  }
}

interface AtDesk {
  readonly stub: Stub;
  readonly clock: ManualClock;
  readonly joiner: Conversation;
  /** Serves whatever comes first; resolves when the desk is done with it. */
  serve(): Promise<void>;
}

async function atDesk(client: LinkIdentity = JOINER): Promise<AtDesk> {
  const clock = new ManualClock();
  const links = new FakeNetwork(clock).host("here");
  const door = await Door.open({ links, clock, host: "here", server: SERVER, client });
  const joiner = new Conversation(valueOf(await links.dial(door.address, client)), clock);
  const stub = new Stub();
  const silent = (): void => {};
  const log = { debug: silent, info: silent, warn: silent, error: silent };
  const desk = new AdmissionDesk(stub, log);
  const serve = async (): Promise<void> => {
    const conversation = new Conversation(await door.next(), clock);
    await desk.serve(conversation, valueOf(await conversation.next(HANDSHAKE_MS)));
  };
  return { stub, clock, joiner, serve };
}

function fieldsOf({ link }: Conversation): Parameters<typeof proofOf>[2] {
  return {
    id: ID,
    name: "m9",
    role: "learner",
    serverCertificate: link.peerCertificate,
    clientCertificate: link.ownCertificate,
  };
}

function enrol({ joiner }: AtDesk, key = KEY, id = ID, side: "client" | "server" = "client"): void {
  joiner.say({ type: "enrol", id, index: 5, proof: proofOf(side, key, fieldsOf(joiner)) });
}

async function heard({ joiner }: AtDesk): Promise<HelloMessage> {
  return valueOf(await joiner.next(HANDSHAKE_MS));
}

async function refusal(at: AtDesk): Promise<Extract<HelloMessage, { type: "refused" }>> {
  const said = await heard(at);
  holds(said.type === "refused", said.type);
  deepEqual([said.removedAt, said.chain], [0, []]);
  return said;
}

Deno.test("who proves an invitation is proven to, and admitted as what was invited", async () => {
  const at = await atDesk();
  const served = at.serve();
  enrol(at);
  const proven = await heard(at);
  holds(proven.type === "proven");
  equal(isProof(proven.proof, "server", KEY, fieldsOf(at.joiner)), true);
  deepEqual(proven.chain, CHAIN);
  at.joiner.say({ type: "redeem", member: NEWCOMER, addresses: ADDRESSES });
  equal((await heard(at)).type, "admitted");
  await served;
  const fingerprint = fingerprintOf(certificateDer(JOINER.certificatePem));
  const listed = { id: NEWCOMER, name: "m9", fingerprint, addresses: ADDRESSES };
  const member = { ...listed, role: "learner", support: SUPPORT };
  deepEqual(at.stub.asked, [{ change: "admit", member, replaces: undefined }]);
});

Deno.test("a false proof and an unknown invitation hear the very same", async () => {
  const tries: ((at: AtDesk) => void)[] = [
    (at) => enrol(at, invitationKey(new Uint8Array(32))),
    (at) => enrol(at, KEY, "ffffffffffffffff"),
    (at) => enrol(at, KEY, ID, "server"),
    (at) => at.joiner.say({ type: "enrol", id: "", index: 0, proof: new Uint8Array(32) }),
  ];
  for (const attempt of tries) {
    const at = await atDesk();
    const served = at.serve();
    attempt(at);
    const { kind, message } = await refusal(at);
    equal(kind, "unauthorized");
    match(message, UNKNOWN);
    await served;
    deepEqual([at.stub.written, at.stub.asked], [[], []]);
  }
});

Deno.test("a member that lags cannot tell, and names nobody; one that knows all can", async () => {
  for (const isFresh of [ok(), refused("no-quorum", "silent: m2", ["m2"])]) {
    const at = await atDesk();
    at.stub.isReached = false;
    at.stub.isFresh = isFresh;
    const served = at.serve();
    enrol(at, KEY, "ffffffffffffffff");
    const { kind, message } = await refusal(at);
    match(message, isFresh.ok ? UNKNOWN : /^this member lags, so it cannot tell whether it knows/);
    equal(kind, isFresh.ok ? "unauthorized" : "unavailable");
    await served;
  }
});

Deno.test("what was used or is too old is told to whoever proved it", async () => {
  const whys: [operation: number, why: RegExp][] = [
    [0, /it was used or taken back; ask for a new token with `confluent invite m9`$/],
    [1, /it expired at 2030-01-01T00:00:00\.000Z; ask for a new token/],
    [2, /another server has used it; ask for a new token/],
  ];
  for (const [operation, why] of whys) {
    const at = await atDesk();
    at.stub.verdict = { result: "refused", operation } as Verdict;
    const served = at.serve();
    enrol(at);
    await heard(at);
    at.joiner.say({ type: "redeem", member: NEWCOMER, addresses: ADDRESSES });
    const { kind, message } = await refusal(at);
    equal(kind, "forbidden");
    match(message, why);
    await served;
    deepEqual(at.stub.asked, []);
  }
});

Deno.test("without a majority nothing is redeemed", async () => {
  const at = await atDesk();
  at.stub.isFresh = refused("no-quorum", "silent: m2", ["m2"]);
  const served = at.serve();
  enrol(at);
  await heard(at);
  at.joiner.say({ type: "redeem", member: NEWCOMER, addresses: ADDRESSES });
  equal((await refusal(at)).kind, "no-quorum");
  await served;
  deepEqual([at.stub.written, at.stub.asked], [[], []]);
});

Deno.test("addresses are looked at before anything is written", async () => {
  const many = Array.from({ length: 9 }, (_, i) => `h${i}:1`);
  for (const addresses of [[], many, ["not an address"], [`${"h".repeat(300)}:1`]]) {
    const at = await atDesk();
    const served = at.serve();
    enrol(at);
    await heard(at);
    at.joiner.say({ type: "redeem", member: NEWCOMER, addresses });
    equal((await refusal(at)).kind, "invalid");
    await served;
    deepEqual([at.stub.written, at.stub.asked], [[], []]);
  }
});

Deno.test("who falls silent, or says what is not due, is let go", async () => {
  const silent = await atDesk();
  const served = silent.serve();
  enrol(silent);
  await heard(silent);
  silent.clock.advance(HANDSHAKE_MS);
  await served;
  const strange = await atDesk();
  const alsoServed = strange.serve();
  strange.joiner.say({ type: "redeem", member: NEWCOMER, addresses: ADDRESSES });
  match((await refusal(strange)).message, /^a link does not begin with "redeem"$/);
  await alsoServed;
});

Deno.test("a program that is too old is told so before its token is used up", async () => {
  const at = await atDesk();
  at.stub.roster = { level: SUPPORT.level + 1, members: [], removed: [] };
  const served = at.serve();
  enrol(at);
  await heard(at);
  at.joiner.say({ type: "redeem", member: NEWCOMER, addresses: ADDRESSES });
  const { kind, message } = await refusal(at);
  equal(kind, "conflict");
  match(
    message,
    /^cannot admit m9: its program supports feature level 1, and this collective is at 2; upgrade/,
  );
  await served;
  deepEqual([at.stub.written, at.stub.asked], [[], []]);
});

// ---- after a lost disk

const [OLD, NEXT] = [await makeIdentity("m2"), await makeIdentity("m2")];
const OLD_MEMBER: Member = {
  id: memberId("2".repeat(16)),
  name: "m2",
  fingerprint: fingerprintOf(certificateDer(OLD.certificatePem)),
  addresses: ["h2:1"],
  role: "voter",
  support: SUPPORT,
};

async function rejoin(at: AtDesk, keyPem = NEXT.keyPem): Promise<void> {
  const { link } = at.joiner;
  const certificate = certificateDer(NEXT.certificatePem);
  const words = rejoinWords(link.ownCertificate, certificate, link.peerCertificate);
  const signature = sign(keyPem, words);
  const served = at.serve();
  const asked = { type: "rejoin", member: NEWCOMER, certificate, signature } as const;
  at.joiner.say({ ...asked, addresses: ADDRESSES });
  await served;
}

Deno.test("a listed key may put another in its place, as a learner", async () => {
  const at = await atDesk(OLD);
  at.stub.roster = { level: 1, members: [OLD_MEMBER], removed: [] };
  await rejoin(at);
  equal((await heard(at)).type, "admitted");
  const [ask] = at.stub.asked;
  holds(ask?.change === "admit");
  equal(ask.replaces, OLD_MEMBER.id);
  const { name, role, fingerprint } = ask.member;
  const next = fingerprintOf(certificateDer(NEXT.certificatePem));
  deepEqual([name, role, fingerprint], ["m2", "learner", next]);
});

Deno.test("one that does not vote comes back as one that does not", async () => {
  const at = await atDesk(OLD);
  at.stub.roster = { level: 1, members: [{ ...OLD_MEMBER, role: "nonvoting" }], removed: [] };
  await rejoin(at);
  equal((await heard(at)).type, "admitted");
  const [ask] = at.stub.asked;
  equal(ask?.change === "admit" && ask.member.role, "nonvoting");
});

Deno.test("a key that is not listed, was let go, or did not sign is refused", async () => {
  const { id, name, fingerprint } = OLD_MEMBER;
  const cases: [roster: Roster, keyPem: string, why: RegExp][] = [
    [
      { level: 1, members: [], removed: [] },
      NEXT.keyPem,
      /no member with that key is listed; ask for a to/,
    ],
    [
      {
        level: 1,
        members: [],
        removed: [{ id, name, fingerprints: [fingerprint], addresses: [], index: 6 }],
      },
      NEXT.keyPem,
      /^cannot rejoin: m2 was removed at index 6; ask for a token with `confluent invite m2`$/,
    ],
    [
      { level: 1, members: [OLD_MEMBER], removed: [] },
      OLD.keyPem,
      /the new key did not sign for itself/,
    ],
  ];
  for (const [roster, keyPem, why] of cases) {
    const at = await atDesk(OLD);
    at.stub.roster = roster;
    await rejoin(at, keyPem);
    match((await refusal(at)).message, why);
    deepEqual(at.stub.asked, []);
  }
});
