/** `noderemove`: the nodes of a range removed, in one write. */
import { deletedMany } from "../../wire/http.ts";
import type { GlobalOptions } from "../command.ts";
import { DONE, type ExitCode } from "../exit_code.ts";
import { inPath } from "../service_client.ts";
import { printJson, type Surroundings } from "../surroundings.ts";
import { unanswered, withService } from "../with_service.ts";
import { confirmedSize } from "./confirmed_size.ts";

export interface NoderemoveOptions {
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
    const asked = await service.ask(`DELETE /noderange/${inPath(range)}`, deletedMany);
    if (!asked.ok) return unanswered(surroundings, asked);
    if (options.json === true) printJson(surroundings, asked.value);
    else {surroundings.stdout.write(
        asked.value.deleted.map((name) => `${name}: deleted\n`).join(""),
      );}
    return DONE;
  });
}
