/** Parts of commands that were passed to the members that manage their nodes, until they end. */
import { COMMAND_PART_NODES } from "../../base/limits.ts";
import { partsOf } from "../../collective/routing.ts";
import type { Clock } from "../../io/clock.ts";
import type { MemberId } from "../../model/member.ts";
import { type CommandFrame, encodeCommandFrame } from "../../wire/node_command.ts";
import type { CommandRun } from "./command_run.ts";

/** What sends frames to peers, and what is known of them. */
export interface Wires {
  /** False where there is no link. */
  send(to: MemberId, frame: Uint8Array): boolean;
  nameOf(member: MemberId): string;
  /** The index of the state here. */
  readonly index: number;
}

/** Told which nodes of its part a peer does not manage, and what it says to that. */
export type Elsewhere = (nodes: readonly string[], why: string) => void;

type Said = Extract<CommandFrame, { readonly type: "commandResults" | "commandEnd" }>;

interface Part {
  readonly peer: MemberId;
  readonly run: CommandRun;
  readonly left: Set<string>;
  readonly elsewhere: Elsewhere;
  readonly cancel: () => void;
}

export class PassedCommands {
  readonly #wires: Wires;
  readonly #clock: Clock;
  readonly #parts = new Map<number, Part>();
  #lastId = 0;

  constructor(wires: Wires, clock: Clock) {
    this.#wires = wires;
    this.#clock = clock;
  }

  /** Every node is told of, by the run or as elsewhere, unless the run is over before. */
  pass(peer: MemberId, nodes: readonly string[], run: CommandRun, elsewhere: Elsewhere): void {
    for (const part of partsOf(nodes, COMMAND_PART_NODES)) this.#send(peer, part, run, elsewhere);
  }

  #send(peer: MemberId, nodes: readonly string[], run: CommandRun, elsewhere: Elsewhere): void {
    const id = ++this.#lastId;
    const leftMs = Math.max(0, Math.floor(run.deadlineMs - this.#clock.now().monoMs));
    const { command, by } = run;
    const { index } = this.#wires;
    const frame = encodeCommandFrame({ type: "command", id, index, leftMs, by, command, nodes });
    if (!this.#wires.send(peer, frame)) {
      const name = this.#wires.nameOf(peer);
      return run.fail(nodes, 503, `Collective member ${name} is unreachable`);
    }
    const cancel = (): void => {
      this.#parts.delete(id);
      this.#wires.send(peer, encodeCommandFrame({ type: "commandCancel", id }));
    };
    this.#parts.set(id, { peer, run, left: new Set(nodes), elsewhere, cancel });
    run.signal.addEventListener("abort", cancel, { once: true });
  }

  /** Results of a peer. One that nobody waits for any more is let pass. */
  heard(peer: MemberId, frame: Said): void {
    const part = this.#parts.get(frame.id);
    if (part?.peer !== peer) return;
    if (frame.type === "commandEnd") return this.#ended(frame.id, part, frame.failure);
    const elsewhere = new Map<string, string[]>();
    for (const result of frame.results) {
      if (!part.left.delete(result.node)) continue;
      if (part.left.size === 0) this.#forget(frame.id, part);
      if (!("elsewhere" in result)) part.run.tell(result);
      else elsewhere.set(result.elsewhere, [...elsewhere.get(result.elsewhere) ?? [], result.node]);
    }
    for (const [why, nodes] of elsewhere) part.elsewhere(nodes, why);
  }

  /** Nothing more comes over the link that there was. */
  down(peer: MemberId): void {
    const error = `Collective member ${this.#wires.nameOf(peer)} went unreachable`;
    for (const [id, part] of this.#parts) {
      if (part.peer !== peer) continue;
      this.#forget(id, part);
      if (part.run.isChange) part.run.fail(part.left, 504, `${error}; it may have been done`);
      else part.run.fail(part.left, 503, error);
    }
  }

  #ended(
    id: number,
    part: Part,
    failure: { readonly errorcode: number; readonly error: string } | undefined,
  ): void {
    this.#forget(id, part);
    const { errorcode, error } = failure ?? {
      errorcode: part.run.isChange ? 504 : 502,
      error: `Collective member ${this.#wires.nameOf(part.peer)} did not say what became of it`,
    };
    part.run.fail(part.left, errorcode, error);
  }

  #forget(id: number, { run, cancel }: Part): void {
    this.#parts.delete(id);
    run.signal.removeEventListener("abort", cancel);
  }
}
