/** The commands on what nodes are made of, with arguments, options, words and examples. */
import { Argument, type Command, Option } from "commander";

import { LOCKS } from "../model/deployment.ts";
import { BOOT_DEVICES, IDENTIFY_GOALS, POWER_GOALS } from "../model/node_command.ts";
import type { Act } from "./commands.ts";
import { declareGlobalOptions } from "./global_options.ts";

const NUMBER = (text: string): number => Number(text);
const ORDER = "A line a node, in the order in which they answer; what fails goes to stderr.";

/** nodepower, nodesetboot, nodeboot, nodehealth, nodeidentify, nodedeploy. */
export function declareHardwareCommands(program: Command, act: Act): void {
  const nodepower = program.command("nodepower").summary("show or switch the power of nodes")
    .description(
      `Shows whether nodes are on, or switches them. ${ORDER} \`boot\` starts a node that is off ` +
        "and resets one that is on; `shutdown` asks its operating system, `off` asks nobody.",
    )
    .argument("<noderange>")
    .addArgument(wordOf("state", [...POWER_GOALS, ...SAME_STATES]))
    .option("-p, --showprevious", "show what the power was before as well")
    .action(act(async () => (await import("./commands/nodepower.ts")).nodepower));
  finish(nodepower, "switched", ["nodepower rack1", "nodepower -m 40 rack1,-n7 on"]);

  const nodesetboot = program.command("nodesetboot").summary("show or set what nodes boot next")
    .description(`Shows what nodes boot next, or sets it for the next time. ${ORDER}`)
    .argument("<noderange>").addArgument(wordOf("device", [...BOOT_DEVICES, ...SAME_DEVICES]));
  declareBoot(nodesetboot)
    .action(act(async () => (await import("./commands/nodesetboot.ts")).nodesetboot));
  finish(nodesetboot, "changed", ["nodesetboot n1", "nodesetboot -p rack1 hd"]);

  const nodeboot = program.command("nodeboot").summary("boot nodes, from a device if one is named")
    .description(
      `Sets what nodes boot next, where a device is named, and then boots them: all but those ` +
        `that it could not be set for. ${ORDER}`,
    )
    .argument("<noderange>").addArgument(wordOf("device", [...BOOT_DEVICES, ...SAME_DEVICES]));
  declareBoot(nodeboot)
    .action(act(async () => (await import("./commands/nodesetboot.ts")).nodeboot));
  finish(nodeboot, "booted", ["nodeboot n1-n4 network", "nodeboot rack1"]);

  const nodehealth = program.command("nodehealth").summary("show how the hardware of nodes is")
    .description(`Shows how the hardware of nodes is, and what is wrong with it. ${ORDER}`)
    .argument("<noderange>")
    .action(act(async () => (await import("./commands/nodehealth.ts")).nodehealth));
  finish(nodehealth, "asked", ["nodehealth rack1"]);

  const nodeidentify = program.command("nodeidentify")
    .summary("show or switch the light that shows where nodes stand")
    .description(`Shows or switches the light that shows where a machine stands. ${ORDER}`)
    .argument("<noderange>").addArgument(wordOf("state", IDENTIFY_GOALS))
    .action(act(async () => (await import("./commands/nodeidentify.ts")).nodeidentify));
  finish(nodeidentify, "switched", ["nodeidentify n7 blink", "nodeidentify rack1 off"]);

  declareNodedeploy(program.command("nodedeploy"), act);
}

function declareNodedeploy(nodedeploy: Command, act: Act): void {
  nodedeploy.summary("show what is deployed on nodes, or deploy a profile")
    .description(
      "Shows what is deployed on nodes, or about to be, and what they last said of it. With " +
        "--network a profile is made pending for all of them in one change, or for none where " +
        "one cannot be deployed; then each is told to boot from the network, and booted. One " +
        "that has no controller (hardwaremanagement.manager) is to be powered on by hand.",
    )
    .argument("<noderange>")
    .option("-n, --network <profile>", "deploy this profile by network boot")
    .option("-p, --prepareonly", "with --network: leave it to somebody else to boot them")
    .option("-c, --clear", "nothing is to be deployed any more")
    .addOption(new Option("--lock <state>", "lock them against deployment, or not").choices(LOCKS))
    .option("--dry-run", "say what would change, and change nothing")
    .action(act(async () => (await import("./commands/nodedeploy.ts")).nodedeploy));
  finish(nodedeploy, "changed", [
    "nodedeploy rack1",
    "nodedeploy -m 40 rack1 -n alma-9.4-x86_64-default",
    "nodedeploy rack1 --lock locked",
  ]);
}

/** What people type in place of nothing, and of `network`. */
const SAME_STATES = ["status", "state", "stat", "softoff"] as const;
const SAME_DEVICES = ["net", "pxe"] as const;

function wordOf(name: string, words: readonly string[]): Argument {
  return new Argument(`[${name}]`).choices(words);
}

function declareBoot(command: Command): Command {
  return command
    .option("-b, --bios", "boot it as a BIOS would, not as UEFI")
    .option("-u, --uefi", "boot it as UEFI, as where nothing is said")
    .option("-p, --persist", "from then on, not only the next time");
}

/** What all of them have at their end. */
function finish(command: Command, done: string, examples: readonly string[]): void {
  command.option("-m, --maxnodes <count>", `ask before more nodes than these are ${done}`, NUMBER)
    .option("--timeout <seconds>", "how long any node may take (30)", NUMBER);
  declareGlobalOptions(command);
  const lines = examples.map((line) => `  ${line}\n`).join("");
  command.addHelpText("after", `\nExamples:\n${lines.trimEnd()}`);
}
