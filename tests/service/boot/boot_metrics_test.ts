import { deepEqual, equal } from "node:assert/strict";

import { measureBoot } from "../../../src/service/boot/boot_metrics.ts";
import { noDhcpCounts } from "../../../src/service/boot/dhcp_counts.ts";
import { noSearchCounts } from "../../../src/service/boot/search_counts.ts";
import { noCounts } from "../../../src/service/boot/tftp_counts.ts";
import { MetricsRegistry } from "../../../src/service/metrics/metrics.ts";
import { type Family, readMetrics } from "../../api/metrics_page.ts";
import { documentedOfBoot, toldBy } from "../metrics/documented.ts";

Deno.test("what boot services count is told, and listed in METRICS", async () => {
  const metrics = new MetricsRegistry();
  const counts = { ...noDhcpCounts(), silences: 7 };
  const tftp = { ...noCounts(), ended: { complete: 3 } };
  const http = {
    ...{ connections: 2, accepted: 9, refused: 0, wrong: 0, bytes: 70, aborted: 0, slow: 0 },
    answers: new Map([[200, 8]]),
  };
  const https = {
    ...{ connections: 1, accepted: 6, refused: 2, wrong: 0, aborted: 0 },
    answers: new Map([[401, 3]]),
  };
  const services = {
    ...{ counts, strangersHeard: 4, foreignServers: 0 },
    ...{ tftp: undefined, http: undefined, https: undefined },
    searchCounts: { ...noSearchCounts(), answers: 5 },
  };
  const open = {
    ...services,
    tftp: { counts: tftp, active: 1 },
    http: { counts: http },
    https: { counts: https },
  };
  let now: Parameters<typeof measureBoot>[1] = services;
  measureBoot(metrics, {
    get counts() {
      return now.counts;
    },
    get searchCounts() {
      return now.searchCounts;
    },
    get tftp() {
      return now.tftp;
    },
    get http() {
      return now.http;
    },
    get https() {
      return now.https;
    },
    get strangersHeard() {
      return now.strangersHeard;
    },
    get foreignServers() {
      return now.foreignServers;
    },
  });
  const page = async (): Promise<Map<string, Family>> => readMetrics((await metrics.page()).text);
  const value = async (sample: string): Promise<number | undefined> =>
    (await page()).get(sample.replace(/\{.*/, ""))?.samples.get(sample);
  equal(await value("confluent_tftp_active"), 0, "not open yet");
  now = open;
  deepEqual(toldBy(await page()), documentedOfBoot());
  equal(await value("confluent_dhcp_silences_total"), 7);
  equal(await value('confluent_tftp_transfers_total{end="complete"}'), 3);
  equal(await value('confluent_boot_http_answers_total{status="200"}'), 8);
  equal(await value('confluent_boot_https_answers_total{status="401"}'), 3);
  equal(await value("confluent_boot_https_refused_total"), 2);
  equal(await value("confluent_dhcp_strangers"), 4);
  equal(await value("confluent_search_answers_total"), 5);
});
