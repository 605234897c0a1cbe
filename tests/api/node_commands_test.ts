/** Commands on nodes over HTTP, over controllers that are played. */
import { deepEqual, equal, match } from "node:assert/strict";

import { createApi } from "../../src/api/app.ts";
import { MetricsRegistry } from "../../src/service/metrics/metrics.ts";
import { refused } from "../../src/base/outcome.ts";
import { asking, newNodes, refusalOf, withoutLinks } from "./asking.ts";
import { StandIn } from "./stand_in.ts";

const POWER = "/nodes/n1/power/state";
const RANGE_POWER = "/noderange/n1-n2/power/state";

Deno.test("one node's answer stands by itself, with where it stands", async () => {
  const { ask, member } = asking("n1");
  deepEqual((await ask(`GET ${POWER}`)).body, {
    _links: { self: { href: "./state" }, collection: { href: "./" } },
    state: { value: "on" },
  });
  const [ran] = member.commands.ran;
  deepEqual([ran?.nodes, ran?.command, ran?.timeoutMs], [["n1"], { path: "power/state" }, 30_000]);
});

Deno.test("one node's error is the status, of whatever kind", async () => {
  const { ask, member } = asking("n1");
  for (const errorcode of [401, 404, 409, 500, 501, 502, 503, 504]) {
    member.commands.answers.set("n1", { errorcode, error: "why" });
    const { status, body, headers } = await ask(`GET ${POWER}`);
    deepEqual([status, body], [errorcode, { errorcode, error: "why" }]);
    equal(headers.get("confluent-index"), "1");
  }
  equal(refusalOf(await ask("GET /nodes/n9/power/state")), "404 Unknown node n9");
  equal(member.commands.ran.length, 8);
});

Deno.test("what is set is what the words say, and words that are none are refused", async () => {
  const { ask, member } = asking("n1");
  const set = async (path: string, body: unknown): Promise<unknown> => {
    equal((await ask(`PUT /nodes/n1/${path}`, body)).status, 200);
    return member.commands.ran.at(-1)?.command;
  };
  deepEqual(await set("power/state", { state: "boot" }), { path: "power/state", set: "boot" });
  const goal = { nextdevice: "network", bootmode: "uefi", persistent: true };
  deepEqual(await set("boot/nextdevice", goal), { path: "boot/nextdevice", set: goal });
  deepEqual(await set("identify", { identify: "off" }), { path: "identify", set: "off" });
  const before = member.commands.ran.length;
  equal(
    refusalOf(await ask(`PUT ${POWER}`, { state: "up" })),
    "400 state: wanted one of on, off, reset, boot, diag, shutdown",
  );
  equal(
    refusalOf(await ask("PUT /noderange/n1/boot/nextdevice", { nextdevice: "tape" })),
    "400 nextdevice: wanted one of network, hd, setup, default, cd, floppy, usb, http",
  );
  equal((await ask(`PUT ${POWER}`, { state: "on" }, { "Idempotency-Key": "k" })).status, 400);
  equal((await ask(`PUT ${POWER}?dryRun=1`, { state: "on" })).status, 400);
  equal((await ask("PUT /nodes/n1/health/hardware", {})).status, 405);
  equal(member.commands.ran.length, before);
});

Deno.test("many nodes are a list in the order in which they came, or a line each", async () => {
  const { ask, member } = asking("n1", "n2");
  const n2 = Promise.withResolvers<void>();
  const later = n2.promise.then(() => ({ values: { state: { value: "off" } } }));
  member.commands.answers.set("n1", later);
  member.commands.answers.set("n2", { errorcode: 504, error: "timeout" });
  const asked = ask(`GET ${RANGE_POWER}`);
  while (member.commands.ran.length === 0) await new Promise<void>((go) => setTimeout(go, 0));
  n2.resolve();
  const { status, body, headers } = await asked;
  equal(status, 200);
  equal(headers.get("cache-control"), "no-store, no-transform");
  deepEqual(body, {
    databynode: [
      { n2: { errorcode: 504, error: "timeout" } },
      { n1: { state: { value: "off" } } },
    ],
  });
  const lines = await ask(`GET ${RANGE_POWER}`, undefined, { Accept: "application/x-ndjson" });
  equal(lines.headers.get("content-type"), "application/x-ndjson");
  equal(
    lines.text,
    '{"n1":{"state":{"value":"off"}}}\n{"n2":{"errorcode":504,"error":"timeout"}}\n',
  );
  equal(refusalOf(await ask("GET /noderange/n1-n9/power/state")).slice(0, 4), "404 ");
});

