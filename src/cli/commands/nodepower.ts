/** `nodepower`: whether nodes are on, or switched on and off. */
import { nodeLine } from "../../wire/node_command_http.ts";
import type { ExitCode } from "../exit_code.ts";
import { type NodeOptions, showResults, valueOf, type Values } from "../node_results.ts";
import { inPath, type ServiceClient } from "../service_client.ts";
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
  return withService(surroundings, options, (service) => {
    const path = `/noderange/${inPath(range)}/power/state`;
    const does = goal === undefined ? "asks" : "switches the power of";
    return confirmed(surroundings, options, service, range, does, async () => {
      const isAsked = options.showprevious === true && goal !== undefined && goal !== "boot";
      const seen = isAsked ? await statesOf(service, options, path) : new Map<string, unknown>();
      const amended = (values: Values, node: string): Values =>
        seen.has(node) ? { oldstate: seen.get(node), ...values } : values;
      const asking = goal === undefined
        ? { route: `GET ${path}`, textOf }
        : { route: `PUT ${path}`, body: { state: goal }, amended, textOf };
      return await showResults(surroundings, options, service, asking);
    });
  });
}

function textOf(values: Values): string | undefined {
  const state = valueOf(values, "state"), before = valueOf(values, "oldstate");
  return before === undefined || state === undefined ? state : `${before}->${state}`;
}

/** What is told of a change but of `boot` does not say what was before. What fails here fails
 * again, and is told then. */
async function statesOf(
  service: ServiceClient,
  { timeout }: NodepowerOptions,
  path: string,
): Promise<Map<string, unknown>> {
  const states = new Map<string, unknown>();
  const query = timeout === undefined ? {} : { timeout: String(timeout) };
  await service.follow(`GET ${path}`, nodeLine, { query }, (line) => {
    for (const [node, told] of Object.entries(line)) {
      if ("state" in told) states.set(node, told.state);
    }
  });
  return states;
}

function goalOf(word: string | undefined): string | undefined {
  if (word === "softoff") return "shutdown";
  return word !== undefined && /^stat/.test(word) ? undefined : word;
}
