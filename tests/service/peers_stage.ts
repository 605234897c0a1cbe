/** Members' sides of links in memory, and all that they are told. */
import { fingerprintOf } from "../../src/base/crypto.ts";
import { fakeIdentity, FakeNetwork } from "../../src/io/link_fake.ts";
import type { Endpoint, LinkIdentity, LinkListener } from "../../src/io/link.ts";
import type { CollectiveChain } from "../../src/model/collective_chain.ts";
import { type Member, type MemberId, memberId, type Roster } from "../../src/model/member.ts";
import { SUPPORT } from "../../src/model/support.ts";
import { Peers } from "../../src/service/peers.ts";
import type { HelloMessage } from "../../src/wire/hello.ts";
import type { Envelope } from "../../src/wire/peer.ts";
import { certificateDer } from "../../src/wire/pem.ts";
import { ManualClock, valueOf } from "../contract/link_bench.ts";

export const PORT = 13001;
export const CHAIN: CollectiveChain = [{ epoch: 0, random: "ab".repeat(16) }];
export const FORCED: CollectiveChain = [...CHAIN, { epoch: 1, random: "cd".repeat(16) }];
export const APART: CollectiveChain = [...CHAIN, { epoch: 1, random: "ef".repeat(16) }];
export const FOREIGN: CollectiveChain = [{ epoch: 0, random: "01".repeat(16) }];
/** What members who are well say all the time. */
const HEARTBEAT: Envelope = { life: 1, count: 1, message: { type: "commit", term: 1, commit: 1 } };
export const PING: Envelope = {
  life: 1,
  count: 1,
  message: { type: "ping", round: 1, rosterIndex: 1 },
};

export function fingerprintFor(identity: LinkIdentity): string {
  return fingerprintOf(certificateDer(identity.certificatePem));
}

/** A member's side of links, on a host of its own name, and all that it was told. */
export class Side {
  readonly id: MemberId;
  readonly name: string;
  /** May be given before it is opened. */
  identity: LinkIdentity;
  listener: LinkListener | undefined;
  readonly hints = new Map<string, string[]>();
  readonly told: string[] = [];
  readonly warnings: string[] = [];
  readonly strangers: HelloMessage[] = [];
  peers!: Peers;
  chain: CollectiveChain;
  roster: Roster = { level: 1, members: [], removed: [] };
  /** The same roster where it is not set. */
  committed: Roster | undefined;
  rosterIndex = 7;
  /** Where its log ends. */
  lastIndex = 9;
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
      roster: () => ({ index: this.rosterIndex, roster: this.roster }),
      committed: () => ({ index: this.rosterIndex, roster: this.committed ?? this.roster }),
      position: () => ({ lastTerm: 3, lastIndex: this.lastIndex }),
    }, {
      up: (peer) => void this.told.push(`up ${this.#nameOf(peer)}`),
      down: (peer) => void this.told.push(`down ${this.#nameOf(peer)}`),
      frame: (peer, bytes) => void this.told.push(`frame ${bytes[0]} of ${this.#nameOf(peer)}`),
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
    this.listener = valueOf(
      await links.listen(at, this.identity, (link) => this.peers.accept(link)),
    );
  }

  #nameOf(peer: MemberId): string {
    return `m${Number(peer)}`;
  }
}

export class Stage {
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
export async function quiet(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise<void>((resolve) => void setImmediate(resolve));
}

export async function two(theirs = CHAIN): Promise<{ stage: Stage; one: Side; other: Side }> {
  const stage = new Stage();
  const [one, other] = [stage.add(), stage.add(theirs)];
  await stage.start();
  await stage.pass(1_000);
  return { stage, one, other };
}
