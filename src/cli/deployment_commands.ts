/** The commands on what nodes are booted by, with arguments, options, words and examples. */
import type { Command } from "commander";

import type { Act } from "./commands.ts";
import { declareGlobalOptions } from "./global_options.ts";

/** Options that `osdeploy initialize` has elsewhere, and what to do in place of them. */
export const OLD_INITIALIZE = "nothing has to be made or named here: certificates, SSH keys and " +
  "what nodes are sent are made by the collective itself; leave it out";

/** osdeploy. */
export function declareDeploymentCommands(program: Command, act: Act): void {
  const osdeploy = program.command("osdeploy").summary(
    "make profiles of media, show and compare them",
  )
    .description(
      "Profiles are what nodes are booted and installed by: folders in public/os of the content " +
        "folder, at every member. Which content is right is one reference for all members.",
    );
  declareGlobalOptions(osdeploy);
  declareMedia(osdeploy, act);
  const list = osdeploy.command("list").summary("list profiles")
    .description(
      "Lists the profiles that any member holds. What is wrong with one goes to stderr: members " +
        "where it is missing, cannot be booted, or differs from the reference. With --json all " +
        "that is known of each.",
    )
    .option("-v, --verbose", "what each is, and what each member holds of it")
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
    "\nExamples:\n  osdeploy initialize\n  osdeploy import AlmaLinux-9.4-x86_64-dvd.iso\n" +
      "  osdeploy list -v\n  osdeploy update alma-9.4-x86_64-default",
  );
}

function declareMedia(osdeploy: Command, act: Act): void {
  const initialize = osdeploy.command("initialize")
    .summary("prepare the content folder, and say what deployments need")
    .description(
      "Makes what is missing of the content folder of the member that is asked, and says what " +
        "deployments need, what of it is missing and what brings it. It may be run again.",
    )
    .action(
      act(async () => (await import("./commands/osdeploy_initialize.ts")).osdeployInitialize),
    );
  declareGlobalOptions(initialize);
  const from = "<medium>", what = "an ISO, a netboot tar, or a folder, as the member sees it";
  const doImport = osdeploy.command("import").summary("make a profile of an installation medium")
    .description(
      "Makes a profile of an installation medium, at the member that is asked: of Debian's " +
        "netboot.tar.gz or mini.iso, of Alma, Rocky, RHEL, CentOS and Fedora, of Ubuntu's server " +
        "image. It is there once it is whole; Ctrl-C leaves nothing. Then it is to be copied to " +
        "the other members, which are named.",
    )
    .argument(from, what)
    .option("-n, --name <profile>", "what it is called (DISTRO-VERSION-ARCH-default)")
    .action(act(async () => (await import("./commands/osdeploy_import.ts")).osdeployImport));
  declareGlobalOptions(doImport);
  const check = osdeploy.command("importcheck").summary("say what an installation medium is")
    .description("Says what an installation medium is, and what an import of it would make.")
    .argument(from, what)
    .action(act(async () => (await import("./commands/osdeploy_import.ts")).osdeployImportCheck));
  declareGlobalOptions(check);
}
