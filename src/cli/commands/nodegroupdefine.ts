/** `nodegroupdefine`: a group made, with what its nodes inherit, or of a noderange. */
import { createdOne } from "../../wire/http.ts";
import { readAssignments } from "../assignments.ts";
import { type GlobalOptions, misused } from "../command.ts";
import { DONE, type ExitCode } from "../exit_code.ts";
import { print, printJson, type Surroundings, warn } from "../surroundings.ts";
import { unansweredAsItIs, withService } from "../with_service.ts";
import { type DryRunOption, tellDryRun } from "./tell_dry_run.ts";

export function nodegroupdefine(
  surroundings: Surroundings,
  options: DryRunOption & GlobalOptions,
  group: string,
  words: readonly string[],
): Promise<ExitCode> {
  const changes = readAssignments(words);
  const wrong = changes.ok
    ? changes.value.has("name") ? "name is no attribute: it is the first word" : undefined
    : changes.refusal.message;
  if (!changes.ok || wrong !== undefined) {
    return Promise.resolve(misused(surroundings, "nodegroupdefine", wrong ?? ""));
  }
  const asking = { body: { ...Object.fromEntries(changes.value), name: group } };
  return withService(surroundings, options, async (service) => {
    const route = "POST /nodegroups/";
    if (options.dryRun === true) {
      return await tellDryRun(surroundings, options, service, route, asking);
    }
    const asked = await service.ask(route, createdOne, asking);
    if (!asked.ok) return unansweredAsItIs(surroundings, asked);
    for (const warning of asked.value._warnings ?? []) warn(surroundings, warning);
    if (options.json === true) printJson(surroundings, asked.value);
    else print(surroundings, `${asked.value.created}: created`);
    return DONE;
  });
}
