import { deepEqual, equal } from "node:assert/strict";

import { LoopLag } from "../../../src/service/metrics/loop_lag.ts";
import { MetricsRegistry } from "../../../src/service/metrics/metrics.ts";
import { readMetrics } from "../../api/metrics_page.ts";

Deno.test("a timer that is late is seen, and nothing once it is closed", async () => {
  const metrics = new MetricsRegistry();
  let monoMs = 1_000;
  const timers: (() => void)[] = [];
  const lag = new LoopLag(metrics, {
    now: () => ({ monoMs, wallMs: 0 }),
    after(ms, call): () => void {
      equal(ms, 100);
      timers.push(call);
      return () => void timers.splice(timers.indexOf(call), 1);
    },
  });
  const passes = (ms: number): void => {
    monoMs += ms;
    for (const call of timers.splice(0)) call();
  };
  equal(lag.latestMs, 0);
  passes(100.5);
  equal(lag.latestMs, 0.5);
  passes(820);
  equal(lag.latestMs, 720);
  passes(99); // a timer may be early
  equal(lag.latestMs, 0);
  lag.close();
  equal(timers.length, 0);
  const { samples } = readMetrics((await metrics.page()).text)
    .get("confluent_event_loop_lag_seconds") ?? {};
  const counted = ["0.001", "0.5", "1"].map((le) =>
    samples?.get(`confluent_event_loop_lag_seconds_bucket{le="${le}"}`)
  );
  deepEqual(counted, [2, 2, 3]);
});
