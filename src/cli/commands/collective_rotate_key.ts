/** `collective rotate-key`: another key for all secrets, by which they are sealed anew. */
import { rotateKeyAnswer } from "../../wire/http.ts";
import type { GlobalOptions } from "../command.ts";
import { DONE, type ExitCode } from "../exit_code.ts";
import { print, printJson, type Surroundings, tell } from "../surroundings.ts";
import { unanswered, withService } from "../with_service.ts";

export function collectiveRotateKey(
  surroundings: Surroundings,
  options: GlobalOptions,
): Promise<ExitCode> {
  return withService(surroundings, options, async (service) => {
    const asked = await service.ask("POST /collective/rotate-key", rotateKeyAnswer, {});
    if (!asked.ok) return unanswered(surroundings, asked);
    const { key, over } = asked.value;
    if (options.json === true) printJson(surroundings, asked.value);
    else print(surroundings, `the collective key is ${key} now`);
    if (!over) {
      tell(
        surroundings,
        "Secrets are still being sealed anew, which goes on by itself; " +
          "`confluent collective show` says until it is over.",
      );
    }
    return DONE;
  });
}
