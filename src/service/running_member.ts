/**
 * A member as the surfaces see it, over whichever life it has: the promises of member_service.ts,
 * kept by the machine. It also has its entry in the roster kept true.
 */
import { present } from "../base/assert.ts";
import { toHex } from "../base/bytes.ts";
import {
  CATCH_UP_WAIT_MS,
  GIVE_AWAY_MS,
  HAND_OVER_MS,
  HURRY_MS,
  MIN_INDEX_WAIT_MS,
  REQUEST_MS,
} from "../base/limits.ts";
import { ok, type Outcome, type Refused, refused } from "../base/outcome.ts";
import type { QuorumVerdict } from "../collective/liveness.ts";
import { findMember, type Roster, votersOf } from "../model/member.ts";
import type { Operation } from "../model/operation.ts";
import type { Rows } from "../model/rows.ts";
import { type NodeIndex, presentOf } from "../replica/node_index.ts";
import type { Explanation } from "../wire/explanation_http.ts";
import type { RosterChange } from "../wire/peer.ts";
import { joinerAddresses } from "./addresses.ts";
import { AdmissionDesk } from "./admission.ts";
import type { CollectiveAuthority } from "./authority/collective_authority.ts";
import { findingsOf } from "./check.ts";
import { collectiveView } from "./collective_view.ts";
import type { DeployedProfiles } from "./content/deployed_profiles.ts";
import { drain, type Drainer, undrain } from "./draining.ts";
import { overFiles } from "./folder_faults.ts";
import { enrol, type Joiner, type OwnAddresses } from "./enrolment.ts";
import { whyNotGivenUp } from "./giving_up.ts";
import { type Identity, identityFolder, readIdentity, settleIdentity } from "./identity.ts";
import type { Media } from "./importing/media.ts";
import { invite } from "./inviting.ts";
import { awaitMembership } from "./joining.ts";
import { KeyKeeper } from "./key_keeper.ts";
import type { Answer, Reply } from "./machine/requests.ts";
import type { MemberEvent } from "./machine/member_event.ts";
import type { MemberMachine } from "./machine/member_machine.ts";
import { type LifeOptions, type MemberLife, openLife, type Surroundings } from "./member_life.ts";
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
} from "./member_service.ts";
import type { NodeCommands, Observed } from "./node_commands.ts";
import { NodeControl } from "./node_control.ts";
import { NodeNumbers } from "./node_numbers.ts";
import { NodeStanding } from "./node_standing.ts";
import { OwnEntry } from "./own_entry.ts";
import { removeMember } from "./removing.ts";
import { orderRepair } from "./repair.ts";
import { Staging } from "./staging.ts";
import { Waiting } from "./waiting.ts";
import { WatchHub } from "./watch_hub.ts";
import { watchSource } from "./watch_source.ts";

/** How often the quorum is looked at, to know how old a local copy is. */
const QUORUM_LOOK_MS = 250;

const NOT_INFORMED = refused("catching-up", "catching up: no leader was heard yet");

export class RunningMember implements MemberService {
  readonly #options: LifeOptions;
  readonly #surroundings: Surroundings;
  readonly #waiting: Waiting;
  readonly #desk: AdmissionDesk;
  /** Who watches; closed first where the service stops. */
  readonly watches: WatchHub;
  readonly #entry: OwnEntry;
  readonly #standing: NodeStanding;
  readonly secrets: KeyKeeper;
  /** What it does about nodes. */
  readonly control: NodeControl;
  #life: MemberLife | undefined;
  #heldAtMs: number;
  #lookedAtMs = 0;
  #isJoining = false;
  readonly #failing = Promise.withResolvers<Refused>();
  readonly state: StateView;
  readonly numbers: NodeNumbers;
  readonly commands: NodeCommands;
  readonly observed: Observed;
  readonly deployed: DeployedProfiles;
  readonly media: Media;
  readonly boots: MachineBoots | undefined;
  readonly authority: CollectiveAuthority;

