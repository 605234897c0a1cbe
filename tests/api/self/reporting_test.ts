/** What becomes of a node's deployment by its reports, and how they may be sent again. */
import { deepEqual, equal, match } from "node:assert/strict";

import {
  MAX_STATUS_REPORT_BYTES,
  REPORT_BURST,
  REPORTS_PER_SECOND,
} from "../../../src/base/boot_limits.ts";
import { ok } from "../../../src/base/outcome.ts";
import { NODE_KEY } from "../../../src/model/node_key.ts";
import { nodeRow } from "../../../src/model/operation.ts";
import { type EndpointStage, endpointStage } from "./endpoint_stage.ts";
import type { Told } from "./self_stage.ts";

/** Members that say nothing for so long are missed, on a machine that is busy as well. */
const STILL_MS = 1_000;

interface Reporting extends EndpointStage {
  report(body: string, headers?: Readonly<Record<string, string>>): Promise<Told>;
  /** Status and text. */
  told(body: string, headers?: Readonly<Record<string, string>>): Promise<string>;
  /** `pending, staged, completed, lock`. */
  deployment(): string;
}

/** The profile alma is pending for n1. */
async function reporting(texts: Readonly<Record<string, string>> = {}): Promise<Reporting> {
  const stage = await endpointStage();
  stage.set("n1", { "deployment.pendingprofile": "alma", ...texts });
  const report: Reporting["report"] = (body, headers = {}) =>
    stage.ask("POST updatestatus", { body, headers });
  return {
    ...{ ...stage, report },
    told: async (body, headers) => {
      const { status, text } = await report(body, headers);
      return `${status} ${text}`;
    },
    deployment: () =>
      ["pendingprofile", "stagedprofile", "profile", "lock"].map((name) =>
        stage.text("n1", `deployment.${name}`) ?? "-"
      ).join(),
  };
}

function errorIn(told: string): string {
  return (JSON.parse(told.slice(4)) as { error: string }).error;
}

Deno.test("an installed system: staged, then complete, which locks where it should", async () => {
  const { told, deployment, text, member } = await reporting({ "deployment.lock": "autolock" });
  equal(await told("status: staged"), "200 OK");
  equal(deployment(), "-,alma,-,autolock");
  equal(text("n1", "deployment.client_ip"), "10.0.0.7");
  match(text("n1", "deployment.state_last_updated") ?? "", /^2023-11-14T22:13:/);
  equal(await told("status: complete"), "200 OK");
  equal(deployment(), "-,-,alma,locked");
  deepEqual(member.proposed.length, 2, "a report is one entry");
  deepEqual(
    member.reports.map(([node, { asked, outcome, told }]) => [node, asked, outcome, told]),
    [
      ["n1", "report from 10.0.0.7: status staged", "answered", "taken"],
      ["n1", "report from 10.0.0.7: status complete", "answered", "taken"],
    ],
  );
});

Deno.test("complete without staged, and what runs from the network", async () => {
  const installed = await reporting({ "deployment.profile": "old", "deployment.lock": "unlocked" });
  equal(await installed.told("status: complete"), "200 OK");
  equal(installed.deployment(), "-,-,alma,unlocked");
  const live = await reporting();
  equal(await live.told("status: booted"), "200 OK");
  equal(live.deployment(), "alma,-,alma,-");
});

Deno.test("arming is not touched by what is reported", async () => {
  const { told, set, text } = await reporting();
  set("n1", { "deployment.apiarmed": "continuous" });
  for (const status of ["staged", "complete"]) equal(await told(`status: ${status}`), "200 OK");
  equal(text("n1", "deployment.apiarmed"), "continuous");
});

Deno.test("states and failures are kept as they are told, and change no profile", async () => {
  const { told, deployment, text, member } = await reporting();
  equal(await told("state: installing\nstate_detail: disk 1 of 2"), "200 Accepted");
  const state =
    (): unknown[] => [text("n1", "deployment.state"), text("n1", "deployment.state_detail")];
  deepEqual(state(), ["installing", "disk 1 of 2"]);
  equal(
    await told('{"state": "failed", "state_detail": "script post.d/10 ended with 1"}'),
    "200 Accepted",
  );
  deepEqual(state(), ["failed", "script post.d/10 ended with 1"]);
  equal(
    member.reports.at(-1)?.[1].asked,
    [
      "report from 10.0.0.7: state failed, state_detail script post.d/10 ended with 1",
    ].join(),
  );
  equal(await told("state: again"), "200 Accepted");
  deepEqual(state(), ["again", undefined]);
  equal(await told('state: "{n1}\\n\\u001b[31m"'), "200 Accepted");
  deepEqual(state(), ["{n1} [31m", undefined]);
  equal(deployment(), "alma,-,-,-");
});

Deno.test("a status without a profile is 500, in the words that scripts know", async () => {
  const { told, set, member } = await reporting();
  set("n1", { "deployment.pendingprofile": null });
  const before = member.proposed.length;
  for (const status of ["staged", "complete", "booted"]) {
    equal(
      await told(`status: ${status}`),
      "500 No pending profile detected, unable to accept status update",
    );
  }
  equal(member.proposed.length, before);
  equal(member.reports.at(-1)?.[1].outcome, "failed");
  equal(await told("state: idle"), "200 Accepted");
});

