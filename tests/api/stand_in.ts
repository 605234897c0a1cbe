/**
 * A member service of one process that keeps the interface's promises with the real replica: what
 * is written is an entry, encoded and applied. What it cannot have, a network, is set by hand.
 */
import { ok, type Outcome, refused } from "../../src/base/outcome.ts";
import { newestGuard } from "../../src/collective/key_ring.ts";
import type { SelfEvent } from "../../src/model/boot_event.ts";
import { SUPPORT } from "../../src/model/support.ts";
import type { QuorumVerdict } from "../../src/collective/liveness.ts";
import { systemClock } from "../../src/io/clock.ts";
import type { Operation } from "../../src/model/operation.ts";
import { machineOf } from "../../src/netboot/search_decision.ts";
import { NodeIndex } from "../../src/replica/node_index.ts";
import type { Rows } from "../../src/model/rows.ts";
import { Replica } from "../../src/replica/replica.ts";
import { BootBook } from "../../src/service/boot/boot_book.ts";
import { Effects } from "../../src/service/machine/effects.ts";
import { systemRandom } from "../../src/io/random.ts";
import { type CollectiveKey, unseal } from "../../src/model/sealing.ts";
import { type Hashing, PasswordHasher } from "../../src/service/hashing.ts";
import {
  type KeyRotated,
  type Sealing,
  sealingBy,
  type Secrets,
} from "../../src/service/secrets.ts";
import type {
  CollectiveView,
  DrainAnswer,
  InviteAnswer,
  InviteRequest,
  JoinAnswer,
  JoinRequest,
  MachineBoots,
  MemberService,
  RepairAnswer,
  RotateAnswer,
  StagedWrite,
  StateView,
  Watching,
  WatchRequest,
  Written,
} from "../../src/service/member_service.ts";
import { NodeNumbers } from "../../src/service/node_numbers.ts";
import { Staging } from "../../src/service/staging.ts";
import { WatchHub } from "../../src/service/watch_hub.ts";
import { watchSource } from "../../src/service/watch_source.ts";
import { encodeBody, type Entry } from "../../src/wire/entry.ts";
import type { Explanation } from "../../src/wire/explanation_http.ts";
import { StandInAuthority } from "./stand_in_authority.ts";
import { StandInCommands, StandInObserved } from "./stand_in_commands.ts";
import { StandInMedia } from "./stand_in_media.ts";
import { StandInProfiles } from "./stand_in_profiles.ts";
import { explained } from "./stand_in_explanation.ts";

function indexSource(replica: Replica): ConstructorParameters<typeof NodeIndex>[0] {
  return {
    rows: replica.cells,
    identity: replica,
    get applied(): number {
      return replica.applied;
    },
    get collected(): number {
      return replica.collected;
    },
  };
}

const NO_QUORUM = refused("no-quorum", "m2 does not answer", ["m2"]);

/** The real sealing and hashing, by a key that nobody was handed. */
export class StandInSecrets implements Secrets {
  key: CollectiveKey = { id: "0123456789abcdef", bytes: systemRandom.bytes(32) };
  notices: readonly string[] = [];
  /** What the next rotation comes to. */
  rotated: Outcome<KeyRotated> = ok({ key: "fedcba9876543210", isOver: true });
  readonly #hasher = new PasswordHasher(systemRandom, systemClock);

  sealing(): Promise<Outcome<Sealing>> {
    const { guard: _, ...sealing } = sealingBy(this.key, systemRandom);
    // No key is in its state, so that there is none to be rotated either.
    return Promise.resolve(ok({ ...sealing, guard: newestGuard(null) }));
  }

  unseal(row: string, attribute: string, sealed: string): Outcome<string> {
    const plain = unseal(this.key, row, attribute, sealed);
    return plain === undefined ? refused("invalid", "it does not open") : ok(plain);
  }

  hashing(): Hashing {
    return this.#hasher.request();
  }

  rotateKey(): Promise<Outcome<KeyRotated>> {
    return Promise.resolve(this.rotated);
  }
}

