/**
 * The files of docs/topologies as docs/TOPOLOGIES.md tells of them: real members over simulated
 * controllers, which remember who changed what; members are killed, and everything is booted.
 */
import { deepEqual, equal, ok as holds } from "node:assert/strict";

import { Fleet } from "../../src/cli/sim/fleet.ts";
import { explanation } from "../../src/wire/explanation_http.ts";
import { agreed, leaderOf, memberTest, type Scene, type Server, settled } from "./collective.ts";
import { until } from "./program.ts";

const FOLDER = new URL("../../docs/topologies", import.meta.url).pathname;

/** Who may act on the nodes of each group; where nobody may they wait. */
type Wanted = Readonly<Record<string, readonly Server[]>>;

interface Shape {
  /** The folder of its file. */
  readonly file: string;
  readonly voting: number;
  readonly nonvoting: number;
  /** How many nodes each group has. */
  readonly groups: Readonly<Record<string, number>>;
}

/** A topology with members and nodes: n1 and so on, group after group. */
class Site {
  readonly members: readonly Server[];
  readonly #fleet: Fleet;
  readonly #groupOf: ReadonlyMap<string, string>;

  private constructor(members: readonly Server[], fleet: Fleet, groups: readonly string[]) {
    this.members = members;
    this.#fleet = fleet;
    this.#groupOf = new Map(groups.map((group, at) => [`n${at + 1}`, group]));
  }

  static async build(scene: Scene, fleet: Fleet, shape: Shape): Promise<Site> {
    const members = await scene.members(shape.voting);
    const [m1] = members as [Server];
    for (let i = 0; i < shape.nonvoting; i++) {
      const next = scene.server();
      await next.join(await m1.token(next.name, { nonvoting: true }));
      members.push(next);
    }
    await settled(members);
    const merged = await m1.run("merge", `${FOLDER}/${shape.file}`);
    deepEqual([merged.code, /Warning/.test(merged.err)], [0, false], merged.err);
    const groups = groupsOf(shape);
    const nodes = fleet.all.map(({ address }, at) => ({
      name: `n${at + 1}`,
      groups: groups[at],
      "hardwaremanagement.method": "redfish",
      "hardwaremanagement.manager": address,
      "secret.hardwaremanagementuser": "admin",
      "secret.hardwaremanagementpassword": "simulated",
    }));
    const { status, body } = await m1.ask("POST", "/nodes/", { nodes });
    equal(status, 200, JSON.stringify(body));
    return new Site(members, fleet, groups);
  }

