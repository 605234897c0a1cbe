/** The commands on what nodes are booted by, with arguments, options, words and examples. */
import type { Command } from "commander";

import type { Act } from "./commands.ts";
import { declareGlobalOptions } from "./global_options.ts";

/** osdeploy. */
export function declareDeploymentCommands(program: Command, act: Act): void {
  const osdeploy = program.command("osdeploy").summary("show profiles, or set how one should be")
    .description(
      "Profiles are what nodes are booted and installed by: folders in public/os of the content " +
        "folder, at every member. Which content is right is one reference for all members.",
    );
  declareGlobalOptions(osdeploy);
  const list = osdeploy.command("list").summary("list profiles")
    .description(
      "Lists the profiles that any member holds. What is wrong with one goes to stderr: members " +
        "where it is missing, cannot be booted, or differs from the reference. With --json all " +
        "that is known of each.",
    )
    .action(act(async () => (await import("./commands/osdeploy_list.ts")).osdeployList));
  declareGlobalOptions(list);
  const update = osdeploy.command("update").alias("updateboot")
    .summary("make a profile's files here the reference")
    .description(
      "Makes what the member that is asked holds of a profile the reference. Members that hold " +
        "the same are preferred where a node is booted; others are named by `collective show` " +
        "and `check`. To be used after the files were changed, and copied to the other members.",
    )
    .argument("<profile>")
    .action(act(async () => (await import("./commands/osdeploy_update.ts")).osdeployUpdate));
  declareGlobalOptions(update);
  osdeploy.addHelpText(
    "after",
    "\nExamples:\n  osdeploy list\n  osdeploy update alma-9.4-x86_64-default",
  );
}
