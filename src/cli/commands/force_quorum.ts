/** `collective force-quorum`: on alone, after a majority was lost for ever. */
import { type GlobalOptions, misused } from "../command.ts";
import type { ExitCode } from "../exit_code.ts";
import { concluded } from "../running.ts";
import { serveOptions } from "../serve_options.ts";
import { complain, type Surroundings, tell } from "../surroundings.ts";

export interface ForceQuorumOptions {
  readonly lost: readonly string[];
  readonly confirm?: readonly string[];
  readonly data?: string;
}

export async function forceQuorum(
  surroundings: Surroundings,
  options: ForceQuorumOptions & GlobalOptions,
): Promise<ExitCode> {
  const wrong = (message: string): ExitCode =>
    misused(surroundings, "collective force-quorum", message);
  const { lost, confirm, data } = options;
  if (lost.some((name) => name === "")) return wrong("--lost: wanted NAME,...");
  const again = confirm ?? [];
  if (confirm !== undefined && !areSame(lost, again)) {
    return wrong(`--confirm must name exactly the members of --lost: ${lost.join(",")}`);
  }
  const serving = await serveOptions(surroundings, data === undefined ? {} : { data });
  if (!serving.ok) return wrong(serving.refusal.message);
  const ended = await surroundings.programs.forceQuorum(
    serving.value.data,
    lost,
    (warning) => isConfirmed(surroundings, lost, confirm !== undefined, warning),
    (line) => tell(surroundings, line),
  );
  return concluded(surroundings, ended);
}

/** The warning is always shown; what answers it is --confirm, or the names typed once more. */
async function isConfirmed(
  surroundings: Surroundings,
  lost: readonly string[],
  wasGiven: boolean,
  warning: readonly string[],
): Promise<boolean> {
  for (const line of warning) tell(surroundings, line);
  if (wasGiven) return true;
  if (!surroundings.stdin.isTerminal) {
    complain(
      surroundings,
      "without a terminal nobody can agree; give the names a second time with " +
        `--confirm ${lost.join(",")}`,
    );
    return false;
  }
  const typed = await surroundings.stdin.ask("Type the names of the lost members to go on: ");
  return areSame(lost, typed?.split(/[\s,]+/).filter(Boolean) ?? []);
}

function areSame(some: readonly string[], others: readonly string[]): boolean {
  return new Set(some).symmetricDifference(new Set(others)).size === 0;
}
