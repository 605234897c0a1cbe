/** `collective rotate`: another key and certificate for the member that is asked. */
import { rotateAnswer } from "../../wire/http.ts";
import type { GlobalOptions } from "../command.ts";
import { DONE, type ExitCode } from "../exit_code.ts";
import { print, printJson, type Surroundings, tell } from "../surroundings.ts";
import { unanswered, withService } from "../with_service.ts";

export interface CollectiveRotateOptions {
  readonly now?: boolean;
}

export function collectiveRotate(
  surroundings: Surroundings,
  options: CollectiveRotateOptions & GlobalOptions,
): Promise<ExitCode> {
  const body = { now: options.now ?? false };
  return withService(surroundings, options, async (service) => {
    const asked = await service.ask("POST /collective/rotate", rotateAnswer, { body });
    if (!asked.ok) return unanswered(surroundings, asked);
    const { name, fingerprint, expires, unmet } = asked.value;
    if (options.json === true) printJson(surroundings, asked.value);
    else print(surroundings, `${name}: new certificate ${fingerprint}, until ${expires}`);
    if (unmet.length > 0) {
      tell(
        surroundings,
        `The old one is good until these have met the new one: ${unmet.join(", ")}; that ` +
          "happens by itself while they run.",
      );
    }
    return DONE;
  });
}
