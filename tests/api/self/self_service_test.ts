/** How requests of nodes are routed, limited, proven and answered. */
import { deepEqual, equal, match } from "node:assert/strict";

import type { SelfEndpoint } from "../../../src/api/self/endpoint.ts";
import {
  MAX_NODE_KEYS_WAITING,
  SELF_OPEN_BURST,
  SELF_WRONG_BURST,
} from "../../../src/base/boot_limits.ts";
import { fromUtf8 } from "../../../src/base/bytes.ts";
import { ok, refused } from "../../../src/base/outcome.ts";
import { openContent } from "../../../src/io/content_files.ts";
import { GROUPS } from "../../../src/model/groups.ts";
import { NODE_KEY } from "../../../src/model/node_key.ts";
import { groupRow, nodeRow } from "../../../src/model/operation.ts";
import { newGroup, newNodes } from "../asking.ts";
import { StandIn } from "../stand_in.ts";
import { KEY, MAC, OTHER_KEY, OTHER_MAC, type SelfStage, selfStage } from "./self_stage.ts";

function open(
  path: string,
  handler: SelfEndpoint["handler"],
  method: "GET" | "POST" = "GET",
): SelfEndpoint {
  return { method, path, needsKey: false, handler };
}

const UUID = "11111111-2222-3333-4444-555555555555";

function stage(...endpoints: readonly SelfEndpoint[]): SelfStage & { readonly member: StandIn } {
  const member = new StandIn();
  member.wallMs = 1_700_000_000_000;
  member.apply([
    newNodes("n1", "n2", "n3"),
    newGroup("g"),
    { kind: "set", rows: [nodeRow("n1")], cells: [["net.hwaddr", MAC], ["id.uuid", UUID]] },
    { kind: "set", rows: [nodeRow("n2")], cells: [["net.hwaddr", OTHER_MAC], [GROUPS, "g"]] },
    { kind: "set", rows: [nodeRow("n3")], cells: [["net.a.hwaddr", OTHER_MAC]] },
  ]);
  return { ...selfStage(member, () => endpoints), member };
}

function errorIn(text: string): string {
  return (JSON.parse(text) as { error: string }).error;
}

Deno.test("a path leads to its endpoint, with what stands in it", async () => {
  const made = stage(
    open("script/:category", ({ parameters }) => ok({ document: [...parameters] })),
    open("private/pending/*file", ({ parameters }) => ok({ document: [...parameters] })),
    open("script/:category", ({ body }) => ok({ text: `${body.length}` }), "POST"),
  );
  const text = async (route: string): Promise<string> => (await made.ask(route)).text;
  equal(await text("GET script/post%2Ed"), 'yaml: [["category","post.d"]]\n');
  equal(await text("GET script/pre/"), 'yaml: [["category","pre"]]\n');
  equal(await text("GET private/pending/a/b%2F..%2Fc"), 'yaml: [["file","a/b/../c"]]\n');
  equal((await made.ask("POST script/x", { body: "four" })).text, "4");
  for (const route of ["GET nothing", "GET script", "GET private/pending", "GET script/a/b"]) {
    const told = await made.ask(route);
    match(errorIn(told.text), /^Target not found - there is nothing at/, route);
    equal(told.status, 404);
  }
  const put = await made.ask("PUT script/x");
  deepEqual([put.status, put.headers.get("allow")], [405, "GET, POST"]);
  equal((await made.ask("POST whoami")).status, 405);
  equal((await made.ask("GET script/%ff")).status, 400);
  equal((await made.ask(`GET script/${"x".repeat(3_000)}`)).status, 400);
});

Deno.test("a document is YAML, or JSON for who asks for that", async () => {
  const made = stage(open("a", () => ok({ document: { b: 1 } })));
  const types: readonly (readonly [accept: string | undefined, type: string])[] = [
    [undefined, "application/yaml"],
    ["*/*", "application/yaml"],
    ["application/json", "application/json"],
    ["application/json;q=0.1, */*;q=0.5", "application/yaml"],
    ["text/html, application/json", "application/json"],
    ["application/yaml;q=0.2,application/json;q=0.9", "application/json"],
    ["application/*", "application/yaml"],
    ["text/yaml", "application/yaml"],
  ];
  for (const [accept, type] of types) {
    const told = await made.ask("GET a", { headers: accept === undefined ? {} : { accept } });
    equal(told.headers.get("content-type"), type, String(accept));
    equal(told.text, type.endsWith("yaml") ? 'yaml: {"b":1}\n' : '{"b":1}\n');
  }
  for (const accept of ["text/html", "application/yaml;q=0, text/html"]) {
    equal((await made.ask("GET a", { headers: { accept } })).status, 406);
  }
});

