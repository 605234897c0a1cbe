/**
 * One member under one identity, from opening its store to closing it: the store, the loop, the
 * links, and the port that peers call. A join ends one life and begins the next in its place.
 */
import { toHex } from "../base/bytes.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";
import { Prng } from "../base/prng.ts";
import type { Clock } from "../io/clock.ts";
import { type Endpoint, type LinkListener, type Links } from "../io/link.ts";
import type { FolderLock } from "../io/lock.ts";
import { oneLine } from "../base/one_line.ts";
import type { Random } from "../io/random.ts";
import type { Store, StoreRecord } from "../io/store.ts";
import { EMPTY_ROSTER, findMember, type Member, type MemberId } from "../model/member.ts";
import type { Roster, RosterAt } from "../model/member.ts";
import { SUPPORT } from "../model/support.ts";
import type { HelloMessage } from "../wire/hello.ts";
import { type HostAddress, ownAddresses } from "./addresses.ts";
import type { BootOptions, BootPorts } from "./boot/boot_ports.ts";
import type { Conversation } from "./conversation.ts";
import type { Driver } from "./hardware/driver.ts";
import {
  adoptNext,
  type Beginning,
  endBeginning,
  type Identity,
  keep,
  type OwnCertificate,
  prepareNext,
  readBeginning,
  readKept,
} from "./identity.ts";
import type { Logger } from "./logger.ts";
import { loadStore } from "./load_store.ts";
import type { Loaded } from "./machine/loading.ts";
import { foundingRecords, joiningRecords } from "./machine/founding.ts";
import { MemberLoop } from "./member_loop.ts";
import { Peers } from "./peers.ts";
import type { OwnIdentities } from "./pins.ts";
import type { WrappingSource } from "./programs.ts";

/** What a member runs on; main.ts names the real ones. */
export interface Surroundings {
  readonly links: Links;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly openStore: (folder: string, lock: FolderLock) => Promise<Outcome<Store>>;
  readonly hostAddresses: () => readonly HostAddress[];
  /** What reaches controllers of nodes, by `hardwaremanagement.method`; closed with the member. */
  readonly drivers?: ReadonlyMap<string, Driver>;
  /** What boot services stand on; without it there are none. */
  readonly bootPorts?: BootPorts;
}

export interface LifeOptions {
  readonly data: string;
  readonly lock: FolderLock;
  /** The folder of profiles and what else nodes are sent; undefined where there is none. */
  readonly content?: string | undefined;
  /** How machines are booted; undefined where they are not. */
  readonly boot?: BootOptions | undefined;
  readonly peer: Endpoint;
  readonly advertise: readonly string[];
  /** Where to look for the members of these names: see {@link PeersParts.hints}. */
  readonly hints: ReadonlyMap<string, readonly string[]>;
  /** By what the collective key is opened. */
  readonly wrapping: WrappingSource;
}

export interface LifeEvents {
  /** The state may be another: after each turn of the loop. */
  turned(): void;
  /** A link to the peer came up, or the one there was went down. */
  linked(peer: MemberId, isUp: boolean): void;
  /** What a peer sent that is no business of the log. */
  frame(peer: MemberId, bytes: Uint8Array): void;
  stranger(conversation: Conversation, first: HelloMessage): void;
}

interface Opened {
  readonly store: Store;
  readonly listener: LinkListener;
  readonly loaded: Loaded;
  readonly kept: Roster;
  readonly addresses: readonly string[];
}

export class MemberLife {
  readonly loop: MemberLoop;
  readonly peers: Peers;
  readonly listening: Endpoint;
  readonly #options: LifeOptions;
  readonly #surroundings: Surroundings;
  readonly #store: Store;
  readonly #listener: LinkListener;
  #identity: Identity;
  #kept: Roster;
  #keptIndex = -1;
  /** The index of the newest roster that is committed, as the links know it. */
  #committedIndex = -1;
  #keeping: Promise<void> = Promise.resolve();
  #addresses: readonly string[];

