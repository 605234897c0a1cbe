/** Passwords that are kept as hashes only. */
import type { Outcome } from "../base/outcome.ts";
import type { Hashes } from "../model/stored_value.ts";

/** Hashes the passwords of one request. */
export interface Hashing {
  of(password: string): Promise<Outcome<Hashes>>;
}
