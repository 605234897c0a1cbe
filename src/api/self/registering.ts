/**
 * `registerapikey`: a node registers its key, where it may (src/model/registration.ts). The grant
 * is one entry, refused at apply unless the node's key and arming are as they were seen: of two
 * members that would grant at once one does, and the other looks again.
 */
import { CLAIM_WRITE_MS, CLAIMS_WRITTEN_A_MINUTE } from "../../base/boot_limits.ts";
import { Allowances } from "../../base/allowances.ts";
import { fromUtf8, MalformedError } from "../../base/bytes.ts";
import { hmacSha256, sameSecret } from "../../base/crypto.ts";
import { utf8 } from "../../base/bytes.ts";
import { MAX_CHANGE_TRIES } from "../../base/limits.ts";
import { ok, type Outcome, refused } from "../../base/outcome.ts";
import type { Clock } from "../../io/clock.ts";
import { type Arming, armingOf, disarmed } from "../../model/arming.ts";
import {
  claimOf,
  claimOperations,
  type GrantHow,
  grantOf,
  grantOperation,
} from "../../model/grant.ts";
import {
  ARM_TOKEN,
  hashInCell,
  NODE_KEY,
  type RegisteredKey,
  registeredKey,
} from "../../model/node_key.ts";
import { nodeRow, type Operation } from "../../model/operation.ts";
import { judgeRegistration, type Registering } from "../../model/registration.ts";
import { fromCell, toCell } from "../../model/stored_value.ts";
import type { MemberService } from "../../service/member_service.ts";
import type { NodeKeys } from "../../service/node_keys.ts";
import type { SelfAnswer, SelfCall, SelfEndpoint } from "./endpoint.ts";
import { isTrusted, type Whereabouts } from "./where_from.ts";

export interface RegistrationParts {
  readonly clock: Clock;
  readonly keys: NodeKeys;
  readonly whereabouts: Whereabouts;
  readonly tell: (line: string) => void;
}

export function registrationEndpoint(
  member: MemberService,
  parts: RegistrationParts,
): SelfEndpoint {
  const registration = new Registration(member, parts);
  return {
    method: "POST",
    path: "registerapikey",
    needsKey: false,
    handler: (call) => registration.register(call),
  };
}

const ACCEPTED: SelfAnswer = { text: "Accepted" };

/** What a request says, and what is known of it now. */
interface Seen extends Registering {
  readonly node: string;
  readonly key: RegisteredKey;
  /** The cells of the node's row, which must be so still. */
  readonly keyCell: string | null;
  readonly tokenCell: string | null;
}

class Registration {
  readonly #member: MemberService;
  readonly #parts: RegistrationParts;
  readonly #claims = new Allowances(CLAIMS_WRITTEN_A_MINUTE, CLAIMS_WRITTEN_A_MINUTE / 60, 1);

  constructor(member: MemberService, parts: RegistrationParts) {
    this.#member = member;
    this.#parts = parts;
  }

  async register(call: SelfCall): Promise<Outcome<SelfAnswer>> {
    const key = keyIn(call.body);
    if (!key.ok) return key;
    for (let tries = 1;; tries++) {
      const seen = this.#see(call, key.value);
      if (!seen.ok) return seen;
      const verdict = judgeRegistration(seen.value);
      if (!verdict.may) return await this.#refuse(seen.value, verdict.why, verdict.isSecond);
      const granted = await this.#grant(seen.value, verdict.how);
      if (!granted.ok || granted.value) return granted.ok ? ok(ACCEPTED) : granted;
      if (tries === MAX_CHANGE_TRIES) {
        return refused("busy", `node ${call.node} is changed by others all the time; try again`);
      }
    }
  }