  constructor(options: LifeOptions, surroundings: Surroundings) {
    this.#options = options;
    this.#surroundings = surroundings;
    this.#waiting = new Waiting(surroundings.clock);
    this.#desk = new AdmissionDesk(this, surroundings.log);
    this.#standing = new NodeStanding(() => this.#machine, surroundings.clock);
    this.#entry = new OwnEntry(this, options.data, surroundings.log);
    this.secrets = new KeyKeeper(this, surroundings);
    this.control = new NodeControl(this, surroundings, options);
    this.commands = this.control.commands;
    this.observed = this.control.observed;
    this.deployed = this.control.boot;
    this.media = this.control.boot.media;
    this.boots = this.control.boot.service;
    this.authority = this.control.boot.authority;
    this.#heldAtMs = this.#nowMs();
    const source = watchSource(() => {
      const { loop } = this.life;
      const { raft: { log }, replica } = loop.machine;
      return { log, replica, effects: loop.effects };
    });
    this.watches = new WatchHub(source, () => this.#staleSeconds(), surroundings.clock);
    this.state = presentOf(() => this.#machine.replica).rows;
    this.numbers = new NodeNumbers(this.state, (operations) => this.write(operations));
  }

  snapshot(): Rows {
    return this.#machine.replica.snapshot();
  }

  /** What is derived of the rows of nodes and groups, of the life it has now. */
  get nodes(): NodeIndex {
    return this.#machine.nodes;
  }

  /** Opens the member of the identity in force. Refused with nothing left open. */
  async open(): Promise<Outcome<void>> {
    const { data } = this.#options;
    const identity = await readIdentity(identityFolder(data));
    if (identity === undefined) {
      return refused("unavailable", `there is no identity in ${identityFolder(data)}`);
    }
    const usable = await this.secrets.use(identity, this.#options.wrapping);
    if (!usable.ok) return usable;
    const opened = await openLife(identity, this.#options, this.#surroundings, {
      turned: () => this.#turned(),
      linked: (peer, isUp) => this.control.linked(peer, isUp),
      frame: (peer, bytes) => this.control.frame(peer, bytes),
      stranger: (conversation, first) => void this.#desk.serve(conversation, first),
    });
    if (!opened.ok) return opened;
    this.#life = opened.value;
    this.watches.endAll(); // what they know is of the life before
    this.life.start();
    return ok();
  }

  /** Resolves should it come to be that nothing runs here any more: the process must end, and a
   * start goes on from what is on disk. */
  get failed(): Promise<Refused> {
    return this.#failing.promise;
  }

  get name(): string {
    return this.life.identity.name;
  }

  /** The life it has now; a join gives it another. */
  get life(): MemberLife {
    return present(this.#life, "a member that is open");
  }

  get identity(): Identity {
    return this.life.identity;
  }

  get isLeader(): boolean {
    return this.#machine.raft.leading !== undefined;
  }

  /** Whether it was told how far the log is; not so right after a start. */
  get isTold(): boolean {
    return this.#machine.isReady && this.quorum().held;
  }

  get index(): number {
    return this.#machine.replica.applied;
  }

  get locked(): string | undefined {
    return this.life.loop.locked;
  }

  get odd(): string | undefined {
    return this.#machine.audit.odd;
  }

  /** The newest roster that is in force here. */
  get roster(): Roster {
    return this.life.roster.roster;
  }

  get chain(): MemberMachine["chain"] {
    return this.#machine.chain;
  }

  quorum(): QuorumVerdict {
    return this.#machine.quorum(this.#nowMs());
  }

  staleMs(): number {
    return Math.max(0, this.#nowMs() - this.#heldAtMs);
  }

  agreedWallMs(): number {
    return this.#machine.agreedWallMs(this.#surroundings.clock.now());
  }

  async fresh(): Promise<Outcome<void>> {
    const locked = this.#refusedAsLocked();
    if (locked !== undefined) return locked;
    const verdict = await this.#settledQuorum();
    if (!verdict.held) return this.#noQuorum(verdict);
    const isMet = (): boolean => this.#lag(verdict) === undefined;
    // Right after a start somebody has yet to be elected.
    const waitMs = this.#machine.raft.isInformed ? CATCH_UP_WAIT_MS : REQUEST_MS;
    await this.#waiting.until(isMet, waitMs);
    return this.#lag(verdict) ?? ok();
  }

  #lag({ freshAt }: QuorumVerdict): Refused | undefined {
    if (!this.#machine.raft.isInformed) return NOT_INFORMED;
    const behind = freshAt - this.index;
    if (behind <= 0) return undefined;
    return refused("catching-up", `catching up: this member is ${behind} entries behind`);
  }

  async write(operations: readonly Operation[]): Promise<Outcome<Written>> {
    const staged = this.stage();
    for (const operation of operations) {
      const added = await staged.add(operation);
      if (!added.ok) break; // `commit` says why, and lets it go
    }
    return await staged.commit();
  }

  stage(): StagedWrite {
    const { random, clock } = this.#surroundings;
    const write = (operations: readonly Operation[]): Promise<Outcome<Written>> =>
      this.#writeEntry(operations);
    return new Staging({ stage: toHex(random.bytes(8)), clock, write });
  }

  async #writeEntry(operations: readonly Operation[]): Promise<Outcome<Written>> {
    return await this.#ask((reply) => ({ type: "write", operations, reply }));
  }

  async changeRoster(ask: RosterChange): Promise<Outcome<Written>> {
    return await this.#ask((reply) => ({ type: "changeRoster", ask, reply }));
  }

  async consistentIndex(): Promise<Outcome<number>> {
    const answer = await this.#ask((reply) => ({ type: "read", reply }));
    return answer.ok ? ok(answer.value.index) : answer;
  }

  async reach(index: number, withinMs = MIN_INDEX_WAIT_MS): Promise<Outcome<void>> {
    const isMet = (): boolean => this.index >= index;
    if (await this.#waiting.until(isMet, withinMs)) return ok();
    return refused(
      "catching-up",
      `catching up: this member is at index ${this.index}, ${index} was asked for`,
    );
  }

  watch(request: WatchRequest): Outcome<Watching> {
    return this.watches.open(request);
  }

  /** True once it is so; false where it is not within `ms`. Looked at after every turn. */
  async until(isMet: () => boolean, ms: number): Promise<boolean> {
    return await this.#waiting.until(isMet, ms);
  }

  async rotate(now: boolean): Promise<Outcome<RotateAnswer>> {
    return await this.#entry.rotate(now);
  }

  ready(): Outcome<void> {
    const locked = this.#refusedAsLocked();
    if (locked !== undefined) return locked;
    const verdict = this.quorum();
    if (!verdict.held) return this.#noQuorum(verdict);
    const role = findMember(this.#machine.replica.roster.roster, this.life.identity.id)?.role;
    if (role === undefined || role === "learner") {
      return refused("catching-up", "catching up: this member does not vote yet");
    }
    return this.#lag(verdict) ?? ok();
  }

  collective(): CollectiveView {
    const view = collectiveView(this.life, this.#surroundings.clock.now());
    return { ...view, notices: [...view.notices, ...this.secrets.notices] };
  }

  async explain(node: string): Promise<Explanation> {
    return await this.control.explaining.explain(node);
  }

  async check(): Promise<readonly string[]> {
    const now = this.#surroundings.clock.now();
    const findings = await findingsOf(this.life, this.#options.data, now);
    const ofDeployment = await this.control.boot.findings();
    return [...findings, ...await this.nodeNotices(), ...this.secrets.notices, ...ofDeployment];
  }

  async repair(from: string): Promise<Outcome<RepairAnswer>> {
    return await orderRepair(this.life, from, this.#nowMs(), this);
  }

  async invite(request: InviteRequest): Promise<Outcome<InviteAnswer>> {
    const { random } = this.#surroundings;
    return await invite(request, {
      id: this.life.identity.id,
      roster: this.roster,
      state: this.state,
      random,
      agreedWallMs: this.agreedWallMs(),
      write: (operations) => this.write(operations),
    });
  }

  async removeMember(name: string): Promise<Outcome<Written>> {
    return await removeMember(this, name);
  }

  async drain(
    name: string,
    progress: (line: string) => void,
  ): Promise<Outcome<DrainAnswer>> {
    return await drain(this.#asDrainer(), name, progress);
  }

  async undrain(name: string): Promise<Outcome<DrainAnswer>> {
    return await undrain(this.#asDrainer(), name);
  }

  #asDrainer(): Drainer {
    const { roster, index, state } = this;
    return {
      ...{ roster, index, state, machine: this.#machine, clock: this.#surroundings.clock },
      write: (operations) => this.write(operations),
      until: (isMet, ms) => this.until(isMet, ms),
    };
  }

  async nodeNotices(): Promise<readonly string[]> {
    const ofNodes = await this.#standing.notices(), ofProfiles = this.control.boot.notices();
    return ofProfiles.length === 0 ? ofNodes : [...ofNodes, ...ofProfiles];
  }

  get members(): readonly string[] {
    return this.roster.members.map(({ name }) => name);
  }

  async join(
    request: JoinRequest,
    progress: (line: string) => void,
  ): Promise<Outcome<JoinAnswer>> {
    if (this.#isJoining) return refused("busy", "this member is joining already");
    this.#isJoining = true;
    try {
      return await overFiles(this.#options.data, () => this.#join(request, progress));
    } finally {
      this.#isJoining = false;
    }
  }

  async #join(
    request: JoinRequest,
    progress: (line: string) => void,
  ): Promise<Outcome<JoinAnswer>> {
    const own = await whyNotGivenUp(this, request.replace ?? false);
    if (own !== undefined) return own;
    const { data, lock } = this.#options;
    const enrolled = await enrol(
      data,
      request.token,
      request.server,
      this.#asJoiner(),
      this.#surroundings,
      progress,
    );
    if (!enrolled.ok) return enrolled;
    const begun = await overFiles(data, async () => {
      await this.life.close("this member joins another collective");
      const adopted = await settleIdentity(data, lock);
      return adopted.ok ? await this.open() : adopted;
    });
    if (begun.ok) return await this.membership(progress);
    const { kind, message } = begun.refusal;
    const failure = refused(kind, `admitted, but the new member cannot be opened: ${message}`);
    this.#failing.resolve(failure);
    return failure;
  }

  #asJoiner(): Joiner {
    const { advertise } = this.#options;
    const { listening } = this.life;
    const addresses: OwnAddresses = (local) =>
      joinerAddresses(advertise, listening, local, this.#surroundings.hostAddresses());
    return { addresses, chain: this.locked === undefined ? this.chain : undefined };
  }

  /** See {@link awaitMembership}. */
  async membership(progress: (line: string) => void): Promise<Outcome<JoinAnswer>> {
    return await awaitMembership(this, this.#surroundings.clock, progress);
  }

  /** Lets another lead, then stops answering peers and lets the store go. */
  async close(): Promise<void> {
    this.watches.close();
    this.secrets.close();
    this.life.loop.handle({ type: "stopping" });
    await this.#waiting.until(() => !this.#isNeeded(), HAND_OVER_MS);
    await this.#waiting.until(() => !this.#isGiving(), GIVE_AWAY_MS);
    await this.control.close();
    await this.life.close("this member stops");
  }

  #isGiving(): boolean {
    return this.locked === undefined && this.quorum().held && this.#machine.placing.isGiving;
  }

  /** Whether it leads others, who would miss it. */
  #isNeeded(): boolean {
    const others = votersOf(this.roster).some(({ id }) => id !== this.life.identity.id);
    return others && this.locked === undefined && this.isLeader;
  }

  /** After every turn of the loop. */
  #turned(): void {
    this.#waiting.turned();
    this.watches.turned();
    this.control.turned();
    const nowMs = this.#nowMs();
    if (nowMs - this.#lookedAtMs < QUORUM_LOOK_MS) return;
    this.#lookedAtMs = nowMs;
    if (this.quorum().held) this.#heldAtMs = nowMs;
    if (this.locked !== undefined || !this.quorum().held) return;
    this.#entry.keepTrue(nowMs);
    if (this.odd === undefined) this.secrets.keepTrue(nowMs);
  }

  // ----

  get #machine(): MemberMachine {
    return this.life.loop.machine;
  }

  /** The machine answers every request, however it ends. */
  #ask(request: (reply: Reply) => MemberEvent): Promise<Outcome<Answer>> {
    return new Promise((resolve) => this.life.loop.handle(request(resolve)));
  }

  #staleSeconds(): number | undefined {
    return this.quorum().held ? undefined : Math.ceil(this.staleMs() / 1000);
  }

  #nowMs(): number {
    return this.#surroundings.clock.now().monoMs;
  }

  #refusedAsLocked(): Outcome<never> | undefined {
    const { locked } = this;
    if (locked === undefined) return undefined;
    return refused("unavailable", `${this.name} is locked: ${locked}`);
  }

  /** Right after a change of the roster or of a link nobody could answer yet: that is no loss. */
  async #settledQuorum(): Promise<QuorumVerdict> {
    const verdict = this.quorum();
    const isOpen = (): boolean =>
      !this.quorum().held && this.#machine.heartbeats.isHurrying(this.#nowMs());
    if (verdict.held || !isOpen()) return verdict;
    await this.#waiting.until(() => !isOpen(), HURRY_MS);
    return this.quorum();
  }

  #noQuorum({ missing }: QuorumVerdict): Outcome<never> {
    return refused("no-quorum", `silent: ${missing.join(", ")}`, missing);
  }
}
