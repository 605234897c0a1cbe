/** A write of any size through a real replica: what it comes to, and what one leaves that fails. */
import { deepEqual, equal, ok as holds } from "node:assert/strict";
import fc from "fast-check";

import { MAX_ENTRY_BYTES } from "../../src/base/limits.ts";
import { type Outcome, refused } from "../../src/base/outcome.ts";
import { systemClock } from "../../src/io/clock.ts";
import { type Operation, ROW_MARK } from "../../src/model/operation.ts";
import type { Written } from "../../src/service/member_service.ts";
import { Staging } from "../../src/service/staging.ts";
import { encodeBody } from "../../src/wire/entry.ts";
import { StandIn } from "../api/stand_in.ts";

const LONG = "é".repeat(20_000);

async function writeAll(
  member: StandIn,
  operations: readonly Operation[],
): Promise<Outcome<Written>> {
  const staged = member.stage();
  for (const operation of operations) holds((await staged.add(operation)).ok);
  return await staged.commit();
}

function rowsOf(count: number, name = "n"): string[] {
  return Array.from({ length: count }, (_, i) => `node/${name}${i}`);
}

Deno.test("what fits one entry is one", async () => {
  const member = new StandIn();
  const written = await writeAll(member, [
    { kind: "guard", guard: { test: "absent", rows: ["node/n1"] } },
    { kind: "set", rows: ["node/n1"], cells: [[ROW_MARK, ""]] },
  ]);
  deepEqual(written, { ok: true, value: { index: 1, verdict: { result: "applied" } } });
});

Deno.test("a longer write is one change all the same, and no entry of it is too long", async () => {
  const member = new StandIn();
  const rows = rowsOf(3_000);
  const cells = Array.from({ length: 12 }, (_, i) => [`info.x${i}`, LONG] as const);
  const written = await writeAll(member, [
    { kind: "guard", guard: { test: "absent", rows: rowsOf(40_000, "other") } },
    { kind: "set", rows: rows.slice(0, 40), cells },
    { kind: "set", rows, cells: [[ROW_MARK, ""], ["location.rack", "7"]] },
    { kind: "clear", rows: rows.slice(0, 1), attributes: ["info.x0"] },
  ]);
  holds(written.ok);
  for (const operations of member.proposed) {
    holds(encodeBody({ operations }).length <= MAX_ENTRY_BYTES);
  }
  const { index } = written.value;
  for (const row of rows) equal(member.replica.cells.newest(row), index);
  equal(member.state.value("node/n39", "info.x11"), LONG);
  equal(member.state.value("node/n2999", "location.rack"), "7");
  equal(member.state.value("node/n0", "info.x0"), null);
  deepEqual([...member.replica.cells.rows("stage/")], []);
});

Deno.test("a guard that fails is named by its place, and nothing is done", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(3), fc.boolean(), async (bad, last) => {
      const member = new StandIn();
      member.apply([{ kind: "set", rows: ["node/there"], cells: [[ROW_MARK, ""]] }]);
      const guards = Array.from({ length: 4 }, (_, i): Operation => {
        const rows = [...rowsOf(9_000, `g${i}`), ...(i === bad ? ["node/there"] : [])];
        return { kind: "guard", guard: { test: "absent", rows } };
      });
      const sets: Operation[] = [{ kind: "set", rows: rowsOf(30_000), cells: [["a", "b"]] }];
      const operations = last ? [...sets, ...guards] : [...guards, ...sets];
      const written = await writeAll(member, operations);
      holds(written.ok);
      const operation = last ? bad + 1 : bad;
      deepEqual(written.value.verdict, { result: "refused", operation, row: "node/there" });
      equal(member.replica.cells.newest("node/n0"), 0);
      deepEqual([...member.replica.cells.rows("stage/")], []);
    }),
    { numRuns: 8 },
  );
});

Deno.test("a part that is lost is sent again; without a quorum the write ends", async () => {
  const member = new StandIn();
  let lost = 0;
  const write = (operations: readonly Operation[]): Promise<Outcome<Written>> => {
    const isPart = operations[0]?.kind === "stage";
    if (isPart && lost++ === 1) return Promise.resolve(refused("unknown-outcome", "no answer"));
    return member.write(operations);
  };
  const staged = new Staging({ stage: "aa", clock: systemClock, write });
  const rows = rowsOf(60_000);
  await staged.add({ kind: "set", rows, cells: [["a", "b"]] });
  equal((await staged.commit()).ok, true);
  equal(member.replica.cells.value("node/n59999", "a"), "b");

  member.holdsQuorum = false;
  const second = member.stage();
  await second.add({ kind: "set", rows, cells: [["a", "c"]] });
  const ended = await second.commit();
  equal(!ended.ok && ended.refusal.kind, "no-quorum");
  equal(member.replica.cells.value("node/n59999", "a"), "b");
});
