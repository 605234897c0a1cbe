/** Nodes whose controllers are simulated in the process that measures, and who acted on them. */
import { Fleet } from "../../src/cli/sim/fleet.ts";
import type { RecordedAction } from "../../src/cli/sim/simulated_bmc.ts";
import { USUAL_TRAITS } from "../../src/cli/sim/simulated_bmc.ts";
import type { BenchMember } from "./collective.ts";
import type { World } from "./world.ts";

/** What one member did to nodes that others had after it. */
export interface Overlap {
  readonly node: string;
  readonly stale: RecordedAction;
  /** What another member had done there before. */
  readonly newer: RecordedAction;
}

export class FleetNodes {
  readonly names: readonly string[];
  readonly #fleet: Fleet;

  private constructor(fleet: Fleet) {
    this.#fleet = fleet;
    this.names = fleet.all.map((_, i) => `b${i + 1}`);
  }

  static async start(world: World, count: number): Promise<FleetNodes> {
    const at = { firstAddress: world.clients, ownPorts: true };
    return new FleetNodes(await Fleet.start({ count, ...at }));
  }

  get range(): string {
    return `b[1-${this.names.length}]`;
  }

  /** Defines them all; `more`: attributes that all of them have. */
  async define(by: BenchMember, more: Readonly<Record<string, string>>): Promise<void> {
    const { user, password } = USUAL_TRAITS;
    await by.writeLines(this.#fleet.all.map(({ address }, i) =>
      JSON.stringify({
        name: this.names[i],
        "hardwaremanagement.method": "redfish",
        "hardwaremanagement.manager": address,
        "secret.hardwaremanagementuser": user,
        "secret.hardwaremanagementpassword": password,
        ...more,
      })
    ));
  }

  /** How many changes were made so far. */
  get count(): number {
    return this.#fleet.actions.length;
  }

  /** The changes after the first `since`, by node. */
  actionsSince(since: number): ReadonlyMap<string, readonly RecordedAction[]> {
    const byNode = new Map<string, RecordedAction[]>(this.names.map((name) => [name, []]));
    const nameOf = new Map(this.#fleet.all.map(({ bmc }, i) => [bmc.name, this.names[i]]));
    for (const action of this.#fleet.actions.slice(since)) {
      byNode.get(nameOf.get(action.bmc) ?? "")?.push(action);
    }
    return byNode;
  }

  /** What was done by right of a time that was over: another had acted since by a later one. */
  overlapsSince(since: number): Overlap[] {
    return [...this.actionsSince(since)].flatMap(([node, actions]) => {
      let newer: RecordedAction | undefined;
      return actions.flatMap((action): Overlap[] => {
        if (newer !== undefined && action.epoch < newer.epoch) {
          return [{ node, stale: action, newer }];
        }
        newer = action;
        return [];
      });
    });
  }

  close(): void {
    this.#fleet.close();
  }
}
