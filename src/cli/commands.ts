/**
 * Every command with its arguments, options and one line of words: what can be typed, on one
 * page. What a command does is in commands/, loaded only when it runs.
 */
import { Argument, type Command } from "commander";

import type { Run } from "./command.ts";
import { declareDeploymentCommands } from "./deployment_commands.ts";
import { declareGlobalOptions } from "./global_options.ts";
import { declareHardwareCommands } from "./hardware_commands.ts";
import { declareGroupCommands, declareNodeCommands } from "./node_commands.ts";

/** Makes a commander action of what a file in commands/ exports. */
export type Act = <Options, Arguments extends readonly unknown[]>(
  load: () => Promise<Run<Options, Arguments>>,
) => (...given: unknown[]) => Promise<void>;

const LIST = (text: string): string[] => text.split(",").map((part) => part.trim());
const COUNT = (text: string): number => Number(text);

export function declareCommands(program: Command, act: Act): void {
  program.commandsGroup("Nodes:");
  declareNodeCommands(program, act);
  declareHardwareCommands(program, act);
  declareWatch(program, act);
  declareExplain(program.command("explain"), act);
  program.commandsGroup("Groups of nodes:");
  declareGroupCommands(program, act);
  program.commandsGroup("Deployment:");
  declareDeploymentCommands(program, act);
  program.commandsGroup("The database as files:");
  declareDumpCommands(program, act);
  program.commandsGroup("Members:");
  declareMemberCommands(program, act);
  declareCollective(program.command("collective"), act);
  declareCheck(program.command("check"), act);
  program.commandsGroup("This program:");
  declareProgramCommands(program, act);
}

function declareWatch(program: Command, act: Act): void {
  const watch = program.command("watch").summary("show changes of nodes as they happen")
    .description(
      "Shows what changes of all nodes, or of those of a noderange whether they exist yet " +
        "or not, until Ctrl-C. Where the service is lost it is asked again, and nothing is " +
        "missed. With --json every event is one line, the present state first.",
    )
    .argument("[noderange]")
    .option("--from <index>", "begin with what changed after this index", COUNT)
    .action(act(async () => (await import("./commands/watch.ts")).watch));
  declareGlobalOptions(watch);
}

function declareExplain(explain: Command, act: Act): void {
  explain.summary("show why a node has its manager, what a command would meet, how it boots")
    .description(
      "Shows which member manages a node and why, which others could, whether a command would " +
        "be refused now and why, what was last seen of the node and what was done there last; " +
        "what it would be answered if it booted now, by whom, and how it booted: each request " +
        "with its answer, or why it got none. Any member tells it, with a majority and without. " +
        "A machine may be named by its hardware address. With --pcap every DHCP request in a " +
        "capture (of tcpdump, say) is judged as if it came in now; nothing is sent.",
    )
    .argument("[node]")
    .option("--pcap <file>", "judge the DHCP requests in a capture file")
    .action(act(async () => (await import("./commands/explain.ts")).explain));
  declareGlobalOptions(explain);
  explain.addHelpText(
    "after",
    "\nExamples:\n  confluent explain n7\n  confluent explain 52:54:00:12:34:56\n" +
      "  confluent explain --pcap boot.pcap",
  );
}

const PASSPHRASE_FILE = "--passphrase-file <file>";
const AND_ALSO = (text: string, texts: readonly string[] = []): string[] => [...texts, text];

