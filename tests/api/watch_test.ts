/** /watch as a client sees it: what comes first of each answer. */
import { deepEqual, equal, match } from "node:assert/strict";
import { createParser } from "eventsource-parser";

import { MAX_WATCHERS } from "../../src/base/limits.ts";
import { nodeRow, ROW_MARK } from "../../src/model/operation.ts";
import { placementRow } from "../../src/model/placement.ts";
import { toCell } from "../../src/model/stored_value.ts";
import { type WatchEvent, watchEvent } from "../../src/wire/watch.ts";
import { asking, newNodes, refusalOf } from "./asking.ts";

interface Told {
  readonly id: string | undefined;
  readonly name: string | undefined;
  readonly event: WatchEvent;
}

function eventsOf(text: string): Told[] {
  const told: Told[] = [];
  const parser = createParser({
    onEvent: ({ id, event: name, data }) => {
      told.push({ id, name, event: watchEvent.parse(JSON.parse(data)) });
    },
  });
  parser.feed(text);
  return told;
}

Deno.test("the state, then sync, as events with names and ids, not to be kept", async () => {
  const { ask } = asking("n1", "n2");
  const { status, text, headers } = await ask("GET /watch");
  const changes = [{ nodes: ["n1"], created: true, attributes: {} }, {
    nodes: ["n2"],
    created: true,
    attributes: {},
  }];
  deepEqual(eventsOf(text), [
    { id: "0", name: "state", event: { event: "state", index: 1, changes } },
    { id: "1", name: "sync", event: { event: "sync", index: 1 } },
  ]);
  equal(status, 200);
  deepEqual(
    ["content-type", "cache-control", "confluent-index", "confluent-stale"].map((name) =>
      headers.get(name)
    ),
    ["text/event-stream", "no-store, no-transform", "1", null],
  );
});

Deno.test("from an index on, Last-Event-ID before from, within a noderange", async () => {
  const { ask, member } = asking("n1");
  for (const value of ["a", "b", "c"]) {
    member.apply([{ kind: "set", rows: [nodeRow("n1")], cells: [["info.note", value]] }]);
  }
  member.apply([newNodes("n7", "n30")]);
  const told = async (path: string, last?: string): Promise<string[]> => {
    const asked = await ask(path, undefined, last === undefined ? {} : { "Last-Event-ID": last });
    return eventsOf(asked.text).map(({ id, event }) => `${id} ${JSON.stringify(event)}`);
  };
  const change = (index: number, nodes: string[], of: object): string => {
    const time = `1970-01-01T00:00:00.00${index}Z`;
    const changes = [{ nodes, ...of }];
    return `${index} ${JSON.stringify({ event: "change", index, time, changes })}`;
  };
  const bookmark = '5 {"event":"bookmark","index":5}';
  const created = { created: true, attributes: {} };
  deepEqual(await told("GET /watch?from=3"), [
    change(4, ["n1"], { attributes: { "info.note": "c" } }),
    change(5, ["n7", "n30"], created),
    bookmark,
  ]);
  deepEqual(await told("GET /watch?from=1", "4"), [
    change(5, ["n7", "n30"], created),
    bookmark,
  ]);
  const anew = await told("GET /watch?from=4", "0");
  deepEqual(anew.map((line) => line.slice(0, 18)), [
    '0 {"event":"reset"',
    '0 {"event":"state"',
    '5 {"event":"sync",',
  ]);
  deepEqual(await told("GET /watch?from=4&noderange=n[1-9]", ""), [
    change(5, ["n7"], created),
    bookmark,
  ]);
});

Deno.test("what is told is what was given, of nodes and groups, not what it comes to", async () => {
  const { ask } = asking("n0");
  const of = { "info.note": "{nodename}!", "custom.a": { value: "{" }, "secret.ipmikg": "SECRET" };
  equal((await ask("POST /nodegroups/", { name: "compute", ...of })).status, 200);
  const made = await ask("POST /nodes/", { name: "n1", groups: "compute", "custom.b": "{1+1}" });
  equal(made.status, 200);
  const group = {
    groups: ["compute"],
    created: true,
    attributes: { "custom.a": "{", "info.note": { expression: "{nodename}!" } },
  };
  const node = {
    nodes: ["n1"],
    created: true,
    attributes: { groups: "compute", "custom.b": { expression: "{1+1}" } },
  };
  for (const path of ["GET /watch?noderange=n1", "GET /watch?from=1"]) {
    const { text } = await ask(path);
    const told = eventsOf(text).flatMap(({ event }) => "changes" in event ? event.changes : []);
    for (const { attributes } of told) delete attributes["id.index"];
    deepEqual(told.slice(0, 2), [group, node], path);
    equal(/SECRET|ipmikg/.test(text), false, text);
  }
});

