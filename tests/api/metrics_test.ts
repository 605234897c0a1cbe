import { deepEqual, equal } from "node:assert/strict";

import { asking, TOKEN } from "./asking.ts";
import { readMetrics } from "./metrics_page.ts";

Deno.test("what is counted is told in the text format of Prometheus", async () => {
  const { ask, metrics } = asking("n1");
  const offers = metrics.counter("confluent_tested_total", 'of "tests"', ["kind"]);
  offers.add({ kind: 'a "b"\\c\n' });
  metrics.histogram("confluent_tested_seconds", "how long", [0.1, 1]).observe(0.5);
  const asked = await ask("GET /metrics");
  equal(asked.status, 200);
  equal(asked.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  equal(asked.headers.get("cache-control"), "no-store");
  const families = readMetrics(asked.text);
  const { type, help, samples } = families.get("confluent_tested_total") ?? {};
  deepEqual([type, help], ["counter", 'of "tests"']);
  deepEqual([...samples ?? []], [[String.raw`confluent_tested_total{kind="a \"b\"\\c\n"}`, 1]]);
  deepEqual([...families.get("confluent_tested_seconds")?.samples ?? []], [
    ['confluent_tested_seconds_bucket{le="0.1"}', 0],
    ['confluent_tested_seconds_bucket{le="1"}', 1],
    ['confluent_tested_seconds_bucket{le="+Inf"}', 1],
    ["confluent_tested_seconds_sum", 0.5],
    ["confluent_tested_seconds_count", 1],
  ]);
});

Deno.test("nobody is told over TCP who proves nothing; without quorum it is answered", async () => {
  const { askBy, ask, member } = asking("n1");
  equal((await askBy("tcp", "GET /metrics")).status, 401);
  const headers = { authorization: `Bearer ${TOKEN}` };
  equal((await askBy("tcp", "GET /metrics", { headers })).status, 200);
  member.holdsQuorum = false;
  member.odd = "its state is wrong";
  equal((await ask("GET /metrics")).status, 200);
  equal((await ask("HEAD /metrics")).text, "");
});

Deno.test("requests are counted by method, first part of the path, and status", async () => {
  const { ask, askBy, member } = asking("n1", "n2");
  await ask("GET /nodes/n1/attributes/all");
  await ask("GET /nodes/n1/power/state");
  await ask("GET /nodes/n9/");
  await ask("DELETE /nodes/n1");
  await ask("GET /");
  await askBy("tcp", "GET /nodes/");
  await ask("GET /by/anybody/else");
  await ask("PATCH /nodes/");
  member.write = () => Promise.reject(new Error("inside"));
  equal((await ask("DELETE /nodes/n2")).status, 500);
  const { text } = await ask("GET /metrics");
  const samples = readMetrics(text).get("confluent_requests_total")?.samples ?? new Map();
  const of = (method: string, path: string, status: number): string =>
    `confluent_requests_total{method="${method}",path="${path}",status="${status}"}`;
  deepEqual(Object.fromEntries(samples), {
    [of("GET", "/nodes", 200)]: 2,
    [of("GET", "/nodes", 404)]: 1,
    [of("GET", "/nodes", 401)]: 1,
    [of("DELETE", "/nodes", 200)]: 1,
    [of("DELETE", "/nodes", 500)]: 1,
    [of("GET", "/", 200)]: 1,
    [of("other", "other", 404)]: 1,
    [of("other", "other", 405)]: 1,
  });
});
