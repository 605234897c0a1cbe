/**
 * One seeded world: members, their disks and clocks, a network, clients, and a storm of faults.
 * Everything happens in one queue of virtual time, in milliseconds; nothing outside the seed
 * decides anything (I10).
 */
import type { Mutant } from "../../src/base/mutant.ts";
import { Prng } from "../../src/base/prng.ts";
import type { CollectiveChain } from "../../src/model/collective_chain.ts";
import { EMPTY_ROSTER, type Member, type MemberId } from "../../src/model/member.ts";
import { SUPPORT, type Support } from "../../src/model/support.ts";
import { memberId } from "../../src/model/member.ts";
import { foundingRecords, joiningRecords } from "../../src/service/machine/founding.ts";
import { relationOf } from "../../src/service/relation.ts";
import type { Envelope } from "../../src/wire/peer.ts";
import { Chaos } from "./chaos.ts";
import { Checks, Violation } from "./checks.ts";
import { EventQueue } from "./queue.ts";
import { Host, type HostWorld } from "./host.ts";
import { Network, type NetworkWorld } from "./network.ts";
import { drawPlan, type Plan } from "./plan.ts";
import { Losses } from "./losses.ts";
import { Managed } from "./managed.ts";
import { Watchers } from "./watchers.ts";
import { Workload } from "./workload.ts";

const CHAIN = [{ epoch: 0, random: "00000000000000000000000000000000" }];

/** Some thirty times what a world takes: beyond it something goes round in circles. */
const MOST_EVENTS = 500_000;

export interface WorldOptions {
  readonly mutant?: Mutant | undefined;
  /** Whether it keeps its story. */
  readonly tells?: boolean;
  /** Drawn from the seed where it is not given. */
  readonly plan?: Plan;
  /** What the first member supports, where it is not what this program does. */
  readonly oldest?: Support;
  /** Called after each step of a member. */
  readonly watch?: (host: Host) => void;
}

/** What a world came to. */
export interface WorldResult {
  readonly seed: number;
  readonly violation: string | undefined;
  /** The registers' history was too tangled to be judged. */
  readonly isUndecided: boolean;
  readonly events: number;
  readonly virtualMs: number;
  readonly writes: number;
  readonly faults: number;
}

export class World implements HostWorld, NetworkWorld {
  readonly plan: Plan;
  readonly hosts = new Map<MemberId, Host>();
  readonly network: Network;
  readonly checks: Checks;
  readonly workload: Workload;
  readonly chaos: Chaos;
  readonly watchers: Watchers;
  readonly managed: Managed;
  readonly losses: Losses;
  /** What happened, newest last, for whoever replays a seed. */
  readonly story: string[] = [];
  readonly #queue = new EventQueue();
  readonly #mutant: Mutant | undefined;
  readonly #prng: Prng;
  #time = 0;
  #events = 0;
  #nextMember = 1;
  #tells: boolean;
  readonly #oldest: Support | undefined;
  readonly #watch: ((host: Host) => void) | undefined;

