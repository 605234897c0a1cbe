/**
 * The desk at which strangers become members, at any member alike. Nothing is believed before it
 * is proven, and nothing is told before: a false proof and an unknown invitation get one answer.
 *
 * A joiner proves its invitation's secret over both certificates; the redemption is a guarded
 * entry, so that of two who hold one token only the first comes in; it may ask again until it is
 * promoted. A member that lost its disk proves its old key by the link itself, and its new key by
 * a signature.
 */
import { present } from "../base/assert.ts";
import { fingerprintOf, verify } from "../base/crypto.ts";
import { HANDSHAKE_MS, MAX_ADDRESSES_PER_MEMBER } from "../base/limits.ts";
import { ok, type Outcome, type Refused, refused } from "../base/outcome.ts";
import { levelText } from "../collective/roster_change.ts";
import {
  type Invitation,
  invitationFrom,
  isProof,
  proofOf,
  redeemOperations,
} from "../collective/invitation.ts";
import { endpointOf } from "../model/address.ts";
import type { CollectiveChain } from "../model/collective_chain.ts";
import { type Member, pinsOf, type Roster } from "../model/member.ts";
import type { Support } from "../model/support.ts";
import { invitationRow, type Operation } from "../model/operation.ts";
import type { HelloMessage } from "../wire/hello.ts";
import type { RosterChange } from "../wire/peer.ts";
import type { Conversation } from "./conversation.ts";
import { rejoinWords } from "./enrolment.ts";
import type { Logger } from "./logger.ts";
import type { StateView, Written } from "./member_service.ts";

type MessageOf<T extends HelloMessage["type"]> = Extract<HelloMessage, { type: T }>;

/** What the desk needs of its member. */
export interface DeskMember {
  readonly chain: CollectiveChain;
  readonly state: StateView;
  readonly roster: Roster;
  /** Whether quorum is held and this member has what a majority knows of. */
  fresh(): Promise<Outcome<void>>;
  reach(index: number, withinMs: number): Promise<Outcome<void>>;
  write(operations: readonly Operation[]): Promise<Outcome<Written>>;
  changeRoster(ask: RosterChange): Promise<Outcome<Written>>;
}

const UNKNOWN_TOKEN = refused(
  "unauthorized",
  "the token opens nothing here: it was used, it expired, or it is of another collective; " +
    "ask for a new one with `confluent invite NAME`",
);

/** Names nobody: it is told to whoever asks. */
const CANNOT_TELL = refused(
  "unavailable",
  "this member lags, so it cannot tell whether it knows the token; ask another, or ask again",
);
/** How long a member behind a token's index waits for it: the joiner must hear why in time. */
const TOKEN_WAIT_MS = HANDSHAKE_MS / 2;

export class AdmissionDesk {
  readonly #member: DeskMember;
  readonly #log: Logger;

  constructor(member: DeskMember, log: Logger) {
    this.#member = member;
    this.#log = log;
  }

  /** Serves whoever came; every way out closes the link or has said `admitted`. */
  async serve(conversation: Conversation, first: HelloMessage): Promise<void> {
    const admitted = first.type === "enrol"
      ? await this.#enrol(conversation, first)
      : first.type === "rejoin"
      ? await this.#rejoin(conversation, first)
      : refused("invalid", `a link does not begin with "${first.type}"`);
    if (!admitted.ok) {
      this.#log.info(`not admitted: ${admitted.refusal.message}`);
      return conversation.refuse(admitted);
    }
    conversation.say({
      type: "admitted",
      chain: this.#member.chain,
      roster: this.#member.roster,
    });
    conversation.link.close("admitted");
  }

  // ---- by invitation