Deno.test("texts, files, other statuses and refusals are sent as they are", async () => {
  const folder = await Deno.makeTempDir({ prefix: "confluent-self-" });
  try {
    await Deno.mkdir(`${folder}/public`);
    const bytes = "0123456789".repeat(30_000);
    await Deno.writeTextFile(`${folder}/public/large`, bytes);
    await Deno.writeTextFile(`${folder}/public/empty`, "");
    const file = (name: string): SelfEndpoint["handler"] => async () => {
      const opened = await openContent(folder, name);
      return opened.ok ? ok({ file: opened.value }) : opened;
    };
    const made = stage(
      ...[open("text", () => ok({ text: "x", type: "text/csv" })), open("large", file("large"))],
      ...[open("empty", file("empty")), open("none", file("none"))],
      ...[
        open("gone", () => ok({ status: 204, text: "x" })),
        open("queued", () => ok({ status: 202, text: "Queued" })),
      ],
      open("bug", () => {
        throw new Error("a\nbug");
      }),
      open("late", () => refused("unknown-outcome", "who knows")),
    );
    const told = async (route: string): Promise<unknown[]> => {
      const { status, text, headers } = await made.ask(`GET ${route}`);
      return [status, text, headers.get("content-type")];
    };
    deepEqual(await told("text"), [200, "x", "text/csv"]);
    deepEqual(await told("large"), [200, bytes, "application/octet-stream"]);
    deepEqual(await told("empty"), [200, "", "application/octet-stream"]);
    equal((await told("none"))[0], 404);
    deepEqual(await told("gone"), [204, "", null]);
    deepEqual(await told("queued"), [202, "Queued", "text/plain; charset=utf-8"]);
    equal((await told("late"))[0], 504);
    deepEqual(made.failures, []);
    equal((await told("bug"))[0], 500);
    deepEqual(made.failures, ["GET /confluent-api/self/bug: a bug"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("headers are known by either spelling, and by one value", async () => {
  const made = stage(open("a", ({ headers, node, body }) => {
    return ok({ text: `${node} ${headers.get("confluent-mgtiface")} ${fromUtf8(body)}` });
  }, "POST"));
  const ask = async (headers: Record<string, string>): Promise<string> => {
    const { status, text } = await made.ask("POST a", { headers, body: "b" });
    return status === 200 ? text : String(status);
  };
  equal(await ask({ CONFLUENT_NODENAME: "n1", "CONFLUENT-MGTIFACE": "3" }), "n1 3 b");
  equal(await ask({ "CONFLUENT-NODENAME": "n1", CONFLUENT_NODENAME: "n1" }), "n1 undefined b");
  equal(await ask({ "CONFLUENT-NODENAME": "n1", CONFLUENT_NODENAME: "n2" }), "400");
  equal(await ask({ CONFLUENT_NODENAME: "n".repeat(3_000) }), "400");
});

Deno.test("without quorum, and while it lags, every endpoint is 503", async () => {
  const made = stage();
  made.member.isCaughtUp = false;
  const lagging = await made.ask("GET name");
  deepEqual([lagging.status, lagging.headers.has("retry-after")], [503, true]);
  made.member.holdsQuorum = false;
  for (const route of ["GET name", "GET whoami", "POST registerapikey"]) {
    const { status, text } = await made.ask(route);
    deepEqual([status, errorIn(text)], [503, "Collective does not have quorum"], route);
  }
});

Deno.test("whoami: by hardware address before UUID, for who is near or trusted", async () => {
  const made = stage();
  const whoami = async (ids: string, from = "10.0.0.50"): Promise<string> => {
    const told = await made.ask("GET whoami", { from, headers: { CONFLUENT_IDS: ids } });
    return told.status === 200 ? told.text : String(told.status);
  };
  equal(await whoami(`uuid=${UUID.toUpperCase()}/mac=52-54-00-AA-AA-AA`), "n1");
  equal(await whoami(`mac=52:54:00:00:00:09/mac=${MAC}`), "n1");
  equal(await whoami(`uuid=${UUID}/mac=${OTHER_MAC}`), "404", "two nodes have that address");
  equal(await whoami(`mac=${OTHER_MAC}/mac=${MAC}`), "404");
  for (const ids of ["", "uuid=", "mac=", "uuid=00000000-0000-0000-0000-000000000000", "n1"]) {
    equal(await whoami(ids), "404", ids);
  }
  equal((await made.ask("GET whoami")).status, 400);
  equal(await whoami(`mac=${MAC}`, "fe80::5"), "n1");
  equal(await whoami(`mac=${MAC}`, "10.0.1.5"), "403");
  equal(await whoami(`mac=${OTHER_MAC}`, "10.0.1.5"), "403", "as of a node that there is not");
  made.member.apply([
    { kind: "set", rows: [nodeRow("n1")], cells: [["trusted.subnets", "10.0.1.0/24"]] },
  ]);
  equal(await whoami(`mac=${MAC}`, "10.0.1.5"), "n1");
  equal(await whoami("mac=52:54:00:00:00:99", "10.0.1.5"), "403");
});

Deno.test("an address may ask so much that needs no key, and is in nobody's way", async () => {
  const made = stage();
  const ask = (from: string) => made.ask("GET whoami", { from, headers: { CONFLUENT_IDS: "x" } });
  for (let i = 0; i < SELF_OPEN_BURST; i++) equal((await ask("10.0.0.50")).status, 404);
  const more = await ask("10.0.0.50");
  deepEqual([more.status, more.headers.get("retry-after")], [429, "1"]);
  equal((await ask("10.0.0.51")).status, 404);
  made.clock.monoMs += 1_000;
  equal((await ask("10.0.0.50")).status, 404);
});

async function withKeys(): Promise<ReturnType<typeof stage>> {
  const made = stage();
  made.member.apply([
    { kind: "set", rows: [nodeRow("n1")], cells: [["secret.selfapiarmtoken", ""]] },
  ]);
  const armed = [["deployment.apiarmed", "continuous"], [
    "deployment.pendingprofile",
    "p",
  ]] as const;
  made.member.apply([{ kind: "set", rows: [nodeRow("n1")], cells: armed }]);
  equal((await made.register()).status, 200);
  return made;
}

Deno.test("wrong keys of one address are limited; a key that is known is not held up", async () => {
  const made = await withKeys();
  equal(await made.prove("n1", KEY), 200);
  for (let i = 0; i < SELF_WRONG_BURST; i++) equal(await made.prove("n1", OTHER_KEY), 401);
  equal(await made.prove("n1", OTHER_KEY), 429);
  equal(await made.prove("n2", OTHER_KEY), 429);
  equal((await made.register({ key: OTHER_KEY })).status, 429);
  equal(await made.prove("n1", KEY), 200);
  equal(await made.prove("n1", OTHER_KEY, "10.0.0.8"), 401);
  made.clock.monoMs += 2_000;
  equal(await made.prove("n1", OTHER_KEY), 401);
});

Deno.test("wrong keys count as well where they are shown at the same time", async () => {
  const made = await withKeys();
  const count = async (asked: readonly Promise<number>[], status: number): Promise<number> =>
    (await Promise.all(asked)).filter((one) => one === status).length;
  const many = { length: SELF_WRONG_BURST * 3 };
  const wrong = Array.from(many, () => made.prove("n1", OTHER_KEY));
  equal(await count(wrong, 401), SELF_WRONG_BURST);
  // Of right ones no more are looked at at a time, and none of them counts.
  for (let round = 0; round < 3; round++) {
    const right = Array.from(
      { length: SELF_WRONG_BURST },
      () => made.prove("n1", KEY, "10.0.0.9"),
    );
    equal(await count(right, 200), SELF_WRONG_BURST);
  }
  const claims = Array.from(
    many,
    async () => (await made.register({ node: "n2", key: OTHER_KEY, from: "10.0.0.10" })).status,
  );
  equal(await count(claims, 403), SELF_WRONG_BURST);
});

Deno.test("so many keys wait to be hashed, and others are told to ask again", async () => {
  const made = await withKeys();
  const asked = Array.from(
    { length: MAX_NODE_KEYS_WAITING + 20 },
    (_, i) => made.prove("n1", OTHER_KEY, `10.0.${i >> 7}.${i & 127}`),
  );
  const statuses = await Promise.all(asked);
  const count = (status: number): number => statuses.filter((one) => one === status).length;
  deepEqual([count(401), count(429)], [MAX_NODE_KEYS_WAITING, 20]);
});

Deno.test("a key that a group has is nobody's", async () => {
  const made = await withKeys();
  const hash = made.member.state.value(nodeRow("n1"), NODE_KEY) ?? "";
  made.member.apply([{ kind: "set", rows: [groupRow("g")], cells: [[NODE_KEY, hash]] }]);
  equal(await made.prove("n2", KEY), 401);
});

Deno.test("a key that is revoked while it is looked at proves nothing", async () => {
  const made = await withKeys(), other = selfStage(made.member);
  const asked = other.prove("n1", KEY);
  made.member.apply([{ kind: "clear", rows: [nodeRow("n1")], attributes: [NODE_KEY] }]);
  equal(await asked, 401);
});
