/** `nodegroupremove`: a group removed, and taken out of the lists of its nodes. */
import { deletedOne } from "../../wire/http.ts";
import type { GlobalOptions } from "../command.ts";
import { DONE, type ExitCode } from "../exit_code.ts";
import { inPath } from "../service_client.ts";
import { print, printJson, type Surroundings } from "../surroundings.ts";
import { unansweredAsItIs, withService } from "../with_service.ts";
import { type DryRunOption, tellDryRun } from "./tell_dry_run.ts";

export function nodegroupremove(
  surroundings: Surroundings,
  options: DryRunOption & GlobalOptions,
  group: string,
): Promise<ExitCode> {
  return withService(surroundings, options, async (service) => {
    const route = `DELETE /nodegroups/${inPath(group)}`;
    if (options.dryRun === true) {
      return await tellDryRun(surroundings, options, service, route, {});
    }
    const asked = await service.ask(route, deletedOne);
    if (!asked.ok) return unansweredAsItIs(surroundings, asked);
    if (options.json === true) printJson(surroundings, asked.value);
    else print(surroundings, `${asked.value.deleted}: deleted`);
    return DONE;
  });
}
