/** /metrics of a real member: all of it is listed in docs/METRICS.md, and nothing else is. */
import { deepEqual, equal, ok as holds } from "node:assert/strict";

import { type Family, readMetrics } from "../api/metrics_page.ts";
import { documented, toldBy } from "../service/metrics/documented.ts";
import { memberTest, type Server } from "./collective.ts";

async function metricsOf(server: Server): Promise<Map<string, Family>> {
  const token = (await Deno.readTextFile(`${server.data}/token`)).trim();
  const headers = { Authorization: `Bearer ${token}`, Connection: "close" };
  const response = await fetch(`http://${server.api}/metrics`, { headers });
  equal(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  return readMetrics(await response.text());
}

memberTest("metrics tell what the member knows, and are listed", async (scene) => {
  const [m1, m2] = await scene.members(2) as [Server, Server];
  await m1.wrote("n1", "a");
  await m1.wrote("n1", "b");
  const { index } = await m2.ask("GET", "/nodes/?consistent=1");
  const families = await metricsOf(m2);
  deepEqual(toldBy(families), documented());

  const value = (sample: string): number | undefined =>
    families.get(sample.replace(/\{.*|_count$/, ""))?.samples.get(sample);
  const known = {
    confluent_quorum_held: 1,
    confluent_member_ready: 1,
    confluent_member_links: 1,
    'confluent_members{state="alive"}': 2,
    'confluent_members{state="down"}': 0,
    confluent_nodes: 1,
    confluent_nodes_held: 0,
    confluent_watchers: 0,
  };
  for (const [sample, wanted] of Object.entries(known)) equal(value(sample), wanted, sample);
  holds((value("confluent_log_applied_index") ?? 0) >= index);
  holds((value("confluent_log_commit_index") ?? 0) >= index);
  const commits = value('confluent_log_commits_total{result="done"}') ?? 0;
  holds(commits >= 2);
  equal(value("confluent_log_commit_seconds_count"), commits);
  holds((value("confluent_process_resident_memory_bytes") ?? 0) > 10_000_000);
  holds((value('confluent_process_cpu_seconds_total{mode="user"}') ?? 0) > 0.01);
  const startedAgo = Date.now() / 1_000 - (value("confluent_process_start_time_seconds") ?? 0);
  holds(startedAgo >= 0 && startedAgo < 600, `${startedAgo} s ago`);
  const led = await Promise.all(
    [m1, m2].map(async (member) =>
      (await metricsOf(member)).get("confluent_log_leader")?.samples.get("confluent_log_leader")
    ),
  );
  deepEqual(led.toSorted(), [0, 1]);
  await m1.kill();
  await m2.shows(/./);
  equal((await m2.run("nodelist")).code, 0, "it is answered without quorum");
  holds((await metricsOf(m2)).has("confluent_quorum_held"));
});
