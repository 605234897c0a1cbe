/**
 * The driver of Redfish (DMTF DSP0266): power, boot device, health and the light, over HTTPS.
 *
 * `on`, `off` and `shutdown` are done when the machine is seen so, as in confluent 4.0, which waits
 * up to 300 s; here never longer than the command may take.
 */
import { bmcAddressOf } from "../../hardware/bmc_address.ts";
import type { Clock } from "../../io/clock.ts";
import type { NodeCommand, NodeValues } from "../../model/node_command.ts";
import type { Logger } from "../logger.ts";
import { type Bmc, type Driver, DriverError, type Leave } from "./driver.ts";
import { Ends } from "./ends.ts";
import { carryOutByRedfish } from "./redfish_commands.ts";
import { Controllers } from "./redfish_controllers.ts";
import { Conversation } from "./redfish_conversation.ts";
import { RunningCommands } from "./running_commands.ts";

export interface RedfishParts {
  readonly clock: Clock;
  readonly log: Logger;
  /** Controllers are told who acts, in `User-Agent`. It is asked anew each time: a joiner gets its
   * name by its token. */
  readonly memberName: () => string;
  /** Instead of MAX_BMC_CONNECTIONS. */
  readonly maxConnections?: number | undefined;
  /** Certificates of authorities in PEM, instead of this host's. */
  readonly authorities?: readonly string[] | undefined;
}

/** The driver for `hardwaremanagement.method` `redfish`. */
export function createRedfishDriver(parts: RedfishParts): RedfishDriver {
  return new RedfishDriver(parts);
}

export class RedfishDriver implements Driver {
  readonly #parts: RedfishParts;
  readonly #controllers: Controllers;
  readonly #running = new RunningCommands();

  constructor(parts: RedfishParts) {
    this.#parts = parts;
    this.#controllers = new Controllers({ ...parts, userAgent: (epoch) => this.#userAgent(epoch) });
  }

  /** Connections there are, and controllers that are remembered. */
  get counts(): Controllers["counts"] {
    return this.#controllers.counts;
  }

  async run(bmc: Bmc, command: NodeCommand, leave: Leave): Promise<NodeValues> {
    if (this.#running.closing.aborted) throw new DriverError(503, "this member stops");
    return await this.#running.track(this.#run(bmc, command, leave));
  }

  async close(): Promise<void> {
    await this.#running.close();
    await this.#controllers.close();
  }

  async #run(bmc: Bmc, command: NodeCommand, leave: Leave): Promise<NodeValues> {
    const address = bmcAddressOf(bmc.address);
    if (address === undefined) {
      const wanted = "wanted HOST, HOST:PORT or [V6]:PORT, with https:// or http:// in front";
      const where = `hardwaremanagement.manager of ${bmc.node} is "${bmc.address}"`;
      throw new DriverError(502, `${where}, which is no address of a BMC: ${wanted}`);
    }
    const { clock } = this.#parts;
    const ends = new Ends(leave, this.#running.closing, clock);
    const controller = this.#controllers.of(bmc, address);
    const userAgent = this.#userAgent(leave.grant.epoch);
    const controllers = this.#controllers;
    const parts = { controllers, controller, bmc, leave, ends, clock, userAgent };
    const conversation = new Conversation(parts);
    try {
      const talk = { conversation, bmc, clock, ends, deadlineMs: leave.deadlineMs };
      return await carryOutByRedfish(talk, command);
    } finally {
      conversation.pause();
      ends.over();
    }
  }

  #userAgent(epoch: number | undefined): string {
    const name = this.#parts.memberName().replace(/[^\w.-]/g, "_");
    return `confluent/${name}${epoch === undefined ? "" : ` epoch/${epoch}`}`;
  }
}
