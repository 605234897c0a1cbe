/**
 * Commands on nodes over HTTP: what is asked for and what is answered, as schemas. A node's own
 * path answers with what the node says, or with its error and that status; a noderange's with
 * `databynode`, or a line a node, as they come, and 200 whatever becomes of each.
 */
import { z } from "zod";

import {
  BOOT_DEVICES,
  BOOT_MODES,
  type BootDeviceGoal,
  IDENTIFY_GOALS,
  POWER_GOALS,
} from "../model/node_command.ts";
import { failure } from "./http.ts";

function oneOf<Word extends string>(words: readonly Word[]): z.ZodEnum<{ [W in Word]: W }> {
  return z.enum(words, { error: `wanted one of ${words.join(", ")}` });
}

/** PUT .../power/state. */
export const powerRequest = z.strictObject({ state: oneOf(POWER_GOALS) });

/** PUT .../boot/nextdevice: for the next time only, where it is not said to be persistent. */
export const bootRequest = z.strictObject({
  nextdevice: oneOf(BOOT_DEVICES),
  bootmode: oneOf(BOOT_MODES).optional(),
  persistent: z.boolean({ error: "wanted true or false" }).optional(),
});

/** What was asked for, without what was not said. */
export function bootGoalOf(asked: z.infer<typeof bootRequest>): BootDeviceGoal {
  const { nextdevice, bootmode, persistent } = asked;
  return {
    nextdevice,
    ...bootmode === undefined ? {} : { bootmode },
    ...persistent === undefined ? {} : { persistent },
  };
}

/** PUT .../identify. */
export const identifyRequest = z.strictObject({ identify: oneOf(IDENTIFY_GOALS) });

/** What a node answered: `{"state": {"value": "on"}}`, `{"health": {"value": "ok"}, ...}`; with
 * its `age`, in seconds, where it is what was last known. */
export const nodeValues = z.looseObject({ age: z.object({ value: z.number() }).optional() });

/** A result: a node's name, and what it answered or why it did not. */
export const nodeLine = z.record(z.string(), z.union([failure, nodeValues]));
/** See {@link nodeLine}. */
export type NodeLine = z.infer<typeof nodeLine>;

/** GET and PUT /noderange/R/...: the results in the order in which they came. */
export const nodeResults = z.object({ databynode: z.array(nodeLine) });
