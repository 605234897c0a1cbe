/** What every command that asks a service does before and after. */
import { type GlobalOptions, misused } from "./command.ts";
import type { ExitCode } from "./exit_code.ts";
import { serviceAddress } from "./service_address.ts";
import { type Answered, ServiceClient, type Unanswered } from "./service_client.ts";
import { complain, type Surroundings, tell, warn } from "./surroundings.ts";

/** Runs a command with a client of the service that the options or the environment name. */
export async function withService(
  surroundings: Surroundings,
  options: GlobalOptions,
  run: (service: ServiceClient) => Promise<ExitCode>,
): Promise<ExitCode> {
  const address = serviceAddress(options.at, surroundings.env);
  if (!address.ok) return misused(surroundings, "", address.refusal.message);
  const service = new ServiceClient(address.value);
  try {
    return await run(service);
  } finally {
    service.close();
  }
}

export function unanswered(surroundings: Surroundings, why: Unanswered): ExitCode {
  complain(surroundings, why.message);
  return why.exit;
}

export function readQuery(options: GlobalOptions): Readonly<Record<string, string>> {
  return options.stale === true ? { stale: "ok" } : {};
}

/**
 * The same for commands that scripts know from elsewhere, and that print what the service says of
 * the words they were given as it is.
 */
export function unansweredAsItIs(surroundings: Surroundings, why: Unanswered): ExitCode {
  const isOfTheWords = [400, 404, 409].includes(why.failure?.errorcode ?? 0);
  if (!isOfTheWords) return unanswered(surroundings, why);
  tell(surroundings, why.message);
  return why.exit;
}

/** The same where something was to be shown of which there may be a copy to look at. */
export function unread(
  surroundings: Surroundings,
  options: GlobalOptions,
  why: Unanswered,
  what = "the local copy, which may be behind,",
): ExitCode {
  const exit = unansweredAsItIs(surroundings, why);
  if (why.failure?.errorcode === 503 && options.stale !== true) {
    complain(surroundings, `${what} is shown with --stale`);
  }
  return exit;
}

/** A word on an answer that may be behind what a majority knows. */
export function warnOfAge(surroundings: Surroundings, { staleSeconds }: Answered<unknown>): void {
  if (staleSeconds === undefined) return;
  const age = `${staleSeconds} second${staleSeconds === 1 ? "" : "s"}`;
  warn(surroundings, `this is the local copy; a majority was last heard ${age} ago`);
}
