/** Deployment of nodes: one entry for all, refused whole; the lock; what is told. */
import { deployed } from "./stand_in_profiles.ts";
import { deepEqual, equal, match } from "node:assert/strict";

import { nodeRow, type Operation } from "../../src/model/operation.ts";
import { type Asking, asking, newGroup, refusalOf, withoutLinks } from "./asking.ts";

const MAC = "52:54:00:00:00:01";

function has(node: string, attributes: Readonly<Record<string, string>>): Operation {
  return { kind: "set", rows: [nodeRow(node)], cells: Object.entries(attributes) };
}

/** Nodes n1 to n3, known by their MACs. */
function site(...more: readonly Operation[]): Asking {
  const known = ["n1", "n2", "n3"].map((node) => has(node, { "net.hwaddr": MAC }));
  const made = asking("n1", "n2", "n3", ...known, ...more);
  for (const name of ["alma", "genesis-x86_64"]) made.member.deployed.all.set(name, deployed(name));
  return made;
}

/** What a node has of its own of deployment. */
function own({ member }: Asking, node: string): Record<string, string> {
  const cells = Array.from(member.state.valuesOf(nodeRow(node)));
  return Object.fromEntries(
    cells.flatMap(([name, cell]) => name.startsWith("deployment.") ? [[name.slice(11), cell]] : []),
  );
}

const none = { value: null };
const UNTOUCHED = {
  ...{ pending: none, staged: none, completed: none },
  ...{ state: none, state_detail: none, state_last_updated: none },
  lock: { value: "unlocked" },
  armed: none,
  controller: { value: false },
};
const BEFORE = {
  "deployment.stagedprofile": "old",
  "deployment.profile": "older",
  "deployment.state": "failed",
  "deployment.state_detail": "no disk",
  "deployment.state_last_updated": "2026-01-01T00:00:00Z",
};

Deno.test("a profile is set, armed, what was before cleared, in one entry for all", async () => {
  const made = site(
    has("n1", BEFORE),
    has("n2", { "deployment.apiarmed": "continuous", "hardwaremanagement.manager": "bmc2" }),
  );
  const { ask, member } = made, before = member.index;
  const put = await ask("PUT /noderange/n1-n3/deployment/profile", { profile: "alma" });
  deepEqual([put.status, member.index, member.proposed.length], [200, before + 1, 1]);
  const pending = { ...UNTOUCHED, pending: { value: "alma" }, armed: { value: "once" } };
  const reported = { value: "2026-01-01T00:00:00Z" };
  deepEqual(withoutLinks(put.body), {
    databynode: [
      { n1: { ...pending, state_last_updated: reported } },
      { n2: { ...pending, armed: { value: "continuous" }, controller: { value: true } } },
      { n3: pending },
    ],
  });
  deepEqual(own(made, "n3"), { pendingprofile: "alma", apiarmed: "once" });
  const get = await ask("GET /noderange/n1-n3/deployment/profile");
  deepEqual(withoutLinks(get.body), withoutLinks(put.body));
  const one = await ask("GET /nodes/n3/deployment/profile");
  deepEqual(one.body, {
    _links: { self: { href: "./profile" }, collection: { href: "./" } },
    ...pending,
  });
});

Deno.test("a genesis profile leaves what is known of the installed one", async () => {
  const made = site(has("n1", BEFORE));
  await made.ask("PUT /nodes/n1/deployment/profile", { profile: "genesis-x86_64" });
  deepEqual(own(made, "n1"), {
    pendingprofile: "genesis-x86_64",
    apiarmed: "once",
    ...Object.fromEntries(Object.entries(BEFORE).map(([name, text]) => [name.slice(11), text])),
  });
});

for (const profile of ["", null]) {
  Deno.test(`${JSON.stringify(profile)} calls it off, and leaves the rest`, async () => {
    const made = site(
      has("n1", { "deployment.apiarmed": "once", ...BEFORE }),
      has("n2", { "deployment.apiarmed": "continuous", "deployment.lock": "locked" }),
    );
    const { ask, member } = made, before = member.index;
    for (const node of ["n1", "n2"]) {
      member.apply([has(node, { "deployment.pendingprofile": "a" })]);
    }
    const put = await ask("PUT /noderange/n1-n3/deployment/profile", { profile });
    deepEqual([put.status, member.index], [200, before + 3]);
    deepEqual(own(made, "n2"), { apiarmed: "continuous", lock: "locked" });
    equal(own(made, "n1").profile, "older");
    deepEqual([own(made, "n1").pendingprofile, own(made, "n1").apiarmed], [undefined, undefined]);
    deepEqual(own(made, "n3"), {});
  });
}