function declareDumpCommands(program: Command, act: Act): void {
  const dump = program.command("dump").summary("write the database into a folder")
    .description(
      "Writes main, keys and globals into a folder, in the format of confluent 4.0: sorted and " +
        "the same for the same database, fit for git. One of -p, -u, -r and -s must be given.",
    )
    .argument("<folder>")
    .option("-p, --protect", "protect the keys by a passphrase, which is asked for")
    .option("-i, --interactive", "the same")
    .option(PASSPHRASE_FILE, "take it from a file, - for stdin (or CONFLUENT_DUMP_PASSPHRASE)")
    .option("-u, --unprotected", "write the keys for everybody to read")
    .option("-r, --redact", "leave secrets out; this cannot be restored")
    .option("-s, --skipkeys", "leave the keys out: those of an earlier dump go with it")
    .option("-y, --yaml", "write YAML, not JSON")
    .option("-x, --exclude <pattern>", "leave attributes out (net.*hwaddr, deployment)", AND_ALSO)
    .action(act(async () => (await import("./commands/dump.ts")).dump));
  declareGlobalOptions(dump);

  const restore = program.command("restore").summary("make the database what a dump says")
    .description(
      "Makes the database what the dump in a folder says, in one change: all of it or nothing. " +
        "Nodes, groups and users that it does not name are removed. `apply` shows that first.",
    )
    .argument("<folder>")
    .option(PASSPHRASE_FILE, "what opens its keys, - for stdin (or CONFLUENT_DUMP_PASSPHRASE)")
    .action(act(async () => (await import("./commands/restore.ts")).restore));
  declareGlobalOptions(restore);

  const merge = program.command("merge").summary("add nodes and groups of a dump")
    .description(
      "Adds the nodes and groups of a dump that are not there yet, in one change; those that are " +
        "stay as they are, and are listed.",
    )
    .argument("<folder>")
    .option(PASSPHRASE_FILE, "what opens its keys, - for stdin (or CONFLUENT_DUMP_PASSPHRASE)")
    .action(act(async () => (await import("./commands/restore.ts")).merge));
  declareGlobalOptions(merge);

  const apply = program.command("apply").summary("show what a dump would change, and change it")
    .description(
      "Shows what differs between the database and the dump in a folder, asks, and makes the " +
        "database what the dump says, in one change; refused where the database changed meanwhile.",
    )
    .argument("<folder>")
    .option("--yes", "agree beforehand, where nobody can be asked")
    .option(PASSPHRASE_FILE, "what opens its keys, - for stdin (or CONFLUENT_DUMP_PASSPHRASE)")
    .action(act(async () => (await import("./commands/apply.ts")).apply));
  declareGlobalOptions(apply);
}

function declareMemberCommands(program: Command, act: Act): void {
  const serve = program.command("serve").summary("run a member, in the foreground")
    .description(
      "Runs a member. The first time it makes its identity and is a collective of one. Prints " +
        "one line `ready` with its addresses when it answers; SIGTERM stops it.",
    )
    .action(act(async () => (await import("./commands/serve.ts")).serve));
  declareServeOptions(serve);

  const invite = program.command("invite").summary("print a token that makes a server a member")
    .description(
      "Prints a token, for one use, that carries the name, where members are, and a secret: hand " +
        "it to nobody but the new member.",
    )
    .argument("<name>", "what the new member is called")
    .option("--expires <duration>", "how long the token is good for: 90s, 30m, 1h, 7d", "1h")
    .option("-n, --nonvoting", "the member gets all data and never counts for a majority")
    .option("--replace", "the member takes the place of the one of that name")
    .action(act(async () => (await import("./commands/invite.ts")).invite));
  declareGlobalOptions(invite);

  const join = program.command("join").summary("make this server a member, with a token")
    .description(
      "Makes this server a member. A local service that answers is asked to join; else this " +
        "process joins and goes on as `serve`. `joined` is printed when the data is here and, " +
        "for a voting member, its vote counts.",
    )
    .argument("<token>", "what `confluent invite` printed; - reads it from stdin")
    .option("--server <host[:port]>", "try this member before those in the token")
    .option("--replace", "give up what this server holds of its own")
    .option("--no-serve", "end once joined")
    .action(act(async () => (await import("./commands/join.ts")).join));
  declareServeOptions(join);
}

