/** The commands on nodes and groups, with arguments, options, words and examples. */
import { type Command, Option } from "commander";

import type { Act } from "./commands.ts";
import { declareGlobalOptions } from "./global_options.ts";

const COUNT = (text: string): number => Number(text);

/** nodelist, nodedefine, nodeattrib, noderename, noderemove. */
export function declareNodeCommands(program: Command, act: Act): void {
  declareNodelist(program.command("nodelist"), act);
  declareNodedefine(program.command("nodedefine"), act);
  declareNodeattrib(program.command("nodeattrib"), act);

  const noderename = program.command("noderename").summary("rename nodes")
    .description(
      "Renames the nodes of a noderange, in one change. The new name may be an expression, which " +
        "makes one for each node.",
    )
    .argument("<noderange>").argument("<name>")
    .option("-m, --maxnodes <count>", "ask before more nodes than these are renamed", COUNT)
    .action(act(async () => (await import("./commands/noderename.ts")).noderename));
  finish(noderename, ["noderename n1 login1", "noderename r1n1-r1n40 'r01n{n2:02d}'"]);

  const noderemove = program.command("noderemove").summary("remove nodes")
    .description("Removes the nodes of a noderange, in one change: all of them or none.")
    .argument("<noderange>")
    .option("-m, --maxnodes <count>", "ask before more nodes than these are removed", COUNT)
    .action(act(async () => (await import("./commands/noderemove.ts")).noderemove));
  finish(noderemove, ["noderemove n1-n4", "noderemove -m 10 location.rack=r7"]);
}

/** nodegrouplist, nodegroupdefine, nodegroupattrib, nodegrouprename, nodegroupremove. */
export function declareGroupCommands(program: Command, act: Act): void {
  const nodegrouplist = program.command("nodegrouplist").summary("list groups")
    .description("Lists all groups of nodes.")
    .action(act(async () => (await import("./commands/nodegrouplist.ts")).nodegrouplist));
  declareGlobalOptions(nodegrouplist);

  const nodegroupdefine = program.command("nodegroupdefine").summary("make a group of nodes")
    .description(
      "Makes a group, with what its nodes inherit; or one that is whatever nodes a noderange " +
        "gives when it is asked for, and has nothing else.",
    )
    .argument("<group>").argument("[attribute=value...]")
    .action(act(async () => (await import("./commands/nodegroupdefine.ts")).nodegroupdefine));
  finish(nodegroupdefine, [
    "nodegroupdefine rack7 location.rack=7 nodes=n1-n4",
    "nodegroupdefine odd noderange=rack1,rack3",
  ]);

  declareNodegroupattrib(program.command("nodegroupattrib"), act);

  const nodegrouprename = program.command("nodegrouprename").summary("rename a group")
    .description("Gives a group another name, in the lists of its nodes as well.")
    .argument("<group>").argument("<name>")
    .action(act(async () => (await import("./commands/nodegrouprename.ts")).nodegrouprename));
  finish(nodegrouprename, ["nodegrouprename rack7 rack07"]);

  const nodegroupremove = program.command("nodegroupremove").summary("remove a group")
    .description("Removes a group. Its nodes stay, without what they inherited from it.")
    .argument("<group>")
    .action(act(async () => (await import("./commands/nodegroupremove.ts")).nodegroupremove));
  finish(nodegroupremove, ["nodegroupremove rack7", "nodegroupremove --dry-run rack7"]);
}

function declareNodelist(nodelist: Command, act: Act): void {
  nodelist.summary("list nodes, or attributes of nodes")
    .description(
      "Lists all nodes, those of a noderange, or attributes of them: by name, with wildcards " +
        "(net.*switch), or by what they begin with (location).",
    )
    .argument("[noderange]").argument("[attributes...]")
    .option("-b, --blame", "say where inherited and computed values come from")
    .option("-d, --delim <text>", "what stands between names", "\n")
    .action(act(async () => (await import("./commands/nodelist.ts")).nodelist));
  declareGlobalOptions(nodelist);
  addExamples(nodelist, [
    "nodelist 'location.rack=r7@compute'",
    "nodelist -d , rack1,-n3",
    "nodelist -b n1-n4 location.rack 'net.*switch'",
  ]);
}

