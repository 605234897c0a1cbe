/** What runs in a node against real members: with busybox alone, and no word of where they are. */
import { deepEqual, equal, match, ok as holds } from "node:assert/strict";

import type { Program } from "../program.ts";
import { until } from "../program.ts";
import { type BootSite, bootTest } from "../boot/boot_site.ts";
import { defineNode, NODE_ROOT_TOOLS, NodeRoot } from "./node_root.ts";

const PROFILE = "plain";
const BEGIN = ". /opt/confluent/begin";

async function shown(site: BootSite): Promise<string> {
  return (await site.first.done("nodedeploy", "n1")).trim();
}

/** The lines that scripts print when they run. */
function ran(...programs: readonly Program[]): string[] {
  return programs.flatMap(({ out }) => out).filter((line) => line.startsWith("RAN "));
}

async function tell(site: BootSite, ...paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await site.script(PROFILE, path, `echo "RAN ${path} $nodename $confluent_profile"`);
  }
}

await bootTest(
  "a node without an address finds a member, and runs each script once, to its end",
  { members: 1, clients: 1, tools: NODE_ROOT_TOOLS },
  async (site) => {
    await tell(site, "pre.d/20-b", "pre.d/10-a", "pre.sh", "post.sh");
    // The second is called as a file is that a node keeps for itself.
    await tell(site, "firstboot.d/10-first", "firstboot.d/headers", "onboot.sh");
    await defineNode(site, PROFILE);
    const root = await NodeRoot.make(site);
    const begun = root.start(`${BEGIN}
      confluent-node name; confluent-node interface; confluent-node value profile
      confluent-node fetch os/${PROFILE}/profile.yaml /tmp/profile.yaml && cat /tmp/profile.yaml
      confluent-node fetch os/${PROFILE}/none /tmp/none; echo "none: $?"
      mkdir /target && cp -a /bin /lib* /target/ && mkdir -p /target/proc /target/sys /target/dev
      confluent-node carry /target && confluent-node scripts post && confluent-node status staged`);
    const { code, out } = await begun.ended();
    equal(code, 0, begun.said());
    const scripts = ["pre.sh", "pre.d/10-a", "pre.d/20-b", "post.sh"];
    deepEqual(ran(begun), scripts.map((path) => `RAN ${path} n1 ${PROFILE}`));
    match(out, /\nn1\neth0\nplain\nlabel: plain\n[^]*\nnone: 4\n/);
    match(await site.segment.done("c1", "ip", "addr"), /inet 10\.77\.1\.51\/16/);
    match(await shown(site), /^n1: staged: plain/);

    const key = await root.text("etc/confluent/confluent.apikey");
    match(key, /^[0-9a-f]{64}$/);
    for (const at of ["", "/target"]) {
      for (const file of ["confluent.apikey", "confluent.deploycfg"]) {
        const { mode } = await Deno.stat(`${root.folder}${at}/etc/confluent/${file}`);
        equal((mode ?? 0) & 0o777, 0o600, `${at}/${file}`);
      }
    }
    const traced = await Deno.readTextFile(root.traced);
    match(traced, /execve\("\/opt\/confluent\/bin\/curl"/);
    holds(!traced.includes(key), "the key is in an argument or in the environment");
    holds(!begun.said().includes(key), "the key was told");
    deepEqual([...Deno.readDirSync(`${root.folder}/etc/confluent/run`)].map(({ name }) => name), [
      "member",
    ]);

    // The system that it became starts twice.
    const first = ["firstboot.d/10-first", "firstboot.d/headers", "onboot.sh"];
    for (const wanted of [first, ["onboot.sh"]]) {
      const started = root.start(". /etc/rc.local; wait", "/target");
      equal((await started.ended()).code, 0, started.said());
      deepEqual(ran(started), wanted.map((path) => `RAN ${path} n1 ${PROFILE}`), started.said());
      match(await shown(site), /^n1: completed: plain/);
    }
  },
);

await bootTest(
  "a script that fails is reported, and nothing after it runs",
  { members: 1, clients: 1, tools: NODE_ROOT_TOOLS },
  async (site) => {
    await tell(site, "pre.sh", "pre.d/20-never");
    await site.script(PROFILE, "pre.d/10-fails", "exit 3");
    await defineNode(site, PROFILE);
    const root = await NodeRoot.make(site);
    const begun = root.start(`${BEGIN}; echo "RAN on"`);
    await begun.word(/confluent: stopped: see above/);
    deepEqual(ran(begun), [`RAN pre.sh n1 ${PROFILE}`]);
    match(await shown(site), /pre\.d\/10-fails ended with exit code 3/);
  },
);

await bootTest(
  "a key that was not armed is told of, and granted once it is; who gives up says why",
  { members: 1, clients: 1, tools: NODE_ROOT_TOOLS },
  async (site) => {
    await defineNode(site, PROFILE);
    await site.first.done("nodeattrib", "n1", "deployment.apiarmed=");
    const root = await NodeRoot.make(site);
    const begun = root.start(`${BEGIN}; exec confluent-node hold "no disk is large enough"`);
    await begun.word(/confluent: the key was refused \(403 .*arm it with: nodedeploy -n n1/);
    await site.deploy("n1", PROFILE);
    await begun.word(/confluent: has its configuration: profile plain/);
    await begun.word(/confluent: stopped: see above/);
    match(await shown(site), /no disk is large enough/);
  },
);

await bootTest(
  "a node goes on with another member whenever one dies, and waits where none has quorum",
  { members: 3, clients: 1, tools: NODE_ROOT_TOOLS },
  async (site) => {
    await site.script(
      PROFILE,
      "pre.d/10-hold",
      `echo "RAN by $confluent_mgr"; until [ -e /tmp/go ]; do sleep 0.2; done`,
    );
    await tell(site, "pre.d/20-after", "post.sh");
    await defineNode(site, PROFILE);
    const root = await NodeRoot.make(site);
    const begun = root.start(`${BEGIN}; confluent-node scripts post; confluent-node status staged`);
    const [, address = ""] = await begun.line(/^RAN by (\S+)/, 120_000);
    const serving = site.members[Number(address.replace(/%.*/, "").slice(-1)) - 1];
    holds(serving !== undefined, address);
    await serving.kill();
    await Deno.writeTextFile(`${root.folder}/tmp/go`, "");
    await begun.line(/^RAN post\.sh/);
    await begun.word(/confluent: reported staged/);
    equal((await begun.ended()).code, 0, begun.said());
    const [left, other] = site.members.filter((member) => member !== serving);
    match(await left?.done("nodedeploy", "n1") ?? "", /^n1: staged/);

    // Two of three are gone: the third has no say.
    await other?.kill();
    await left?.shows(/quorum/);
    const waiting = root.start("confluent-node firstboot");
    await waiting.word(/confluent: \S+: it answers 503/);
    await until(
      "it searches again",
      () =>
        Promise.resolve(waiting.err.filter((line) => line.includes("503")).length > 2 || undefined),
    );
    await other?.serve();
    await waiting.word(/confluent: reported complete/);
    equal((await waiting.ended()).code, 0, waiting.said());
  },
);
