/** How a machine does, by what its controller says of it and of its parts. */
import { MAX_BAD_PARTS } from "../base/limits.ts";
import type { Health, NodeValues } from "../model/node_command.ts";
import { entryOf, listAt, textAt, valueAt } from "./redfish_document.ts";

const HEALTHS: Readonly<Record<string, Health>> = {
  OK: "ok",
  Warning: "warning",
  Critical: "critical",
};

const PARTS = [["ProcessorSummary", "Processors"], ["MemorySummary", "Memory"]] as const;

/** Of a `Status`, with what is below it where it says so. */
function healthOf(status: unknown): Health {
  const word = textAt(status, "HealthRollup") ?? textAt(status, "Health");
  return entryOf(HEALTHS, word) ?? "unknown";
}

/** One part that is not well, in the shape in which sensors are told. */
interface BadPart {
  readonly name: string;
  readonly value: null;
  readonly units: null;
  readonly states: readonly string[];
  readonly health: Health;
  readonly type: string;
}

function badPart(name: string, states: readonly string[], health: Health): BadPart {
  return { name, value: null, units: null, states, health, type: name };
}

/** `health`, and under `sensors` the parts that are not well, as far as the document tells. */
export function healthValues(system: unknown): NodeValues {
  const sensors: BadPart[] = [];
  for (const [field, name] of PARTS) {
    const health = healthOf(valueAt(system, field, "Status"));
    if (health !== "ok" && health !== "unknown") sensors.push(badPart(name, [health], health));
  }
  for (const condition of listAt(system, "Status", "Conditions").slice(0, MAX_BAD_PARTS)) {
    const health = entryOf(HEALTHS, textAt(condition, "Severity")) ?? "unknown";
    const states = [textAt(condition, "Message") ?? "no message"];
    if (health !== "ok") sensors.push(badPart("System", states, health));
  }
  return { health: { value: healthOf(valueAt(system, "Status")) }, sensors };
}
