/** What `check` says of deployments: what may be missing is taken away, one at a time. */
import { deepEqual, equal, match } from "node:assert/strict";

import { MAX_NAMES_CHECKED, NODES_CHECK_SLICE } from "../../src/base/boot_limits.ts";
import { type Clock, systemClock } from "../../src/io/clock.ts";
import { ipv4Of } from "../../src/model/ipv4.ts";
import { nodeRow, type Operation } from "../../src/model/operation.ts";
import { DeploymentCheck, type DeploymentCheckParts } from "../../src/service/deployment_check.ts";
import { newNodes } from "../api/asking.ts";
import { StandIn } from "../api/stand_in.ts";

type Attributes = Readonly<Record<string, string>>;

const PENDING = { "deployment.pendingprofile": "alma" };
const READY: Attributes = {
  ...PENDING,
  "net.hwaddr": "52:54:00:00:00:01",
  "net.ipv4_address": "10.0.0.1/24",
};

function set(nodes: readonly string[], attributes: Attributes): Operation {
  return { kind: "set", rows: nodes.map(nodeRow), cells: Object.entries(attributes) };
}

/** A member that has these nodes. */
function having(nodes: Readonly<Record<string, Attributes>>): StandIn {
  const member = new StandIn();
  member.apply([
    newNodes(...Object.keys(nodes)),
    ...Object.entries(nodes).map(([node, attributes]) => set([node], attributes)),
  ]);
  return member;
}

/** The lines, where nothing but what the test says is wrong. */
async function findings(
  member: StandIn,
  more: Partial<DeploymentCheckParts> = {},
): Promise<readonly string[]> {
  const content = await Deno.makeTempDir({ prefix: "confluent-check-" });
  try {
    const check = new DeploymentCheck({
      ...{ clock: systemClock, content, boots: true, nodes: () => member.nodes },
      ...{ name: () => "m1", names: () => ["alma"], servers: () => ["m1", "m2"] },
      ...{ candidatesOf: () => undefined, whyUnarmed: () => undefined },
      lookUp: () => Promise.resolve(undefined),
      ...more,
    });
    return await check.findings();
  } finally {
    await Deno.remove(content, { recursive: true });
  }
}

Deno.test("nothing is said of nodes that lack nothing, or have nothing pending", async () => {
  deepEqual(await findings(having({ n1: READY, n2: {} })), []);
  deepEqual(await findings(having({})), []);
});

interface Lack {
  /** Of n1, beside {@link READY}. */
  readonly attributes?: Attributes;
  readonly parts?: Partial<DeploymentCheckParts>;
  readonly says: RegExp;
}

