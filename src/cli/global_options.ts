/** The options that stand before any command, or among its own. */
import type { Command } from "commander";

export function declareGlobalOptions(command: Command): Command {
  return command.optionsGroup("Which service, and how it is shown:")
    .option("--server <url>", "the service at a URL (CONFLUENT_SERVER), with CONFLUENT_TOKEN")
    .option("--socket <path>", "the service at a unix socket (CONFLUENT_SOCKET)")
    .option("--json", "print data as JSON")
    .option("--stale", "take the local copy where there is no quorum");
}