  /** @ignore use {@link openLife} */
  constructor(
    identity: Identity,
    opened: Opened,
    options: LifeOptions,
    surroundings: Surroundings,
    events: LifeEvents,
  ) {
    this.#identity = identity;
    this.#options = options;
    this.#surroundings = surroundings;
    this.#store = opened.store;
    this.#listener = opened.listener;
    this.#kept = opened.kept;
    this.#addresses = opened.addresses;
    this.listening = opened.listener.address;
    const { clock, log, random, links } = surroundings;
    this.loop = new MemberLoop(opened.loaded, {
      store: opened.store,
      clock,
      log,
      prng: new Prng(toHex(random.bytes(16))),
      send: (to, envelope) => this.peers.send(to, envelope),
      turned: () => {
        this.#rosterTurned();
        events.turned();
      },
    });
    const { hints } = options;
    this.peers = new Peers({ links, identities: identitiesOf(identity), clock, log, hints }, {
      self: identity.id,
      chain: this.loop.machine.chain,
      roster: () => this.roster,
      committed: () => this.loop.machine.replica.roster,
      position: () => {
        const { raft } = this.loop.machine;
        return { lastTerm: raft.log.lastTerm, lastIndex: raft.log.last };
      },
    }, {
      up: (peer) => {
        this.loop.handle({ type: "linkUp", peer });
        events.linked(peer, true);
      },
      down: (peer) => {
        this.loop.handle({ type: "linkDown", peer });
        events.linked(peer, false);
      },
      frame: events.frame,
      received: (from, envelope) => this.loop.handle({ type: "received", from, envelope }),
      lock: (lock) => this.loop.handle({ type: "lock", lock }),
      stranger: events.stranger,
    });
  }

  /** Who it is; a rotation gives it another key. */
  get identity(): Identity {
    return this.#identity;
  }

