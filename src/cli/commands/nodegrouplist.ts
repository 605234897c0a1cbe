/** `nodegrouplist`: the names of all groups. */
import { links } from "../../wire/http.ts";
import type { GlobalOptions } from "../command.ts";
import { DONE, type ExitCode } from "../exit_code.ts";
import { namesOf } from "../linked_names.ts";
import { printJson, type Surroundings } from "../surroundings.ts";
import { readQuery, unanswered, warnOfAge, withService } from "../with_service.ts";

export function nodegrouplist(
  surroundings: Surroundings,
  options: GlobalOptions,
): Promise<ExitCode> {
  return withService(surroundings, options, async (service) => {
    const asked = await service.ask("GET /nodegroups/", links, { query: readQuery(options) });
    if (!asked.ok) return unanswered(surroundings, asked);
    const names = namesOf(asked.value);
    if (options.json === true) printJson(surroundings, names);
    else surroundings.stdout.write(names.map((name) => `${name}\n`).join(""));
    warnOfAge(surroundings, asked);
    return DONE;
  });
}
