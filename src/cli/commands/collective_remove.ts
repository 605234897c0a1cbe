/** `collective remove`: a member let go. */
import { deletedOne } from "../../wire/http.ts";
import type { GlobalOptions } from "../command.ts";
import { DONE, type ExitCode } from "../exit_code.ts";
import { inPath } from "../service_client.ts";
import { print, printJson, type Surroundings } from "../surroundings.ts";
import { unanswered, withService } from "../with_service.ts";

export function collectiveRemove(
  surroundings: Surroundings,
  options: GlobalOptions,
  name: string,
): Promise<ExitCode> {
  return withService(surroundings, options, async (service) => {
    const asked = await service.ask(`DELETE /collective/members/${inPath(name)}`, deletedOne);
    if (!asked.ok) return unanswered(surroundings, asked);
    if (options.json === true) printJson(surroundings, asked.value);
    else print(surroundings, `${asked.value.deleted}: removed`);
    return DONE;
  });
}
