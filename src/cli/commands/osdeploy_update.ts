/** `osdeploy update`: what the member that is asked holds of a profile becomes the reference. */
import { updatedProfile } from "../../wire/profile_http.ts";
import type { GlobalOptions } from "../command.ts";
import { DONE, type ExitCode } from "../exit_code.ts";
import { inPath } from "../service_client.ts";
import { print, printJson, type Surroundings } from "../surroundings.ts";
import { unanswered, withService } from "../with_service.ts";

export function osdeployUpdate(
  surroundings: Surroundings,
  options: GlobalOptions,
  profile: string,
): Promise<ExitCode> {
  return withService(surroundings, options, async (service) => {
    const route = `PUT /deployment/profiles/${inPath(profile)}`;
    const asked = await service.ask(route, updatedProfile, { body: { updateboot: 1 } });
    if (!asked.ok) return unanswered(surroundings, asked);
    const { updated, digest } = asked.value;
    if (options.json === true) printJson(surroundings, asked.value);
    else print(surroundings, `${updated}: reference set to ${digest.slice(0, 12)}`);
    return DONE;
  });
}
