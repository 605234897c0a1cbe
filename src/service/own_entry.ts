/**
 * What the roster says of this very member, kept true by it: its addresses, what its program
 * supports, and its certificate, old and new.
 */
import { sign } from "../base/crypto.ts";
import { REQUEST_MS } from "../base/limits.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";
import { rotationWords } from "../collective/rotation.ts";
import { expiryOf } from "../io/certificate.ts";
import { findMember, type Member, type Roster } from "../model/member.ts";
import { sameSupport, SUPPORT } from "../model/support.ts";
import type { RosterChange } from "../wire/peer.ts";
import { certificateDer } from "../wire/pem.ts";
import { sameAddresses } from "./addresses.ts";
import { overFiles } from "./folder_faults.ts";
import type { Logger } from "./logger.ts";
import type { MemberLife } from "./member_life.ts";
import type { RotateAnswer, Written } from "./member_service.ts";

/** How often the entry is held against what is true. */
const LOOK_MS = 5_000;

/** What is needed of the member. */
export interface EntryOwner {
  /** The life it has now. */
  readonly life: MemberLife;
  /** The newest roster in its log. */
  readonly roster: Roster;
  changeRoster(ask: RosterChange): Promise<Outcome<Written>>;
  /** True once it is so; false where it is not within `ms`. */
  until(isMet: () => boolean, ms: number): Promise<boolean>;
}

/** See above. */
export class OwnEntry {
  readonly #owner: EntryOwner;
  readonly #data: string;
  readonly #log: Logger;
  #lookAtMs = 0;
  #isRotating = false;

  constructor(owner: EntryOwner, data: string, log: Logger) {
    this.#owner = owner;
    this.#data = data;
    this.#log = log;
  }

  /** To be called now and then, while quorum is held; asks for what has to change. */
  keepTrue(nowMs: number): void {
    if (nowMs < this.#lookAtMs) return;
    this.#lookAtMs = nowMs + LOOK_MS;
    const listed = this.#listed;
    if (listed === undefined) return;
    for (const ask of this.#due(listed)) void this.#owner.changeRoster(ask);
  }

  get #listed(): Member | undefined {
    return findMember(this.#owner.roster, this.#owner.life.identity.id);
  }

  #due({ id, addresses, support, former, fingerprint }: Member): RosterChange[] {
    const { life } = this.#owner;
    const due: RosterChange[] = [];
    const own = life.addresses;
    if (own.length > 0 && !sameAddresses(addresses, own)) {
      this.#log.info(`this member is reached at ${own.join(", ")} now`);
      due.push({ change: "readdress", id, addresses: own });
    }
    if (!sameSupport(support, SUPPORT)) due.push({ change: "support", id, support: SUPPORT });
    if (former?.isPinned === true && this.#unmet().length === 0) {
      due.push({ change: "unpin", id, fingerprint });
    }
    return due;
  }

  /** Names of the others, stale ones left out, that have not met the certificate in force. */
  #unmet(): string[] {
    const { life, roster } = this.#owner;
    const { id, fingerprint } = life.identity;
    const isListed = this.#listed?.fingerprint === fingerprint;
    return roster.members.filter((other) => other.id !== id && !other.isStale)
      .filter((other) => !isListed || !life.peers.hasMet(other.id))
      .map(({ name }) => name).sort();
  }

  /**
   * Gives this member another key and certificate. The new pair is on disk before anybody hears of
   * it, and the same pair is used until its fate is known, so that this may be asked again.
   */
  async rotate(now: boolean): Promise<Outcome<RotateAnswer>> {
    if (this.#isRotating) return refused("busy", "this member is rotating its certificate already");
    this.#isRotating = true;
    try {
      return await overFiles(this.#data, () => this.#rotate(now));
    } finally {
      this.#isRotating = false;
    }
  }

  async #rotate(now: boolean): Promise<Outcome<RotateAnswer>> {
    const { life } = this.#owner;
    const { id, name, link } = life.identity;
    if (!now && this.#listed?.former?.isPinned === true) {
      return refused(
        "conflict",
        `cannot rotate the certificate of ${name}: the last rotation is not over, for these have ` +
          `not met the new one: ${this.#unmet().join(", ")}; start them, or give the old one up ` +
          "with `confluent collective rotate --now`",
      );
    }
    const next = await life.prepareNext();
    const { fingerprint } = next;
    const certificate = certificateDer(link.certificatePem);
    const signature = sign(link.keyPem, rotationWords(id, certificate, fingerprint));
    const statement = { certificate, signature };
    const changed = await this.#owner.changeRoster({
      change: "rotate",
      id,
      fingerprint,
      statement,
      now,
    });
    const isAdopted = (): boolean => life.identity.fingerprint === fingerprint;
    if (!changed.ok && !isAdopted()) return changed;
    if (!await this.#owner.until(isAdopted, REQUEST_MS)) {
      return refused("unknown-outcome", "the new certificate is on its way; ask again to see");
    }
    await life.onDisk;
    const expires = new Date(expiryOf(next.link.certificatePem)).toISOString();
    return ok({ name, fingerprint, expires, unmet: now ? [] : this.#unmet() });
  }
}
