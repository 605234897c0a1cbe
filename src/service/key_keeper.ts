/**
 * The collective keys at a running member: says what to seal them to, opens its copies, and sees
 * to it that every other member gets one, that the first is made, and that a rotation comes to its
 * end. Whoever leads does that; where it does not, since it has no key itself, the others do.
 *
 * All of it is in the replicated state (src/collective/key_ring.ts), each entry guarded, so that
 * two who do the same do it once, and whoever dies half way is followed by another.
 */
import { toHex } from "../base/bytes.ts";
import {
  DAMAGED_AGAIN_MS,
  KEY_ROTATED_MS,
  KEY_WAIT_MS,
  KEYS_LOOK_MS,
  KEYS_PATIENCE_MS,
} from "../base/limits.ts";
import { oneLine } from "../base/one_line.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";
import {
  announcedKey,
  announceOperations,
  COLLECTIVE_KEY_BYTES,
  copiesDue,
  dropKeysOperations,
  isAnnounced,
  keyIds,
  keyRow,
  newestKey,
  newKeyOperations,
  openCopy,
  SEALING_KEY_BYTES,
  type SealingKey,
} from "../collective/key_ring.ts";
import type { Clock } from "../io/clock.ts";
import type { Random } from "../io/random.ts";
import { findMember, type Member, type Roster } from "../model/member.ts";
import type { Operation } from "../model/operation.ts";
import { type CollectiveKey, sealedBy, unseal } from "../model/sealing.ts";
import { certificateDer } from "../wire/pem.ts";
import { type Hashing, PasswordHasher } from "./hashing.ts";
import type { Identity } from "./identity.ts";
import type { Logger } from "./logger.ts";
import type { StateView, Written } from "./member_service.ts";
import type { WrappingSource } from "./programs.ts";
import { reseal } from "./resealing.ts";
import { type KeyRotated, type Sealing, sealingBy, type Secrets } from "./secrets.ts";
import { ownSealingKey } from "./wrapping.ts";

/** What is needed of the member. */
export interface KeyOwner {
  readonly state: StateView;
  /** The newest roster in its log. */
  readonly roster: Roster;
  readonly identity: Identity;
  readonly isLeader: boolean;
  write(operations: readonly Operation[]): Promise<Outcome<Written>>;
  /** True once it is so; false where it is not within `ms`. */
  until(isMet: () => boolean, ms: number): Promise<boolean>;
}

/** What a member does its part with. */
export interface KeyParts {
  readonly random: Random;
  readonly clock: Clock;
  readonly log: Logger;
}

/** See above. */
export class KeyKeeper implements Secrets {
  readonly #owner: KeyOwner;
  readonly #parts: KeyParts;
  readonly #hasher: PasswordHasher;
  #own: SealingKey | undefined;
  #lookAtMs = 0;
  #undoneSinceMs: number | undefined;
  #isBusy = false;
  #isRotating = false;
  #isClosed = false;
  #damaged: readonly string[] = [];
  #passAtMs = 0;
  /** Copies that were opened, by their text. */
  readonly #opened = new Map<string, CollectiveKey | undefined>();

  constructor(owner: KeyOwner, parts: KeyParts) {
    this.#owner = owner;
    this.#parts = parts;
    this.#hasher = new PasswordHasher(parts.random, parts.clock);
  }

