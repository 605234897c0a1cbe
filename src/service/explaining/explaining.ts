/**
 * Why a node has the manager that it has, what was done there last, and why a command would be
 * refused now. Any member explains; what only the manager knows is asked of it, and where it does
 * not answer that is said in its place.
 */
import { MAX_RECENT_OPERATIONS } from "../../base/limits.ts";
import type { Clock } from "../../io/clock.ts";
import { type MemberId, nameOf } from "../../model/member.ts";
import {
  decodeExplainFrame,
  encodeExplainFrame,
  type ManagerWord,
  type RecentOperation,
} from "../../wire/explain_frame.ts";
import type { Explanation, ToldBoots, ToldOperation } from "../../wire/explanation_http.ts";
import type { Duty } from "../duty.ts";
import type { ObservedState } from "../observed_state.ts";
import type { CarryingOut } from "../routing/carrying_out.ts";
import type { CommandRouting } from "../routing/command_routing.ts";
import type { RunningMember } from "../running_member.ts";
import { type Heard as HeardOf, PeerQuestions } from "../peer_questions.ts";
import type { RecentOperations } from "./recent_operations.ts";
import { ExplainedNode } from "./explained_node.ts";

export interface ExplainingParts {
  readonly clock: Clock;
  readonly duty: Duty;
  readonly local: CarryingOut;
  readonly routing: CommandRouting;
  readonly observed: ObservedState;
  readonly recent: RecentOperations;
  /** How a node boots and booted, or what has that hardware address; undefined where this member
   * boots none. */
  boots(node: string): Promise<ToldBoots | undefined>;
}

type Heard = HeardOf<ManagerWord>;

const MOVED: Heard = { silence: "it changed hands just now: ask again" };

export class Explaining {
  readonly #member: RunningMember;
  readonly #parts: ExplainingParts;
  readonly #questions: PeerQuestions<ManagerWord>;

