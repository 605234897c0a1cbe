/** `collective show`: who is a member, who leads, who does not answer. */
import { collectiveAnswer } from "../../wire/http.ts";
import { collectiveLines, memberLines } from "../collective_lines.ts";
import type { GlobalOptions } from "../command.ts";
import { DONE, type ExitCode } from "../exit_code.ts";
import { print, printJson, type Surroundings, tell } from "../surroundings.ts";
import { unanswered, warnOfAge, withService } from "../with_service.ts";

export interface CollectiveShowOptions {
  readonly verbose?: boolean;
}

export function collectiveShow(
  surroundings: Surroundings,
  options: CollectiveShowOptions & GlobalOptions,
): Promise<ExitCode> {
  return withService(surroundings, options, async (service) => {
    const asked = await service.ask("GET /collective/", collectiveAnswer);
    if (!asked.ok) return unanswered(surroundings, asked);
    const collective = asked.value;
    if (options.json === true) {
      printJson(surroundings, collective);
    } else {
      for (const line of collectiveLines(collective)) print(surroundings, line);
      if (options.verbose === true) {
        print(surroundings, `Collective: ${collective.collective}`);
        print(surroundings, `Index: ${collective.index}`);
        print(surroundings, `Feature level: ${collective.level}`);
        for (const line of memberLines(collective.members)) print(surroundings, line);
      }
    }
    for (const notice of collective.notices) tell(surroundings, `Notice: ${notice}`);
    warnOfAge(surroundings, asked);
    return DONE;
  });
}