  /** Opens, or makes, what this identity opens its copies with. Refused: it must not run. */
  async use({ folder, id }: Identity, source: WrappingSource): Promise<Outcome<void>> {
    const own = await ownSealingKey(folder, id, source, this.#parts.random);
    if (!own.ok) return own;
    this.#own = own.value;
    this.#undoneSinceMs = undefined;
    this.#damaged = [];
    this.#opened.clear();
    return ok();
  }

  // ---- for the surfaces

  async sealing(): Promise<Outcome<Sealing>> {
    const key = await this.#awaited();
    return key === undefined
      ? refused("unavailable", `no secret can be sealed: ${this.#whyNone()}`)
      : ok(sealingBy(key, this.#parts.random));
  }

  unseal(row: string, attribute: string, sealed: string): Outcome<string> {
    const id = sealedBy(sealed);
    if (id === undefined) {
      return refused("invalid", `${attribute} of ${row} is sealed in a way not known here`);
    }
    const key = this.#key(id);
    if (key === undefined) {
      return refused(
        "unavailable",
        `${attribute} of ${row} cannot be opened: it is sealed by the collective key ${id}, ` +
          "which this member does not have",
      );
    }
    const plain = unseal(key, row, attribute, sealed);
    if (plain !== undefined) return ok(plain);
    return refused("invalid", `${attribute} of ${row} is damaged, or is not where it was sealed`);
  }

  hashing(): Hashing {
    return this.#hasher.request();
  }

  get notices(): readonly string[] {
    const { state, roster, identity } = this.#owner;
    const notices: string[] = [];
    const newest = newestKey(state);
    if (newest !== undefined && this.#key(newest) === undefined) {
      notices.push(`${identity.name} does not have the collective key: ${this.#whyNone()}`);
    }
    const old = keyIds(state).length - 1;
    if (newest !== undefined && old > 0) {
      notices.push(
        this.#damaged.length === 0
          ? "the collective key is being rotated: secrets are sealed anew, which goes on by itself"
          : `the rotation of the collective key waits: ${this.#damaged.length} secrets are ` +
            `damaged and cannot be sealed anew; set them again: ${
              this.#damaged.slice(0, 4).join(", ")
            }`,
      );
    }
    const without = this.#withoutCopy(roster.members, newest);
    if (without.length > 0 && this.hasNewest) {
      notices.push(
        `these were not handed the collective key, which they are as soon as they run: ${
          without.join(", ")
        }`,
      );
    }
    return notices;
  }

  /** Whether what is sealed by now can be opened here. */
  get hasNewest(): boolean {
    return this.#newest() !== undefined;
  }

  async rotateKey(): Promise<Outcome<KeyRotated>> {
    if (this.#isRotating) {
      return refused("busy", "the collective key is being rotated here already");
    }
    this.#isRotating = true;
    try {
      return await this.#rotateKey();
    } finally {
      this.#isRotating = false;
    }
  }

  async #rotateKey(): Promise<Outcome<KeyRotated>> {
    const what = "cannot rotate the collective key";
    const { state, roster } = this.#owner;
    const before = (await this.#awaited())?.id;
    if (before === undefined) return refused("unavailable", `${what}: ${this.#whyNone()}`);
    if (keyIds(state).length > 1) {
      return refused("conflict", `${what}: the last rotation is not over; see collective show`);
    }
    const recipients = roster.members.map((member) =>
      [member, announcedKey(state, member)] as const
    );
    const mute = recipients.filter(([, publicKey]) => publicKey === undefined)
      .map(([{ name }]) => name).sort();
    if (mute.length > 0) {
      return refused(
        "conflict",
        `${what}: it cannot be handed to ${mute.join(", ")}, which never said what to seal it ` +
          "to: start each, or have it removed",
      );
    }
    const key = this.#fresh();
    const to = recipients.flatMap(([{ id }, publicKey]) =>
      publicKey === undefined ? [] : [[id, publicKey] as const]
    );
    const written = await this.#owner.write(newKeyOperations(key, before, to, this.#ephemeral));
    if (!written.ok) return written;
    if (written.value.verdict.result === "refused") {
      return refused("conflict", `${what}: it was rotated at another member at this very time`);
    }
    this.#parts.log.info(`the collective key is rotated: the new one is ${key.id}`);
    this.#lookAtMs = 0;
    const isOver = (): boolean => keyIds(state).length === 1;
    await this.#owner.until(() => isOver() || this.#isClosed, KEY_ROTATED_MS);
    return ok({ key: key.id, isOver: isOver() });
  }

  /** Whoever waits is answered at the next turn; nothing is begun any more. */
  close(): void {
    this.#isClosed = true;
  }

  // ---- what has to be done

  /** To be called now and then, while quorum is held and nothing is behind. */
  keepTrue(nowMs: number): void {
    if (nowMs < this.#lookAtMs || this.#isBusy || this.#isClosed) return;
    this.#lookAtMs = nowMs + KEYS_LOOK_MS;
    const own = this.#own;
    const listed = findMember(this.#owner.roster, this.#owner.identity.id);
    if (own === undefined || listed === undefined || own.member !== listed.id) return;
    const due = this.#due(own, listed, nowMs);
    if (due === undefined) return;
    this.#isBusy = true;
    void this.#act(due);
  }

  async #act(due: () => Promise<void>): Promise<void> {
    try {
      await due();
    } catch (error) {
      this.#parts.log.warn(`cannot see to the collective key: ${oneLine(error)}`);
    } finally {
      this.#isBusy = false;
    }
  }

  /** What is to be done now; undefined for nothing. */
  #due(own: SealingKey, listed: Member, nowMs: number): (() => Promise<void>) | undefined {
    const { state, identity } = this.#owner;
    if (!isAnnounced(state, own, listed.fingerprint)) {
      // With the certificate that is in force: the others see it pinned.
      if (identity.fingerprint !== listed.fingerprint) return undefined;
      const { certificatePem, keyPem } = identity.link;
      const operations = announceOperations(own, certificateDer(certificatePem), keyPem);
      return async () => void await this.#owner.write(operations);
    }
    const due = this.#dueForAll(own);
    if (due === undefined) {
      this.#undoneSinceMs = undefined;
      return undefined;
    }
    this.#undoneSinceMs ??= nowMs;
    const isMine = this.#owner.isLeader || nowMs - this.#undoneSinceMs > KEYS_PATIENCE_MS;
    return isMine ? due : undefined;
  }

  /** What is to be done by somebody, if this member can do it. */
  #dueForAll({ member, publicKey }: SealingKey): (() => Promise<void>) | undefined {
    const { state, roster } = this.#owner;
    const newest = newestKey(state);
    if (newest === undefined) {
      const key = this.#fresh();
      const to = [[member, publicKey] as const];
      return async () => {
        const made = await this.#owner.write(
          newKeyOperations(key, undefined, to, this.#ephemeral),
        );
        if (made.ok && made.value.verdict.result === "applied") {
          this.#parts.log.info(`made the collective key ${key.id}`);
        }
      };
    }
    const keys = this.#keys();
    const copies = copiesDue(state, roster.members, [...keys.values()], this.#ephemeral);
    if (copies.length > 0) {
      return async () => {
        for (const entry of copies) {
          const written = await this.#owner.write(entry);
          if (!written.ok) return;
        }
      };
    }
    const key = keys.get(newest);
    const isRotated = keyIds(state).length > 1 && keys.size === keyIds(state).length;
    const isPassDue = isRotated && this.#parts.clock.now().monoMs >= this.#passAtMs;
    return isPassDue && key !== undefined ? () => this.#endRotation(key, keys) : undefined;
  }

  async #endRotation(
    newest: CollectiveKey,
    keys: ReadonlyMap<string, CollectiveKey>,
  ): Promise<void> {
    const { state } = this.#owner;
    const { random, clock, log } = this.#parts;
    const write = (operations: readonly Operation[]): Promise<Outcome<Written>> =>
      this.#owner.write(operations);
    const pass = await reseal({ state, keys, newest, random, clock, write });
    if (!pass.ok) return log.info(`resealing waits: ${pass.refusal.message}`);
    const { done, missed, damaged } = pass.value;
    if (done > 0) log.info(`sealed ${done} secrets anew by the collective key ${newest.id}`);
    this.#damaged = damaged;
    // Only a pass that found nothing ends it: nothing is sealed by an old key from then on.
    if (done + missed > 0) return;
    if (damaged.length > 0) {
      this.#passAtMs = clock.now().monoMs + DAMAGED_AGAIN_MS;
      return;
    }
    const old = keyIds(state).filter((id) => id !== newest.id);
    const dropped = await write(dropKeysOperations(newest.id, old));
    if (dropped.ok && dropped.value.verdict.result === "applied") {
      log.info(`forgot the collective key ${old.join(", ")}: no secret is sealed by it any more`);
    }
  }

  // ---- keys

  readonly #ephemeral = (): Uint8Array => this.#parts.random.bytes(SEALING_KEY_BYTES);

  #fresh(): CollectiveKey {
    const { random } = this.#parts;
    return { id: toHex(random.bytes(8)), bytes: random.bytes(COLLECTIVE_KEY_BYTES) };
  }

  /** Right after a start it may yet have to be made, or handed over. */
  async #awaited(): Promise<CollectiveKey | undefined> {
    await this.#owner.until(() => this.hasNewest || this.#isClosed, KEY_WAIT_MS);
    return this.#newest();
  }

