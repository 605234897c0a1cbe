/** `nodepower`: whether nodes are on, or switched on and off. */
import type { ExitCode } from "../exit_code.ts";
import { type NodeOptions, showResults, valueOf, type Values } from "../node_results.ts";
import { inPath } from "../service_client.ts";
import type { Surroundings } from "../surroundings.ts";
import { withService } from "../with_service.ts";
import { confirmed } from "./confirmed_size.ts";

export interface NodepowerOptions extends NodeOptions {
  readonly showprevious?: boolean;
}

export function nodepower(
  surroundings: Surroundings,
  options: NodepowerOptions,
  range: string,
  word: string | undefined,
): Promise<ExitCode> {
  const goal = goalOf(word);
  const isBeforeShown = options.showprevious === true || goal === "boot";
  const textOf = (values: Values): string | undefined => {
    const state = valueOf(values, "state");
    const before = isBeforeShown ? valueOf(values, "oldstate") : undefined;
    return before === undefined || state === undefined ? state : `${before}->${state}`;
  };
  return withService(surroundings, options, (service) => {
    const path = `/noderange/${inPath(range)}/power/state`;
    const asking = goal === undefined
      ? { route: `GET ${path}`, textOf }
      : { route: `PUT ${path}`, body: { state: goal }, textOf };
    const does = goal === undefined ? "asks" : "switches the power of";
    return confirmed(surroundings, options, service, range, does, () => {
      return showResults(surroundings, options, service, asking);
    });
  });
}

function goalOf(word: string | undefined): string | undefined {
  if (word === "softoff") return "shutdown";
  return word !== undefined && /^stat/.test(word) ? undefined : word;
}