Deno.test("what a group says is called off for the node that is named alone", async () => {
  const { ask } = site(newGroup("g"));
  const group = { nodes: "n1,n2", "deployment.pendingprofile": "alma" };
  equal((await ask("PUT /nodegroups/g/attributes/current", group)).status, 200);
  await ask("PUT /nodes/n1/deployment/profile", { profile: null });
  const pending = async (node: string): Promise<unknown> =>
    withoutLinks((await ask(`GET /nodes/${node}/deployment/profile`)).body)["pending"];
  deepEqual([await pending("n1"), await pending("n2")], [none, { value: "alma" }]);
});

const REFUSALS: readonly [what: string, Operation, RegExp][] = [
  [
    "locked",
    { kind: "set", rows: ["n1", "n3"].map(nodeRow), cells: [["deployment.lock", "locked"]] },
    /^400 Request to set deployment for a node that has locked deployment: n\[1,3\]; nothing was /,
  ],
  [
    "of a policy that leaves no way",
    has("n2", { "deployment.useinsecureprotocols": "never" }),
    /never leaves no way to boot n2: .*`nodeattrib n2 deployment.useinsecureprotocols=firmware`$/,
  ],
  [
    "that nobody could know",
    { kind: "clear", rows: [nodeRow("n3")], attributes: ["net.hwaddr"] },
    /^400 no machine that boots could be known to be n3: neither a net\.\*hwaddr nor id\.uuid/,
  ],
];
for (const [what, operation, message] of REFUSALS) {
  Deno.test(`one node that is ${what} refuses all, with its name`, async () => {
    const { ask, member } = site(operation);
    const before = member.index;
    const put = await ask("PUT /noderange/n1-n3/deployment/profile", { profile: "alma" });
    match(refusalOf(put), message);
    deepEqual([member.index, member.proposed.length], [before, 0]);
    equal((await ask("PUT /noderange/n1-n3/deployment/profile", { profile: "" })).status, 200);
  });
}

Deno.test("very many nodes are named in part, and counted", async () => {
  const names = Array.from({ length: 400 }, (_, i) => `${String.fromCharCode(97 + i % 26)}x${i}y`);
  const { ask } = asking(...names);
  const put = await ask(`PUT /noderange/${names.join()}/deployment/profile`, { profile: "alma-9" });
  match(refusalOf(put), /\.\.\. \(400 nodes\): neither/);
});

Deno.test("an unknown profile is refused", async () => {
  const { ask, member } = site();
  const put = (profile: string): ReturnType<Asking["ask"]> =>
    ask("PUT /nodes/n1/deployment/profile", { profile });
  match(
    refusalOf(await put("alna")),
    /^400 profile alna: no member has a profile of that name; nothing /,
  );
  match(refusalOf(await put("../alma")), /^400 profile: wanted the name of a profile/);
  equal(member.proposed.length, 0);
});

Deno.test("nodes that are not there are named, and nothing is changed", async () => {
  const { ask, member } = site();
  const put = await ask("PUT /noderange/n1,n9/deployment/profile", { profile: "alma" });
  match(refusalOf(put), /^404 Invalid Noderange: n9/);
  const one = await ask("PUT /nodes/n9/deployment/profile", { profile: "alma" });
  equal(refusalOf(one), "404 Unknown node n9");
  equal(refusalOf(await ask("GET /nodes/n9/deployment/profile")), "404 Unknown node n9");
  equal((await ask("GET /nodes/n9/deployment/")).status, 404);
  equal(member.index, 1);
});

Deno.test("a lock that comes while it is decided is seen", async () => {
  for (const isReporting of [false, true]) {
    const made = site(), { ask, member } = made;
    const of = member.deployed.of.bind(member.deployed);
    let calls = 0;
    member.deployed.of = (name) => {
      const hurries = isReporting ? ++calls <= 2 : ++calls === 1;
      if (hurries && calls === 1 && isReporting) member.apply([has("n2", { "info.note": "x" })]);
      else if (hurries) member.news.push([has("n1", { "deployment.lock": "locked" })]);
      return of(name);
    };
    const put = await ask("PUT /noderange/n1-n3/deployment/profile", { profile: "alma" });
    match(
      refusalOf(put),
      isReporting
        ? /^429 the lock of node n1 was changed meanwhile; try again$/
        : /^400 Request to set deployment for a node that has locked deployment: n1;/,
    );
    deepEqual(own(made, "n2"), {});
  }
});

