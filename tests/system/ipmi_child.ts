/**
 * A process that asks a controller for something by the driver of IPMI, and tells what came of it:
 * the member that is killed or stopped in the tests. Its arguments are the folders of programs
 * (`PATH`), the address, and a command as JSON.
 */
import { systemClock } from "../../src/io/clock.ts";
import type { NodeCommand } from "../../src/model/node_command.ts";
import { DriverError } from "../../src/service/hardware/driver.ts";
import { createIpmiDriver } from "../../src/service/hardware/ipmi.ts";
import { bmcAt, leaveOf } from "./ipmi_bmc.ts";

const [path = "", address = "", command = "{}"] = Deno.args;
const driver = createIpmiDriver({ clock: systemClock, path });
try {
  const values = await driver.run(
    bmcAt(address),
    JSON.parse(command) as NodeCommand,
    leaveOf({ withinMs: 60_000, leaseMs: 3_000 }),
  );
  console.log(JSON.stringify(values));
} catch (error) {
  console.log(error instanceof DriverError ? `${error.errorcode} ${error.message}` : error);
}
await driver.close();
