/** What the commands that run a member in this process have in common. */
import type { Outcome } from "../base/outcome.ts";
import type { Voice } from "../service/programs.ts";
import { DONE, EXIT_CODES, type ExitCode } from "./exit_code.ts";
import { complain, print, silentText, type Surroundings, tell } from "./surroundings.ts";

export function voiceOf(surroundings: Surroundings): Voice {
  return {
    tell: (line) => tell(surroundings, line),
    result: (line) => print(surroundings, line),
  };
}

export function concluded(surroundings: Surroundings, outcome: Outcome<void>): ExitCode {
  if (outcome.ok) return DONE;
  const { kind, message, missing } = outcome.refusal;
  complain(surroundings, `${message}${silentText(missing)}`);
  return EXIT_CODES[kind];
}