Deno.test("nodes that report while it is decided do not keep it from being done", async () => {
  const made = site(), { ask, member } = made;
  const of = member.deployed.of.bind(member.deployed);
  let reports = 0;
  member.deployed.of = (name) => {
    member.apply([has("n1", { "deployment.state": `at ${++reports} %` })]);
    return of(name);
  };
  const put = await ask("PUT /noderange/n1-n3/deployment/profile", { profile: "alma" });
  deepEqual([put.status, reports], [200, 2]);
  deepEqual(own(made, "n1"), { pendingprofile: "alma", apiarmed: "once" });
});

Deno.test("a lock is set and told, of one node and of many", async () => {
  const made = site(), { ask, member } = made;
  const path = "/noderange/n1-n2/deployment/lock";
  const put = await ask(`PUT ${path}`, { lock: "autolock" });
  const both = ["n1", "n2"].map((node) => ({ [node]: { lock: { value: "autolock" } } }));
  deepEqual([withoutLinks(put.body), member.proposed.length], [{ databynode: both }, 1]);
  deepEqual(withoutLinks((await ask(`GET ${path}`)).body), { databynode: both });
  const one = await ask("PUT /nodes/n1/deployment/lock", { lock: "unlocked" });
  deepEqual(withoutLinks(one.body), { lock: { value: "unlocked" } });
  deepEqual(withoutLinks((await ask("GET /nodes/n3/deployment/lock")).body), {
    lock: { value: "unlocked" },
  });
  equal((await ask("PUT /nodes/n1/deployment/profile", { profile: "alma" })).status, 200);
  const wrong = await ask("PUT /nodes/n1/deployment/lock", { lock: "on" });
  equal(refusalOf(wrong), "400 lock: wanted one of unlocked, locked, autolock");
  equal(refusalOf(await ask("PUT /nodes/n9/deployment/lock", { lock: "locked" })), UNKNOWN);
});

const UNKNOWN = "404 Unknown node n9";

Deno.test("a lock is not gone round by what writes attributes", async () => {
  const { ask, member } = site(has("n2", { "deployment.lock": "locked" }));
  const ways: readonly [string, unknown][] = [
    ["PUT /nodes/n2/attributes/current", { "deployment.pendingprofile": "alma" }],
    ["PUT /noderange/n1-n3/attributes/current", { "deployment.pendingprofile": "{custom.a}" }],
    ["PUT /noderange/n1-n3/attributes/current", { "deployment.p*": "alma" }],
    ["POST /nodes/", {
      nodes: [{ name: "n2", "deployment.pendingprofile": "alma" }],
      existing: "update",
    }],
  ];
  member.apply([has("n2", { "deployment.profile": "x", "deployment.pendingprofile": "" })]);
  const before = member.index;
  for (const [route, body] of ways) {
    match(refusalOf(await ask(route, body)), /^400 Request to set deployment .* deployment: n2;/);
  }
  equal(member.index, before);
  const clear = { "deployment.pendingprofile": null, "deployment.state": "x" };
  equal((await ask("PUT /nodes/n2/attributes/current", clear)).status, 200);
  const other = { "deployment.pendingprofile": "alma" };
  equal((await ask("PUT /nodes/n1/attributes/current", other)).status, 200);
});

Deno.test("If-Match, a key, and a dry run are understood", async () => {
  const { ask, member } = site();
  const put = (query: string, headers = {}): ReturnType<Asking["ask"]> =>
    ask(`PUT /noderange/n1-n2/deployment/profile${query}`, { profile: "alma" }, headers);
  const dry = (await put("?dryRun=1")).body as { count: number; changes: unknown[] };
  deepEqual([dry.count, member.index], [4, 1]);
  deepEqual(dry.changes[0], {
    ...{ kind: "node", name: "n1", change: "set" },
    ...{ attribute: "deployment.pendingprofile", to: "alma" },
  });
  equal((await put("", { "If-Match": '"0"' })).status, 412);
  const key = { "Idempotency-Key": "once" };
  equal((await put("", key)).headers.get("confluent-index"), "3");
  await ask("PUT /nodes/n1/deployment/lock", { lock: "locked" });
  const again = await put("", key);
  deepEqual([again.status, again.headers.get("confluent-index")], [200, "3"]);
  const lock = await ask("PUT /nodes/n1/deployment/lock?dryRun=1", { lock: "unlocked" });
  equal((lock.body as { count: number }).count, 1);
});

Deno.test("what there is of deployment is listed", async () => {
  const { ask } = site();
  const items = async (path: string): Promise<unknown> =>
    ((await ask(path)).body as { _links: { item: unknown } })._links.item;
  for (const path of ["GET /nodes/n1/deployment/", "GET /noderange/n1-n2/deployment/"]) {
    deepEqual(await items(path), [{ href: "lock" }, { href: "profile" }]);
  }
});
