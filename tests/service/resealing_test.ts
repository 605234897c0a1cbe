/** A pass that seals cells anew, over a real replica, with others who write in between. */
import { deepEqual, equal, fail } from "node:assert/strict";

import { RESEAL_CELLS } from "../../src/base/limits.ts";
import { ok, type Outcome, refused } from "../../src/base/outcome.ts";
import { newKeyOperations } from "../../src/collective/key_ring.ts";
import { systemClock } from "../../src/io/clock.ts";
import { systemRandom } from "../../src/io/random.ts";
import type { Operation } from "../../src/model/operation.ts";
import {
  type CollectiveKey,
  seal,
  SEAL_IV_BYTES,
  sealedBy,
  unseal,
} from "../../src/model/sealing.ts";
import { fromCell, toCell } from "../../src/model/stored_value.ts";
import { Replica } from "../../src/replica/replica.ts";
import type { Written } from "../../src/service/member_service.ts";
import { reseal, type Resealed } from "../../src/service/resealing.ts";
import { encodeBody } from "../../src/wire/entry.ts";

const OLD: CollectiveKey = { id: "00000000000000aa", bytes: systemRandom.bytes(32) };
const NEW: CollectiveKey = { id: "00000000000000bb", bytes: systemRandom.bytes(32) };
const ELSEWHERE: CollectiveKey = { id: "00000000000000cc", bytes: systemRandom.bytes(32) };
const SECRET = "secret.snmpcommunity";

class Stage {
  readonly replica = new Replica();
  /** Called before each entry that reseals. */
  before: () => void = () => {};

  constructor() {
    this.apply(newKeyOperations(NEW, undefined, [], () => systemRandom.bytes(32)));
  }

  apply(operations: readonly Operation[]): Written {
    const index = this.replica.applied + 1;
    const body = encodeBody({ operations });
    const { verdict } = this.replica.apply({ index, term: 1, hlc: 1024 * index, body });
    return { index, verdict };
  }

  set(row: string, value: string): void {
    this.apply([{ kind: "set", rows: [row], cells: [[".", ""], [SECRET, value]] }]);
  }

  keep(row: string, plain: string, key = OLD, of = row): void {
    const sealed = seal(key, of, SECRET, plain, systemRandom.bytes(SEAL_IV_BYTES));
    this.set(row, toCell({ kind: "sealed", sealed }));
  }

  async pass(): Promise<Resealed> {
    const made = await reseal({
      state: this.replica.cells,
      keys: new Map([OLD, NEW].map((key) => [key.id, key])),
      newest: NEW,
      random: systemRandom,
      clock: systemClock,
      write: (operations): Promise<Outcome<Written>> => {
        this.before();
        return Promise.resolve(ok(this.apply(operations)));
      },
    });
    return made.ok ? made.value : fail(made.refusal.message);
  }

  /** What the row holds, and by which key it is sealed. */
  held(row: string): readonly [plain: string | undefined, key: string | undefined] {
    const stored = fromCell(this.replica.cells.value(row, SECRET) ?? "");
    if (stored.kind !== "sealed") return [undefined, undefined];
    const id = sealedBy(stored.sealed);
    const key = [OLD, NEW, ELSEWHERE].find((one) => one.id === id) ?? OLD;
    return [unseal(key, row, SECRET, stored.sealed), id];
  }
}

Deno.test("what is sealed by an old key is sealed by the new one, in whatever row", async () => {
  const stage = new Stage();
  const rows = Array.from({ length: 2 * RESEAL_CELLS + 3 }, (_, i) => `node/n${i}`);
  for (const row of [...rows, "group/g"]) stage.keep(row, `dummy ${row}`);
  stage.keep("node/new", "dummy", NEW);
  stage.set("node/plain", "1.00000000000000aa.AAAA");
  deepEqual(await stage.pass(), { done: rows.length + 1, missed: 0, damaged: [] });
  for (const row of [...rows, "group/g"]) deepEqual(stage.held(row), [`dummy ${row}`, NEW.id]);
  equal(stage.replica.cells.value("node/plain", SECRET), "1.00000000000000aa.AAAA");
  deepEqual(await stage.pass(), { done: 0, missed: 0, damaged: [] });
});

Deno.test("a change that came in between stays, and another pass seals the rest", async () => {
  const stage = new Stage();
  for (const name of ["a", "b", "c"]) stage.keep(`node/${name}`, `dummy ${name}`);
  stage.before = () => {
    stage.before = () => {};
    stage.keep("node/b", "dummy changed");
    stage.apply([{ kind: "clear", rows: ["node/c"], attributes: [SECRET] }]);
  };
  deepEqual(await stage.pass(), { done: 0, missed: 3, damaged: [] });
  deepEqual(await stage.pass(), { done: 2, missed: 0, damaged: [] });
  deepEqual(stage.held("node/a"), ["dummy a", NEW.id]);
  deepEqual(stage.held("node/b"), ["dummy changed", NEW.id]);
  deepEqual(stage.held("node/c"), [undefined, undefined]);
});

Deno.test("where another key became the newest nothing is sealed by this one", async () => {
  const stage = new Stage();
  stage.keep("node/a", "dummy");
  stage.before = () => {
    stage.before = () => {};
    stage.apply(newKeyOperations(ELSEWHERE, NEW.id, [], () => systemRandom.bytes(32)));
  };
  deepEqual(await stage.pass(), { done: 0, missed: 1, damaged: [] });
  deepEqual(stage.held("node/a"), ["dummy", OLD.id]);
});

Deno.test("what does not open is named, and what is of another key is let be", async () => {
  const stage = new Stage();
  stage.keep("node/a", "dummy", OLD, "node/b");
  stage.keep("node/c", "dummy", ELSEWHERE);
  stage.keep("node/d", "dummy");
  deepEqual(await stage.pass(), { done: 1, missed: 0, damaged: [`node/a ${SECRET}`] });
  equal(stage.held("node/a")[1], OLD.id);
  deepEqual(stage.held("node/c"), ["dummy", ELSEWHERE.id]);
});

Deno.test("a write that is refused ends the pass with why", async () => {
  const stage = new Stage();
  stage.keep("node/a", "dummy");
  const why = refused("no-quorum", "m2 does not answer", ["m2"]);
  const made = await reseal({
    state: stage.replica.cells,
    keys: new Map([[OLD.id, OLD]]),
    newest: NEW,
    random: systemRandom,
    clock: systemClock,
    write: () => Promise.resolve(why),
  });
  deepEqual(made, why);
});
