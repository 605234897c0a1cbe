/** Many nodes are deployed at once: in a namespace each, the commands that run on a real one. */
import { deepEqual, equal } from "node:assert/strict";

import { type Program, until } from "./program.ts";
import { type BootSite, bootTest } from "./boot/boot_site.ts";
import { NODE_ROOT_TOOLS, NodeRoot, OWN_DEVICES, UNTIMED } from "./deployment/node_root.ts";
import { clientMac } from "./boot/segment.ts";

const NODES = 200;
const PROFILE = "fleet";
/** All of them, on a busy machine. */
const DEPLOYED_MS = 420_000;

/** What a node does from its first start to its last report, with its initramfs as its root. */
const NODE = `
export PATH=/bin:/sbin:/opt/confluent/bin HOME=/
. /opt/confluent/begin || exit 1
confluent-node scripts post || exit 1
mkdir /kept && confluent-node carry /kept && cp -R /kept/etc/. /etc/ || exit 1
confluent-node status staged || exit 1
confluent-node firstboot || exit 1
echo NODE-COMPLETE
`;

function nodeAddress(number: number): string {
  return `10.77.${2 + (number >> 7)}.${(number & 127) + 1}`;
}

/** In a copy of the root. */
function startNode(site: BootSite, root: NodeRoot, number: number): Program {
  const own = `${site.segment.folder}/n${number}`;
  const lines = `cp -al ${root.folder} ${own}; cd ${own}; ${OWN_DEVICES}
    exec ${UNTIMED} chroot . /bin/sh -c "$0"`;
  return site.segment.start(`c${number}`, "sh", "-ec", lines, NODE);
}

await bootTest(
  `${NODES} nodes are deployed at once, though one of three members dies`,
  { members: 3, clients: NODES, tools: NODE_ROOT_TOOLS },
  async (site) => {
    await site.profile(PROFILE, { kernel: "/etc/hostname", initramfs: "/etc/hostname" }, "quiet");
    for (const sort of ["pre", "post", "firstboot"]) {
      await site.script(PROFILE, `${sort}.sh`, `echo NODE-RUNS ${sort}`);
    }
    const numbers = Array.from({ length: NODES }, (_, at) => at + 1);
    const nodes = numbers.map((number) => ({
      name: `n${number}`,
      "net.hwaddr": clientMac(`c${number}`),
      "net.ipv4_address": `${nodeAddress(number)}/16`,
    }));
    const { status, body } = await site.first.ask("POST", "/nodes/", { nodes });
    equal(status, 200, JSON.stringify(body));
    await site.deploy(`n1:n${NODES}`, PROFILE);
    const root = await NodeRoot.make(site);

    const programs = numbers.map((number) => startNode(site, root, number));
    const complete = (): Program[] => programs.filter(({ out }) => out.includes("NODE-COMPLETE"));
    const [, second] = site.members;
    const reach = (count: number): Promise<true | undefined> =>
      Promise.resolve(complete().length >= count || undefined);
    await until("some are complete", () => reach(NODES / 5), DEPLOYED_MS);
    await second?.kill();
    await until("all are complete", () => {
      const failed = programs.find(({ hasEnded, out }) =>
        hasEnded && !out.includes("NODE-COMPLETE")
      );
      if (failed !== undefined) throw new Error(`a node failed: ${failed.said()}`);
      return reach(NODES);
    }, DEPLOYED_MS);
    const shown = (await site.first.done("nodedeploy", `n1:n${NODES}`)).trim().split("\n");
    deepEqual(shown.filter((line) => !line.includes(`completed: ${PROFILE}`)), []);
    equal(shown.length, NODES);
  },
);