  #newest(): CollectiveKey | undefined {
    const id = newestKey(this.#owner.state);
    return id === undefined ? undefined : this.#key(id);
  }

  #keys(): Map<string, CollectiveKey> {
    const keys = new Map<string, CollectiveKey>();
    for (const id of keyIds(this.#owner.state)) {
      const key = this.#key(id);
      if (key !== undefined) keys.set(id, key);
    }
    return keys;
  }

  #key(id: string): CollectiveKey | undefined {
    const own = this.#own;
    const copy = own && this.#owner.state.value(keyRow(id), own.member);
    if (own === undefined || copy === null || copy === undefined) return undefined;
    if (!this.#opened.has(copy)) {
      // There are few at a time: what is not there any more need not be kept.
      if (this.#opened.size >= 16) this.#opened.clear();
      this.#opened.set(copy, openCopy(own, id, copy));
    }
    return this.#opened.get(copy);
  }

  #withoutCopy(members: readonly Member[], newest: string | undefined): string[] {
    if (newest === undefined) return [];
    const row = keyRow(newest);
    return members.filter(({ id }) => this.#owner.state.value(row, id) === null)
      .map(({ name }) => name).sort();
  }

  #whyNone(): string {
    const { state, roster, identity } = this.#owner;
    const newest = newestKey(state);
    if (newest === undefined) {
      return "the collective has no key yet, which is made once it has quorum; ask again";
    }
    const others = roster.members.filter(({ id }) => id !== identity.id).map(({ name }) => name);
    if (others.length === 0) {
      return `nobody is left who could open the collective key ${newest}: put back ` +
        `${identity.folder}/collective.key and what wraps it from a backup; without them the ` +
        "sealed secrets are lost";
    }
    return `its copy of the key ${newest} is not here yet; a member that has it hands it over ` +
      `while both run: ${others.sort().join(", ")}`;
  }
}
