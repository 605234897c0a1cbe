/**
 * The collective's own CA at a running member: sees to it that it is made, once there is a
 * collective key to seal it by, signs by it, and keeps the certificate that this member shows to
 * nodes. The rows are those of src/model/authority.ts; every entry is guarded, so that of several
 * members that make one at a time, one does. A rotation of the collective key reseals its keys.
 */
import {
  AUTHORITY_LOOK_MS,
  AUTHORITY_PATIENCE_MS,
  AUTHORITY_RENEWED_MS,
  BACKDATED_MS,
  LEAF_DAYS,
  MAX_CERTIFIED_DAYS,
} from "../../base/boot_limits.ts";
import { DAY_MS } from "../../base/instant.ts";
import { oneLine } from "../../base/one_line.ts";
import { ok, type Outcome, refused } from "../../base/outcome.ts";
import {
  type KeyedCertificate,
  makeAuthority,
  makeSshAuthority,
  readServer,
  signRequest,
  signSshHost,
} from "../../io/certificate_signing.ts";
import type { Clock } from "../../io/clock.ts";
import type { Random } from "../../io/random.ts";
import {
  authoritiesOf,
  authorityRow,
  KEY_CELL,
  newAuthorityOperations,
  newestAuthority,
  newSshAuthorityOperations,
  PUBLIC_CELL,
  SSH_ROW,
  sshAuthorityOf,
} from "../../model/authority.ts";
import { collectiveUuid } from "../../model/collective_uuid.ts";
import type { Operation } from "../../model/operation.ts";
import type { HostAddress } from "../addresses.ts";
import { dayText } from "../day_text.ts";
import type { Logger } from "../logger.ts";
import type { StateView, Written } from "../member_service.ts";
import type { Secrets } from "../secrets.ts";
import type { CollectiveAuthority } from "./collective_authority.ts";
import { leafNames } from "./leaf_names.ts";
import { OwnLeaf } from "./own_leaf.ts";

/** What is needed of the member. */
export interface AuthorityOwner {
  readonly name: string;
  readonly state: StateView;
  readonly secrets: Pick<Secrets, "sealing" | "unseal"> & { readonly hasNewest: boolean };
  readonly isLeader: boolean;
  /** Whether it may write, and knows what was written before. */
  readonly isTold: boolean;
  /** The id of the collective itself. */
  readonly collective: string;
  /** Where the others reach it, `host:port`. */
  readonly addresses: readonly string[];
  /** The time that the members agree on, in milliseconds since 1970. */
  agreedWallMs(): number;
  write(operations: readonly Operation[]): Promise<Outcome<Written>>;
}

export interface AuthorityParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** The data folder. */
  readonly data: string;
  readonly hostAddresses: () => readonly HostAddress[];
  /** Whether this member serves nodes: only then is anything made. */
  readonly servesNodes: boolean;
}

const ID_BYTES = 8;

/** See above. */
export class CertificateAuthority implements CollectiveAuthority {
  /** What this member shows to nodes. */
  readonly leaf: OwnLeaf;
  readonly #owner: AuthorityOwner;
  readonly #parts: AuthorityParts;
  #lookAtMs = 0;
  #undoneSinceMs: number | undefined;
  #isBusy = false;
  #isClosed = false;
  /** Why something could not be made, the last time, and since when. */
  #trouble: string | undefined;
  #troubleSinceMs = 0;

  constructor(owner: AuthorityOwner, parts: AuthorityParts) {
    this.#owner = owner;
    this.#parts = parts;
    this.leaf = new OwnLeaf(parts.data, parts.log);
  }

  // ---- for the surfaces