  constructor(seed: number, options: WorldOptions = {}) {
    this.#mutant = options.mutant;
    this.#tells = options.tells ?? false;
    this.#watch = options.watch;
    this.#oldest = options.oldest;
    this.#prng = new Prng(`world ${seed}`);
    this.plan = options.plan ?? drawPlan(this.#prng.fork("plan"));
    this.network = new Network(this, this.#prng.fork("network"), this.plan.network);
    this.checks = new Checks(this);
    this.workload = new Workload(this, this.#prng.fork("workload"), this.plan.workload);
    this.chaos = new Chaos(this, this.#prng.fork("chaos"), this.plan.chaos);
    this.watchers = new Watchers(this, this.#prng.fork("watchers"), this.plan.watchers);
    this.managed = new Managed(this, this.#prng.fork("managed"), this.plan.managed);
    this.losses = new Losses(this, this.#prng.fork("losses"), this.plan.losses);
    const members = Array.from({ length: this.plan.members }, () => this.#newMember("voter"));
    for (const member of members) {
      const host = this.#addHost(member);
      host.found(foundingRecords(member.id, members, CHAIN));
      host.start();
    }
    this.connectAll();
  }

  get time(): number {
    return this.#time;
  }

  get isCalm(): boolean {
    return this.network.isCalm;
  }

  get mutant(): Mutant | undefined {
    return this.#mutant;
  }

  at(time: number, run: () => void): void {
    this.#queue.add(Math.max(time, this.#time), run);
  }

  tell(what: string): void {
    if (this.#tells) this.story.push(`${this.#time.toFixed(2).padStart(10)}  ${what}`);
  }

  /** Runs until `untilMs`, or until `done` says so. */
  runUntil(untilMs: number, done: () => boolean = () => false): boolean {
    for (;;) {
      if (done()) return true;
      const next = this.#queue.nextAt;
      if (next === undefined || next > untilMs) break;
      const event = this.#queue.take()!;
      this.#time = event.at;
      if (++this.#events > MOST_EVENTS) throw new Violation(`more than ${MOST_EVENTS} events`);
      event.run();
    }
    this.#time = Math.max(this.#time, untilMs);
    return done();
  }

  get events(): number {
    return this.#events;
  }

  // ---- members

  /** A new server with an empty disk, ready to be admitted. */
  addJoiner(chain: CollectiveChain = CHAIN): Host {
    const member = this.#newMember("learner");
    const host = this.#addHost(member);
    host.found(joiningRecords(member.id, chain));
    return host;
  }

  live(): Host[] {
    return [...this.hosts.values()].filter(({ machine }) => machine !== undefined);
  }

  /** Whoever may be linked is: every pair of running members of which one looks for the other. */
  connectAll(): void {
    const running = this.live();
    for (const a of running) {
      for (const b of running) {
        if (this.network.isCut(a.id, b.id) || !this.#greets(a, b)) continue;
        if (a.id < b.id && (lists(a, b) || lists(b, a))) this.network.connect(a.id, b.id);
        if (hasRemoved(a, b)) b.handle({ type: "lock", lock: { reason: "removed" } });
      }
    }
  }

  /** What the greeting finds: whether the two are of one collective. Else some of them lock. */
  #greets(a: Host, b: Host): boolean {
    if (a.machine === undefined || b.machine === undefined) return false;
    if (!meets(a, b) && !meets(b, a)) return false;
    const { refusal, lock } = relationOf(b.machine.chain, a.machine.chain, a.member.name);
    if (lock !== undefined) b.handle({ type: "lock", lock });
    return refusal === undefined;
  }

  isListening(id: MemberId): boolean {
    return this.hosts.get(id)?.machine !== undefined;
  }

  deliver(from: MemberId, to: MemberId, envelope: Envelope): void {
    this.checks.delivered(from, to, envelope);
    const sender = this.hosts.get(from);
    // A copy of what is wrong, taken before that is found, is wrong as well; then nobody can tell.
    if (envelope.message.type === "deltaChunk" && sender?.isSpoilt === true) return;
    if (sender !== undefined && envelope.message.type !== "recall") {
      sender.heardCount = Math.max(sender.heardCount, envelope.count);
    }
    this.hosts.get(to)?.handle({ type: "received", from, envelope });
  }

  linkUp(at: MemberId, peer: MemberId): void {
    this.hosts.get(at)?.handle({ type: "linkUp", peer });
  }

  linkDown(at: MemberId, peer: MemberId): void {
    this.hosts.get(at)?.handle({ type: "linkDown", peer });
  }

  send(host: Host, to: MemberId, envelope: Envelope): void {
    this.network.send(host.id, to, envelope);
  }

  stepped(host: Host): void {
    this.checks.stepped(host);
    this.chaos.stepped(host);
    this.managed.stepped(host);
    this.losses.stepped(host);
    this.#watch?.(host);
  }

  lost(host: Host, why: string): void {
    this.tell(`${host.member.name} is lost: ${why}`);
    this.checks.lost(host, why);
  }

  forced(host: Host): void {
    this.tell(`${host.member.name} forced the quorum`);
    this.checks.end();
  }

  #newMember(role: Member["role"]): Member {
    const number = this.#nextMember++;
    const hex = number.toString(16).padStart(2, "0");
    return {
      id: memberId(hex.repeat(8)),
      name: `m${number}`,
      fingerprint: hex.repeat(32),
      addresses: [`10.0.0.${number}:13001`],
      role,
      support: number === 1 ? this.#oldest ?? SUPPORT : SUPPORT,
    };
  }

  #addHost(member: Member): Host {
    const { disk, clocks } = this.plan;
    const prng = this.#prng.fork(`host ${member.name}`);
    const drift = 1 + (prng.unit() - 0.5) * 2 * clocks.drift;
    const host = new Host(this, member, prng, disk, drift, this.#mutant, this.plan.pace);
    host.wallOffset = (prng.unit() - 0.5) * 2 * clocks.offsetMs;
    this.hosts.set(member.id, host);
    return host;
  }
}

function lists(a: Host, b: Host): boolean {
  return a.machine?.roster.roster.members.some(({ id }) => id === b.id) ?? false;
}

/** Whether `a` dials `b`: it lists it, or a forced quorum left it behind. */
function meets(a: Host, b: Host): boolean {
  const { removed } = a.machine?.replica.roster.roster ?? EMPTY_ROSTER;
  return lists(a, b) || removed.some(({ id, addresses }) => id === b.id && addresses.length > 0);
}

/** What a hello answers to a member that was let go. */
function hasRemoved(a: Host, b: Host): boolean {
  return a.machine?.replica.roster.roster.removed.some(({ id }) => id === b.id) ?? false;
}

/** Runs one seed to its end: storm, calm, last checks. */
export function runWorld(seed: number, mutant?: Mutant, tells = false): WorldResult & {
  story: string[];
} {
  let world: World | undefined;
  let violation: string | undefined;
  try {
    world = new World(seed, { mutant, tells });
    world.workload.start();
    world.watchers.start();
    world.managed.start();
    world.losses.start();
    world.chaos.start();
    world.runUntil(world.plan.stormMs);
    world.losses.stop();
    world.chaos.calm();
    world.runUntil(world.chaos.thawedAt);
    world.checks.demandProgress();
    world.chaos.comeBack();
    world.workload.stop();
    world.managed.stop();
    world.checks.demandHealing();
    world.checks.demandConvergence();
    world.checks.demandManagers();
    world.checks.demandService();
    world.checks.atTheEnd();
  } catch (error) {
    if (error instanceof Violation) violation = error.message;
    else if (error instanceof Error && error.name === "InvariantError") {
      violation = `broken invariant: ${error.message}`;
    } else throw error;
    world?.tell(`VIOLATION ${violation}`);
  }
  return {
    seed,
    violation,
    isUndecided: world?.checks.undecided !== undefined,
    events: world?.events ?? 0,
    virtualMs: world?.time ?? 0,
    writes: world?.workload.acknowledged ?? 0,
    faults: world?.chaos.faults ?? 0,
    story: world?.story ?? [],
  };
}
