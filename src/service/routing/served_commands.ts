/** Parts of commands that other members passed to this one, which manages the nodes. */
import { MalformedError } from "../../base/bytes.ts";
import {
  COMMAND_BATCH_BYTES,
  COMMAND_BATCH_MS,
  MAX_NODE_ERROR_LENGTH,
  MAX_NODE_VALUES_BYTES,
  MAX_PEER_COMMANDS,
  PLACEMENT_WAIT_MS,
} from "../../base/limits.ts";
import type { Outcome } from "../../base/outcome.ts";
import { ResultBatch } from "../../collective/routing.ts";
import type { Clock } from "../../io/clock.ts";
import type { MemberId } from "../../model/member.ts";
import {
  type CommandFrame,
  encodeCommandFrame,
  type PartFailure,
  type PartResult,
  valuesText,
} from "../../wire/node_command.ts";
import type { CarryingOut } from "./carrying_out.ts";

export interface Serving {
  readonly clock: Clock;
  readonly local: CarryingOut;
  send(to: MemberId, frame: Uint8Array): void;
  nameOf(member: MemberId): string;
  /** Waits until this member has applied the index. */
  reach(index: number, withinMs: number): Promise<Outcome<void>>;
}

type Command = Extract<CommandFrame, { type: "command" }>;

export class ServedCommands {
  readonly #serving: Serving;
  readonly #parts = new Map<MemberId, Map<number, AbortController>>();

  constructor(serving: Serving) {
    this.#serving = serving;
  }

  /** Carries it out, or says at once why not; {@link MalformedError} where its id is taken. */
  heard(peer: MemberId, frame: Command): void {
    let parts = this.#parts.get(peer);
    if (parts === undefined) this.#parts.set(peer, parts = new Map());
    if (parts.has(frame.id)) throw new MalformedError(`command ${frame.id} is under way`);
    if (parts.size >= MAX_PEER_COMMANDS) {
      const error = `${parts.size} commands are under way for this member; try again`;
      return this.#end(peer, frame.id, { errorcode: 429, error });
    }
    const stop = new AbortController();
    parts.set(frame.id, stop);
    void this.#serve(peer, frame, stop.signal).then((failure) => {
      if (parts.get(frame.id) === stop) parts.delete(frame.id);
      if (!stop.signal.aborted) this.#end(peer, frame.id, failure);
    });
  }

  cancel(peer: MemberId, id: number): void {
    const parts = this.#parts.get(peer);
    parts?.get(id)?.abort();
    parts?.delete(id);
  }

  /** Whoever waited has been told that this member is gone. */
  down(peer: MemberId): void {
    for (const stop of this.#parts.get(peer)?.values() ?? []) stop.abort();
    this.#parts.delete(peer);
  }

  close(): void {
    for (const peer of [...this.#parts.keys()]) this.down(peer);
  }

  /** Resolves once each node was told of; with a failure where nothing was done. */
  async #serve(
    peer: MemberId,
    { id, index, leftMs, by, command, nodes }: Command,
    signal: AbortSignal,
  ): Promise<PartFailure | undefined> {
    const { clock, local, reach } = this.#serving;
    const through = this.#serving.nameOf(peer);
    const deadlineMs = clock.now().monoMs + leftMs;
    const reached = await reach(index, Math.min(leftMs, PLACEMENT_WAIT_MS));
    if (!reached.ok) return { errorcode: 503, error: reached.refusal.message };
    if (signal.aborted) return undefined;
    const telling = new Telling(clock, (results) => {
      this.#serving.send(peer, encodeCommandFrame({ type: "commandResults", id, results }));
    });
    await new Promise<void>((resolve) => {
      let left = nodes.length;
      signal.addEventListener("abort", () => resolve(), { once: true });
      const tell = (result: PartResult): void => {
        telling.tell(bounded(result));
        if (--left === 0) resolve();
      };
      local.add({ nodes, command, by, through, deadlineMs, signal, tell });
    });
    if (signal.aborted) telling.drop();
    else telling.flush();
    return undefined;
  }

  #end(peer: MemberId, id: number, failure: PartFailure | undefined): void {
    this.#serving.send(peer, encodeCommandFrame({ type: "commandEnd", id, failure }));
  }
}

/** Sends results in batches, none of them much later than it came. */
class Telling {
  readonly #clock: Clock;
  readonly #send: (results: readonly PartResult[]) => void;
  readonly #batch = new ResultBatch<PartResult>(COMMAND_BATCH_BYTES);
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, send: (results: readonly PartResult[]) => void) {
    this.#clock = clock;
    this.#send = send;
  }

  tell(result: PartResult): void {
    if (this.#batch.add(result, sizeOf(result))) this.flush();
    else this.#cancel ??= this.#clock.after(COMMAND_BATCH_MS, () => this.flush());
  }

  flush(): void {
    this.drop();
    if (!this.#batch.isEmpty) this.#send(this.#batch.take());
  }

  drop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}

/** About as many bytes as it takes. */
function sizeOf(result: PartResult): number {
  if ("values" in result) return result.node.length + valuesText(result.values).length;
  const text = "elsewhere" in result ? result.elsewhere : result.error;
  return result.node.length + text.length;
}

/** What fits a frame that the other end reads. */
function bounded(result: PartResult): PartResult {
  const { node } = result;
  if ("elsewhere" in result) return result;
  if ("error" in result) {
    return { ...result, error: result.error.slice(0, MAX_NODE_ERROR_LENGTH) };
  }
  const { length } = valuesText(result.values);
  if (length <= MAX_NODE_VALUES_BYTES) return result;
  const error =
    `it answers ${length} characters; MAX_NODE_VALUES_BYTES is ${MAX_NODE_VALUES_BYTES}`;
  return { node, errorcode: 502, error };
}