  #see({ node, peer, headers, body }: SelfCall, key: RegisteredKey): Outcome<Seen> {
    const where = this.#parts.whereabouts.of(peer.address);
    if (!where.ok) return where;
    const macs = this.#parts.whereabouts.macsOf(where.value);
    if (!macs.ok) return macs;
    const row = nodeRow(node), { state } = this.#member;
    const isThere = state.exists(row);
    const tokenCell = isThere ? state.value(row, ARM_TOKEN) : null;
    const hmac = this.#hmac(row, tokenCell, headers.get("confluent-crypthmac"), body);
    if (!hmac.ok) return hmac;
    const arming: Arming = isThere
      ? armingOf(this.#member, node, this.#member.agreedWallMs())
      : { is: "never" };
    return ok({
      ...{ node, key, tokenCell, address: peer.address, port: peer.port },
      keyCell: isThere ? state.value(row, NODE_KEY) : null,
      isLocal: where.value.isLocal,
      isTrusted: isThere && isTrusted(this.#member, node, where.value),
      macs: macs.value,
      nodeMacs: new Set(macs.value.filter((mac) => this.#isOf(node, mac))),
      ...{ hmac: hmac.value, arming },
      wasGranted: isThere && grantOf(state, node) !== undefined,
    });
  }

  #hmac(
    row: string,
    cell: string | null,
    given: string | undefined,
    body: Uint8Array,
  ): Outcome<Registering["hmac"]> {
    if (given === undefined) return ok("none");
    const value = cell === null ? undefined : fromCell(cell);
    if (value?.kind !== "sealed") return ok("spent");
    const token = this.#member.secrets.unseal(row, ARM_TOKEN, value.sealed);
    if (!token.ok) return token.refusal.kind === "unavailable" ? token : ok("wrong");
    const wanted = utf8(hmacSha256(utf8(token.value), body).toBase64());
    return ok(sameSecret(utf8(given.trim()), wanted) ? "right" : "wrong");
  }

  #isOf(node: string, mac: string): boolean {
    return this.#member.nodes.withMac(mac).some((match) => match.node === node);
  }

  /** False where what was seen is not so any more. */
  async #grant(seen: Seen, how: GrantHow): Promise<Outcome<boolean>> {
    const { node, key, arming, keyCell, tokenCell } = seen;
    const made = "hash" in key ? ok(key.hash) : await this.#parts.keys.hashOf(key.key);
    if (!made.ok) return made;
    const rows = [nodeRow(node)];
    const cell = toCell({ kind: "hashed", hashes: { crypt: made.value } });
    const equals = (attribute: string, value: string | null): Operation => (
      { kind: "guard", guard: { test: "equals", row: nodeRow(node), attribute, value } }
    );
    const operations: Operation[] = [
      { kind: "guard", guard: { test: "exists", rows } },
      equals(NODE_KEY, keyCell),
      equals(ARM_TOKEN, tokenCell),
      ...how === "port" && arming.is === "armed"
        ? arming.guards.map((guard): Operation => ({ kind: "guard", guard }))
        : [],
      { kind: "set", rows, cells: [[NODE_KEY, cell]] },
      { kind: "clear", rows, attributes: [ARM_TOKEN] },
      ...arming.is === "armed" && arming.isContinuous ? [] : [disarmed(this.#member, node)],
      grantOperation(node, { ...this.#askerOf(seen), how }),
    ];
    const written = await this.#member.write(operations);
    if (!written.ok) return written;
    if (written.value.verdict.result === "refused") return ok(false);
    if (written.value.verdict.result !== "applied") {
      return refused("unknown-outcome", "the key may or may not have been granted; ask again");
    }
    if ("key" in key) this.#parts.keys.remember(node, made.value, key.key);
    this.#note(seen, "answered", `its key is granted, by ${HOWS[how]}`);
    return ok(true);
  }

  async #refuse(seen: Seen, why: string, isSecond: boolean): Promise<Outcome<SelfAnswer>> {
    const { node, keyCell, key } = seen;
    if (isSecond) {
      const isHeld = await this.#isHeld(node, hashInCell(keyCell), key);
      if (!isHeld.ok) return isHeld;
      if (isHeld.value) return ok(ACCEPTED);
      await this.#claim(seen);
    }
    const told = `no key is granted to ${node.slice(0, 256)}: ${why}`;
    if (this.#member.nodes.hasNode(node)) this.#note(seen, "failed", told);
    return refused("forbidden", told);
  }

  /** Whether it is the key that the node has: then its answer was lost, with the member that gave
   * it maybe, and it asks once more. */
  async #isHeld(
    node: string,
    hash: string | undefined,
    given: RegisteredKey,
  ): Promise<Outcome<boolean>> {
    if (hash === undefined) return ok(false);
    if ("hash" in given) return ok(given.hash === hash);
    if (this.#parts.keys.isKnown(node, hash, given.key)) return ok(true);
    return await this.#parts.keys.isRight(node, hash, given.key);
  }

  /** Keeps the claim, where that one of the node is not kept just now: of what nobody need prove
   * anything for the log takes only so much. */
  async #claim(seen: Seen): Promise<void> {
    const claim = { node: seen.node, ...this.#askerOf(seen) };
    const last = claimOf(this.#member.state, claim.node);
    if (last !== undefined && Math.abs(claim.atMs - last.atMs) < CLAIM_WRITE_MS) return;
    if (this.#claims.take("", this.#parts.clock.now().monoMs) > 0) return;
    // Where others write claims at the same time, theirs tell enough.
    const written = await this.#member.write(claimOperations(this.#member.state, claim));
    const why = written.ok ? "" : `, and it cannot be kept: ${written.refusal.message}`;
    this.#parts.tell(
      `a second claim for the key of node ${claim.node} from ${fromText(seen)}${why}`,
    );
  }

  #askerOf(seen: Seen): { atMs: number; member: string; address: string; mac: string } {
    const { address, macs } = seen;
    const atMs = Math.floor(this.#member.agreedWallMs());
    return { atMs, member: this.#member.name, address, mac: macs.join(",") };
  }

  #note(seen: Seen, outcome: "answered" | "failed", told: string): void {
    const { node } = seen;
    const asked = `registerapikey from ${fromText(seen)}`;
    this.#member.boots?.reported(node, { asked, outcome, told });
    if (outcome === "answered") this.#parts.tell(`node ${node}: ${asked}: ${told}`);
  }
}

const HOWS: Readonly<Record<GrantHow, string>> = {
  token: "its one-time token",
  port: "its privileged port on a network that is trusted",
};

function fromText({ address, macs }: Seen): string {
  return macs.length === 0 ? address : `${address} (${macs.join(", ")})`;
}

function keyIn(body: Uint8Array): Outcome<RegisteredKey> {
  try {
    return registeredKey(fromUtf8(body));
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    return registeredKey("");
  }
}
