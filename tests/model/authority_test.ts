import { deepEqual, equal } from "node:assert/strict";

import {
  authoritiesOf,
  authorityRow,
  newAuthorityOperations,
  newestAuthority,
  newSshAuthorityOperations,
  sshAuthorityOf,
} from "../../src/model/authority.ts";
import type { Operation } from "../../src/model/operation.ts";

/** Cells by row, changed by operations whose guards hold. */
class State {
  readonly #rows = new Map<string, Map<string, string>>();

  value(row: string, attribute: string): string | null {
    return this.#rows.get(row)?.get(attribute) ?? null;
  }

  *rows(prefix: string): Iterable<string> {
    for (const row of [...this.#rows.keys()].toReversed()) if (row.startsWith(prefix)) yield row;
  }

  apply(operations: readonly Operation[]): boolean {
    for (const operation of operations) {
      if (operation.kind === "guard" && operation.guard.test === "equals") {
        const { row, attribute, value } = operation.guard;
        if (this.value(row, attribute) !== value) return false;
      }
      if (operation.kind !== "set") continue;
      for (const row of operation.rows) {
        const cells = this.#rows.get(row) ?? new Map();
        this.#rows.set(row, cells);
        for (const [attribute, value] of operation.cells) cells.set(attribute, value);
      }
    }
    return true;
  }
}

const FIRST = { certificatePem: "first", sealedKey: "1.x.y", madeMs: 1_000 };
const SECOND = { certificatePem: "second", sealedKey: "1.z.y", madeMs: 2_000 };

Deno.test("of two that make a CA at a time one does; a later one stands beside it", () => {
  const state = new State();
  deepEqual(authoritiesOf(state), []);
  equal(newestAuthority(state), null);
  equal(state.apply(newAuthorityOperations("a".repeat(16), FIRST, null)), true);
  equal(state.apply(newAuthorityOperations("b".repeat(16), SECOND, null)), false);
  const newest = newestAuthority(state);
  equal(newest, "a".repeat(16));
  equal(state.apply(newAuthorityOperations("b".repeat(16), SECOND, newest)), true);
  deepEqual(authoritiesOf(state), [
    { row: authorityRow("a".repeat(16)), ...FIRST },
    { row: authorityRow("b".repeat(16)), ...SECOND },
  ]);
});

Deno.test("the key of SSH is made once, and anew where it is known to be another", () => {
  const state = new State();
  equal(sshAuthorityOf(state), undefined);
  const made = { publicLine: "ssh-ed25519 A", sealedKey: "1.x.y" };
  equal(state.apply(newSshAuthorityOperations(made, null)), true);
  deepEqual(sshAuthorityOf(state), made);
  const other = { publicLine: "ssh-ed25519 B", sealedKey: "1.x.z" };
  equal(state.apply(newSshAuthorityOperations(other, null)), false);
  equal(state.apply(newSshAuthorityOperations(other, made.publicLine)), true);
  deepEqual(sshAuthorityOf(state), other);
});
