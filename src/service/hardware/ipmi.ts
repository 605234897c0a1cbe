/**
 * The driver of IPMI, by `ipmitool`.
 *
 * A change is one request of one child. It is begun only with CHANGE_LEASE_MS of the lease left,
 * and the child lives no longer than the lease as it was then, whatever becomes of this member:
 * stopped, it cannot end the child itself. A child that ends without an answer may have made the
 * change, unless it says that no session came about; only then is a change asked for again.
 */
import {
  MAX_IPMI_CHILDREN,
  MAX_IPMI_CHILDREN_IN_VAIN,
  MAX_IPMI_CHILDREN_IN_VAIN_BESIDE,
  MAX_IPMI_PASSWORD_BYTES,
  MAX_IPMI_USER_BYTES,
} from "../../base/limits.ts";
import { ChildTurns } from "../../io/child_turns.ts";
import type { Clock } from "../../io/clock.ts";
import { Ipmitool } from "../../io/ipmitool.ts";
import { endpointOf } from "../../model/address.ts";
import type { NodeCommand, NodeValues } from "../../model/node_command.ts";
import { type Bmc, type Driver, DriverError, type Leave } from "./driver.ts";
import { carryOut } from "./ipmi_commands.ts";
import { KnownControllers } from "./ipmi_known.ts";
import { OneAtATime } from "./ipmi_queue.ts";
import { IpmiSession } from "./ipmi_session.ts";
import { RunningCommands } from "./running_commands.ts";

const IPMI_PORT = 623;

export interface IpmiParts {
  readonly clock: Clock;
  /** Where ipmitool is looked for; PATH, unless it is given. */
  readonly path?: string;
}

/** The driver for `hardwaremanagement.method` `ipmi`. */
export function createIpmiDriver(parts: IpmiParts): Driver {
  return new IpmiDriver(parts);
}

class IpmiDriver implements Driver {
  readonly #parts: IpmiParts;
  readonly #turns = new ChildTurns(
    MAX_IPMI_CHILDREN,
    MAX_IPMI_CHILDREN_IN_VAIN,
    MAX_IPMI_CHILDREN_IN_VAIN_BESIDE,
  );
  readonly #queue = new OneAtATime();
  readonly #known = new KnownControllers();
  readonly #running = new RunningCommands();
  #tool: Promise<Ipmitool | string>;

  constructor(parts: IpmiParts) {
    this.#parts = parts;
    this.#tool = Ipmitool.find(parts.path);
  }

  async run(bmc: Bmc, command: NodeCommand, leave: Leave): Promise<NodeValues> {
    return await this.#running.track(this.#run(bmc, command, leave));
  }

  async close(): Promise<void> {
    await this.#running.close();
    const tool = await this.#tool;
    if (typeof tool !== "string") await tool.close();
  }

  async #run(bmc: Bmc, command: NodeCommand, leave: Leave): Promise<NodeValues> {
    const tool = await this.#found();
    const address = endpointOf(bmc.address, IPMI_PORT);
    if (address === undefined) {
      throw new DriverError(
        409,
        `hardwaremanagement.manager is ${bmc.address}; wanted a host, or host:port`,
      );
    }
    checkLogin(bmc);
    const session = new IpmiSession({
      clock: this.#parts.clock,
      tool,
      turns: this.#turns,
      queue: this.#queue,
      habits: this.#known.of(`${address.host} ${address.port}`),
      bmc,
      address,
      leave,
      closing: this.#running.closing,
    });
    return await carryOut(session, command);
  }

  /** It may have been installed since it was not found. */
  async #found(): Promise<Ipmitool> {
    const known = await this.#tool;
    if (typeof known !== "string") return known;
    this.#tool = Ipmitool.find(this.#parts.path);
    const found = await this.#tool;
    if (typeof found === "string") throw new DriverError(501, found);
    return found;
  }
}

/** What IPMI has no room for, ipmitool would cut, or ask for at a terminal. */
function checkLogin({ user, password, kg = "" }: Bmc): void {
  checkPart("secret.hardwaremanagementuser", user, MAX_IPMI_USER_BYTES);
  checkPart("secret.hardwaremanagementpassword", password, MAX_IPMI_PASSWORD_BYTES);
  checkPart("secret.ipmikg", kg, MAX_IPMI_PASSWORD_BYTES);
}

function checkPart(attribute: string, text: string, maxBytes: number): void {
  if (new TextEncoder().encode(text).length > maxBytes) {
    throw new DriverError(502, `${attribute} is too long for IPMI, which takes ${maxBytes} bytes`);
  }
  if (/[\0\r\n]/.test(text)) {
    throw new DriverError(
      502,
      `${attribute} has a line's end in it, which IPMI's tool cannot take`,
    );
  }
}
