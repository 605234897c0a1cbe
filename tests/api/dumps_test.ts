import { deepEqual, equal, match } from "node:assert/strict";

import { createApi } from "../../src/api/app.ts";
import { MetricsRegistry } from "../../src/service/metrics/metrics.ts";
import { DUMP_MEMBERS_PER_LINE } from "../../src/base/limits.ts";
import { armedUntil, armingOf, disarmed } from "../../src/model/arming.ts";
import type { MemberId } from "../../src/model/member.ts";
import { groupRow, nodeRow, ROW_MARK } from "../../src/model/operation.ts";
import { drainedRow, lostRow, placementRow } from "../../src/model/placement.ts";
import { profileRow } from "../../src/model/profile.ts";
import { SUPPORT } from "../../src/model/support.ts";
import { newNodes } from "./asking.ts";
import { StandIn } from "./stand_in.ts";

const KEY = new Uint8Array(32).fill(1).toBase64();
const HEAD = { kind: "head", mode: "restore", cryptkey: KEY };
const NDJSON = { "Content-Type": "application/x-ndjson" };

interface Service {
  readonly member: StandIn;
  restore(lines: readonly unknown[], path?: string, headers?: HeadersInit): Promise<Answer>;
  send(body: BodyInit): Promise<Answer>;
  dump(redact?: boolean): Promise<Record<string, unknown>[]>;
}

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly error: string;
}

function service(): Service {
  const member = new StandIn();
  const app = createApi(member, {
    metrics: new MetricsRegistry(),
    bootstrapToken: "token",
    version: { version: "0", features: [], deno: "2", build: "test", support: SUPPORT },
    failed: (line) => {
      throw new Error(line);
    },
  });
  const post = async (path: string, init: RequestInit): Promise<Answer> => {
    const response = await app.request(path, { method: "POST", ...init }, { via: "unix" });
    const body = await response.json();
    return {
      status: response.status,
      body,
      error: String(body.error).replace(/^Bad Request - /, ""),
    };
  };
  return {
    member,
    send: (body) => post("/restore", { body, headers: NDJSON }),
    restore: (lines, path = "/restore", headers = {}) => {
      const entries = lines.filter((line) => !/head|members/.test((line as Line).kind)).length;
      const texts = [...lines, { kind: "end", entries }].map((line) => JSON.stringify(line));
      return post(path, { body: texts.join("\n"), headers: { ...NDJSON, ...headers } });
    },
    dump: async (redact = false) => {
      const body = JSON.stringify({ redact });
      const response = await app.request("/dump", { method: "POST", body }, { via: "unix" });
      equal(response.status, 200);
      return (await response.text()).trim().split("\n").map((line) => JSON.parse(line));
    },
  };
}

type Line = { kind: string };

function node(name: string, rack: string, groups: string[] = []): unknown {
  return { kind: "node", name, content: { groups, "location.rack": { value: rack } } };
}

function counts(created: number, changed: number, removed: number, unchanged: number): unknown {
  return { created, changed, removed, unchanged };
}

Deno.test("only what differs is written, and what no line names is removed", async () => {
  const { member, restore } = service();
  const first = await restore([HEAD, node("n1", "1"), node("n2", "2"), node("n3", "3")]);
  equal(first.status, 200, first.error);
  deepEqual(first.body["node"], counts(3, 0, 0, 0));
  deepEqual(["n1", "n2", "n3"].map((n) => member.state.value(nodeRow(n), "id.index")), [
    "1",
    "2",
    "3",
  ]);
  const before = member.state.newest(nodeRow("n1"));
  const second = await restore([HEAD, node("n1", "1"), node("n2", "22"), node("n4", "4")]);
  deepEqual(second.body["node"], counts(1, 1, 1, 1));
  equal(member.state.newest(nodeRow("n1")), before);
  equal(member.state.value(nodeRow("n2"), "location.rack"), "22");
  equal(member.state.exists(nodeRow("n3")), false);
  equal(member.state.value(nodeRow("n2"), "id.index"), "2");
  equal(member.state.value(nodeRow("n4"), "id.index"), "4");
  const third = await restore([HEAD, node("n1", "1"), node("n2", "22"), node("n4", "4")]);
  deepEqual(third.body["node"], counts(0, 0, 0, 3));
  equal(member.state.value("setting/numbers", "next"), "5");
});

