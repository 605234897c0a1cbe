/** A fleet of simulated BMCs, and a driver that speaks to them over real sockets. */
import { type BmcTraits } from "../../../src/cli/sim/simulated_bmc.ts";
import { Fleet, type FleetBmc, type FleetOptions } from "../../../src/cli/sim/fleet.ts";
import { makeIdentity } from "../../../src/io/certificate.ts";
import { systemClock } from "../../../src/io/clock.ts";
import type { NodeCommand, NodeValues } from "../../../src/model/node_command.ts";
import { type Bmc, DriverError, type Leave } from "../../../src/service/hardware/driver.ts";
import { createRedfishDriver, type RedfishDriver } from "../../../src/service/hardware/redfish.ts";
import type { RedfishParts } from "../../../src/service/hardware/redfish.ts";
import { createLogger } from "../../../src/service/logger.ts";

/** Made once: making keys takes a while. */
export const IDENTITY = await makeIdentity("simulated-bmc");

export interface LeaveWishes {
  readonly withinMs?: number;
  readonly leaseLeftMs?: () => number;
  readonly signal?: AbortSignal;
  readonly grantSignal?: AbortSignal;
  readonly pin?: (fingerprint: string) => Promise<void>;
}

export class RedfishStage {
  readonly fleet: Fleet;
  readonly driver: RedfishDriver;
  /** What was pinned, in that order. */
  readonly pinned: string[] = [];
  readonly logged: string[] = [];

  private constructor(fleet: Fleet, parts: Partial<RedfishParts>) {
    this.fleet = fleet;
    this.driver = createRedfishDriver({
      clock: systemClock,
      log: createLogger("debug", "text", (line) => this.logged.push(line)),
      memberName: () => "m1",
      ...parts,
    });
  }

  /** Plays one scene, and takes everything away again. */
  static async play(
    wishes: Partial<FleetOptions> & { readonly parts?: Partial<RedfishParts> },
    scene: (stage: RedfishStage) => Promise<void>,
  ): Promise<void> {
    const fleet = await Fleet.start({ count: 1, identity: IDENTITY, ...wishes });
    const stage = new RedfishStage(fleet, wishes.parts ?? {});
    try {
      await scene(stage);
    } finally {
      await stage.driver.close();
      fleet.close();
    }
  }

  get first(): FleetBmc {
    const [first] = this.fleet.all;
    if (first === undefined) throw new Error("a fleet of none");
    return first;
  }

  set traits(traits: Partial<BmcTraits>) {
    this.first.bmc.traits = { ...this.first.bmc.traits, ...traits };
  }

  bmc(changed: Partial<Bmc> = {}, at = 0): Bmc {
    return {
      node: `n${at + 1}`,
      address: this.fleet.all[at]?.address ?? "",
      user: "admin",
      password: "simulated",
      policy: "tofu",
      pinned: undefined,
      tlsName: undefined,
      ...changed,
    };
  }

  leave(wishes: LeaveWishes = {}): Leave {
    const never = new AbortController().signal;
    return {
      grant: {
        epoch: 7,
        leaseLeftMs: wishes.leaseLeftMs ?? (() => 4_000),
        signal: wishes.grantSignal ?? never,
        end: () => {},
      },
      signal: wishes.signal ?? never,
      deadlineMs: systemClock.now().monoMs + (wishes.withinMs ?? 5_000),
      pin: wishes.pin ?? ((fingerprint) => {
        this.pinned.push(fingerprint);
        return Promise.resolve();
      }),
    };
  }

  async run(command: NodeCommand, bmc = this.bmc(), wishes: LeaveWishes = {}): Promise<NodeValues> {
    return await this.driver.run(bmc, command, this.leave(wishes));
  }

  /** The error it ends in; anything but a DriverError fails the test. */
  async fails(
    command: NodeCommand,
    bmc = this.bmc(),
    wishes: LeaveWishes = {},
  ): Promise<DriverError> {
    try {
      const values = await this.run(command, bmc, wishes);
      throw new Error(`it answered ${JSON.stringify(values)}`);
    } catch (error) {
      if (error instanceof DriverError) return error;
      throw error;
    }
  }

  get actions(): string[] {
    return this.fleet.actions.map(({ action }) => action);
  }
}