function declareNodedefine(nodedefine: Command, act: Act): void {
  nodedefine.summary("make nodes")
    .description(
      "Makes the nodes of a noderange, or those of a table, in one change: all of them or none. " +
        "The header of a table is `name` and attributes; an empty cell leaves its attribute out.",
    )
    .argument("[noderange]").argument("[attribute=value...]")
    .option("--file <table.csv>", "the nodes of a table; - reads it from stdin")
    .addOption(
      new Option("--existing <what>", "what becomes of nodes of the table that exist already")
        .choices(["refuse", "update", "skip"]),
    )
    .action(act(async () => (await import("./commands/nodedefine.ts")).nodedefine));
  finish(nodedefine, [
    "nodedefine n[1-40] groups=rack1,compute",
    "nodedefine 'r[1-9]n[01-40]' 'location.u={n2}'",
    "nodedefine --file inventory.csv --existing update",
  ]);
}

function declareNodeattrib(nodeattrib: Command, act: Act): void {
  nodeattrib.summary("show or change attributes of nodes")
    .usage("[options] <noderange> [all | attribute... | attribute=value...]")
    .description(
      "Shows the attributes that are set, those that are named, or all; or sets and clears them, " +
        "in one change. An attribute may be set to nothing (info.note=), which hides what a " +
        "group says; cleared it has no value of its own. A value with {braces} is an expression, " +
        "evaluated for each node. `groups,=g` puts a group in front of the list, `groups^=g` " +
        "takes it out. What is secret is better asked for (-p) than typed: everybody on this " +
        "machine sees what a command was given. `nodeattrib --help location.rack` says what an " +
        "attribute is for, and what it may be set to.",
    )
    .argument("<noderange>").argument("[attributes...]")
    .option("-b, --blame", "say where inherited and computed values come from");
  declareChanges(nodeattrib)
    .option("-m, --maxnodes <count>", "ask before more nodes than these are changed", COUNT)
    .action(act(async () => (await import("./commands/nodeattrib.ts")).nodeattrib));
  finish(nodeattrib, [
    "nodeattrib -b n1 location 'net.*switch'",
    "nodeattrib rack1 'net.ipv4_address=10.{n1}.0.{n2}/16' type=server",
    "nodeattrib n1-n4 groups,=maintenance",
    "nodeattrib -c n1 info.note",
    "nodeattrib -p rack1 bmcpass",
  ]);
}

function declareNodegroupattrib(nodegroupattrib: Command, act: Act): void {
  nodegroupattrib.summary("show or change attributes of a group")
    .usage("[options] <group> [all | attribute... | attribute=value...]")
    .description(
      "Shows what the nodes of a group inherit from it and who they are, or changes that, in one " +
        "change. A value with {braces} is an expression, evaluated for each node. `nodes=n1-n4` " +
        "says who is in the group, `nodes,=n5` puts one in and `nodes^=n5` takes it out. A group " +
        "with a noderange has nothing else.",
    )
    .argument("<group>").argument("[attributes...]")
    .option("-b, --blame", "say where values come from");
  declareChanges(nodegroupattrib)
    .action(act(async () => (await import("./commands/nodegroupattrib.ts")).nodegroupattrib));
  finish(nodegroupattrib, [
    "nodegroupattrib rack1",
    "nodegroupattrib rack1 location.rack=1 nodes,=n41-n44",
    "nodegroupattrib odd noderange=rack1,rack3",
    "nodegroupattrib -c rack1 ntp.servers",
  ]);
}

/** The ways to change attributes beside `attribute=value`. */
function declareChanges(command: Command): Command {
  return command
    .option("-c, --clear", "clear the attributes")
    .option("-e, --environment", "set them to variables: info.note from info_note or INFO_NOTE")
    .option("-p, --prompt", "ask for the values, on a terminal")
    .option("-s, --set <file>", "set what a file says: attribute=value, and # begins a comment");
}

/** What every command that changes something has at its end. */
function finish(command: Command, examples: readonly string[]): void {
  command.option("--dry-run", "say what would change, and change nothing");
  declareGlobalOptions(command);
  addExamples(command, examples);
}

function addExamples(command: Command, examples: readonly string[]): void {
  const lines = examples.map((line) => `  ${line}\n`).join("");
  command.addHelpText("after", `\nExamples:\n${lines.trimEnd()}`);
}
