/** `collective force-quorum`: on alone, after a majority was lost for ever. */
import { type GlobalOptions, misused } from "../command.ts";
import type { ExitCode } from "../exit_code.ts";
import { concluded } from "../running.ts";
import { serveOptions } from "../serve_options.ts";
import { complain, type Surroundings, tell } from "../surroundings.ts";

export interface ForceQuorumOptions {
  readonly lost?: readonly string[];
  readonly confirm?: readonly string[];
  readonly data?: string;
}

export async function forceQuorum(
  surroundings: Surroundings,
  options: ForceQuorumOptions & GlobalOptions,
): Promise<ExitCode> {
  const wrong = (message: string): ExitCode =>
    misused(surroundings, "collective force-quorum", message);
  const { lost = [], confirm, data } = options;
  if (lost.some((name) => name === "")) return wrong("--lost: wanted NAME,...");
  const again = confirm ?? [];
  if (confirm !== undefined && lost.length > 0 && !areSame(lost, again)) {
    return wrong(`--confirm must name exactly the members of --lost: ${lost.join(",")}`);
  }
  const serving = await serveOptions(surroundings, data === undefined ? {} : { data });
  if (!serving.ok) return wrong(serving.refusal.message);
  const ended = await surroundings.programs.forceQuorum(
    serving.value.data,
    lost,
    (warning, names) => isConfirmed(surroundings, names, confirm, warning),
    (line) => tell(surroundings, line),
  );
  return concluded(surroundings, ended);
}

/** The warning is always shown; what answers it is --confirm, or the names typed. */
async function isConfirmed(
  surroundings: Surroundings,
  names: readonly string[],
  given: readonly string[] | undefined,
  warning: readonly string[],
): Promise<boolean> {
  for (const line of warning) tell(surroundings, line);
  if (given !== undefined && areSame(names, given)) return true;
  if (given !== undefined || !surroundings.stdin.isTerminal) {
    complain(
      surroundings,
      `without a terminal nobody can agree; give the names with --confirm ${names.join(",")}`,
    );
    return false;
  }
  const typed = await surroundings.stdin.ask(`To go on, type ${names.join(",")}: `);
  return areSame(names, typed?.split(/[\s,]+/).filter(Boolean) ?? []);
}

function areSame(some: readonly string[], others: readonly string[]): boolean {
  return new Set(some).symmetricDifference(new Set(others)).size === 0;
}
