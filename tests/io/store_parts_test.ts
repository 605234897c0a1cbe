import { deepEqual, equal, ok as holds, throws } from "node:assert/strict";
import fc from "fast-check";

import { equalBytes, toHex, utf8 } from "../../src/base/bytes.ts";
import {
  MAX_ATOMIC_BYTES,
  MAX_ATOMIC_MUTATIONS,
  MAX_BATCH_BYTES,
  MAX_BATCH_KEY_BYTES,
  MAX_BATCH_ROWS,
  MAX_STORED_PART_BYTES,
} from "../../src/base/limits.ts";
import type { StoreBatch } from "../../src/io/store.ts";
import {
  type AtomicPlan,
  parseFrame,
  PartLedger,
  PartReader,
  printFrame,
  printState,
} from "../../src/io/store_parts.ts";

/** What Deno KV keeps, and takes at most, in one atomic: 80 KiB of keys, 800 KiB in all. */
class KvRows {
  readonly #rows = new Map<string, { key: Deno.KvKey; value: Uint8Array }>();

  apply(plan: AtomicPlan): void {
    const keyBytes = [...plan.sets.map(({ key }) => key), ...plan.deletes]
      .reduce((sum, key) => sum + encoded(key).length, 0);
    const valueBytes = plan.sets.reduce((sum, { value }) => sum + value.length, 0);
    holds(plan.sets.length + plan.deletes.length <= MAX_ATOMIC_MUTATIONS, "mutations");
    holds(keyBytes <= 80 * 1024, `${keyBytes} bytes of keys`);
    holds(keyBytes + valueBytes <= 800 * 1024, `${keyBytes + valueBytes} bytes`);
    for (const key of plan.deletes) this.#rows.delete(encoded(key));
    for (const row of plan.sets) this.#rows.set(encoded(row.key), row);
  }

  get size(): number {
    return this.#rows.size;
  }

