import { deepEqual, throws } from "node:assert/strict";

import { MetricsRegistry } from "../../../src/service/metrics/metrics.ts";
import { readMetrics } from "../../api/metrics_page.ts";

async function samplesOf(metrics: MetricsRegistry): Promise<Record<string, number>> {
  const families = readMetrics((await metrics.page()).text);
  return Object.fromEntries(families.values().flatMap(({ samples }) => samples));
}

Deno.test("counters grow, gauges are set, with labels and without", async () => {
  const metrics = new MetricsRegistry();
  const plain = metrics.counter("confluent_a_total", "a");
  const labelled = metrics.counter("confluent_b_total", "b", ["kind", "why"]);
  const gauge = metrics.gauge("confluent_c", "c", ["kind"]);
  deepEqual(await samplesOf(metrics), { confluent_a_total: 0 });
  plain.add();
  plain.add(4);
  labelled.add({ kind: "x", why: "y" });
  labelled.add({ kind: "x", why: "y" }, 2);
  labelled.add({ kind: "x", why: "z" }, 0);
  gauge.set({ kind: "x" }, 7);
  gauge.set({ kind: "x" }, 6.5);
  deepEqual(await samplesOf(metrics), {
    confluent_a_total: 5,
    'confluent_b_total{kind="x",why="y"}': 3,
    'confluent_b_total{kind="x",why="z"}': 0,
    'confluent_c{kind="x"}': 6.5,
  });
});

Deno.test("what is read out is what it is then, and samples that are gone are gone", async () => {
  const metrics = new MetricsRegistry();
  let value = 3;
  metrics.readOut("gauge", "confluent_g", "g", () => value);
  metrics.readOut("counter", "confluent_c_total", "c", () => value * 2);
  metrics.readOut(
    "gauge",
    "confluent_by",
    "by",
    () => Array.from({ length: value }, (_, i) => [{ at: String(i) }, i]),
    ["at"],
  );
  await metrics.page();
  value = 1;
  deepEqual(await samplesOf(metrics), {
    confluent_g: 1,
    confluent_c_total: 2,
    'confluent_by{at="0"}': 0,
  });
});

Deno.test("a name that breaks the rules, or is there already, is a mistake of ours", () => {
  const metrics = new MetricsRegistry();
  for (const name of ["requests_total", "confluent_Requests_total", "confluent__a_total", "a"]) {
    throws(() => metrics.counter(name, "x"));
  }
  throws(() => metrics.counter("confluent_requests", "x"));
  throws(() => metrics.gauge("confluent_requests_total", "x"));
  throws(() => metrics.readOut("gauge", "confluent_requests_total", "x", () => 1));
  metrics.gauge("confluent_a", "x");
  throws(() => metrics.counter("confluent_a", "x"));
  throws(() => metrics.gauge("confluent_a", "x"));
});
