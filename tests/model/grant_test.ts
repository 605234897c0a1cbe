import { deepEqual, equal } from "node:assert/strict";

import { ARMED_MS, CLAIM_TOLD_MS, MAX_CLAIMS } from "../../src/base/boot_limits.ts";
import { armedRow } from "../../src/model/arming.ts";
import {
  type Claim,
  claimOf,
  claimOperations,
  grantOf,
  grantOperation,
  grantRow,
  isGrantRow,
  openClaims,
  withRowsBeside,
} from "../../src/model/grant.ts";
import { groupRow, nodeRow, type Operation } from "../../src/model/operation.ts";

/** Rows that take what operations set; guards are not judged. */
class State {
  readonly cells = new Map<string, Map<string, string>>();

  exists(row: string): boolean {
    return this.cells.has(row);
  }

  value(row: string, attribute: string): string | null {
    return this.cells.get(row)?.get(attribute) ?? null;
  }

  take(...operations: readonly Operation[]): this {
    for (const operation of operations) {
      if (operation.kind !== "set") continue;
      for (const row of operation.rows) {
        this.cells.set(row, new Map([...this.cells.get(row) ?? [], ...operation.cells]));
      }
    }
    return this;
  }

  set(row: string, cells: Readonly<Record<string, string>> = {}): this {
    return this.take({ kind: "set", rows: [row], cells: Object.entries(cells) });
  }
}

const ASKER = { atMs: 5_000, member: "m1", address: "10.0.0.7", mac: "52:54:00:00:00:01" };

function claim(node: string, more: Partial<Claim> = {}): Claim {
  return { node, ...ASKER, ...more };
}

Deno.test("a grant is kept in a row of its own, and read as it was", () => {
  const state = new State();
  equal(grantOf(state, "n1"), undefined);
  for (const how of ["token", "port"] as const) {
    state.take(grantOperation("n1", { ...ASKER, how }));
    deepEqual(grantOf(state, "n1"), { ...ASKER, how });
  }
  deepEqual([...state.cells.keys()], [grantRow("n1")]);
  equal(isGrantRow(grantRow("n1")), true);
  equal(isGrantRow("claims"), true);
  equal(isGrantRow(nodeRow("n1")), false);
});

Deno.test("the newest claim of each node is kept, of so many nodes", () => {
  const state = new State();
  state.take(...claimOperations(state, claim("n1")));
  state.take(...claimOperations(state, claim("n2")));
  state.take(...claimOperations(state, claim("n1", { atMs: 6_000, mac: "" })));
  deepEqual(claimOf(state, "n1"), claim("n1", { atMs: 6_000, mac: "" }));
  deepEqual(claimOf(state, "n2"), claim("n2"));
  for (let i = 0; i < MAX_CLAIMS - 1; i++) {
    state.take(...claimOperations(state, claim(`x${i}`)));
  }
  equal(claimOf(state, "n2"), undefined, "it was the oldest");
  equal(claimOf(state, "n1")?.atMs, 6_000);
});

Deno.test("a claim is not written over another that was written meanwhile", () => {
  const state = new State();
  const [first] = claimOperations(state, claim("n1"));
  deepEqual(first, {
    kind: "guard",
    guard: { test: "equals", row: "claims", attribute: "newest", value: null },
  });
  state.take(...claimOperations(state, claim("n1")));
  const [second] = claimOperations(state, claim("n2"));
  deepEqual(second, {
    kind: "guard",
    guard: { ...first?.kind === "guard" && first.guard, value: state.value("claims", "newest") },
  });
});

Deno.test("a claim is open until it is old, the node goes, or it is armed or granted anew", () => {
  const open = (more: (state: State) => void, wallMs = 6_000): number => {
    const state = new State().set(nodeRow("n1"));
    state.take(...claimOperations(state, claim("n1")));
    more(state);
    return openClaims(state, wallMs).length;
  };
  const nothing = (): void => {};
  equal(open(nothing), 1);
  equal(open(nothing, 5_000 + CLAIM_TOLD_MS - 1), 1);
  equal(open(nothing, 5_000 + CLAIM_TOLD_MS), 0);
  equal(open((state) => state.cells.delete(nodeRow("n1"))), 0);
  const armedAt = (atMs: number) => (state: State): void => {
    state.set(armedRow(nodeRow("n1")), { until: String(atMs + ARMED_MS) });
  };
  equal(open(armedAt(4_999)), 1);
  equal(open(armedAt(5_001)), 0);
  const grantedAt = (atMs: number) => (state: State): void => {
    state.take(grantOperation("n1", { ...ASKER, atMs, how: "token" }));
  };
  equal(open(grantedAt(4_999)), 1);
  equal(open(grantedAt(5_001)), 0);
});

Deno.test("rows beside those of nodes and groups go with them", () => {
  const state = new State().set(grantRow("n1")).set(armedRow(nodeRow("n2"))).set(grantRow("n3"));
  state.set(armedRow(groupRow("g"))).set(grantRow("g"));
  const rows = [nodeRow("n1"), nodeRow("n2"), groupRow("g")];
  const beside = [grantRow("n1"), armedRow(nodeRow("n2")), armedRow(groupRow("g"))];
  deepEqual(withRowsBeside(state, rows), [...rows, ...beside]);
});