  /**
   * Everything is booted by way of one member, until all nodes answer but those that are to wait.
   * Only members that are wanted may have acted, in each attempt. Gives who acted on each node.
   */
  async boots(by: Server, wanted: Wanted): Promise<ReadonlyMap<string, string>> {
    const since = this.#fleet.actions.length;
    const nodes = [...this.#groupOf.keys()];
    const waiting = nodes.filter((node) => this.#wantedAt(wanted, node).length === 0);
    await Promise.all(waiting.map((node) => isStuck(by, node)));
    await until(`all but ${waiting} are booted through ${by.name}`, async () => {
      const { out, err } = await by.run("nodepower", "everything", "boot");
      const silent = nodes.filter((node) => !out.includes(`${node}: `));
      const isAsWanted = String(silent) === String(waiting) &&
        waiting.every((node) => new RegExp(`^${node}: .* is unreachable$`, "m").test(err));
      return isAsWanted || undefined;
    });
    const acted = new Map<string, string>();
    for (const { bmc, member } of this.#fleet.actions.slice(since)) {
      const node = bmc.replace("bmc", "n");
      const names = this.#wantedAt(wanted, node).map(({ name }) => name);
      holds(names.includes(member), `${member} acted on ${node}, wanted ${names}`);
      acted.set(node, member);
    }
    return acted;
  }

  #wantedAt(wanted: Wanted, node: string): readonly Server[] {
    return wanted[this.#groupOf.get(node) ?? ""] ?? [];
  }
}

/** The group of each node. */
function groupsOf({ groups }: Shape): string[] {
  return Object.entries(groups).flatMap(([group, count]) => Array<string>(count).fill(group));
}

/** Waits until its loss was looked at, and nobody found who could take it. */
async function isStuck(by: Server, node: string): Promise<void> {
  await until(`${node} has nowhere to go`, async () => {
    const { stuck } = explanation.parse((await by.ask("GET", `/explain/${node}`)).body);
    return stuck === null ? undefined : true;
  });
}

async function isManaged(through: Server, node: string, by: Server): Promise<void> {
  await until(`${by.name} manages ${node}`, async () => {
    const { manager } = explanation.parse((await through.ask("GET", `/explain/${node}`)).body);
    return manager?.name === by.name || undefined;
  });
}

function topologyTest(title: string, shape: Shape, act: (site: Site) => Promise<void>): void {
  memberTest(`topologies: ${title}`, async (scene) => {
    const fleet = await Fleet.start({ count: groupsOf(shape).length });
    try {
      await act(await Site.build(scene, fleet, shape));
    } finally {
      fleet.close();
    }
  });
}

const FLAT: Shape = { file: "flat", voting: 3, nonvoting: 0, groups: { machines: 6 } };

topologyTest("flat: any of three may go, and the others have its nodes", FLAT, async (site) => {
  const { members } = site;
  const leader = await leaderOf(members);
  const [one, other] = members.filter((member) => member !== leader) as [Server, Server];
  const before = await site.boots(one, { machines: members });
  equal(new Set(before.values()).size, 3);

  await leader.kill();
  await site.boots(one, { machines: [one, other] });
  await leader.serve();
  await settled(members);
  await one.kill();
  await site.boots(leader, { machines: [leader, other] });
});

const HIERARCHICAL: Shape = {
  file: "hierarchical",
  voting: 3,
  nonvoting: 1,
  groups: { servers: 1, rack1: 2, rack2: 2, rack3: 2 },
};

topologyTest(
  "hierarchical: the head stands in for a service node, and is not needed by the others",
  HIERARCHICAL,
  async (site) => {
    const [m1, m2, m3, m4] = site.members as [Server, Server, Server, Server];
    const well = { servers: [m1], rack1: [m2], rack2: [m3], rack3: [m4] };
    await site.boots(m4, well);

    await m4.kill();
    await site.boots(m2, { ...well, rack3: [m1] });
    await m4.serve();
    await settled(site.members);
    await m3.done("nodeattrib", "-c", "rack3", "collective.manager");
    await isManaged(m3, "n7", m4);
    await site.boots(m3, well);

    await m1.kill();
    await site.boots(m4, { ...well, servers: [] });
    await m4.kill();
    await site.boots(m2, { ...well, servers: [], rack3: [] });
  },
);

const REDUNDANT: Shape = {
  file: "redundant",
  voting: 3,
  nonvoting: 2,
  groups: { servers: 2, rack1: 2, rack2: 2 },
};

topologyTest(
  "redundant: a head and a service node are lost at once, and every node goes on",
  REDUNDANT,
  async (site) => {
    const [m1, m2, m3, m4, m5] = site.members as [Server, Server, Server, Server, Server];
    const before = await site.boots(m5, { servers: [m1, m2, m3], rack1: [m4], rack2: [m5] });
    holds([...before.values()].includes("m1"));

    await Promise.all([m1.kill(), m4.kill()]);
    await site.boots(m5, { servers: [m2, m3], rack1: [m5], rack2: [m5] });
    // Heads are no candidates of racks.
    await m5.kill();
    await site.boots(m3, { servers: [m2, m3], rack1: [], rack2: [] });
  },
);

const SEGMENTED: Shape = {
  file: "segmented",
  voting: 5,
  nonvoting: 0,
  groups: { segment1: 4, segment2: 4 },
};

topologyTest(
  "segmented: no member acts beyond its segment, though all of another's are lost",
  SEGMENTED,
  async (site) => {
    const [m1, m2, m3, m4, m5] = site.members as [Server, Server, Server, Server, Server];
    const before = await site.boots(m5, { segment1: [m1, m2], segment2: [m3, m4] });
    deepEqual([...new Set(before.values())].sort(), ["m1", "m2", "m3", "m4"]);

    await Promise.all([m1.kill(), m3.kill()]);
    await site.boots(m5, { segment1: [m2], segment2: [m4] });
    await m3.serve();
    await agreed([m2, m3, m4, m5], 5);
    await m2.kill();
    await site.boots(m3, { segment1: [], segment2: [m3, m4] });
    await m1.serve();
    await site.boots(m5, { segment1: [m1], segment2: [m3, m4] });
  },
);