function declareCollective(collective: Command, act: Act): void {
  collective.summary("show the members, remove one, renew a key, come back after a loss")
    .description("Who is a member of the collective, and how members leave and come back.");
  declareGlobalOptions(collective);
  const show = collective.command("show").summary("show the members")
    .option("-v, --verbose", "each member's state, vote, addresses, index and more")
    .action(act(async () => (await import("./commands/collective_show.ts")).collectiveShow));
  declareGlobalOptions(show);

  const remove = collective.command("remove").alias("delete").summary("let a member go")
    .description("Takes a member out of the collective. Its certificate is refused from then on.")
    .argument("<name>")
    .action(act(async () => (await import("./commands/collective_remove.ts")).collectiveRemove));
  declareGlobalOptions(remove);

  declareDrain(collective.command("drain"), act);

  const rotate = collective.command("rotate").summary("give a member another key and certificate")
    .description(
      "Gives the member that is asked another key and certificate. The old one stays good until " +
        "every other member has met the new one; those that are away meet it when they come back.",
    )
    .option("--now", "the old one is refused at once: its key was stolen")
    .action(act(async () => (await import("./commands/collective_rotate.ts")).collectiveRotate));
  declareGlobalOptions(rotate);

  const rotateKey = collective.command("rotate-key")
    .summary("have all secrets sealed anew, by a new key")
    .description(
      "Makes a new collective key, hands it to every listed member, seals every secret anew by " +
        "it and then forgets the old one. To be used after a member was removed that is not " +
        "trusted any more, or when a key may be known to others.",
    )
    .action(
      act(async () => (await import("./commands/collective_rotate_key.ts")).collectiveRotateKey),
    );
  declareGlobalOptions(rotateKey);

  const rejoin = collective.command("rejoin").summary("come back after a lost disk")
    .description(
      "Comes back as the member that this server was, after its store was lost or went back in " +
        "time: under a new id and key, with all data from the others. Then goes on as `serve`.",
    )
    .option("--no-serve", "end once back")
    .action(act(async () => (await import("./commands/rejoin.ts")).rejoin));
  declareServeOptions(rejoin);

  collective.command("force-quorum").summary("go on alone after a majority was lost for ever")
    .description(
      "Makes this member, whose service must not run, the only one of its collective. To be used " +
        "when a majority is lost for ever. WHILE A LOST MEMBER STILL RUNS BOTH SIDES SERVE, AND " +
        "THEIR CHANGES CANNOT BE JOINED: switch off or destroy each of them first. " +
        "On a terminal the names of the lost members must be typed once more; without one they " +
        "must be given a second time with --confirm. A member that is alone and whose store was " +
        "cut goes on with what is left; then its own name is asked for.",
    )
    .option(
      "--lost <name,...>",
      "every member that is lost; none where only the store was cut",
      LIST,
    )
    .option("--confirm <name,...>", "the same names, where nobody can be asked", LIST)
    .option("--data <dir>", "the member's data folder")
    .action(act(async () => (await import("./commands/force_quorum.ts")).forceQuorum));
}

function declareDrain(drain: Command, act: Act): void {
  drain.summary("have a member hand its nodes over")
    .description(
      "Has a member hand the nodes that it manages over to others, and get none until --undo: " +
        "before it is serviced. Nodes that have no other candidate stay with it, are managed as " +
        "before, and are named.",
    )
    .argument("<name>")
    .option("--undo", "let it get nodes again")
    .action(act(async () => (await import("./commands/collective_drain.ts")).collectiveDrain));
  declareGlobalOptions(drain);
}

function declareCheck(check: Command, act: Act): void {
  check.summary("look for what is wrong, and what to do about it")
    .description(
      "Looks for what is wrong with a member and between the members, a line each with what to " +
        "do; exit code 1 where there is something. Where no service answers the data folder is " +
        "read, and nothing in it changed. With --repair every member whose data differ from " +
        "those of NAME takes a copy of them: for where no majority tells whose are right.",
    )
    .option("--repair", "have members take a copy of the one of --from")
    .option("--from <name>", "the member whose data are kept")
    .option("--data <dir>", "the data folder, where no service answers")
    .action(act(async () => (await import("./commands/check.ts")).check));
  declareGlobalOptions(check);
}

