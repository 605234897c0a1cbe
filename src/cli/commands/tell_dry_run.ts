/** `--dry-run`: what a command would change, in place of changing it. */
import { type DryRun, dryRun } from "../../wire/http.ts";
import type { GlobalOptions } from "../command.ts";
import { DONE, type ExitCode } from "../exit_code.ts";
import type { AskOptions, ServiceClient } from "../service_client.ts";
import { printJson, type Surroundings, tell } from "../surroundings.ts";
import { unanswered } from "../with_service.ts";

/** Of every command that changes nodes or groups. */
export interface DryRunOption {
  readonly dryRun?: boolean;
}

/** Asks what the request would change, and prints that; a refusal is told as `reword` has it. */
export async function tellDryRun(
  surroundings: Surroundings,
  options: GlobalOptions,
  service: ServiceClient,
  route: string,
  asking: AskOptions,
  reword = (message: string): string => message,
): Promise<ExitCode> {
  const query = { ...asking.query, dryRun: "1" };
  const asked = await service.ask(route, dryRun, { ...asking, query });
  if (!asked.ok) return unanswered(surroundings, { ...asked, message: reword(asked.message) });
  const { count, changes } = asked.value;
  if (options.json === true) printJson(surroundings, asked.value);
  else if (changes.length > 0) {
    surroundings.stdout.write(changes.map((change) => `${changeLine(change)}\n`).join(""));
  }
  const shown = changes.length < count ? `, of which the first ${changes.length} are shown` : "";
  tell(
    surroundings,
    `Dry run: ${count} change${count === 1 ? "" : "s"}${shown}; nothing was changed.`,
  );
  return DONE;
}

/** `n1: location.u: 99 (was 7)`; a secret is stars, and was what nobody tells. */
function changeLine(
  { kind, name, change, attribute, from, to }: DryRun["changes"][number],
): string {
  const what = kind === "node" ? name : `${kind} ${name}`;
  if (change === "created") return `${what}: created`;
  if (change === "removed") return `${what}: deleted`;
  const value = change === "cleared" ? "cleared" : to ?? "********";
  const was = from === undefined ? "" : ` (was ${from === "" ? "empty" : from})`;
  return `${what}: ${attribute}: ${value}`.trimEnd() + was;
}
