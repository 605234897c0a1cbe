/**
 * Power of a machine: what it is, and what is asked to change it.
 *
 * A machine that is off is neither reset, shut down nor interrupted: that would switch some
 * machines on. It answers that it is off, as those of confluent 4.0 do. `boot` is a reset of a
 * machine that runs, and switches on one that does not.
 */
import type { PowerGoal } from "../model/node_command.ts";
import { askable, entryOf, listAt, textAt, valueAt, wordsAt } from "./redfish_document.ts";

/** Whether a machine runs. */
export type PowerState = "on" | "off";

/** Words of `PowerState`; a machine on its way down still runs, and one on its way up does. */
const STATES: Readonly<Record<string, PowerState>> = {
  On: "on",
  PoweringOn: "on",
  PoweringOff: "on",
  Paused: "on",
  Off: "off",
};

/** Undefined where the controller does not say, or says what is neither. */
export function powerOf(system: unknown): PowerState | undefined {
  return entryOf(STATES, textAt(system, "PowerState"));
}

/** How a machine is reset, switched on and off: one action, with a word for each. */
export interface ResetAction {
  readonly path: string;
  /** The words it knows; undefined where the system's own document does not say. */
  readonly words: readonly string[] | undefined;
  /** The document that says so instead. */
  readonly wordsPath: string | undefined;
}

const RESET = "#ComputerSystem.Reset";

/** Where the document does not say, the action is where every system has it. */
export function resetActionOf(system: unknown, systemPath: string): ResetAction {
  const action = valueAt(system, "Actions", RESET);
  return {
    path: askable(valueAt(action, "target")) ??
      `${systemPath.replace(/\/$/, "")}/Actions/ComputerSystem.Reset`,
    words: wordsAt(action, "ResetType@Redfish.AllowableValues"),
    wordsPath: askable(valueAt(action, "@Redfish.ActionInfo")),
  };
}

/** The words that an ActionInfo allows for `ResetType`; undefined where it does not say. */
export function resetWordsOf(actionInfo: unknown): string[] | undefined {
  const parameter = listAt(actionInfo, "Parameters")
    .find((each) => textAt(each, "Name") === "ResetType");
  return wordsAt(parameter, "AllowableValues");
}

/** What a goal comes to at a machine in this state. */
export type PowerPlan =
  /** Nothing is to be asked. */
  | { readonly kind: "nothing"; readonly state: PowerState }
  | {
    readonly kind: "ask";
    /** Any of these words will do, the first best. */
    readonly words: readonly string[];
    /** What the machine will be seen as in the end; undefined where that shows nothing. */
    readonly becomes: PowerState | undefined;
    /** What is told where it is not waited for. */
    readonly told: string;
  };

const ON: PowerPlan = {
  kind: "ask",
  words: ["On", "ForceOn", "PushPowerButton"],
  becomes: "on",
  told: "on",
};
const RESTART: PowerPlan = {
  kind: "ask",
  words: ["ForceRestart", "PowerCycle"],
  becomes: undefined,
  told: "reset",
};

const AT_RUNNING: Readonly<Record<PowerGoal, PowerPlan>> = {
  on: { kind: "nothing", state: "on" },
  off: { kind: "ask", words: ["ForceOff"], becomes: "off", told: "off" },
  shutdown: {
    kind: "ask",
    words: ["GracefulShutdown", "PushPowerButton"],
    becomes: "off",
    told: "off",
  },
  reset: RESTART,
  boot: RESTART,
  diag: { kind: "ask", words: ["Nmi"], becomes: undefined, told: "on" },
};

/** See the head of this file. */
export function powerPlan(goal: PowerGoal, state: PowerState): PowerPlan {
  if (state === "on") return AT_RUNNING[goal];
  return goal === "on" || goal === "boot" ? ON : { kind: "nothing", state: "off" };
}

/** The word to ask with; undefined where the controller knows none that would do. */
export function chooseWord(
  wanted: readonly string[],
  known: readonly string[] | undefined,
): string | undefined {
  return known === undefined ? wanted[0] : wanted.find((word) => known.includes(word));
}