  read(): { reader: PartReader; records: Map<string, Uint8Array> } {
    const reader = new PartReader();
    const records = new Map<string, Uint8Array>();
    for (const order of [...this.#rows.keys()].sort()) {
      const row = this.#rows.get(order);
      const record = row && reader.take(row.key, row.value);
      if (record !== undefined) records.set(record.key, record.value);
    }
    reader.end();
    return { reader, records };
  }
}

/** As long as Deno KV's own encoding of a key, and in its order. */
function encoded(key: Deno.KvKey): string {
  return key.map((part) =>
    typeof part === "number" ? `\x03${String(part).padStart(8, "0")}` : `\x02${String(part)}\x00`
  ).join("");
}

function batch(puts: Record<string, Uint8Array>, deletes: string[] = []): StoreBatch {
  return { puts: Object.entries(puts).map(([key, value]) => ({ key, value })), deletes };
}

Deno.test("a frame on disk is these bytes", () => {
  const frame = { generation: 300, parts: 2, bytes: utf8("hello") };
  equal(toHex(printFrame("log/7", 1, frame)), "0c6d566cac020268656c6c6f");
  equal(toHex(printState({ count: 300, stale: 0 }).value), "81d2c4b6ac0201ac0200");
});

Deno.test("a frame is believed at its own key and part only, and whole", () => {
  const frame = { generation: 5, parts: 3, bytes: utf8("value") };
  const stored = printFrame("k", 1, frame);
  deepEqual({ ...parseFrame("k", 1, stored) }, frame);
  throws(() => parseFrame("k", 2, stored), /record "k" fails its checksum/);
  throws(() => parseFrame("l", 1, stored), /record "l" fails its checksum/);
  throws(() => parseFrame("k", 1, stored.subarray(0, -1)), /record "k" fails its checksum/);
  throws(() => parseFrame("k", 1, "text"), /record "k" is not a frame/);
  for (let bit = 0; bit < stored.length * 8; bit++) {
    const flipped = stored.slice();
    flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
    throws(() => parseFrame("k", 1, flipped), /record "k" fails its checksum/);
  }
});

Deno.test("parts of two values of one key do not add up to a third", () => {
  const value = new Uint8Array(2 * MAX_STORED_PART_BYTES);
  const [older, newer] = [1, 2].map((count) => new PartLedger().plan(batch({ k: value }), count));
  const reader = new PartReader();
  const [head, part] = [newer?.sets[0], older?.sets[1]];
  reader.take(head?.key ?? [], head?.value);
  throws(() => reader.take(part?.key ?? [], part?.value), /"k" has a part 1 of another value/);
});

Deno.test("stale parts beyond an atomic's room go with the commits after it", () => {
  const rows = new KvRows();
  const ledger = new PartLedger();
  const long = new Uint8Array(MAX_BATCH_BYTES);
  let count = 0;
  const commit = (change: StoreBatch) => {
    const plan = ledger.plan(change, ++count);
    rows.apply(plan);
    ledger.applied(plan);
  };
  const names = Array.from({ length: 200 }, (_, i) => `long${i}`);
  for (const name of names) commit(batch({ [name]: long }));
  const puts = Object.fromEntries(
    Array.from({ length: MAX_BATCH_ROWS }, (_, i) => [`row${i}`, new Uint8Array(1600)]),
  );
  commit(batch(puts, names));
  equal(rows.size, 1 + MAX_BATCH_ROWS + ledger.stale);
  equal(ledger.stale, 2000 - (MAX_ATOMIC_MUTATIONS - 1 - MAX_BATCH_ROWS - 200));
  equal(rows.read().records.size, MAX_BATCH_ROWS);
  commit(batch({ long3: long.subarray(0, 2 * MAX_STORED_PART_BYTES) }));
  // A process that starts here learns from the rows what the last one knew.
  const { reader, records } = rows.read();
  equal(reader.ledger.stale, ledger.stale);
  equal(records.get("long3")?.length, 2 * MAX_STORED_PART_BYTES);
  for (let i = 0; i < 3; i++) commit(batch({}));
  equal(ledger.stale, 0);
  equal(rows.size, 1 + MAX_BATCH_ROWS + 2);
});

Deno.test("the widest batch fits one atomic of Deno KV", () => {
  const keyLength = Math.floor(MAX_BATCH_KEY_BYTES / (2 * MAX_BATCH_ROWS));
  const name = (prefix: string, i: number) => `${prefix}${i}`.padEnd(keyLength, "-");
  const share = Math.floor(MAX_BATCH_BYTES / MAX_BATCH_ROWS);
  const puts = Array.from({ length: MAX_BATCH_ROWS }, (_, i) => (
    { key: name("p", i), value: new Uint8Array(share) }
  ));
  const deletes = Array.from({ length: MAX_BATCH_ROWS }, (_, i) => name("d", i));
  new KvRows().apply(new PartLedger().plan({ puts, deletes }, 1));
  const wide = { key: "w".padEnd(1024, "-"), value: new Uint8Array(MAX_BATCH_BYTES) };
  new KvRows().apply(new PartLedger().plan({ puts: [wide], deletes }, 1));
  holds(MAX_BATCH_BYTES + MAX_BATCH_KEY_BYTES <= MAX_ATOMIC_BYTES);
});

Deno.test("any history of batches reads back as a map would, with nothing left over", () => {
  const key = fc.constantFrom("a", "a!", "aa", "b");
  const length = fc.constantFrom(0, 1, MAX_STORED_PART_BYTES, MAX_STORED_PART_BYTES + 1, 200_000);
  const change = fc.record({
    puts: fc.array(fc.record({ key, value: length.map((n) => new Uint8Array(n).fill(n)) }), {
      maxLength: 3,
    }),
    deletes: fc.array(key, { maxLength: 3 }),
  });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 8 }), (changes) => {
      const rows = new KvRows();
      const expected = new Map<string, Uint8Array>();
      let ledger = new PartLedger();
      rows.apply(ledger.plan(batch({}), 0));
      changes.forEach((change, i) => {
        const plan = ledger.plan(change, i + 1);
        rows.apply(plan);
        ledger.applied(plan);
        for (const key of change.deletes) expected.delete(key);
        for (const { key, value } of change.puts) expected.set(key, value);
        const { reader, records } = rows.read();
        equal(reader.ledger.stale, 0);
        equal(ledger.stale, 0);
        deepEqual([...records.keys()], [...expected.keys()].sort());
        for (const [key, value] of expected) {
          holds(equalBytes(records.get(key) ?? new Uint8Array(1), value), key);
        }
        // Now and then another process goes on.
        if (i % 3 === 2) ledger = reader.ledger;
      });
    }),
    { numRuns: 60, seed: 1 },
  );
});
