import { deepEqual, equal } from "node:assert/strict";

import type { CommitResult, Store, StoreRecord } from "../../../src/io/store.ts";
import { StoreCounts } from "../../../src/service/metrics/counted_store.ts";
import { MetricsRegistry } from "../../../src/service/metrics/metrics.ts";
import { readMetrics } from "../../api/metrics_page.ts";

Deno.test("commits are counted by their outcome and timed, all else is the store's", async () => {
  const metrics = new MetricsRegistry();
  let monoMs = 0;
  const counts = new StoreCounts(metrics, {
    now: () => ({ monoMs, wallMs: 0 }),
    after: () => () => {},
  });
  const results: CommitResult[] = [
    { result: "done", count: 1 },
    { result: "full", message: "no room" },
    { result: "unknown", message: "EIO" },
    { result: "done", count: 2 },
  ];
  const did: string[] = [];
  let count = 0;
  const store: Store = {
    get count(): number {
      return count;
    },
    async *load(): AsyncIterable<StoreRecord> {
      yield { key: "k", value: new Uint8Array() };
    },
    commit(): Promise<CommitResult> {
      monoMs += 30;
      return Promise.resolve(results[count++] as CommitResult);
    },
    recover: () => Promise.resolve(void did.push("recover")),
    close: () => Promise.resolve(void did.push("close")),
  };
  const counted = counts.counting(store);
  for (const result of results) deepEqual(await counted.commit({ puts: [], deletes: [] }), result);
  equal(counted.count, 4);
  deepEqual((await Array.fromAsync(counted.load())).map(({ key }) => key), ["k"]);
  await counted.recover();
  await counted.close();
  deepEqual(did, ["recover", "close"]);
  const families = readMetrics((await metrics.page()).text);
  deepEqual(Object.fromEntries(families.get("confluent_log_commits_total")?.samples ?? []), {
    'confluent_log_commits_total{result="done"}': 2,
    'confluent_log_commits_total{result="full"}': 1,
    'confluent_log_commits_total{result="unknown"}': 1,
  });
  const { samples } = families.get("confluent_log_commit_seconds") ?? {};
  equal(samples?.get("confluent_log_commit_seconds_count"), 4);
  equal(samples?.get('confluent_log_commit_seconds_bucket{le="0.025"}'), 0);
  equal(samples?.get('confluent_log_commit_seconds_bucket{le="0.05"}'), 4);
});