  get uuid(): string {
    return collectiveUuid(this.#owner.state, this.#owner.collective);
  }

  certificates(): readonly string[] {
    return authoritiesOf(this.#owner.state).map(({ certificatePem }) => certificatePem);
  }

  get sshPublic(): string | undefined {
    return sshAuthorityOf(this.#owner.state)?.publicLine;
  }

  async signTls(
    request: string,
    names: readonly string[],
    days: number,
  ): Promise<Outcome<string>> {
    const wrong = whyNotDays(days);
    if (wrong !== undefined) return refused("invalid", wrong);
    const nowMs = this.#owner.agreedWallMs();
    const signer = this.#signer(nowMs);
    if (!signer.ok) return signer;
    // None counts longer than what it is signed by.
    const { untilMs: endMs } = readServer(signer.value.certificatePem);
    const untilMs = Math.min(nowMs + days * DAY_MS, endMs);
    return await signRequest(signer.value, request, {
      ...{ names, fromMs: nowMs - BACKDATED_MS, untilMs },
    });
  }

  async signSsh(key: string, names: readonly string[], days?: number): Promise<Outcome<string>> {
    const wrong = days === undefined ? undefined : whyNotDays(days);
    if (wrong !== undefined) return refused("invalid", wrong);
    const found = sshAuthorityOf(this.#owner.state);
    if (found === undefined) {
      return refused("unavailable", "the collective has no CA of SSH yet; ask again");
    }
    const opened = this.#owner.secrets.unseal(SSH_ROW, KEY_CELL, found.sealedKey);
    if (!opened.ok) return opened;
    const nowMs = this.#owner.agreedWallMs();
    return await signSshHost({ publicLine: found.publicLine, keyPem: opened.value }, key, {
      keyId: names[0] ?? "",
      principals: names,
      validAfter: Math.floor((nowMs - BACKDATED_MS) / 1_000),
      validBefore: days === undefined ? undefined : Math.floor((nowMs + days * DAY_MS) / 1_000),
    });
  }

  /** What an administrator should know or do, a line each. */
  get notices(): readonly string[] {
    if (!this.#parts.servesNodes) return [];
    const { name } = this.#owner, nowMs = this.#owner.agreedWallMs();
    const why = this.#trouble === undefined ? "" : `: ${this.#trouble}`;
    if (this.leaf.isOverdue(nowMs)) {
      const { untilMs = 0 } = this.leaf.current ?? {};
      const ends = `${untilMs > nowMs ? "ends" : "ended"} on ${dayText(untilMs)}`;
      return [
        `the certificate of ${name} for nodes ${ends} and was not renewed${why}; it is as soon ` +
        "as quorum is held and the collective key is here",
      ];
    }
    const { monoMs } = this.#parts.clock.now();
    if (this.#trouble === undefined || monoMs - this.#troubleSinceMs < AUTHORITY_PATIENCE_MS) {
      return [];
    }
    const lacks = this.leaf.current === undefined ? "has no" : "could not renew its";
    return [
      `${name} ${lacks} certificate for nodes${why}; it tries again by itself: see to quorum, ` +
      "and to the collective key",
    ];
  }

  // ---- what has to be done

  /** To be called now and then; resolves once what was begun is over. */
  async turned(): Promise<void> {
    const { monoMs } = this.#parts.clock.now();
    if (!this.#parts.servesNodes || this.#isBusy || this.#isClosed) return;
    if (monoMs < this.#lookAtMs) return;
    this.#lookAtMs = monoMs + AUTHORITY_LOOK_MS;
    this.#isBusy = true;
    await this.#look(monoMs);
  }

  /** Nothing is begun any more. */
  close(): void {
    this.#isClosed = true;
  }

  async #look(monoMs: number): Promise<void> {
    try {
      await this.leaf.load(this.certificates());
      if (!this.#owner.isTold) return;
      const made = this.#owner.secrets.hasNewest
        ? await this.#keepTrue(monoMs)
        : refused("unavailable", "the collective key is not here");
      this.#tell(made.ok ? undefined : made.refusal.message);
    } catch (error) {
      this.#tell(oneLine(error));
    } finally {
      this.#isBusy = false;
    }
  }

  #tell(trouble: string | undefined): void {
    if (trouble !== undefined && trouble !== this.#trouble) {
      this.#parts.log.debug(`the certificate for nodes waits: ${trouble}`);
    }
    if (this.#trouble === undefined) this.#troubleSinceMs = this.#parts.clock.now().monoMs;
    this.#trouble = trouble;
  }

  async #keepTrue(monoMs: number): Promise<Outcome<void>> {
    const nowMs = this.#owner.agreedWallMs();
    const due = this.#due(nowMs);
    if (due === undefined) this.#undoneSinceMs = undefined;
    else {
      this.#undoneSinceMs ??= monoMs;
      const isMine = this.#owner.isLeader || monoMs - this.#undoneSinceMs > AUTHORITY_PATIENCE_MS;
      const done = isMine ? await due() : ok();
      if (!done.ok) return done;
    }
    const signer = this.#signer(nowMs);
    if (!signer.ok) return signer;
    const { name, addresses } = this.#owner;
    const names = leafNames(name, this.uuid, addresses, this.#parts.hostAddresses());
    if (!this.leaf.isDue(nowMs, names, this.certificates())) return ok();
    return await this.leaf.renew(signer.value, names, nowMs);
  }

  /** What the collective lacks. */
  #due(nowMs: number): (() => Promise<Outcome<void>>) | undefined {
    const { state } = this.#owner;
    const all = authoritiesOf(state), newest = all.at(-1);
    const isEnding = newest !== undefined &&
      readServer(newest.certificatePem).untilMs - nowMs < AUTHORITY_RENEWED_MS;
    // One whose collective key is not here is not lost yet; none at all is.
    const isLost = all.every((one) => this.#isDamaged(one.row, one.sealedKey));
    if (isEnding || isLost) return () => this.#makeTls(nowMs);
    const ssh = sshAuthorityOf(state);
    const isSshThere = ssh !== undefined && !this.#isDamaged(SSH_ROW, ssh.sealedKey);
    return isSshThere ? undefined : () => this.#makeSsh();
  }

  #isDamaged(row: string, sealedKey: string): boolean {
    const opened = this.#owner.secrets.unseal(row, KEY_CELL, sealedKey);
    return !opened.ok && opened.refusal.kind === "invalid";
  }

  async #makeTls(madeMs: number): Promise<Outcome<void>> {
    const { state, secrets } = this.#owner;
    const before = newestAuthority(state);
    const sealing = await secrets.sealing();
    if (!sealing.ok) return sealing;
    const { certificatePem, keyPem } = await makeAuthority(`confluent ${this.uuid}`, madeMs);
    const id = this.#parts.random.bytes(ID_BYTES).toHex();
    const sealed = sealing.value.seal(authorityRow(id), KEY_CELL, keyPem);
    if (!sealed.ok) return sealed;
    const authority = { certificatePem, sealedKey: sealed.value, madeMs };
    const operations = newAuthorityOperations(id, authority, before);
    return await this.#write([sealing.value.guard, ...operations], `made the CA ${id}`);
  }

  async #makeSsh(): Promise<Outcome<void>> {
    const before = this.#owner.state.value(SSH_ROW, PUBLIC_CELL);
    const sealing = await this.#owner.secrets.sealing();
    if (!sealing.ok) return sealing;
    const { publicLine, keyPem } = await makeSshAuthority(`confluent-${this.uuid}`);
    const sealed = sealing.value.seal(SSH_ROW, KEY_CELL, keyPem);
    if (!sealed.ok) return sealed;
    const operations = newSshAuthorityOperations({ publicLine, sealedKey: sealed.value }, before);
    return await this.#write([sealing.value.guard, ...operations], "made the CA of SSH");
  }

  /** A refusal by a guard says that another did it. */
  async #write(operations: readonly Operation[], what: string): Promise<Outcome<void>> {
    const written = await this.#owner.write(operations);
    if (!written.ok) return written;
    if (written.value.verdict.result === "applied") this.#parts.log.info(what);
    this.#lookAtMs = 0;
    return ok();
  }

  /** The oldest that opens here and outlives what it signs: nodes that were deployed before the
   * newer was made know the older alone. */
  #signer(nowMs: number): Outcome<KeyedCertificate> {
    const { state, secrets } = this.#owner;
    let why: Outcome<never> = refused("unavailable", "the collective has no CA yet; ask again");
    let found: KeyedCertificate | undefined;
    for (const { row, certificatePem, sealedKey } of authoritiesOf(state)) {
      const opened = secrets.unseal(row, KEY_CELL, sealedKey);
      if (!opened.ok) {
        why = opened;
        continue;
      }
      found = { certificatePem, keyPem: opened.value };
      if (readServer(certificatePem).untilMs > nowMs + LEAF_DAYS * DAY_MS) break;
    }
    return found === undefined ? why : ok(found);
  }
}

function whyNotDays(days: number): string | undefined {
  if (Number.isInteger(days) && days > 0 && days <= MAX_CERTIFIED_DAYS) return undefined;
  return `${days} days: wanted 1 to ${MAX_CERTIFIED_DAYS}, which is MAX_CERTIFIED_DAYS`;
}