Deno.test("each result is sent when it comes; who goes away ends what is not done", async () => {
  const member = new StandIn();
  member.apply([newNodes("n1", "n2")]);
  member.commands.answers.set("n2", new Promise(() => {}));
  const app = createApi(member, {
    version: VERSION,
    metrics: new MetricsRegistry(),
    failed: () => {},
  });
  const init = { headers: { Accept: "application/x-ndjson" } };
  const { body } = await app.request(RANGE_POWER, init, { via: "unix" });
  const reader = body!.getReader();
  const { value } = await reader.read();
  equal(new TextDecoder().decode(value), '{"n1":{"state":{"value":"on"}}}\n');
  const [ran] = member.commands.ran;
  equal(ran?.signal.aborted, false);
  await reader.cancel();
  equal(ran?.signal.aborted, true);

  const gone = new AbortController();
  member.commands.answers.set("n1", new Promise(() => {}));
  const one = app.request(POWER, { signal: gone.signal }, { via: "unix" });
  while (member.commands.ran.length < 2) await new Promise<void>((done) => setTimeout(done, 0));
  gone.abort();
  equal((await one).status, 504);
  equal(member.commands.ran[1]?.signal.aborted, true);
});

const VERSION = {
  version: "0.0.0",
  features: [],
  deno: "2",
  build: "test",
  support: { fewest: 1, most: 1, level: 1 },
};

Deno.test("a condition that nobody looks at is refused, and nothing is done", async () => {
  const { ask, member } = asking("n1", "n2");
  for (const path of [POWER, RANGE_POWER]) {
    const refusal = refusalOf(await ask(`PUT ${path}`, { state: "off" }, { "If-Match": '"1"' }));
    match(refusal, /^400 If-Match: understood by what changes nodes and groups; nothing was done/);
  }
  equal(member.commands.ran.length, 0);
});

Deno.test("the time that nodes may take is asked for in seconds, and bounded", async () => {
  const { ask, member } = asking("n1", "n2");
  for (const [text, ms] of [["0.5", 500], ["600", 600_000]] as const) {
    equal((await ask(`GET ${RANGE_POWER}?timeout=${text}`)).status, 200);
    equal(member.commands.ran.at(-1)?.timeoutMs, ms);
  }
  for (const text of ["0", "601", "-1", "soon", "", "1e2"]) {
    equal(
      refusalOf(await ask(`GET ${POWER}?timeout=${text}`)),
      `400 timeout=${text}: wanted seconds, 600 at most`,
    );
  }
});

Deno.test("what was last known is told with its age, and nobody is asked", async () => {
  const { ask, member } = asking("n1", "n2");
  deepEqual(withoutLinks((await ask(`GET ${POWER}?stale=ok`)).body), {
    state: { value: "on" },
    age: { value: 12 },
  });
  deepEqual((await ask(`GET ${RANGE_POWER}?stale=ok`)).body, {
    databynode: ["n1", "n2"].map((node) => ({
      [node]: { state: { value: "on" }, age: { value: 12 } },
    })),
  });
  member.observed.told = { errorcode: 404, error: "it was not read yet" };
  const { status, body } = await ask(`GET ${POWER}?stale=ok`);
  deepEqual([status, body], [404, { errorcode: 404, error: "it was not read yet" }]);
  deepEqual(member.commands.ran, []);
  await ask(`PUT ${POWER}?stale=ok`, { state: "on" });
  equal(member.commands.ran.length, 1);
});

Deno.test("too many at once are refused before any is asked; HEAD asks nobody", async () => {
  const { ask, member } = asking("n1", "n2");
  equal((await ask(`HEAD ${POWER}`)).status, 200);
  equal((await ask(`HEAD ${RANGE_POWER}`)).status, 200);
  member.commands.refusal = refused("busy", "256 commands are under way");
  for (const path of [POWER, RANGE_POWER]) {
    const asked = await ask(`GET ${path}`);
    equal(refusalOf(asked), "429 256 commands are under way");
    equal(asked.headers.get("retry-after"), "1");
  }
  deepEqual(member.commands.ran, []);
});

Deno.test("what there is of a node is listed on the way to it", async () => {
  const { ask } = asking("n1");
  const items = async (path: string): Promise<string[]> => {
    const { body } = await ask(`GET ${path}`);
    return (body as { _links: { item: { href: string }[] } })._links.item.map(({ href }) => href);
  };
  const below = ["attributes/", "boot/", "deployment/", "health/", "identify", "power/"];
  deepEqual(await items("/nodes/n1/"), below);
  deepEqual(await items("/noderange/n1/"), [...below, "nodes/", "abbreviate"]);
  for (const node of ["/nodes/n1", "/noderange/n1"]) {
    deepEqual(await items(`${node}/power/`), ["state"]);
    deepEqual(await items(`${node}/boot/`), ["nextdevice"]);
    deepEqual(await items(`${node}/health/`), ["hardware"]);
  }
  equal((await ask("GET /nodes/n9/power/")).status, 404);
});
