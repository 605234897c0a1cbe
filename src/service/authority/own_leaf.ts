/**
 * The certificate that this member shows to nodes, and its key: kept in the data folder, so that a
 * start without quorum has them too. It is signed by the collective's CA, each time for a new key.
 *
 *     nodes-key.pem            0600
 *     nodes-certificate.pem    the certificate, and that of the CA behind it
 */
import { BACKDATED_MS, LEAF_DAYS } from "../../base/boot_limits.ts";
import { MalformedError } from "../../base/bytes.ts";
import { DAY_MS } from "../../base/instant.ts";
import { oneLine } from "../../base/one_line.ts";
import { ok, type Outcome } from "../../base/outcome.ts";
import {
  isKeyOf,
  issueServer,
  type KeyedCertificate,
  readServer,
  type ServerClaim,
} from "../../io/certificate_signing.ts";
import { readFileIfThere, writeFileDurably } from "../../io/files.ts";
import { dayText } from "../day_text.ts";
import type { Logger } from "../logger.ts";

/** A certificate that is in use. */
export interface Leaf extends KeyedCertificate, ServerClaim {}

export class OwnLeaf {
  readonly #data: string;
  readonly #log: Logger;
  #current: Leaf | undefined;
  #watching: ((leaf: Leaf) => void)[] = [];
  #isLoaded = false;

  constructor(data: string, log: Logger) {
    this.#data = data;
    this.#log = log;
  }

  /** Undefined until there is one. */
  get current(): Leaf | undefined {
    return this.#current;
  }

  /** Calls with the one there is, and with each that takes its place. */
  watch(call: (leaf: Leaf) => void): void {
    this.#watching.push(call);
    if (this.#current !== undefined) call(this.#current);
  }

  /** Takes what the data folder has, once, where one of these CAs signed it. */
  async load(authorities: readonly string[]): Promise<void> {
    if (this.#isLoaded || authorities.length === 0) return;
    this.#isLoaded = true;
    try {
      const [keyPem, certificatePem] = await Promise.all([
        readFileIfThere(`${this.#data}/nodes-key.pem`),
        readFileIfThere(`${this.#data}/nodes-certificate.pem`),
      ]);
      if (keyPem === undefined || certificatePem === undefined) return;
      const leaf = { keyPem, certificatePem, ...readServer(certificatePem) };
      if (isKeyOf(leaf) && isBy(leaf, authorities)) this.#use(leaf);
    } catch (error) {
      const what = error instanceof MalformedError ? "is damaged" : "cannot be read";
      this.#log.warn(`the certificate for nodes ${what}: ${oneLine(error)}; another is made`);
    }
  }

  /** Whether another is due: half its life is over, these names are not all in it, or none of these
   * CAs signed it. */
  isDue(nowMs: number, names: readonly string[], authorities: readonly string[]): boolean {
    const leaf = this.#current;
    if (leaf === undefined || !isBy(leaf, authorities)) return true;
    const isYoung = nowMs >= leaf.fromMs && nowMs < leaf.untilMs - LEAF_DAYS * DAY_MS / 2;
    return !isYoung || names.some((name) => !leaf.names.includes(name));
  }

  /** Has the CA sign another, which is used from now on. Names are in canonical form. */
  async renew(
    authority: KeyedCertificate,
    names: readonly string[],
    nowMs: number,
  ): Promise<Outcome<void>> {
    const validity = { fromMs: nowMs - BACKDATED_MS, untilMs: nowMs + LEAF_DAYS * DAY_MS };
    const issued = await issueServer(authority, { names, ...validity });
    if (!issued.ok) return issued;
    const leaf = { ...issued.value, names, ...validity };
    this.#isLoaded = true;
    this.#use(leaf);
    this.#log.info(`has a certificate for nodes until ${dayText(leaf.untilMs)}`);
    try {
      // The key first: where a power cut leaves but one of them new, they do not fit.
      await writeFileDurably(`${this.#data}/nodes-key.pem`, leaf.keyPem);
      await writeFileDurably(`${this.#data}/nodes-certificate.pem`, leaf.certificatePem);
    } catch (error) {
      this.#log.warn(`cannot keep the certificate for nodes: ${oneLine(error)}`);
    }
    return ok();
  }

  /** Whether it should have been renewed a day ago. */
  isOverdue(nowMs: number): boolean {
    const leaf = this.#current;
    return leaf !== undefined && nowMs > leaf.untilMs - LEAF_DAYS * DAY_MS / 2 + DAY_MS;
  }

  #use(leaf: Leaf): void {
    this.#current = leaf;
    for (const call of this.#watching) call(leaf);
  }
}

function isBy({ certificatePem }: Leaf, authorities: readonly string[]): boolean {
  return authorities.some((authority) => certificatePem.endsWith(authority));
}
