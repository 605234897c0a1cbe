/** What a command is: a function that runs after its words were parsed. */
import type { Command } from "commander";

import type { AddressOptions } from "./service_address.ts";
import { complain, type Surroundings, tell } from "./surroundings.ts";
import { type ExitCode, WRONG_USAGE } from "./exit_code.ts";

/** Options that stand before any command, or among its own. */
export interface GlobalOptions {
  readonly json?: boolean;
  readonly stale?: boolean;
  /** Which service is asked. */
  readonly at: AddressOptions;
  /** All that can be typed, for help and completions. */
  readonly program: Command;
}

export type Run<Options, Arguments extends readonly unknown[]> = (
  surroundings: Surroundings,
  options: Options & GlobalOptions,
  ...given: Arguments
) => Promise<ExitCode>;

/** Ends a command that was understood in part only: what is wrong, and where to read on. */
export function misused(surroundings: Surroundings, command: string, wrong: string): ExitCode {
  complain(surroundings, wrong);
  tell(surroundings, `Read \`confluent help${command === "" ? "" : ` ${command}`}\`.`);
  return WRONG_USAGE;
}
