/** `nodegrouprename`: a group under another name, in the lists of its nodes as well. */
import { renamedGroup } from "../../wire/http.ts";
import type { GlobalOptions } from "../command.ts";
import { DONE, type ExitCode } from "../exit_code.ts";
import { inPath } from "../service_client.ts";
import { print, printJson, type Surroundings } from "../surroundings.ts";
import { unanswered, withService } from "../with_service.ts";
import { type DryRunOption, tellDryRun } from "./tell_dry_run.ts";

export function nodegrouprename(
  surroundings: Surroundings,
  options: DryRunOption & GlobalOptions,
  group: string,
  rename: string,
): Promise<ExitCode> {
  return withService(surroundings, options, async (service) => {
    const route = `PUT /nodegroups/${inPath(group)}/attributes/rename`;
    const asking = { body: { rename } };
    if (options.dryRun === true) {
      return await tellDryRun(surroundings, options, service, route, asking);
    }
    const asked = await service.ask(route, renamedGroup, asking);
    if (!asked.ok) return unanswered(surroundings, asked);
    const { oldname, newname } = asked.value;
    if (options.json === true) printJson(surroundings, asked.value);
    else print(surroundings, `${oldname}: ${newname}`);
    return DONE;
  });
}
