/** `nodeidentify`: the light that shows where a machine stands. */
import type { ExitCode } from "../exit_code.ts";
import { type NodeOptions, showResults, valueOf, type Values } from "../node_results.ts";
import { inPath } from "../service_client.ts";
import type { Surroundings } from "../surroundings.ts";
import { withService } from "../with_service.ts";
import { confirmed } from "./confirmed_size.ts";

export function nodeidentify(
  surroundings: Surroundings,
  options: NodeOptions,
  range: string,
  goal: string | undefined,
): Promise<ExitCode> {
  const textOf = (values: Values): string | undefined => valueOf(values, "identify");
  return withService(surroundings, options, (service) => {
    const path = `/noderange/${inPath(range)}/identify`;
    const asking = goal === undefined
      ? { route: `GET ${path}`, textOf }
      : { route: `PUT ${path}`, body: { identify: goal }, textOf };
    const does = goal === undefined ? "asks" : "switches the light of";
    return confirmed(surroundings, options, service, range, does, () => {
      return showResults(surroundings, options, service, asking);
    });
  });
}
