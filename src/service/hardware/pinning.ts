/**
 * Certificates of controllers, pinned when they are first seen: the fingerprint becomes an
 * attribute of the node, by an entry that is refused where one is there already. Those of many
 * nodes that are seen at once go into one entry.
 */
import { MAX_CHANGE_TRIES, MAX_PINS_AT_ONCE } from "../../base/limits.ts";
import type { Outcome } from "../../base/outcome.ts";
import { nodeRow, type Operation } from "../../model/operation.ts";
import type { Rows } from "../../model/rows.ts";
import type { Written } from "../member_service.ts";
import { DriverError } from "./driver.ts";

const ATTRIBUTE = "pubkeys.tls_hardwaremanager";

interface Pin {
  readonly node: string;
  readonly fingerprint: string;
  readonly done: () => void;
  readonly failed: (error: DriverError) => void;
}

export class Pinning {
  readonly #write: (operations: readonly Operation[]) => Promise<Outcome<Written>>;
  readonly #pinned: (node: string) => string | null;
  #waiting: Pin[] = [];
  #isWriting = false;

  /** `state`: of this member, once a write that went through it is answered. */
  constructor(
    write: (operations: readonly Operation[]) => Promise<Outcome<Written>>,
    state: () => Pick<Rows, "value">,
  ) {
    this.#write = write;
    this.#pinned = (node) => state().value(nodeRow(node), ATTRIBUTE);
  }

  /** Resolves once it is kept; throws {@link DriverError} where it is not. */
  pin(node: string, fingerprint: string): Promise<void> {
    return new Promise((done, failed) => {
      this.#waiting.push({ node, fingerprint, done, failed });
      if (!this.#isWriting) void this.#serve();
    });
  }

  async #serve(): Promise<void> {
    this.#isWriting = true;
    while (this.#waiting.length > 0) {
      await this.#keep(this.#waiting.splice(0, MAX_PINS_AT_ONCE));
    }
    this.#isWriting = false;
  }

  /** One entry is all or nothing: whoever it fails for is told, and the others go on without. */
  async #keep(given: readonly Pin[]): Promise<void> {
    let pins = given;
    for (let tries = 0; pins.length > 0 && tries < given.length + MAX_CHANGE_TRIES; tries++) {
      const written = await this.#write(pins.flatMap(operationsOf));
      if (!written.ok) {
        const why = `the certificate could not be pinned: ${written.refusal.message}`;
        return pins.forEach(({ failed }) => failed(new DriverError(503, why)));
      }
      const { verdict } = written.value;
      if (verdict.result !== "refused") return pins.forEach(({ done }) => done());
      for (const pin of pins.filter(({ node }) => nodeRow(node) === verdict.row)) {
        this.#overtaken(pin);
      }
      pins = pins.filter(({ node }) => nodeRow(node) !== verdict.row);
    }
    for (const { failed } of pins) failed(new DriverError(503, "the certificate was not pinned"));
  }

  /** The member that acted before may have seen the same at the same time. */
  #overtaken({ node, fingerprint, done, failed }: Pin): void {
    if (this.#pinned(node) === fingerprint) return done();
    failed(new DriverError(502, "another certificate was pinned meanwhile, or the node is gone"));
  }
}

function operationsOf({ node, fingerprint }: Pin): Operation[] {
  const row = nodeRow(node);
  return [
    { kind: "guard", guard: { test: "exists", rows: [row] } },
    { kind: "guard", guard: { test: "equals", row, attribute: ATTRIBUTE, value: null } },
    { kind: "set", rows: [row], cells: [[ATTRIBUTE, fingerprint]] },
  ];
}