export class StandIn implements MemberService {
  readonly name = "m1";
  readonly replica = new Replica();
  readonly invited: InviteRequest[] = [];
  #stages = 1;
  locked: string | undefined;
  odd: string | undefined;
  findings: string[] = [];
  holdsQuorum = true;
  isCaughtUp = true;
  ageMs = 0;
  /** The time of day; entries are dated by it, and each a millisecond later than the one before. */
  wallMs = 0;
  /** Written at other members and not applied here until somebody asks for an index. */
  readonly news: (readonly Operation[])[] = [];
  /** What the next write comes to, in place of being made. */
  nextWrite: Outcome<Written> | undefined;
  /** Entries as they were proposed, refused ones included. */
  readonly proposed: (readonly Operation[])[] = [];
  readonly state: StateView = this.replica.cells;
  readonly nodes = new NodeIndex(indexSource(this.replica));
  readonly numbers = new NodeNumbers(this.state, (operations) => this.write(operations));
  readonly secrets = new StandInSecrets();
  readonly authority = new StandInAuthority(this.state);
  readonly commands = new StandInCommands();
  readonly observed = new StandInObserved();
  readonly deployed = new StandInProfiles();
  readonly media = new StandInMedia();
  /** What a test has it know of machines that boot; undefined where it boots none. */
  boots: MachineBoots | undefined = {
    replay: () => [],
    strangers: () => Promise.resolve({ machines: [], silent: [] }),
    whoIs: (machine) =>
      machineOf(machine, (mac, uuid) => this.#book.recognize(mac, uuid)).node?.name,
    reported: (node, event) => void this.reports.push([node, event]),
  };
  /** What nodes asked of the self-service API. */
  readonly reports: [node: string, event: SelfEvent][] = [];
  /** Every entry, unless a test forgets some. */
  readonly log = new Map<number, Entry>();
  readonly watches = new WatchHub(
    watchSource(() => ({
      replica: this.replica,
      log: { at: (index) => this.log.get(index) },
      effects: this.#effects,
    })),
    () => this.holdsQuorum ? undefined : Math.ceil(this.ageMs / 1000),
    systemClock,
  );
  readonly #effects = new Effects(0);
  readonly #book = new BootBook({
    clock: systemClock,
    nodes: () => this.nodes,
    source: indexSource(this.replica),
    lookUp: () => Promise.resolve(undefined),
  });

  snapshot(): Rows {
    return this.replica.snapshot();
  }

  get index(): number {
    return this.replica.applied;
  }

  quorum(): QuorumVerdict {
    const missing = this.holdsQuorum ? [] : ["m2"];
    return { held: this.holdsQuorum, missing, freshAt: this.index };
  }

  staleMs(): number {
    return this.ageMs;
  }

  agreedWallMs(): number {
    return this.wallMs + this.index;
  }

  fresh(): Promise<Outcome<void>> {
    if (!this.holdsQuorum) return Promise.resolve(NO_QUORUM);
    const lags = refused("catching-up", "this member is 3 entries behind");
    return Promise.resolve(this.isCaughtUp ? ok() : lags);
  }

  write(operations: readonly Operation[]): Promise<Outcome<Written>> {
    this.proposed.push(operations);
    const next = this.nextWrite;
    this.nextWrite = undefined;
    if (next !== undefined) return Promise.resolve(next);
    if (!this.holdsQuorum) return Promise.resolve(NO_QUORUM);
    this.#hearNews();
    return Promise.resolve(ok(this.apply(operations)));
  }

  stage(): StagedWrite {
    const stage = (this.#stages++).toString(16);
    const write = (operations: readonly Operation[]): Promise<Outcome<Written>> =>
      this.write(operations);
    return new Staging({ stage, clock: systemClock, write });
  }

  apply(operations: readonly Operation[]): Written {
    const index = this.index + 1;
    const entry = {
      index,
      term: 1,
      hlc: 1024 * (this.wallMs + index),
      body: encodeBody({ operations }),
    };
    const { verdict } = this.replica.apply(entry);
    this.log.set(index, entry);
    this.#effects.judged(index, verdict);
    this.watches.turned();
    return { index, verdict };
  }

  watch(request: WatchRequest): Outcome<Watching> {
    return this.watches.open(request);
  }

  consistentIndex(): Promise<Outcome<number>> {
    if (!this.holdsQuorum) return Promise.resolve(NO_QUORUM);
    this.#hearNews();
    return Promise.resolve(ok(this.index));
  }

  reach(index: number): Promise<Outcome<void>> {
    while (this.index < index && this.news.length > 0) this.apply(this.news.shift() ?? []);
    const lags = refused("catching-up", `this member has not reached index ${index} yet`);
    return Promise.resolve(this.index >= index ? ok() : lags);
  }

  ready(): Outcome<void> {
    return this.holdsQuorum ? ok() : NO_QUORUM;
  }

  collective(): CollectiveView {
    return {
      quorum: this.holdsQuorum,
      leader: "m1",
      missing: this.quorum().missing,
      notices: [],
      collective: "c0ffee",
      index: this.index,
      level: 1,
      members: [{
        name: "m1",
        id: "0123456789abcdef",
        state: "alive",
        role: "voter",
        addresses: ["m1:13001"],
        fingerprint: "ab".repeat(32),
        index: this.index,
        lag: 0,
        self: true,
        certificateExpires: null,
        rotating: false,
        support: SUPPORT,
        nodes: 3,
        drained: false,
      }],
    };
  }

  /** What rotations were asked for. */
  readonly rotations: boolean[] = [];

  rotate(now: boolean): Promise<Outcome<RotateAnswer>> {
    this.rotations.push(now);
    const expires = "2036-01-01T00:00:00.000Z";
    const unmet = now ? [] : ["m2"];
    return Promise.resolve(ok({ name: "m1", fingerprint: "cd".repeat(32), expires, unmet }));
  }

  invite(request: InviteRequest): Promise<Outcome<InviteAnswer>> {
    this.invited.push(request);
    const expires = "2030-01-01T00:00:00.000Z";
    return Promise.resolve(ok({ token: "T", name: request.name, role: "voter", expires }));
  }

  join(request: JoinRequest, progress: (line: string) => void): Promise<Outcome<JoinAnswer>> {
    progress("asking m9");
    if (request.token === "false") {
      return Promise.resolve(refused("unauthorized", "the token is not valid"));
    }
    progress("copying 40 %");
    return Promise.resolve(
      ok({ name: "m1", collective: "c1", role: "voter", members: ["m1", "m9"], notices: [] }),
    );
  }

  removeMember(name: string): Promise<Outcome<Written>> {
    if (name !== "m2") return Promise.resolve(refused("not-found", `no member ${name}`));
    return Promise.resolve(ok({ index: 77, verdict: { result: "applied" } }));
  }

  /** What drains come to: m2 is there, with nodes that can go nowhere. */
  drain(name: string, progress: (line: string) => void): Promise<Outcome<DrainAnswer>> {
    if (name !== "m2") return Promise.resolve(refused("not-found", `no member ${name}`));
    progress("m2: 1 of 5 nodes are handed over");
    return Promise.resolve(ok(this.drained));
  }

  undrain(name: string): Promise<Outcome<DrainAnswer>> {
    if (name !== "m2") return Promise.resolve(refused("not-found", `no member ${name}`));
    const nothing = { handedOver: 0, going: 0, staying: [], notices: [] };
    return Promise.resolve(ok({ ...nothing, index: 78, name, drained: false }));
  }

  drained: DrainAnswer = {
    index: 77,
    name: "m2",
    drained: true,
    handedOver: 3,
    going: 0,
    staying: [{ count: 2, example: "n7", why: "they have no collective.managercandidates" }],
    notices: [],
  };

  ofNodes: string[] = [];

  nodeNotices(): Promise<readonly string[]> {
    return Promise.resolve(this.ofNodes);
  }

  get members(): readonly string[] {
    return ["m1", "m2", "m3"];
  }

  /** What is told of nodes beside what all are. */
  explanation: Partial<Explanation> = {};

  explain(node: string): Promise<Explanation> {
    const exists = this.nodes.hasNode(node);
    return Promise.resolve({ ...explained(node), exists, ...this.explanation });
  }

  check(): Promise<readonly string[]> {
    return Promise.resolve(this.findings);
  }

  repair(from: string): Promise<Outcome<RepairAnswer>> {
    const repaired = from === "m2" ? ["m3"] : [];
    return Promise.resolve(ok({ index: this.index, from, repaired }));
  }

  #hearNews(): void {
    for (const operations of this.news.splice(0)) this.apply(operations);
  }
}
