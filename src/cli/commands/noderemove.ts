/** `noderemove`: the nodes of a range removed, in one write. */
import { deletedMany } from "../../wire/http.ts";
import type { GlobalOptions } from "../command.ts";
import { DONE, type ExitCode } from "../exit_code.ts";
import { inPath } from "../service_client.ts";
import { printJson, type Surroundings } from "../surroundings.ts";
import { unansweredAsItIs, withService } from "../with_service.ts";
import { confirmedSize } from "./confirmed_size.ts";
import { type DryRunOption, tellDryRun } from "./tell_dry_run.ts";

export interface NoderemoveOptions extends DryRunOption {
  readonly maxnodes?: number;
}

export function noderemove(
  surroundings: Surroundings,
  options: NoderemoveOptions & GlobalOptions,
  range: string,
): Promise<ExitCode> {
  return withService(surroundings, options, async (service) => {
    const size = await confirmedSize(surroundings, options, service, range, "removes");
    if (size !== DONE) return size;
    const route = `DELETE /noderange/${inPath(range)}`;
    if (options.dryRun === true) {
      return await tellDryRun(surroundings, options, service, route, {});
    }
    const asked = await service.ask(route, deletedMany);
    if (!asked.ok) return unansweredAsItIs(surroundings, asked);
    const { deleted } = asked.value;
    if (options.json === true) printJson(surroundings, asked.value);
    else surroundings.stdout.write(deleted.map((name) => `${name}: deleted\n`).join(""));
    return DONE;
  });
}
