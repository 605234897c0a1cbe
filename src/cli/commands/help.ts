/** `help`: of the program, or of one command. */
import { nearest } from "../../model/nearest.ts";
import { type GlobalOptions, misused } from "../command.ts";
import { DONE, type ExitCode } from "../exit_code.ts";
import type { Surroundings } from "../surroundings.ts";

export function help(
  surroundings: Surroundings,
  { program }: GlobalOptions,
  words: readonly string[],
): Promise<ExitCode> {
  let command = program;
  for (const word of words) {
    const next = command.commands.find((one) => one.name() === word || one.alias() === word);
    if (next === undefined) {
      const best = nearest(word, command.commands.map((one) => one.name()));
      const meant = best === undefined ? "" : `; did you mean ${best}?`;
      return Promise.resolve(misused(surroundings, "", `no help on '${word}'${meant}`));
    }
    command = next;
  }
  command.outputHelp();
  return Promise.resolve(DONE);
}