Deno.test("a dump arms nobody, whoever was armed a while ago; who is armed stays so", async () => {
  const { member, restore } = service();
  const armed = (name: string): unknown => ({
    ...{ kind: "node", name },
    content: { groups: [], "deployment.apiarmed": { value: "once" } },
  });
  const arming = (name: string): string => armingOf(member, name, member.wallMs).is;
  equal((await restore([HEAD, armed("n1"), armed("n2"), node("n3", "3")])).status, 200);
  deepEqual(["n1", "n2", "n3"].map(arming), ["over", "over", "never"]);
  member.apply([armedUntil(["n1", "n2", "n3"].map(nodeRow), member.wallMs)]);
  deepEqual(["n1", "n2"].map(arming), ["armed", "armed"]);
  // n2 was granted its key since the dump was written, n3 was armed before, n4 is gone.
  member.apply([disarmed(member, "n2"), armedUntil([nodeRow("n4")], member.wallMs)]);
  equal((await restore([HEAD, ...["n1", "n2", "n3", "n4"].map(armed)])).status, 200);
  deepEqual(["n1", "n2", "n3", "n4"].map(arming), ["armed", "over", "over", "over"]);
});

Deno.test("whom a grant disarmed its group does not arm anew, for a dump of before", async () => {
  const { member, restore } = service();
  const armed = { "deployment.apiarmed": { value: "once" } };
  const dump = [HEAD, { kind: "group", name: "g", content: armed }, node("n1", "1", ["g"])];
  equal((await restore(dump)).status, 200);
  member.apply([armedUntil([groupRow("g")], member.wallMs)]);
  equal(armingOf(member, "n1", member.wallMs).is, "armed");
  member.apply([disarmed(member, "n1")]);
  for (let i = 0; i < 2; i++) {
    equal((await restore(dump)).status, 200);
    equal(armingOf(member, "n1", member.wallMs).is, "never");
  }
});

Deno.test("a number that a dump gave, or says was given, is given to no other", async () => {
  const { member, restore } = service();
  const numbered = { kind: "node", name: "n1", content: { "id.index": { value: 41 } } };
  equal((await restore([HEAD, numbered, node("n2", "2")])).status, 200);
  equal(member.state.value(nodeRow("n1"), "id.index"), "41");
  equal(member.state.value(nodeRow("n2"), "id.index"), "42");
  equal(member.numbers.next, 43);
  const head = { ...HEAD, globals: { max_node_index: 99 } };
  equal((await restore([head, numbered, node("n3", "3")])).status, 200);
  equal(member.state.value(nodeRow("n3"), "id.index"), "99");
  equal((await restore([HEAD, numbered])).status, 200);
  equal(member.numbers.next, 100);
});

Deno.test("a dry run tells what would change, and writes nothing", async () => {
  const { member, restore } = service();
  member.apply([newNodes("n1", "n9")]);
  const { index } = member;
  const { body } = await restore([HEAD, node("n1", "1")], "/restore?dryRun=1");
  equal(body["dryRun"], true);
  const changes = body["changes"] as Record<string, unknown>[];
  deepEqual(changes.filter(({ kind }) => kind === "node"), [
    { kind: "node", name: "n1", change: "set", attribute: "location.rack", to: "1" },
    { kind: "node", name: "n9", change: "removed" },
    { kind: "node", name: "n1", change: "set", attribute: "id.index", to: "1" },
  ]);
  equal(JSON.stringify(body).includes(KEY), false);
  equal(member.index, index);
});

Deno.test("a row that was compared must not change before the entry is applied", async () => {
  const { member, restore } = service();
  member.apply([newNodes("n1", "n2")]);
  const other = { kind: "set", rows: [nodeRow("n1")], cells: [["info.note", "x"]] } as const;
  member.news.push([other]);
  const overtaken = await restore([HEAD, node("n1", "1"), node("n2", "2")]);
  equal(overtaken.status, 429);
  match(overtaken.error, /node n1 was changed by somebody else meanwhile; nothing was done/);
  equal(member.state.value(nodeRow("n2"), "location.rack"), null);
  member.news.push([newNodes("n3")]);
  match((await restore([HEAD, node("n3", "3")])).error, /node n3 was changed by somebody else/);
  const stale = await restore([HEAD, node("n1", "1")], "/restore", { "If-Match": '"1"' });
  equal(stale.status, 412);
  equal((await restore([HEAD, node("n1", "1")])).status, 200);
});

