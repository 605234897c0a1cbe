/** Members that are drained and stopped, by the commands that people type. */
import { deepEqual, equal, match, ok as holds } from "node:assert/strict";

import { memberTest, type Server } from "./collective.ts";
import { until } from "./program.ts";

/** How many nodes each member holds, as `show -v` of that one tells it. */
async function nodesOf(member: Server): Promise<Record<string, number>> {
  const shown = await member.done("collective", "show", "-v");
  return Object.fromEntries(
    [...shown.matchAll(/^(m\d): nodes: (\d+)$/gm)].map(([, name, nodes]) => [name, Number(nodes)]),
  );
}

async function shared(member: Server, wanted: Record<string, number>): Promise<void> {
  await until(`nodes are shared as ${JSON.stringify(wanted)}`, async () => {
    const shares = await nodesOf(member);
    return Object.entries(wanted).every(([name, nodes]) => shares[name] === nodes) || undefined;
  });
}

memberTest(
  "a member is drained before it is serviced, and gets nodes again after",
  async (scene) => {
    const [m1, m2, m3] = await scene.members(3) as [Server, Server, Server];
    await m1.done("nodedefine", "n1-n9", "collective.managercandidates=m1-m3");
    await m1.done("nodedefine", "s1", "collective.manager=m2");
    await shared(m3, { m1: 3, m2: 4, m3: 3 });
    const drained = await m3.run("collective", "drain", "m2");
    deepEqual([drained.code, drained.out], [0, "m2: drained, 3 nodes handed over"]);
    match(drained.err, /^s1 stays with m2: they have no collective\.managercandidates$/m);
    await shared(m1, { m2: 1 });
    const { m1: one = 0, m3: three = 0 } = await nodesOf(m1);
    holds(one + three === 9 && Math.abs(one - three) === 1);
    // It stays drained though it is started anew.
    await m2.stop();
    await m2.serve();
    const notice = await until("it is there again", async () => {
      const shown = await m2.run("collective", "show");
      return shown.out.startsWith("Quorum: True") ? shown.err : undefined;
    });
    match(notice, /^Notice: m2 is drained: it is given no nodes/m);
    await m1.done("nodedefine", "n10-n12", "collective.managercandidates=m1-m3");
    await shared(m1, { m2: 1 });
    equal(await m1.done("collective", "drain", "--undo", "m2"), "m2: not drained any more");
    await m1.done("nodedefine", "n13-n15", "collective.managercandidates=m1-m3");
    await shared(m1, { m2: 4 });
    equal((await m1.run("collective", "drain", "m9")).code, 1);

    // Under another name a node stays whose it was.
    await m3.done("noderename", "s1", "t1");
    await shared(m3, { m2: 4 });
    match(await m3.done("nodelist", "t1", "collective.manager"), /^t1: collective\.manager: m2$/);
  },
);