  async #enrol(
    conversation: Conversation,
    { id, index, proof }: MessageOf<"enrol">,
  ): Promise<Outcome<void>> {
    // The token may be newer than what is applied here.
    const reached = await this.#member.reach(index, TOKEN_WAIT_MS);
    const invitation = this.#invitation(id);
    const { link } = conversation;
    if (invitation === undefined) {
      const isSure = reached.ok || (await this.#member.fresh()).ok;
      return isSure ? UNKNOWN_TOKEN : CANNOT_TELL;
    }
    const fields = {
      id,
      name: invitation.name,
      role: invitation.role,
      serverCertificate: link.ownCertificate,
      clientCertificate: link.peerCertificate,
    };
    if (!isProof(proof, "client", invitation.key, fields)) return UNKNOWN_TOKEN;
    link.proven();
    const { chain } = this.#member;
    conversation.say({ type: "proven", proof: proofOf("server", invitation.key, fields), chain });
    const asked = await conversation.next(HANDSHAKE_MS);
    if (!asked.ok) return asked;
    if (asked.value.type !== "redeem") {
      return refused("invalid", `"${asked.value.type}" where "redeem" was due`);
    }
    const far = supportOf(conversation);
    return await this.#redeem(invitation, fingerprintOf(link.peerCertificate), far, asked.value);
  }

  #invitation(id: string): Invitation | undefined {
    const row = invitationRow(id);
    return invitationFrom(id, (attribute) => this.#member.state.value(row, attribute));
  }

  async #redeem(
    invitation: Invitation,
    fingerprint: string,
    support: Support,
    { member: id, addresses }: MessageOf<"redeem">,
  ): Promise<Outcome<void>> {
    const wrong = wrongAddresses(addresses) ?? this.#tooOld(invitation.name, support);
    if (wrong !== undefined) return wrong;
    const fresh = await this.#member.fresh();
    if (!fresh.ok) return fresh;
    const operations = redeemOperations(invitation, fingerprint);
    const written = await this.#member.write(operations);
    if (!written.ok) return written;
    const { verdict } = written.value;
    if (verdict.result === "refused") {
      return this.#whyNot(invitation, operations, verdict.operation);
    }
    const { name, role } = invitation;
    const replaces = invitation.replaces ? this.#otherOf(name, fingerprint)?.id : undefined;
    const member: Member = { id, name, fingerprint, addresses, role, support };
    return await this.#admit({ change: "admit", member, replaces });
  }

  #otherOf(name: string, fingerprint: string): Member | undefined {
    return this.#member.roster.members.find((member) =>
      member.name === name && !pinsOf(member).includes(fingerprint)
    );
  }

  /** Before the token is used up: with another program it can be tried again. */
  #tooOld(name: string, support: Support): Refused | undefined {
    const { roster } = this.#member;
    if (support.level >= roster.level) return undefined;
    return refused("conflict", levelText(`cannot admit ${name}`, support, roster));
  }

  #whyNot(invitation: Invitation, operations: readonly Operation[], failed: number): Refused {
    const { name } = invitation;
    const guard = operations[failed];
    const test = guard?.kind === "guard" ? guard.guard.test : "exists";
    const expired = new Date(invitation.expiresAtMs).toISOString();
    const why = {
      before: `it expired at ${expired}`,
      equals: "another server has used it",
    }[test as string] ?? "it was used or taken back";
    return refused(
      "forbidden",
      `cannot admit ${name}: ${why}; ask for a new token with \`confluent invite ${name}\``,
    );
  }

  // ---- after a lost disk

  async #rejoin(
    conversation: Conversation,
    asked: MessageOf<"rejoin">,
  ): Promise<Outcome<void>> {
    const { link } = conversation;
    const old = fingerprintOf(link.peerCertificate);
    const roster = this.#member.roster;
    const listed = roster.members.find((member) => pinsOf(member).includes(old));
    if (listed === undefined) {
      const gone = roster.removed.findLast(({ fingerprints }) => fingerprints.includes(old));
      return refused(
        "forbidden",
        gone === undefined
          ? "cannot rejoin: no member with that key is listed; ask for a token with " +
            "`confluent invite NAME`"
          : `cannot rejoin: ${gone.name} was removed at index ${gone.index}; ask for a token ` +
            `with \`confluent invite ${gone.name}\``,
      );
    }
    link.proven();
    const words = rejoinWords(link.peerCertificate, asked.certificate, link.ownCertificate);
    if (!verify(asked.certificate, words, asked.signature)) {
      return refused("unauthorized", "cannot rejoin: the new key did not sign for itself");
    }
    const { name, role } = listed;
    const support = supportOf(conversation);
    const wrong = wrongAddresses(asked.addresses) ?? this.#tooOld(name, support);
    if (wrong !== undefined) return wrong;
    const member: Member = {
      id: asked.member,
      name,
      fingerprint: fingerprintOf(asked.certificate),
      addresses: asked.addresses,
      role: role === "nonvoting" ? "nonvoting" : "learner",
      support,
    };
    return await this.#admit({ change: "admit", member, replaces: listed.id });
  }

  async #admit(ask: RosterChange): Promise<Outcome<void>> {
    const fresh = await this.#member.fresh();
    if (!fresh.ok) return fresh;
    const changed = await this.#member.changeRoster(ask);
    if (!changed.ok) return changed;
    if (ask.change === "admit") {
      this.#log.info(`${ask.member.name} was admitted at index ${changed.value.index}`);
    }
    return ok();
  }
}

/** It has said something by now. */
function supportOf({ far }: Conversation): Support {
  return present(far, "a far end that has spoken");
}

function wrongAddresses(addresses: readonly string[]): Refused | undefined {
  if (addresses.length === 0 || addresses.length > MAX_ADDRESSES_PER_MEMBER) {
    return refused(
      "invalid",
      `a member has 1 to ${MAX_ADDRESSES_PER_MEMBER} addresses, not ${addresses.length}`,
    );
  }
  const wrong = addresses.find((address) => endpointOf(address) === undefined);
  if (wrong === undefined) return undefined;
  return refused("invalid", `"${wrong.slice(0, 64)}" is not an address; wanted HOST:PORT`);
}