Deno.test("lines that end too early change nothing, however they end", async () => {
  const { member, send } = service();
  const { index } = member;
  const text = [HEAD, node("n1", "1"), node("n2", "2")].map((line) => JSON.stringify(line)).join(
    "\n",
  );
  const faults: [BodyInit, RegExp][] = [
    ["", /the body is empty; wanted a head first/],
    [text, /it ended without its last line: it was cut/],
    [`${text}\n{"kind":"end","entries":1}`, /it says 1 entries, and 2 came/],
    [`${text}\n{"kind":"end","entries":2}\n{"kind":"end","entries":2}`, /says 2 entries/],
    [text.slice(0, -5), /not JSON/],
    [`${text}\n{"kind":"other"}`, /wanted a line of kind group/],
    ['{"kind":"head","mode":"replace"}', /mode.*wanted "restore" or "merge"/],
    ['{"kind":"head","mode":"merge","cryptkey":"AAAA"}', /cryptkey: wanted 16 or 32 bytes, not 3/],
    ['{"kind":"head","mode":"merge","cryptkey":"?"}', /cryptkey: wanted base64/],
    [new Uint8Array([0xff, 0x0a]), /not UTF-8/],
  ];
  for (const [body, wanted] of faults) {
    const { status, error } = await send(body);
    equal(status, 400, error);
    match(error, wanted);
  }
  const broken = new ReadableStream({
    start(controller): void {
      controller.enqueue(new TextEncoder().encode(`${text}\n`));
      controller.error(new Error("the line was cut"));
    },
  });
  match((await send(broken)).error, /ended before it was complete/);
  equal(member.index, index);
});

Deno.test("faults are told together, of many the first ones", async () => {
  const { restore } = service();
  const lines = Array.from({ length: 30 }, (_, i) => ({
    kind: "node",
    name: `n${i}`,
    content: { "location.rak": { value: "1" } },
  }));
  const { status, error } = await restore([HEAD, ...lines, lines[0]]);
  equal(status, 400);
  match(error, /^node n0: location.rak .*; node n19: .*; and 11 more$/);
});

Deno.test("lists of both sides must agree, in whatever order they come", async () => {
  const { restore, member } = service();
  const group = { kind: "group", name: "g", content: {} };
  const list = (...nodes: string[]): unknown => ({ kind: "members", name: "g", nodes });
  const good = [
    group,
    list("n1", "n2"),
    node("n1", "1", ["g"]),
    node("n2", "1", ["g", "everything"]),
  ];
  equal((await restore([HEAD, ...good])).status, 200);
  equal((await restore([HEAD, ...good.toReversed()])).status, 200);
  equal((await restore([HEAD, group, node("n1", "1", ["g"])])).status, 200, "without a list");
  equal(member.state.value(nodeRow("n1"), "groups"), "g");
  for (const lists of [[list("n2")], [list()], [list("n1", "n3")]]) {
    const { error } = await restore([HEAD, group, ...lists, node("n1", "1", ["g"])]);
    match(error, /^group g: it and node n\d do not agree/);
  }
  match(
    (await restore([HEAD, node("n1", "1", ["h"])])).error,
    /node n1: groups: there is no group h/,
  );
  const dynamic = { kind: "group", name: "g", content: { noderange: { value: "n1" } } };
  match((await restore([HEAD, dynamic, node("n1", "1", ["g"])])).error, /g has a noderange/);
  const both = { noderange: { value: "n1" }, "location.row": { value: "A" } };
  match(
    (await restore([HEAD, { kind: "group", name: "g", content: both }])).error,
    /group g: a group with a noderange has nothing else/,
  );
});

Deno.test("where the group of all was removed a dump has none, and takes it away", async () => {
  const { dump, restore, member } = service();
  const groups = async (): Promise<unknown[]> =>
    (await dump()).filter(({ kind }) => kind === "group").map(({ name }) => name);
  const all = { kind: "group", name: "everything", content: { "location.room": { value: "1" } } };
  const other = { kind: "group", name: "g", content: {} };
  equal((await restore([HEAD, all, other, node("n1", "1", ["g", "everything"])])).status, 200);
  deepEqual(await groups(), ["everything", "g"]);
  equal((await restore([HEAD, other, node("n1", "1", ["g"])])).status, 200);
  deepEqual(await groups(), ["g"]);
  equal(member.nodes.hasGroup("everything"), false);
  const told = (await dump()).find(({ kind }) => kind === "node");
  deepEqual((told?.["content"] as Record<string, unknown>)["groups"], ["g"]);
  const again = await restore([HEAD, other, node("n1", "1", ["g"])]);
  deepEqual(again.body["node"], counts(0, 0, 0, 1));
  equal((await restore([HEAD, { ...all, content: {} }, node("n1", "1")])).status, 200);
  deepEqual(await groups(), ["everything"]);
});

