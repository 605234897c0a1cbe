/**
 * What a member is asked as the leader, by its peers and by itself. One that follows passes on what
 * it is asked by who does not hear the leader, once. A request that is said again,
 * since no answer came, is not appended again while its entry waits to be committed; after that
 * the duplicate windows know it (I7).
 */
import { MalformedError } from "../../base/bytes.ts";
import { MAX_ENTRY_BYTES } from "../../base/limits.ts";
import { refused } from "../../base/outcome.ts";
import type { Leader } from "../../consensus/leader.ts";
import type { Raft } from "../../consensus/raft.ts";
import { findMember, type MemberId } from "../../model/member.ts";
import type { Operation, OperationId } from "../../model/operation.ts";
import { decodeBody } from "../../wire/entry.ts";
import type { PeerMessage, RosterChange } from "../../wire/peer.ts";
import type { Reply } from "./requests.ts";
import type { Steward } from "./steward.ts";

/** Operations that only a leader makes, of its own accord. */
const LEADERS_OWN: readonly Operation["kind"][] = ["roster", "collect", "audit"];

type Question = Extract<PeerMessage, { type: "submit" | "readAsk" | "rosterAsk" }>;

/** What is asked of the leader for another member. */
export type PassedOn = Exclude<Question, { type: "submit" }>;

export interface AskedParts {
  readonly raft: Raft;
  readonly steward: Steward;
  readonly append: (body: Uint8Array) => void;
  readonly send: (to: MemberId, message: PeerMessage) => void;
  readonly isStopping: () => boolean;
  /** Asks the leader what another member asked, which does not hear it. */
  readonly passOn: (question: PassedOn, reply: Reply) => void;
}

export class Asked {
  readonly #parts: AskedParts;
  /** The requests in the tail of the log that is not committed, in its order, and their entries. */
  readonly #uncommitted = new Map<string, number>();
  #leading: Leader | undefined;

  constructor(parts: AskedParts) {
    this.#parts = parts;
  }

  /** Appends a request, once in this leadership. Who stops leaves it to the next leader. */
  propose(id: OperationId, body: Uint8Array): void {
    const { raft, append, isStopping } = this.#parts;
    if (isStopping()) return;
    if (raft.leading !== this.#leading) {
      this.#leading = raft.leading;
      this.#uncommitted.clear();
    }
    for (const [request, index] of this.#uncommitted) {
      if (index > raft.commit) break;
      this.#uncommitted.delete(request);
    }
    const request = `${id.origin}/${id.boot}/${id.sequence}`;
    if (this.#uncommitted.has(request)) return;
    this.#uncommitted.set(request, raft.log.last + 1);
    append(body);
  }

  /** Takes what a peer asks, which believes this member to lead. */
  take(from: MemberId, message: Question, nowMs: number): void {
    switch (message.type) {
      case "submit":
        return this.#submitted(from, message.body);
      case "readAsk":
        return this.#read(from, message.id, nowMs);
      case "rosterAsk":
        return this.#changeRoster(from, message.id, message.ask, nowMs);
    }
  }

  #submitted(from: MemberId, body: Uint8Array): void {
    const { raft, send } = this.#parts;
    const id = requestOf(body);
    if (id === undefined || findMember(raft.log.roster.roster, id.origin) === undefined) return;
    if (raft.leading !== undefined) this.propose(id, body);
    else if (id.origin === from && raft.leader !== undefined) {
      send(raft.leader, { type: "submit", body });
    }
  }

  #read(from: MemberId, id: number, nowMs: number): void {
    const answer = (index: number | undefined): void =>
      this.#parts.send(from, { type: "readAnswer", id, index: index ?? 0 });
    const { leading, leader } = this.#parts.raft;
    if (leading !== undefined) leading.readIndex(nowMs, answer);
    else if (leader === undefined) answer(undefined);
    else {this.#parts.passOn({ type: "readAsk", id }, (read) =>
        answer(read.ok ? read.value.index : 0));}
  }

  #changeRoster(from: MemberId, id: number, ask: RosterChange, nowMs: number): void {
    const reply: Reply = (outcome) => {
      const { kind, message, missing } = outcome.ok
        ? { kind: "unavailable" as const, message: "", missing: [] }
        : outcome.refusal;
      const index = outcome.ok ? outcome.value.index : 0;
      const answer = { type: "rosterAnswer", id, index, kind, message } as const;
      this.#parts.send(from, { ...answer, missing: missing ?? [] });
    };
    const { raft, steward } = this.#parts;
    if (raft.leading !== undefined) steward.ask(ask, reply, nowMs);
    else if (raft.leader !== undefined) this.#parts.passOn({ type: "rosterAsk", id, ask }, reply);
    else reply(refused("unavailable", "not the leader; ask again"));
  }
}

/**
 * The id of a request that a member submitted, or undefined where it is not one that members may
 * make of each other.
 */
function requestOf(body: Uint8Array): OperationId | undefined {
  if (body.length > MAX_ENTRY_BYTES) return undefined;
  try {
    const { id, operations } = decodeBody(body);
    const isLeaders = operations.some(({ kind }) => LEADERS_OWN.includes(kind));
    return isLeaders ? undefined : id;
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}
