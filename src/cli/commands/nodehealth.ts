/** `nodehealth`: how the hardware of nodes is, and what is wrong with it. */
import type { ExitCode } from "../exit_code.ts";
import { type NodeOptions, showResults, valueOf, type Values } from "../node_results.ts";
import { inPath } from "../service_client.ts";
import type { Surroundings } from "../surroundings.ts";
import { withService } from "../with_service.ts";
import { confirmed } from "./confirmed_size.ts";

export function nodehealth(
  surroundings: Surroundings,
  options: NodeOptions,
  range: string,
): Promise<ExitCode> {
  return withService(surroundings, options, (service) => {
    const route = `GET /noderange/${inPath(range)}/health/hardware`;
    return confirmed(surroundings, options, service, range, "asks", () => {
      return showResults(surroundings, options, service, { route, textOf });
    });
  });
}

/** `critical (Fan 3:0RPM,stopped)`. */
function textOf(values: Values): string | undefined {
  const health = valueOf(values, "health");
  const { sensors } = values;
  if (health === undefined || !Array.isArray(sensors) || sensors.length === 0) return health;
  return `${health} (${sensors.map(sensorText).join(",")})`;
}

/** As the original tells it: `NAME:VALUEUNITS,STATE,STATE`. */
function sensorText(sensor: unknown): string {
  if (typeof sensor !== "object" || sensor === null) return String(sensor);
  const { name, value, units, states } = sensor as Record<string, unknown>;
  const read = value === undefined || value === null ? [] : [`${value}${units ?? ""}`];
  return `${name}:${[...read, ...Array.isArray(states) ? states : []].join(",")}`;
}
