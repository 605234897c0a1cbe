/** `osdeploy initialize`: the content folder prepared, and what else deployments need. */
import { contentAnswer } from "../../wire/media_http.ts";
import type { GlobalOptions } from "../command.ts";
import { DONE, type ExitCode } from "../exit_code.ts";
import { print, printJson, type Surroundings } from "../surroundings.ts";
import { unanswered, withService } from "../with_service.ts";

export function osdeployInitialize(
  surroundings: Surroundings,
  options: GlobalOptions,
): Promise<ExitCode> {
  return withService(surroundings, options, async (service) => {
    const asked = await service.ask("POST /deployment/content", contentAnswer);
    if (!asked.ok) return unanswered(surroundings, asked);
    const { member, folder, made, needed } = asked.value;
    if (options.json === true) {
      printJson(surroundings, asked.value);
      return DONE;
    }
    const told = made.length === 0 ? "nothing had to be made" : `made ${made.join(", ")}`;
    print(surroundings, `${member}: ${folder}: ${told}`);
    for (const { what, there, remedy } of needed) {
      print(surroundings, there ? `there: ${what}` : `missing: ${what}: ${remedy}`);
    }
    return DONE;
  });
}
