/**
 * A fleet of simulated BMCs as a process of its own: tells where they are, then serves them.
 * COUNT [SILENT [ADDRESS PORT]]: at an address that others reach each has a port of its own.
 */
import { Fleet } from "../../src/cli/sim/fleet.ts";

const [count = "1", silent = "0", address, port] = Deno.args;
const where = address === undefined
  ? { firstAddress: "127.32.0.1" }
  : { firstAddress: address, ownPorts: true, port: Number(port) };
const fleet = await Fleet.start({ count: Number(count), ...where });
// The last ones are silent, so that the others are the same with them and without.
for (const { bmc } of fleet.all.slice(Number(count) - Number(silent))) {
  bmc.fault = { fault: "silent" };
}
console.log(`fleet ${JSON.stringify(fleet.all.map(({ address }) => address))}`);