Deno.test("a dump shows one index, though nodes change while it is read", async () => {
  const { member, restore, dump } = service();
  const names = Array.from({ length: 3_000 }, (_, i) => `n${i}`);
  const content = { groups: ["g"], "info.note": { value: "x".repeat(200) } };
  const nodes = names.map((name) => ({ kind: "node", name, content }));
  const done = await restore([HEAD, { kind: "group", name: "g", content: {} }, ...nodes]);
  equal(done.status, 200, done.error);
  const reading = dump();
  await Promise.resolve();
  setTimeout(() => {
    member.apply([{ kind: "drop", rows: [nodeRow("n2999")] }, newNodes("zz")]);
  }, 0);
  const lines = await reading;
  deepEqual(lines.at(-1), { kind: "end", entries: 3_001 });
  const told = lines.filter(({ kind }) => kind === "node").map(({ name }) => name);
  deepEqual(told, names.toSorted());
  const members = lines.filter(({ kind, name }) => kind === "members" && name === "g");
  equal(members.length, Math.ceil(3_000 / DUMP_MEMBERS_PER_LINE));
  deepEqual(members.flatMap((line) => line["nodes"]), names, "in natural order");
});

Deno.test("two first dumps at the same time have one key", async () => {
  const { dump, member } = service();
  const [a, b] = await Promise.all([dump(), dump()]);
  const c = await dump();
  equal(a?.[0]?.["cryptkey"], c[0]?.["cryptkey"]);
  equal(b?.[0]?.["cryptkey"], c[0]?.["cryptkey"]);
  equal("cryptkey" in ((await dump(true))[0] ?? {}), false);
  const kept = member.state.value("setting/dumps", "key") ?? "";
  equal(kept.includes(String(c[0]?.["cryptkey"])), false);
});

Deno.test("nothing is restored without quorum", async () => {
  const { member, restore } = service();
  member.holdsQuorum = false;
  const { status } = await restore([HEAD, node("n1", "1")]);
  equal(status, 503);
});

Deno.test("a password that is no hash is refused: it would be told", async () => {
  const { restore, member } = service();
  for (const cryptpass of [["s", "h"], { salt: "s" }, "two\nlines"]) {
    const user = { kind: "user", name: "u", content: { cryptpass } };
    const { status, error } = await restore([HEAD, user]);
    equal(status, 400);
    equal(error, "user u: cryptpass: wanted the hash of a password, a text of one line");
  }
  equal(member.state.exists("user/u"), false);
});

Deno.test("a dump whose numbers leave none for the next node is refused", async () => {
  const { restore, member } = service();
  const globals = { max_node_index: Number.MAX_SAFE_INTEGER };
  const said = await restore([{ ...HEAD, globals }, node("n1", "1")]);
  match(said.error, /^globals: max_node_index, or id\.index of a node: the next node would/);
  const content = { "id.index": { value: 999_999_999_999_999 } };
  equal((await restore([HEAD, { kind: "node", name: "n1", content }])).status, 400);
  equal(member.state.exists(nodeRow("n1")), false);
});

Deno.test("who acts on nodes is not dumped, and no restore touches it", async () => {
  const { member, restore, dump } = service();
  const id = "0123456789abcdef" as MemberId;
  const rows = [placementRow("n1"), lostRow(id), drainedRow(id), profileRow("p")];
  member.apply([newNodes("n1"), { kind: "set", rows, cells: [[ROW_MARK, id]] }]);
  const dumped = JSON.stringify(await dump());
  for (const word of [id, "placement", "lost", "drained", "profile"]) {
    equal(dumped.includes(word), false, word);
  }
  equal((await restore([HEAD, node("n2", "2")])).status, 200);
  equal(member.state.exists(nodeRow("n1")), false);
  for (const row of rows) equal(member.state.value(row, ROW_MARK), id, row);
});

Deno.test("what a dump says of managers is taken, with warnings", async () => {
  const { member, restore } = service();
  const content = (manager: string, candidates: string): unknown => ({
    "collective.manager": { value: manager },
    "collective.managercandidates": { value: candidates },
  });
  const { status, body } = await restore([
    HEAD,
    { kind: "node", name: "n1", content: content("m9", "m1,(") },
    { kind: "node", name: "n2", content: content("m1", "m1,m9") },
  ]);
  equal(status, 200);
  const [manager, candidates, ...more] = body["_warnings"] as string[];
  equal(manager, "collective.manager: no member is called m9; there are m1, m2, m3");
  match(candidates ?? "", /^collective\.managercandidates: Invalid Noderange/);
  deepEqual(more, []);
  equal(member.state.value(nodeRow("n1"), "collective.managercandidates"), "m1,(");
});