  /**
   * Has on disk what this member rotates to: from now on it may be announced. It is adopted once
   * the roster that is in force lists it, be it this process that sees it or the next.
   */
  async prepareNext(): Promise<OwnCertificate> {
    const next = await prepareNext(this.#identity);
    this.#identity = { ...this.#identity, next };
    this.peers.use(identitiesOf(this.#identity));
    this.#adoptWhereListed();
    return next;
  }

  /** Resolves once what changed in the folder of the identity is there. */
  get onDisk(): Promise<void> {
    return this.#keeping;
  }

  /**
   * The newest roster in the log. Until that lists this member, the kept one, by which it was
   * admitted: what a joiner is sent comes from the log's beginning on, which may know nothing of
   * whoever leads now and sends it.
   */
  get roster(): RosterAt {
    const known = this.loop.machine.roster;
    const { members, removed } = known.roster;
    const isListed = [...members, ...removed].some(({ id }) => id === this.identity.id);
    if (isListed || this.#kept.members.length === 0) return known;
    return { index: known.index, roster: this.#kept };
  }

  /** Where the others should reach this member, as it is now; as it was, where that cannot be
   * read: to list the interfaces takes a descriptor, and there may be none left. */
  get addresses(): readonly string[] {
    const { advertise } = this.#options;
    try {
      const host = this.#surroundings.hostAddresses();
      this.#addresses = ownAddresses(advertise, this.listening, host);
    } catch (error) {
      this.#surroundings.log.debug(`cannot list the interfaces: ${oneLine(error)}`);
    }
    return this.#addresses;
  }

  start(): void {
    this.#adoptWhereListed();
    const strangers = [...this.#options.hints.keys()].filter((name) =>
      !this.roster.roster.members.some((member) => member.name === name)
    );
    for (const name of strangers) {
      this.#surroundings.log.warn(`--peer-hint: no member is called ${name}`);
    }
    this.loop.start();
    this.peers.start();
  }

  async close(reason: string): Promise<void> {
    await this.#listener.close();
    await this.loop.stop();
    this.peers.close(reason);
    await this.#keeping;
    await this.#store.close();
  }

  /** Keeps a new roster in a file, and the links to those it lists. */
  #rosterTurned(): void {
    const { machine } = this.loop;
    const { index, roster } = this.roster;
    const committed = machine.replica.roster.index;
    if (roster.members.length === 0) return;
    if (index === this.#keptIndex && committed === this.#committedIndex) return;
    const isKept = index === this.#keptIndex || roster === this.#kept;
    this.#keptIndex = index;
    this.#committedIndex = committed;
    this.#kept = roster;
    this.#adoptWhereListed();
    this.peers.rosterChanged();
    if (isKept) return;
    const { chain } = machine;
    this.#onDisk("keep the roster", () => keep(this.identity.folder, { chain, roster }));
  }

  /** What it rotates to is listed, and that is committed: it goes by it from now on. */
  #adoptWhereListed(): void {
    const { next, folder, id } = this.#identity;
    const listed = findMember(this.loop.machine.replica.roster.roster, id);
    if (next === undefined || listed?.fingerprint !== next.fingerprint) return;
    this.#identity = { ...this.#identity, ...next, next: undefined };
    this.#listener.use(next.link);
    this.peers.use(identitiesOf(this.#identity));
    this.#surroundings.log.info(`goes by a new certificate: ${next.fingerprint}`);
    // Where that fails the next start does it.
    this.#onDisk("put the new certificate in its place", () => adoptNext(folder));
  }

  /** One thing after another in the folder of the identity. */
  #onDisk(what: string, act: () => Promise<void>): void {
    this.#keeping = this.#keeping.then(async () => {
      try {
        await act();
      } catch (error) {
        this.#surroundings.log.warn(`cannot ${what} beside the store: ${oneLine(error)}`);
      }
    });
  }
}

function identitiesOf({ link, next }: Identity): OwnIdentities {
  return next === undefined ? [link] : [link, next.link];
}

/**
 * Opens the store of `identity`, making its first records where they are due, and listens for
 * peers. Refused, with nothing left open, where the port, the folder or the store cannot be had;
 * the message names the remedy.
 */
export async function openLife(
  identity: Identity,
  options: LifeOptions,
  surroundings: Surroundings,
  events: LifeEvents,
): Promise<Outcome<MemberLife>> {
  // What calls before the member is there waits no longer than its handshake may take.
  const life = Promise.withResolvers<MemberLife>();
  const listened = await surroundings.links.listen(options.peer, identity.link, (link) => {
    void life.promise.then(({ peers }) => peers.accept(link));
  });
  if (!listened.ok) return listened;
  const listener = listened.value;
  try {
    const host = surroundings.hostAddresses();
    const addresses = ownAddresses(options.advertise, listener.address, host);
    const stored = await openStored(identity, addresses, options, surroundings);
    if (!stored.ok) {
      await listener.close();
      return stored;
    }
    const kept = await keptRoster(identity, surroundings);
    const opened = { ...stored.value, listener, kept, addresses };
    const made = new MemberLife(identity, opened, options, surroundings, events);
    life.resolve(made);
    return ok(made);
  } catch (error) {
    await listener.close();
    throw error;
  }
}

/** The log knows it better, save that of a joiner, which the others will call. */
async function keptRoster({ folder }: Identity, { log }: Surroundings): Promise<Roster> {
  try {
    return (await readKept(folder))?.roster ?? EMPTY_ROSTER;
  } catch (error) {
    log.warn(`goes on without the roster kept beside the store: ${oneLine(error)}`);
    return EMPTY_ROSTER;
  }
}

async function openStored(
  identity: Identity,
  addresses: readonly string[],
  options: LifeOptions,
  surroundings: Surroundings,
): Promise<Outcome<{ store: Store; loaded: Loaded }>> {
  let store: Store | undefined;
  try {
    const opened = await surroundings.openStore(options.data, options.lock);
    if (!opened.ok) return opened;
    store = opened.value;
    let loaded = await loadStore(store);
    if (loaded === undefined) {
      const begun = await begin(store, identity, addresses);
      if (!begun.ok) {
        await store.close();
        return begun;
      }
      loaded = await loadStore(store);
    }
    // Also where a crash came between the records and this.
    await endBeginning(identity.folder);
    if (loaded?.meta.self === identity.id) return ok({ store, loaded });
    await store.close();
    return refused(
      "unavailable",
      `the store in ${options.data} belongs to another identity than ${identity.folder}; ` +
        "put back what belongs together, or run `confluent collective rejoin`",
    );
  } catch (error) {
    await store?.close();
    throw error;
  }
}

/** The first records of an empty store. One that is empty without a beginning was lost. */
async function begin(
  store: Store,
  identity: Identity,
  addresses: readonly string[],
): Promise<Outcome<void>> {
  const beginning = await readBeginning(identity.folder);
  if (beginning === undefined) {
    return refused(
      "unavailable",
      `the store of ${identity.name} is gone, only its identity is there; ` +
        "the way back is `confluent collective rejoin`",
    );
  }
  const puts = firstRecords(identity, addresses, beginning);
  const done = await store.commit({ puts, deletes: [] });
  if (done.result !== "done") {
    return refused("unavailable", `cannot write the first records: ${done.message}`);
  }
  return ok();
}

function firstRecords(
  identity: Identity,
  addresses: readonly string[],
  { kind, chain }: Beginning,
): StoreRecord[] {
  if (kind === "joining") return joiningRecords(identity.id, chain);
  const { id, name, fingerprint } = identity;
  const support = SUPPORT;
  const member: Member = { id, name, fingerprint, addresses, role: "voter", support };
  return foundingRecords(id, [member], chain);
}