function declareServeOptions(command: Command): void {
  command.optionsGroup("How the member runs (each also a key of /etc/confluent/service.yaml):")
    .option("--data <dir>", "where it keeps its data (/etc/confluent/cfg)")
    .option("--content <dir>", "where profiles and other boot files lie (/var/lib/confluent)")
    .option("--boot-http <addr:port>", "where it serves boot files ([::]:80)")
    .option("--https <addr:port>", "where it serves nodes over HTTPS ([::]:443)")
    .option("--interfaces <name,...>", "where it answers machines that boot (all with an address)")
    .option(
      "--dhcp-authoritative <name,...>",
      "where it gives addresses beside another DHCP server",
    )
    .option("--no-boot", "it boots no machines: no DHCP, TFTP, boot files, HTTPS (boot: false)")
    .option("--name <name>", "what it is called (the short host name)")
    .option("--socket <path>", "unix socket of its API (/run/confluent/http.sock)")
    .option("--api <addr:port>", "TCP address of its API (127.0.0.1:4005)")
    .option("--peer <addr:port>", "where it listens for members ([::]:13001)")
    .option("--advertise <host[:port],...>", "where members reach it (found out by itself)")
    .option("--peer-hint <name=host[:port],...>", "where to look for members that moved")
    .option("--key-file <file>", "wraps the collective key on disk (made in the data folder)")
    .option("--passphrase-file <file>", "the same, of a passphrase; - asks for it")
    .option("--log-level <level>", "debug, info, warn or error (info)")
    .option("--log-format <format>", "text or json (text)");
}

function declareSim(sim: Command, act: Act): void {
  sim.summary("simulated nodes and three members that manage them, on this machine")
    .description(
      "Starts three members and so many simulated nodes on this machine: n1, n2 and so on, each " +
        "with a controller that speaks Redfish over TLS. Then it prints what to try, and a line " +
        "for everything that a controller is told to do, until Ctrl-C, which removes all of it.",
    )
    .argument("<count>", "how many nodes: 1 to 10000")
    .option("--silent <count>", "so many of them, the last ones, have controllers that are dead")
    .option("--record <file>", "append what controllers did to a file, a line of JSON each")
    .option("--json", "print what happens as lines of JSON")
    .action(act(async () => (await import("./sim/sim.ts")).sim));
  sim.addHelpText("after", "\nExamples:\n  confluent sim 40\n  confluent sim 2000 --silent 100");
}

function declareProgramCommands(program: Command, act: Act): void {
  program.command("demo").summary("three members on this machine, and what happens to them")
    .description(
      "Starts three members on this machine, loads an inventory, kills members and starts them " +
        "again, and checks each step. Then it stays up until Ctrl-C, with commands to try.",
    )
    .option("--inventory <table.csv>", "the nodes to load, in place of a made-up cluster")
    .option("--once", "end after the last step")
    .action(act(async () => (await import("./demo/demo.ts")).demo));
  declareSim(program.command("sim"), act);
  program.command("version").summary("print version, features, Deno and build")
    .option("--json", "print them as JSON")
    .action(act(async () => (await import("./commands/version.ts")).version));
  program.command("completions").summary("print what makes a shell complete commands")
    .description(
      "Prints a script for a shell:\n" +
        "  source <(confluent completions bash)\n" +
        "  source <(confluent completions zsh)\n" +
        "  confluent completions fish | source",
    )
    .addArgument(new Argument("<shell>").choices(["bash", "zsh", "fish"]))
    .action(act(async () => (await import("./commands/completions.ts")).completions));
  program.command("help").summary("print help, on a command or an attribute where one is named")
    .description(
      "Prints help on the program, on a command, or on attributes: by name, with wildcards " +
        "(net.*), or by what they begin with (location).",
    )
    .argument("[command|attribute...]")
    .action(act(async () => (await import("./commands/help.ts")).help));
}