const LACKS: Readonly<Record<string, Lack>> = {
  "a way to boot": {
    attributes: { "deployment.useinsecureprotocols": "never" },
    says: /^deployment\.useinsecureprotocols=never leaves no way to boot n1, .*=firmware`$/,
  },
  "what a machine is known by": {
    attributes: { "net.hwaddr": "" },
    says: /pending for n1, and no machine that boots could be known by it: set its hardware addr/,
  },
  "an open lock": {
    attributes: { "deployment.lock": "locked" },
    says: /pending for n1 although deployment is locked, .*: call it off with `nodedeploy NODE -c`/,
  },
  "an address": {
    attributes: { "net.ipv4_address": "" },
    says: /pending for n1, which has no address, and whose name is none .*: set net\.ipv4_address/,
  },
  "an answer to its firmware": {
    attributes: { "net.ipv4_method": "firmwarenone" },
    says: /n1, whose firmware is answered nothing by net\.ipv4_method=firmwarenone: unset it$/,
  },
  "its arming": {
    parts: { whyUnarmed: () => "never" },
    says: /n1, which is not armed, and has no key, .* again with `nodedeploy NODE -n PROFILE`$/,
  },
  "time to register": {
    parts: { whyUnarmed: () => "over" },
    says: /n1, which may register no key any more, 4 hours after it was armed, .*-n PROFILE`$/,
  },
  "a member with the files": {
    parts: { servers: () => [] },
    says: /^alma is pending for n1, and no member that answers has its files: bring them, or /,
  },
  "a candidate with the files": {
    parts: { candidatesOf: () => new Set(["m4", "m3"]) },
    says: /^alma is pending for n1, and of its candidates \(m3, m4\) none has .* from m1, m2, or /,
  },
  "any profile": {
    parts: { names: () => [] },
    says:
      /^no member holds a profile, so that nothing can be deployed: `confluent osdeploy import /,
  },
  "a content folder": {
    parts: { content: "/nonexistent/content" },
    says:
      /^m1: there is no content folder \/nonexistent\/content: `confluent osdeploy initialize` /,
  },
  "a clock that was set": {
    parts: { clock: at(Date.UTC(2001, 0, 1)) },
    says: /^the clock of m1 says 2001: set it \(timedatectl\), or no node that it serves can trust/,
  },
};
for (const [what, { attributes = {}, parts = {}, says }] of Object.entries(LACKS)) {
  Deno.test(`a deployment lacks ${what}`, async () => {
    const [line = "", ...more] = await findings(having({ n1: { ...READY, ...attributes } }), parts);
    match(line, says);
    deepEqual(more, []);
  });
}

/** The clock of this host, if it were that late. */
function at(wallMs: number): Clock {
  return {
    now: () => ({ ...systemClock.now(), wallMs }),
    after: (ms, call) => systemClock.after(ms, call),
  };
}

Deno.test("a member that boots nothing is told of its clock alone", async () => {
  const parts = { boots: false, names: () => [], servers: () => [], clock: at(0) };
  equal((await findings(having({ n1: READY }), parts)).length, 1);
});

Deno.test("a folder that the service may not write to is named", async () => {
  // Root may write anywhere.
  if (Deno.uid() === 0) return;
  const member = having({ n1: READY });
  const content = await Deno.makeTempDir();
  await Deno.mkdir(`${content}/distributions`, { mode: 0o500 });
  match((await findings(member, { content })).join(), /may not write to .*\/distributions,/);
  await Deno.remove(content, { recursive: true });
});

Deno.test("nodes that are alike are one line, and a name that is known is an address", async () => {
  const nameless = { ...PENDING, "net.hwaddr": "52:54:00:00:00:02" };
  const member = having({ n1: nameless, n2: nameless, n3: nameless });
  const [line = "", ...more] = await findings(member);
  match(line, /^a profile is pending for n1 and 2 more nodes, which has no address/);
  deepEqual(more, []);
  const known = ipv4Of("10.0.0.9");
  const lookUp: DeploymentCheckParts["lookUp"] = (name) =>
    Promise.resolve(name === "n2" ? undefined : known);
  match((await findings(member, { lookUp })).join(), /^a profile is pending for n2, which has no/);
});

Deno.test("10,000 nodes are looked at in slices, and few names are looked up", async () => {
  const names = Array.from({ length: 10_000 }, (_, i) => `n${i + 1}`);
  const member = new StandIn();
  member.apply([newNodes(...names), set(names, { ...PENDING, "deployment.lock": "locked" })]);
  let pauses = 0, lookedUp = 0;
  const clock: Clock = {
    now: () => systemClock.now(),
    after: (ms, call) => {
      pauses++;
      return systemClock.after(ms, call);
    },
  };
  const lookUp = (): Promise<undefined> => {
    lookedUp++;
    return Promise.resolve(undefined);
  };
  const startedMs = performance.now();
  const lines = await findings(member, { clock, lookUp });
  const tookMs = performance.now() - startedMs;
  equal(pauses, Math.floor(10_000 / NODES_CHECK_SLICE));
  equal(lookedUp, MAX_NAMES_CHECKED);
  match(lines.join("\n"), /for n1 and 9999 more nodes although deployment is locked/);
  equal(tookMs < 10_000, true, `${tookMs} ms`);
  console.log(`checked 10,000 nodes in ${Math.round(tookMs)} ms`);
});