Deno.test("a group's new name or end, and what becomes of its nodes, are one event", async () => {
  const { ask, member } = asking("n1");
  equal((await ask("POST /nodegroups/", { name: "g", nodes: "n1" })).status, 200);
  const { index } = member;
  equal((await ask("PUT /nodegroups/g/attributes/rename", { rename: "h" })).status, 200);
  equal((await ask("DELETE /nodegroups/h/")).status, 200);
  const { text } = await ask(`GET /watch?from=${index}`);
  const told = eventsOf(text).flatMap(({ event }) => "changes" in event ? [event.changes] : []);
  deepEqual(told, [
    [
      { groups: ["g"], dropped: true, attributes: {} },
      { groups: ["h"], created: true, attributes: {} },
      { nodes: ["n1"], attributes: { groups: "h" } },
    ],
    [
      { groups: ["h"], dropped: true, attributes: {} },
      { nodes: ["n1"], attributes: { groups: null } },
    ],
  ]);
});

Deno.test("the group of all is told of once there is something to tell", async () => {
  const { ask } = asking("n1");
  const group = "/nodegroups/everything";
  equal((await ask(`PUT ${group}/attributes/current`, { "info.note": "a" })).status, 200);
  equal((await ask(`DELETE ${group}/`)).status, 200);
  const groups = ["everything"];
  const dropped = { groups, dropped: true, attributes: {} };
  const told = async (path: string): Promise<unknown[]> =>
    eventsOf((await ask(path)).text).flatMap(({ event }) =>
      "changes" in event ? event.changes : []
    );
  const node = { nodes: ["n1"], created: true, attributes: {} };
  deepEqual(await told("GET /watch"), [dropped, node]);
  equal((await ask("POST /nodegroups/", { name: "everything", "info.note": "b" })).status, 200);
  const now = { groups, attributes: { "info.note": "b" } };
  deepEqual(await told("GET /watch?from=1"), [
    { groups, attributes: { "info.note": "a" } },
    dropped,
    { ...now, created: true },
  ]);
  deepEqual(await told("GET /watch"), [now, node]);
});

Deno.test("nothing of what is secret is told", async () => {
  const { ask, member } = asking("n1");
  const invitation = { kind: "set", rows: ["invitation/i"], cells: [["key", "KEY"]] } as const;
  const sealed = toCell({ kind: "sealed", sealed: "SECRET" });
  const hashed = toCell({ kind: "hashed", hashes: { crypt: "$6$SECRET" } });
  const secret = [
    ["secret.ipmikg", "SECRET"],
    ["crypted.rootpassword", hashed],
    ["custom.odd", sealed],
    ["info.note", "x"],
  ] as const;
  const rows = ["node/n1", "group/g", "group/everything"];
  member.apply([invitation, { kind: "set", rows, cells: secret }]);
  member.apply([{ kind: "set", rows: ["user/root", "setting/a"], cells: [["a", "SECRET"]] }]);
  for (const path of ["GET /watch", "GET /watch?from=0"]) {
    const { text } = await ask(path);
    match(text, /info\.note/);
    equal(/KEY|SECRET|invitation|ipmikg|crypted|root|setting/.test(text), false, text);
  }
});

Deno.test("what cannot be watched is refused, with what would be right", async () => {
  const { ask, member } = asking("n1");
  const refusal = async (path: string, headers = {}): Promise<string> =>
    refusalOf(await ask(path, undefined, headers));
  equal(await refusal("GET /watch?from=x"), "400 from=x: wanted an index, a whole number");
  equal(
    await refusal("GET /watch", { "Last-Event-ID": "-1" }),
    "400 Last-Event-ID: -1: wanted an index, a whole number",
  );
  match(
    await refusal("GET /watch?noderange=(n1"),
    /^400 Invalid Noderange: Invalid syntax: read the end/,
  );
  equal(await refusal("GET /watch?from=9"), "503 this member has not reached index 9 yet");
  const held = Array.from({ length: MAX_WATCHERS }, () => member.watch({}));
  match(await refusal("GET /watch"), /^429 64 watch at this member already; end one/);
  const [first] = held;
  if (first?.ok) first.value.close();
  equal((await ask("GET /watch")).status, 200);
});

Deno.test("without quorum it goes on, and says so", async () => {
  const { ask, member } = asking("n1");
  member.holdsQuorum = false;
  member.ageMs = 2_500;
  const { status, text, headers } = await ask("GET /watch");
  deepEqual([status, headers.get("confluent-stale")], [200, "3"]);
  deepEqual(eventsOf(text).at(-1)?.event, { event: "sync", index: 1, stale: 3 });
});

Deno.test("whoever goes away is let go, and HEAD never was there", async () => {
  const { ask, member } = asking("n1");
  for (let i = 0; i <= MAX_WATCHERS; i++) {
    equal((await ask("GET /watch")).status, 200);
    const head = await ask("HEAD /watch");
    deepEqual([head.status, head.text], [200, ""]);
  }
  member.watches.close();
  match(refusalOf(await ask("GET /watch")), /^503 this member stops; watch at another/);
});

Deno.test("who acts on nodes is not watched", async () => {
  const { ask, member } = asking("n1");
  const cells = [[ROW_MARK, "0123456789abcdef"]] as const;
  member.apply([{ kind: "set", rows: [placementRow("n1"), "drained/0", "lost/0"], cells }]);
  for (const path of ["GET /watch", "GET /watch?from=1"]) {
    const { text } = await ask(path);
    equal(/placement|drained|lost|01234567/.test(text), false, text);
  }
});
