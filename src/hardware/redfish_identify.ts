/** The light that shows where a machine stands. */
import type { IdentifyGoal, NodeValues } from "../model/node_command.ts";
import { entryOf, linkAt, listAt, textAt, valueAt } from "./redfish_document.ts";

const LIGHTS: Readonly<Record<string, IdentifyGoal>> = {
  Lit: "on",
  Blinking: "blink",
  Off: "off",
};
const WORDS: Readonly<Record<IdentifyGoal, string>> = { on: "Lit", blink: "Blinking", off: "Off" };

/** Whether this document, of a system or a chassis, has a light. */
export function hasLight(document: unknown): boolean {
  return textAt(document, "IndicatorLED") !== undefined ||
    typeof valueAt(document, "LocationIndicatorActive") === "boolean";
}

/** Where the light is to be looked for where the system has none. */
export function chassisPathOf(system: unknown): string | undefined {
  return linkAt(listAt(system, "Links", "Chassis")[0]);
}

/** Empty where the controller does not know. */
export function identifyValues(document: unknown): NodeValues {
  const isActive = valueAt(document, "LocationIndicatorActive");
  const active = isActive === true ? "on" : isActive === false ? "off" : "";
  return { identify: { value: entryOf(LIGHTS, textAt(document, "IndicatorLED")) ?? active } };
}

/** What is asked of the document that has the light; undefined where that cannot blink. */
export function lightPatch(goal: IdentifyGoal, document: unknown): unknown {
  const isNew = typeof valueAt(document, "LocationIndicatorActive") === "boolean";
  // The older property is on its way out (DSP0268), but only it knows of blinking.
  if (isNew && goal !== "blink") return { LocationIndicatorActive: goal === "on" };
  if (textAt(document, "IndicatorLED") === undefined) return undefined;
  return { IndicatorLED: WORDS[goal] };
}
