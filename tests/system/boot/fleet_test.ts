/** Many nodes are deployed at once: in a namespace each, the commands that run on a real one. */
import { deepEqual, equal } from "node:assert/strict";

import { type Program, until } from "../program.ts";
import { type BootSite, bootTest } from "./boot_site.ts";
import { ADDONS, makeAddons, NODE_TOOLS, script } from "./deployed_nodes.ts";
import { clientMac, serverAddress } from "./segment.ts";

const NODES = 200;
const PROFILE = "fleet";
/** All of them, on a busy machine. */
const DEPLOYED_MS = 420_000;

/** What a node does from its first start to its last report, with its initramfs as its root. */
const NODE = `#!/bin/sh
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

/** A root as a node's initramfs leaves it: busybox, and what members add to it. */
async function makeRoot(site: BootSite): Promise<string> {
  const root = `${site.segment.folder}/root`;
  const url = `http://${serverAddress(1)}/confluent-public/site/site.cpio`;
  await Deno.writeTextFile(`${site.segment.folder}/node`, NODE);
  await site.segment.sh(
    "s1",
    `mkdir -p ${root} && cd ${root} && mkdir -p bin sbin etc proc sys dev tmp run
     cp "$(command -v busybox)" bin/busybox
     for library in $(ldd bin/busybox | sed -nE 's/.*[[:blank:]](\\/[^ ]+) \\(.*/\\1/p'); do
       mkdir -p ".\${library%/*}"; cp "$library" ".$library"
     done
     chroot . /bin/busybox --install -s /bin
     echo 'root:x:0:0:root:/:/bin/sh' > etc/passwd
     gunzip -c ${ADDONS} | cpio -idm --quiet
     curl -sSf ${url} | cpio -idm --quiet
     cp ../node run-node`,
  );
  return root;
}

/** Nobody but the kernel of this host keeps its time, whatever nodes are told. */
const UNTIMED = "setpriv --bounding-set -sys_time --inh-caps -sys_time";

function startNode(site: BootSite, number: number): Program {
  const root = `${site.segment.folder}/root`, own = `${site.segment.folder}/n${number}`;
  const lines = `cp -al ${root} ${own}; cd ${own}
    mount -t proc none proc; mount --rbind -o ro /sys sys; mount -t tmpfs none dev
    for one in null urandom; do : > dev/$one; mount --bind /dev/$one dev/$one; done
    exec ${UNTIMED} chroot . /bin/sh /run-node`;
  return site.segment.start(`c${number}`, "sh", "-ec", lines);
}

await bootTest(
  `${NODES} nodes are deployed at once, though one of three members dies`,
  { members: 3, clients: NODES, tools: NODE_TOOLS },
  async (site) => {
    await makeAddons();
    await site.profile(PROFILE, { kernel: "/etc/hostname", initramfs: "/etc/hostname" }, "quiet");
    for (const sort of ["pre", "post", "firstboot"]) {
      await script(site, PROFILE, `${sort}.sh`, `echo NODE-RUNS ${sort}`);
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
    await makeRoot(site);

    const programs = numbers.map((number) => startNode(site, number));
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