Deno.test("what is no report is refused, and says what would be right", async () => {
  const { told, report, deployment } = await reporting();
  match(errorIn(await told("status: done")), /status: "done": wanted one of staged, complete/);
  match(errorIn(await told("")), /wanted lines as `status: staged`/);
  match(errorIn(await told("a: [")), /^.*the report is no YAML: /);
  match(errorIn(await told("a: &b [x]\nstate: *b")), /the report is no YAML/);
  for (const body of ["status: done", "", "a: ["]) equal((await report(body)).status, 400);
  const large = await report(`state: ${"x".repeat(MAX_STATUS_REPORT_BYTES)}`);
  equal(large.status, 413);
  equal(deployment(), "alma,-,-,-");
});

/** What takes the longest to be read, as large as a report may be. */
function bombs(): string[] {
  const filled = (part: (i: string) => string): string => {
    let text = "";
    for (let i = 0; text.length < MAX_STATUS_REPORT_BYTES - 64; i++) text += part(i.toString(36));
    return text;
  };
  return [
    `%YAML 1.1\n---\n!!set {${filled((i) => `${i},`)}}`,
    filled((i) => `${i}:\n`),
    `a: &a [x]\n${filled((i) => `b${i}: *a\n`)}`,
    filled(() => "["),
    filled(() => "{a: "),
    filled(() => "!a "),
  ];
}

Deno.test("reports that were made to be read for long hold up nobody else", async () => {
  const { report } = await reporting();
  await report("state: warm");
  let last = performance.now(), longest = 0;
  const look = (): void => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  };
  const timer = setInterval(look, 5);
  const all = Array.from({ length: 6 }, bombs).flat();
  const statuses = await Promise.all(all.map(async (body) => (await report(body)).status));
  look();
  clearInterval(timer);
  deepEqual(new Set(statuses), new Set([400]));
  equal(longest < STILL_MS, true, `for ${longest} ms nobody had a turn`);
});

Deno.test("of one node so many reports are taken: there is room for those of others", async () => {
  const { report, clock, member } = await reporting();
  const statuses: number[] = [];
  for (let i = 0; i < REPORT_BURST + 2; i++) {
    const { status } = await report("state: again", { "Idempotency-Key": `${i}` });
    statuses.push(status);
  }
  deepEqual(statuses.slice(REPORT_BURST - 1), [200, 429, 429]);
  equal(member.proposed.length, REPORT_BURST);
  clock.monoMs += 1_000 / REPORTS_PER_SECOND;
  equal((await report("state: on")).status, 200);
});

Deno.test("with an Idempotency-Key a report is taken once, whoever is asked again", async () => {
  const { told, deployment, set, member } = await reporting();
  const once = (key: string): Record<string, string> => ({ "Idempotency-Key": key });
  for (const status of ["staged", "complete"]) {
    equal(await told(`status: ${status}`, once(status)), "200 OK");
    equal(await told(`status: ${status}`, once(status)), "200 OK", "nothing is pending any more");
  }
  equal(deployment(), "-,-,alma,-");
  set("n1", { "deployment.pendingprofile": "next" });
  equal(await told("status: complete", once("complete")), "200 OK");
  equal(deployment(), "next,-,alma,-", "that was of the deployment before");
  const other = await told("status: staged", once("complete"));
  equal(other.slice(0, 3), "409");
  match(errorIn(other), /Idempotency-Key was used for another report/);
  equal(deployment(), "next,-,alma,-");
  set("n1", { "deployment.pendingprofile": null });
  equal((await told("status: complete", once("new"))).slice(0, 3), "500");
  const before = member.proposed.length;
  for (const key of ["", "a b", "k".repeat(300), "ü"]) {
    equal((await told("status: staged", once(key))).slice(0, 3), "400", key);
  }
  equal(member.proposed.length, before);
});

Deno.test("without a key staged may be told twice, since its answer may be lost", async () => {
  const { told, deployment } = await reporting();
  for (let i = 0; i < 2; i++) equal(await told("status: staged"), "200 OK");
  equal(deployment(), "-,alma,-,-");
});

Deno.test("a report that another write overtakes is judged anew", async () => {
  const { told, deployment, member } = await reporting();
  const row = { rows: [nodeRow("n1")] };
  member.news.push([{ kind: "set", ...row, cells: [["deployment.lock", "autolock"]] }]);
  equal(await told("status: complete"), "200 OK");
  equal(deployment(), "-,-,alma,locked");
  deepEqual(member.proposed.length, 2);
});

Deno.test("a new deployment that comes between makes the report nobody's", async () => {
  const { report, deployment, member } = await reporting();
  const row = { rows: [nodeRow("n1")] };
  member.news.push([
    { kind: "set", ...row, cells: [["deployment.pendingprofile", "alma"]] },
    { kind: "clear", ...row, attributes: [NODE_KEY] },
  ]);
  const { status, text } = await report("status: complete");
  deepEqual([status, text], [401, "Unauthorized"]);
  equal(deployment(), "alma,-,-,-");
  equal((await report("status: complete")).status, 401);
});

Deno.test("a node that is removed meanwhile reports nothing", async () => {
  const { report, member } = await reporting();
  member.news.push([{ kind: "drop", rows: [nodeRow("n1")] }]);
  equal((await report("state: x")).status, 401);
  equal(member.state.exists(nodeRow("n1")), false);
});

Deno.test("an outcome that nobody knows is told as such", async () => {
  const { report, member } = await reporting();
  member.nextWrite = ok({ index: 9, verdict: { result: "outdated" } });
  equal((await report("status: staged")).status, 504);
  equal(member.reports.at(-1)?.[1].outcome, "failed");
});