  constructor(member: RunningMember, parts: ExplainingParts) {
    this.#member = member;
    this.#parts = parts;
    this.#questions = new PeerQuestions({
      send: (to, frame) => this.#send(to, frame),
      nameOf: (id) => nameOf(member.roster, id),
    }, parts.clock);
  }

  async explain(node: string): Promise<Explanation> {
    const { duty, clock } = this.#parts;
    const asked = duty.managerOf(node)?.id;
    const [heard, boots] = await Promise.all([
      asked === undefined ? undefined : this.#hear(asked, node),
      this.#parts.boots(node),
    ]);
    // It may have gone to another while its manager was asked: what is told is how it is now.
    const manager = duty.managerOf(node);
    const explained = new ExplainedNode(this.#member, node, clock.now());
    const told = manager === undefined || manager.id === asked ? heard : MOVED;
    const word = told !== undefined && "word" in told ? told.word : undefined;
    const silence = told !== undefined && "silence" in told ? told.silence : null;
    const { moving, ...known } = explained.standing();
    const move = word?.move && { to: word.move.to ?? null, because: word.move.because };
    return {
      node,
      manager: manager === undefined ? null : { ...explained.managerOf(manager), silence },
      ...known,
      moving: move ?? moving,
      lease: word?.leaseMs === undefined ? null : Math.floor(word.leaseMs / 100) / 10,
      refused: this.#whyRefused(node, known.exists, told) ?? null,
      lastKnown: this.#lastKnown(node),
      operations: this.#operations(node, manager?.id, word),
      boots: boots ?? null,
    };
  }

  /** What a peer asks, or answers; false where the frame is another service's. */
  frame(peer: MemberId, bytes: Uint8Array): boolean {
    const frame = decodeExplainFrame(bytes);
    if (frame === undefined) return false;
    if (frame.type === "explained") this.#questions.heard(peer, frame.id, frame.word);
    else {
      const { id, node } = frame;
      this.#send(peer, encodeExplainFrame({ type: "explained", id, word: this.#word(node) }));
    }
    return true;
  }

  down(peer: MemberId): void {
    this.#questions.down(peer);
  }

  close(): void {
    this.#questions.close();
  }

  // ----

  #send(to: MemberId, frame: Uint8Array): boolean {
    return this.#member.life.peers.sendFrame(to, frame, "data");
  }

  async #hear(manager: MemberId, node: string): Promise<Heard> {
    if (manager === this.#member.identity.id) return { word: this.#word(node) };
    return await this.#questions.ask(
      manager,
      (id) => encodeExplainFrame({ type: "explainAsk", id, node }),
    );
  }

  /** What this member says of a node, as its manager. */
  #word(node: string): ManagerWord {
    const { local, recent } = this.#parts;
    const move = this.#member.life.loop.machine.placing.moveOf(node);
    const { roster } = this.#member;
    const leaseMs = Math.max(0, Math.floor(this.#leaseMs(node)));
    return {
      leaseMs: Number.isFinite(leaseMs) ? leaseMs : undefined,
      move: move && { to: move.to && nameOf(roster, move.to), because: move.because },
      refusal: local.whyNot(node),
      operations: recent.of(node),
    };
  }

  #leaseMs(node: string): number {
    const { duty, clock } = this.#parts;
    const granted = duty.begin(node);
    if (granted.ok) {
      const leaseMs = granted.value.leaseLeftMs();
      granted.value.end();
      return leaseMs;
    }
    if (this.#member.locked !== undefined) return 0;
    return this.#member.life.loop.machine.placing.leaseLeftMs(clock.now());
  }

  /** The first of what stands in the way of a command that this member is given. */
  #whyRefused(node: string, exists: boolean, heard: Heard | undefined): string | undefined {
    const { name, locked, odd } = this.#member;
    const lock = locked ?? odd;
    if (lock !== undefined) return `${name} is locked: ${lock}`;
    if (!exists) return `there is no node ${node}`;
    const { held, missing } = this.#member.quorum();
    if (!held) return `${name} hears no majority: no answer from ${missing.join(", ")}`;
    if (this.#parts.duty.managerOf(node) === undefined) {
      return this.#parts.routing.whyNobody(node).error;
    }
    if (heard === undefined) return undefined;
    return "silence" in heard ? heard.silence : heard.word.refusal;
  }

  #lastKnown(node: string): Explanation["lastKnown"] {
    const { observed } = this.#parts;
    const { roster } = this.#member;
    const told = ({ ageMs, by }: { ageMs: number; by: MemberId }) => ({
      age: Math.floor(ageMs / 1000),
      by: nameOf(roster, by),
    });
    const known = (path: "power/state" | "health/hardware", name: string) => {
      const last = observed.lastKnown(node, path);
      return last === undefined ? null : { value: wordIn(last.values[name]), ...told(last) };
    };
    const seen = observed.lastSeen(node);
    return {
      power: known("power/state", "state"),
      health: known("health/hardware", "health"),
      seen: seen === undefined ? null : told(seen),
    };
  }

  /** Those of the manager, and those of this member from when it managed the node. */
  #operations(
    node: string,
    manager: MemberId | undefined,
    word: ManagerWord | undefined,
  ): ToldOperation[] {
    const { clock, recent } = this.#parts;
    const { identity: { id }, roster, name } = this.#member;
    const wallMs = this.#member.life.loop.machine.agreedWallMs(clock.now());
    const managers = manager === undefined ? name : nameOf(roster, manager);
    const theirs = word?.operations.map((one) => toldOf(one, managers, wallMs)) ?? [];
    const isTold = manager === id && word !== undefined;
    const own = isTold ? [] : recent.of(node).map((one) => toldOf(one, name, wallMs));
    return [...theirs, ...own].sort((a, b) => a.age - b.age).slice(0, MAX_RECENT_OPERATIONS);
  }
}

function toldOf(
  { command, by, through, agoMs, epoch, ended }: RecentOperation,
  member: string,
  wallMs: number,
): ToldOperation {
  return {
    command,
    by,
    through,
    member,
    at: new Date(Math.max(0, wallMs - agoMs)).toISOString(),
    age: agoMs / 1000,
    epoch: epoch ?? null,
    took: ended === undefined ? null : ended.tookMs / 1000,
    outcome: ended === undefined ? null : outcomeOf(ended.result),
  };
}

/** What was passed back is not among what is remembered. */
function outcomeOf(result: NonNullable<RecentOperation["ended"]>["result"]): Outcome {
  if ("values" in result) return { values: result.values };
  if ("elsewhere" in result) return { errorcode: 503, error: result.elsewhere };
  return { errorcode: result.errorcode, error: result.error };
}

type Outcome = ToldOperation["outcome"];

function wordIn(told: unknown): string {
  const isTold = typeof told === "object" && told !== null && "value" in told;
  return isTold ? String(told.value) : "";
}
