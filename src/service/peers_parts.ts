/** What links to the other members are made of, and what their owner is asked and told. */
import type { Clock } from "../io/clock.ts";
import type { Links } from "../io/link.ts";
import type { CollectiveChain } from "../model/collective_chain.ts";
import type { MemberId, RosterAt } from "../model/member.ts";
import type { HelloMessage } from "../wire/hello.ts";
import type { Envelope } from "../wire/peer.ts";
import type { Conversation } from "./conversation.ts";
import type { Logger } from "./logger.ts";
import type { Lock } from "./machine/member_event.ts";
import type { OwnIdentities } from "./pins.ts";

/** What the peers' side must know of the member, asked anew each time. */
export interface PeersView {
  readonly self: MemberId;
  readonly chain: CollectiveChain;
  /** The newest roster in the log; before there is one, the kept one. */
  roster(): RosterAt;
  /** The newest roster that is committed: before, whom the log lets go may yet stay. */
  committed(): RosterAt;
  /** Where the log ends. */
  position(): { readonly lastTerm: number; readonly lastIndex: number };
}

export interface PeersEvents {
  up(peer: MemberId): void;
  down(peer: MemberId): void;
  received(peer: MemberId, envelope: Envelope): void;
  /** What is no business of the log: see src/wire/service_frame.ts. What it throws as
   * MalformedError (src/base/bytes.ts) closes the link. */
  frame(peer: MemberId, bytes: Uint8Array): void;
  /** This member must not count any more. */
  lock(lock: Lock): void;
  /** Somebody who is no peer wants something: a joiner, or a member that lost its disk. */
  stranger(conversation: Conversation, first: HelloMessage): void;
}

/** What links are made of. */
export interface PeersParts {
  readonly links: Links;
  readonly clock: Clock;
  readonly log: Logger;
  readonly identities: OwnIdentities;
  /** Where to look for the member of a name before its listed addresses: never whom to trust. */
  readonly hints: ReadonlyMap<string, readonly string[]>;
}
