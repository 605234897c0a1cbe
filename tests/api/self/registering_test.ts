/** Who is granted the key of a node, and who is not; over the API that arms and disarms. */
import { deepEqual, equal, match } from "node:assert/strict";

import { ARMED_MS, CLAIM_WRITE_MS } from "../../../src/base/boot_limits.ts";
import { sha256Crypt } from "../../../src/base/sha_crypt.ts";
import { claimOf, grantOf, openClaims } from "../../../src/model/grant.ts";
import { hashInCell, NODE_KEY } from "../../../src/model/node_key.ts";
import { nodeRow, type Operation } from "../../../src/model/operation.ts";
import { type Asking, asking, newGroup } from "../asking.ts";
import { deployed } from "../stand_in_profiles.ts";
import {
  AT,
  hmacBy,
  KEY,
  MAC,
  OTHER_KEY,
  OTHER_MAC,
  type SelfStage,
  selfStage,
  type Told,
} from "./self_stage.ts";

interface Site extends Asking, Omit<SelfStage, "ask"> {
  /** What the timeline got, as `NODE OUTCOME: ASKED: TOLD`. */
  readonly timeline: string[];
  readonly self: SelfStage["ask"];
  /** Sets attributes of a node, as `nodeattrib` does. */
  set(node: string, attributes: Readonly<Record<string, string | null>>): Promise<void>;
  /** `nodedeploy NODE -n alma`, or `-c`. */
  deploy(range: string, profile: string | null): Promise<void>;
  /** The node's own cell. */
  cell(node: string, attribute: string): string | null;
}

function has(row: string, attributes: Readonly<Record<string, string>>): Operation {
  return { kind: "set", rows: [row], cells: Object.entries(attributes) };
}

/** Nodes n1 and n2 of group g; the time of day is that of a day. */
function site(): Site {
  const made = asking(
    ...["n1", "n2", newGroup("g")],
    has(nodeRow("n1"), { "net.hwaddr": "52-54-00-00-00-01", groups: "g,everything" }),
    has(nodeRow("n2"), { "net.pxe.hwaddr": OTHER_MAC, groups: "g,everything" }),
  );
  const { ask, member } = made;
  member.wallMs = 1_700_000_000_000;
  member.deployed.all.set("alma", deployed("alma"));
  const timeline: string[] = [];
  member.boots = {
    replay: () => [],
    strangers: () => Promise.resolve({ machines: [], silent: [] }),
    whoIs: () => undefined,
    reported: (node, { outcome, asked, told }) =>
      void timeline.push(`${node} ${outcome}: ${asked}: ${told}`),
  };
  const { ask: self, ...stage } = selfStage(member);
  return {
    ...{ ...made, ...stage, self, timeline },
    set: async (node, attributes) => {
      equal((await ask(`PUT /nodes/${node}/attributes/current`, attributes)).status, 200);
    },
    deploy: async (range, profile) => {
      const put = await ask(`PUT /noderange/${range}/deployment/profile`, { profile });
      equal(put.status, 200);
    },
    cell: (node, attribute) => member.state.value(nodeRow(node), attribute),
  };
}

function refusalIn({ status, text }: Told): string {
  return `${status} ${(JSON.parse(text) as { error: string }).error}`;
}

async function siteWithKey(): Promise<Site> {
  const made = site();
  await made.deploy("n1", "alma");
  equal((await made.register()).text, "Accepted");
  return made;
}

