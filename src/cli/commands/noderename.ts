/** `noderename`: nodes under other names, each with all it has, in one write. */
import { renamedNodes } from "../../wire/http.ts";
import type { GlobalOptions } from "../command.ts";
import { DONE, type ExitCode } from "../exit_code.ts";
import { inPath } from "../service_client.ts";
import { printJson, type Surroundings } from "../surroundings.ts";
import { unanswered, withService } from "../with_service.ts";
import { confirmedSize } from "./confirmed_size.ts";
import { type DryRunOption, tellDryRun } from "./tell_dry_run.ts";

export interface NoderenameOptions extends DryRunOption {
  readonly maxnodes?: number;
}

export function noderename(
  surroundings: Surroundings,
  options: NoderenameOptions & GlobalOptions,
  range: string,
  rename: string,
): Promise<ExitCode> {
  return withService(surroundings, options, async (service) => {
    const size = await confirmedSize(surroundings, options, service, range, "renames");
    if (size !== DONE) return size;
    const route = `PUT /noderange/${inPath(range)}/attributes/rename`;
    const asking = { body: { rename } };
    if (options.dryRun === true) {
      return await tellDryRun(surroundings, options, service, route, asking);
    }
    const asked = await service.ask(route, renamedNodes, asking);
    if (!asked.ok) return unanswered(surroundings, asked);
    const names = asked.value.databynode.flatMap((part) =>
      Object.entries(part).map(([from, to]) => [from, to.rename.value] as const)
    );
    if (options.json === true) printJson(surroundings, Object.fromEntries(names));
    else surroundings.stdout.write(names.map(([from, to]) => `${from}: ${to}\n`).join(""));
    return DONE;
  });
}
