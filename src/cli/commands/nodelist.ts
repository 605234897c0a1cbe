/** `nodelist`: the names of nodes, or attributes of them. */
import { links } from "../../wire/http.ts";
import type { GlobalOptions } from "../command.ts";
import { DONE, type ExitCode } from "../exit_code.ts";
import { namesOf } from "../linked_names.ts";
import { inPath, type ServiceClient } from "../service_client.ts";
import { print, printJson, type Surroundings } from "../surroundings.ts";
import { readQuery, unansweredAsItIs, warnOfAge, withService } from "../with_service.ts";
import { showAttributes } from "./show_attributes.ts";

export interface NodelistOptions {
  readonly blame?: boolean;
  readonly delim: string;
}

export function nodelist(
  surroundings: Surroundings,
  options: NodelistOptions & GlobalOptions,
  range: string | undefined,
  words: readonly string[],
): Promise<ExitCode> {
  return withService(surroundings, options, async (service) => {
    if (range === undefined || words.length === 0) {
      return await listNames(surroundings, options, service, range);
    }
    const show = { blame: options.blame === true, element: "all", words } as const;
    return await showAttributes(surroundings, options, service, range, show);
  });
}

async function listNames(
  surroundings: Surroundings,
  options: NodelistOptions & GlobalOptions,
  service: ServiceClient,
  range: string | undefined,
): Promise<ExitCode> {
  const path = range === undefined ? "/nodes/" : `/noderange/${inPath(range)}/nodes/`;
  const asked = await service.ask(`GET ${path}`, links, { query: readQuery(options) });
  const isUnknown = !asked.ok && asked.failure?.errorcode === 404;
  // The original ends the list of an unknown range too, and scripts count its lines.
  if (isUnknown && options.json !== true) print(surroundings, "");
  if (!asked.ok) return unansweredAsItIs(surroundings, asked);
  const names = namesOf(asked.value);
  if (options.json === true) printJson(surroundings, names);
  else print(surroundings, names.join(options.delim));
  warnOfAge(surroundings, asked);
  return DONE;
}