Deno.test("a node that is armed registers its key once, and proves itself by it", async () => {
  const made = site(), { member } = made;
  await made.deploy("n1", "alma");
  equal(await made.prove("n1", KEY), 401);
  const before = member.proposed.length;
  const granted = await made.register();
  deepEqual([granted.status, granted.text], [200, "Accepted"]);
  equal(member.proposed.length, before + 1, "a grant is one entry");
  match(hashInCell(made.cell("n1", NODE_KEY)) ?? "", /^\$5\$.{16}\$.{43}$/);
  equal(made.cell("n1", "deployment.apiarmed"), null);
  deepEqual(grantOf(member.state, "n1"), {
    ...{ atMs: member.wallMs + member.index - 1, member: "m1", address: AT, mac: MAC },
    how: "port",
  });
  equal(await made.prove("n1", KEY), 200);
  match(made.timeline.join(), /^n1 answered: registerapikey from 10\.0\.0\.7 \(52:.*: its key is/);
  equal(made.lines.length, 1);
  deepEqual(made.failures, []);
});

Deno.test("a wrong key, another node's key and an unknown node are all the same", async () => {
  const made = await siteWithKey();
  await made.deploy("n2", "alma");
  made.macs.set("10.0.0.8", [OTHER_MAC]);
  equal((await made.register({ node: "n2", key: OTHER_KEY, from: "10.0.0.8" })).status, 200);
  equal(await made.prove("n2", OTHER_KEY), 200);
  for (const [node, key] of [["n1", OTHER_KEY], ["n2", KEY], ["n9", KEY], ["n1", ""]] as const) {
    const headers = { CONFLUENT_NODENAME: node, CONFLUENT_APIKEY: key };
    const told = await made.self("GET name", { headers });
    deepEqual([told.status, told.text], [401, "Unauthorized"], `${node} ${key}`);
  }
  equal((await made.self("GET name")).status, 401);
});

Deno.test("a second registration is refused, kept, and told", async () => {
  const made = await siteWithKey(), { member } = made;
  const before = member.proposed.length;
  member.wallMs += 60_000;
  const again = await made.register({ key: OTHER_KEY });
  match(refusalIn(again), /^403 no key is granted to n1: it is not armed/);
  deepEqual(openClaims(member.state, member.agreedWallMs()), [
    { node: "n1", atMs: member.wallMs + member.index - 1, member: "m1", address: AT, mac: MAC },
  ]);
  equal(await made.prove("n1", KEY), 200, "the key that was granted is as good as before");
  equal(await made.prove("n1", OTHER_KEY), 401);
  for (let i = 0; i < 5; i++) equal((await made.register({ key: OTHER_KEY })).status, 403);
  equal(member.proposed.length, before + 1, "one entry a minute");
  match(made.lines.at(-1) ?? "", /^a second claim for the key of node n1 from 10\.0\.0\.7 \(52:/);
  match(made.timeline.at(-1) ?? "", /^n1 failed: registerapikey .*: no key is granted to n1/);
  member.wallMs += CLAIM_WRITE_MS;
  made.clock.monoMs += CLAIM_WRITE_MS;
  await made.register({ key: OTHER_KEY });
  equal(member.proposed.length, before + 2);
  await made.deploy("n1", "alma");
  deepEqual(openClaims(member.state, member.agreedWallMs()), [], "whoever armed it has seen it");
});

Deno.test("a claim is kept however soon it follows a grant that settled another", async () => {
  const made = await siteWithKey(), { member } = made;
  await made.register({ key: OTHER_KEY });
  await made.deploy("n1", "alma");
  member.wallMs += 1_000;
  equal((await made.register({ key: KEY })).status, 200);
  deepEqual(openClaims(member.state, member.agreedWallMs()), []);
  member.wallMs += 1_000;
  equal((await made.register({ key: OTHER_KEY })).status, 403);
  deepEqual(openClaims(member.state, member.agreedWallMs()).map(({ node }) => node), ["n1"]);
});

Deno.test("a node whose answer was lost may ask again with the same key", async () => {
  const made = await siteWithKey(), before = made.member.proposed.length;
  equal((await made.register()).text, "Accepted");
  const other = selfStage(made.member); // as at another member
  equal((await other.register()).text, "Accepted");
  equal((await other.register({ key: made.cell("n1", NODE_KEY)?.slice(2) ?? "" })).status, 200);
  deepEqual([made.member.proposed.length, claimOf(made.member.state, "n1")], [before, undefined]);
});

Deno.test("a new deployment revokes the key, and so does calling one off", async () => {
  for (const profile of ["alma", null]) {
    const made = await siteWithKey(), before = made.member.proposed.length;
    await made.deploy("n1", profile);
    equal(made.member.proposed.length, before + 1);
    equal(await made.prove("n1", KEY), 401);
    equal(made.cell("n1", NODE_KEY), null);
    equal((await made.register({ key: OTHER_KEY })).status, profile === null ? 403 : 200);
  }
});

Deno.test("continuous is revoked too, and stays armed while a profile is pending", async () => {
  const made = site();
  await made.set("n1", { "deployment.apiarmed": "continuous" });
  await made.deploy("n1", "alma");
  for (const key of [KEY, OTHER_KEY]) {
    equal((await made.register({ key })).status, 200);
    equal(await made.prove("n1", key), 200);
  }
  equal(await made.prove("n1", KEY), 401);
  made.member.wallMs += 2 * ARMED_MS;
  equal((await made.register()).status, 200);
  await made.deploy("n1", "alma");
  equal(await made.prove("n1", KEY), 401);
  await made.deploy("n1", null);
  match(refusalIn(await made.register()), /^403 .*its arming is over/);
});

Deno.test("arming ends four hours after it was set, whichever way it was", async () => {
  const ways: readonly (readonly [string, (made: Site) => Promise<unknown>])[] = [
    ["nodedeploy", (made) => made.deploy("n1", "alma")],
    ["nodeattrib", (made) => made.set("n1", { "deployment.apiarmed": "once" })],
    ["nodeattrib by a pattern", async (made) => {
      await made.set("n1", { "deployment.apiarmed": "" });
      await made.set("n1", { "deployment.api*": "once" });
    }],
    ["nodegroupattrib", async ({ ask }) => {
      const put = await ask("PUT /nodegroups/g/attributes/current", {
        "deployment.apiarmed": "once",
      });
      equal(put.status, 200);
    }],
    ["nodedefine", async ({ ask, member }) => {
      member.apply([{ kind: "drop", rows: [nodeRow("n1")] }]);
      const node = { name: "n1", "net.hwaddr": MAC, "deployment.apiarmed": "once" };
      equal((await ask("POST /nodes/", node)).status, 200);
    }],
  ];
  for (const [way, arm] of ways) {
    const made = site();
    await arm(made);
    made.member.wallMs += ARMED_MS - 1_000;
    const inTime = await made.register();
    equal(inTime.status, 200, `${way}: ${inTime.text}`);
    equal(made.cell("n1", "deployment.apiarmed"), way === "nodegroupattrib" ? "" : null, way);
    const late = site();
    await arm(late);
    late.member.wallMs += ARMED_MS;
    match(refusalIn(await late.register()), /^403 .*its arming is over/, way);
  }
});

Deno.test("what a member that is behind the time grants is refused by the entry", async () => {
  const made = site();
  await made.deploy("n1", "alma");
  const { member } = made, before = member.proposed.length;
  const write = member.write.bind(member);
  member.write = (operations) => {
    member.wallMs += ARMED_MS; // as the leader's clock has it, whose entry it is
    return write(operations);
  };
  match(refusalIn(await made.register()), /^403 .*its arming is over/);
  deepEqual([member.proposed.length, made.cell("n1", NODE_KEY)], [before + 1, null]);
});

Deno.test("without a time that it was set, as after a restored dump, nobody is armed", async () => {
  const made = site();
  made.member.apply([has(nodeRow("n1"), { "deployment.apiarmed": "once" })]);
  match(refusalIn(await made.register()), /^403 .*its arming is over/);
});

Deno.test("a group that arms its nodes arms each once", async () => {
  const made = site(), group = "PUT /nodegroups/g/attributes/current";
  await made.ask(group, { "deployment.apiarmed": "once" });
  equal((await made.register()).status, 200);
  equal((await made.register({ key: OTHER_KEY })).status, 403);
  made.macs.set("10.0.0.8", [OTHER_MAC]);
  equal((await made.register({ node: "n2", from: "10.0.0.8" })).status, 200);
});

Deno.test("another port, another hardware address, none, a stranger: refused", async () => {
  const made = site();
  await made.deploy("n1", "alma");
  made.macs.set("10.0.0.8", [OTHER_MAC]).set("fe80::1", [MAC, OTHER_MAC]);
  const wanted: readonly (readonly [Parameters<Site["register"]>[0], RegExp])[] = [
    [{ port: 1024 }, /it asks from port 1024: wanted one below 1024$/],
    [{ from: "10.0.0.8" }, /10\.0\.0\.8 has 52:54:00:00:00:02, which is no net\.\*hwaddr of it$/],
    [{ from: "fe80::1" }, /fe80::1 has 52:54:00:00:00:02/],
    [{ from: "10.0.0.9" }, /no hardware address is known of 10\.0\.0\.9$/],
    [{ from: "10.0.1.7" }, /10\.0\.1\.7 is on no network of this member/],
    [{ from: "nonsense" }, /nonsense is on no network/],
    [{ node: "n9" }, /no key is granted to n9: it is not armed/],
  ];
  for (const [asked, why] of wanted) match(refusalIn(await made.register(asked)), why);
  match(
    refusalIn(await made.register({ headers: { "X-Forwarded-For": AT }, from: "10.0.1.7" })),
    /^403/,
  );
  equal(claimOf(made.member.state, "n1"), undefined);
  for (const address of ["fe80::2", "fd00::7"]) {
    made.macs.set(address, [MAC]);
    await made.deploy("n1", "alma");
    equal((await made.register({ from: address, port: 1023 })).status, 200, address);
  }
});

Deno.test("trusted subnets count as local, where no hardware address is known", async () => {
  const made = site();
  await made.set("n1", { "trusted.subnets": "192.168.0.0/16, nonsense,10.0.1.0/25" });
  await made.deploy("n1-n2", "alma");
  equal((await made.register({ node: "n2", from: "10.0.1.7" })).status, 403);
  equal((await made.register({ from: "10.0.1.200" })).status, 403);
  equal((await made.register({ from: "10.0.1.7", port: 2_000 })).status, 403);
  equal((await made.register({ from: "10.0.1.7" })).status, 200);
  deepEqual(grantOf(made.member.state, "n1")?.mac, "");
});

Deno.test("a token grants from anywhere, once, armed or not", async () => {
  const made = site();
  await made.set("n1", { "secret.selfapiarmtoken": "a token", "trusted.subnets": "" });
  const far = { from: "203.0.113.9", port: 40_000 };
  const by = (token: string, body = KEY): Record<string, string> => hmacBy(token, body);
  match(refusalIn(await made.register({ ...far, headers: by("another") })), /another token$/);
  match(refusalIn(await made.register({ ...far, headers: by("a token", OTHER_KEY) })), /another/);
  match(refusalIn(await made.register({ ...far, node: "n2", headers: by("a token") })), /used al/);
  equal((await made.register({ ...far, headers: by("a token") })).text, "Accepted");
  deepEqual([made.cell("n1", "secret.selfapiarmtoken"), await made.prove("n1", KEY)], [null, 200]);
  equal(grantOf(made.member.state, "n1")?.how, "token");
  const again = await made.register({ ...far, key: OTHER_KEY, headers: by("a token", OTHER_KEY) });
  match(refusalIn(again), /its token was used already/);
  equal(claimOf(made.member.state, "n1")?.address, "203.0.113.9");
});

Deno.test("a hash is registered as it stands, where it is one of SHA-256 of crypt(3)", async () => {
  const made = site();
  await made.deploy("n1", "alma");
  const making = sha256Crypt(KEY, "abcdefgh");
  let step = making.next();
  while (step.done !== true) step = making.next();
  const hash = step.value;
  const wrong = [
    hash.replace("$5$", "$6$"),
    hash.slice(0, -1),
    `${hash}x`,
    "short",
    "x".repeat(129),
  ];
  wrong.push(
    `$5$rounds=999999999$${hash.slice(3)}`,
    `${"k".repeat(40)} ${"k".repeat(10)}`,
    "$".repeat(40),
  );
  for (const key of wrong) {
    match(refusalIn(await made.register({ key })), /^400 .*a key: wanted/, key);
  }
  const bytes = await made.self("POST registerapikey", { body: Uint8Array.of(0xff, 0xfe) });
  equal(bytes.status, 400);
  equal((await made.register({ key: `${hash}\n` })).status, 200);
  equal(hashInCell(made.cell("n1", NODE_KEY)), hash);
  equal(await made.prove("n1", KEY), 200);
});

Deno.test("without quorum nobody is granted a key, proves one, or is told who it is", async () => {
  const made = await siteWithKey();
  await made.deploy("n1", "alma");
  made.member.holdsQuorum = false;
  match(refusalIn(await made.register()), /^503 Collective does not have quorum/);
  equal(await made.prove("n1", KEY), 503);
  const whoami = await made.self("GET whoami", { headers: { CONFLUENT_IDS: `mac=${MAC}` } });
  equal(whoami.status, 503);
});

Deno.test("what goes with a node: it is renamed armed, and made anew it is not", async () => {
  const made = site(), { ask, member } = made;
  await made.deploy("n1", "alma");
  equal((await ask("PUT /nodes/n1/attributes/rename", { rename: "n7" })).status, 200);
  equal((await made.register({ node: "n7" })).status, 200);
  equal((await ask("PUT /nodes/n7/attributes/rename", { rename: "n8" })).status, 200);
  deepEqual([grantOf(member.state, "n8")?.member, grantOf(member.state, "n7")], ["m1", undefined]);
  equal(await made.prove("n8", KEY), 200);
  equal((await ask("DELETE /nodes/n8/")).status, 200);
  equal(grantOf(member.state, "n8"), undefined);
  deepEqual([...member.state.rows("armed/")], []);
});
