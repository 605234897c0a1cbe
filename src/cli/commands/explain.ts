/** `explain`: why a node has the manager that it has, and what a command on it would meet. */
import { explanation } from "../../wire/explanation_http.ts";
import type { GlobalOptions } from "../command.ts";
import { DONE, type ExitCode } from "../exit_code.ts";
import { explanationLines } from "../explanation_lines.ts";
import { inPath } from "../service_client.ts";
import { print, printJson, type Surroundings } from "../surroundings.ts";
import { unansweredAsItIs, warnOfAge, withService } from "../with_service.ts";

export function explain(
  surroundings: Surroundings,
  options: GlobalOptions,
  node: string,
): Promise<ExitCode> {
  return withService(surroundings, options, async (service) => {
    const asked = await service.ask(`GET /explain/${inPath(node)}`, explanation);
    if (!asked.ok) return unansweredAsItIs(surroundings, asked);
    if (options.json === true) printJson(surroundings, asked.value);
    else for (const line of explanationLines(asked.value)) print(surroundings, line);
    warnOfAge(surroundings, asked);
    return DONE;
  });
}
