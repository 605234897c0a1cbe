/** What the surfaces do with secrets. */
import type { Outcome } from "../base/outcome.ts";
import type { Operation } from "../model/operation.ts";
import type { Hashing } from "./hashing.ts";

/** Seals what one write holds, all by one key. */
export interface Sealing {
  /** Must stand in the entry that holds what was sealed. */
  readonly guard: Operation;
  /** What the cell of that row and attribute is to hold. */
  seal(row: string, attribute: string, plain: string): Outcome<string>;
}

export interface Secrets {
  sealing(): Promise<Outcome<Sealing>>;
  /** What was sealed in that cell. */
  unseal(row: string, attribute: string, sealed: string): Outcome<string>;
  /** Hashes the passwords of one request. */
  hashing(): Hashing;
}
