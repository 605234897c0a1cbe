/** What a controller says of its chassis by IPMI, and what is to be asked for to power it. */
import type { Health, PowerGoal } from "../model/node_command.ts";
import type { ChassisControl } from "./ipmi_request.ts";

/** What the answer to CHASSIS_STATUS says. */
export interface ChassisStatus {
  readonly power: "on" | "off";
  /** Empty where the controller does not tell. */
  readonly identify: "on" | "off" | "";
  readonly faults: readonly ChassisFault[];
}

/** One thing that the chassis has wrong with it. */
export interface ChassisFault {
  readonly name: string;
  readonly health: Health;
}

const POWER_FAULTS: readonly (readonly [number, string])[] = [
  [0x02, "Power overload"],
  [0x08, "Power fault"],
  [0x10, "Power control fault"],
];
const OTHER_FAULTS: readonly (readonly [number, string])[] = [
  [0x04, "Drive fault"],
  [0x08, "Cooling fault"],
];

/** Reads the answer to CHASSIS_STATUS (IPMI 2.0, 28.2); undefined where it makes no sense. */
export function readChassisStatus(bytes: readonly number[]): ChassisStatus | undefined {
  const [power, , other] = bytes;
  if (power === undefined || other === undefined) return undefined;
  return {
    power: (power & 0x01) !== 0 ? "on" : "off",
    identify: (other & 0x40) === 0 ? "" : (other & 0x30) === 0 ? "off" : "on",
    faults: [...faultsIn(power, POWER_FAULTS), ...faultsIn(other, OTHER_FAULTS)],
  };
}

function faultsIn(bits: number, known: readonly (readonly [number, string])[]): ChassisFault[] {
  return known.filter(([bit]) => (bits & bit) !== 0)
    .map(([, name]): ChassisFault => ({ name, health: "critical" }));
}

/** How a machine gets from where it is to where it is to be. */
export type PowerStep =
  /** It is there already, or there is nothing to reset, shut down or interrupt. */
  | { readonly does: "nothing" }
  /** `until`: how its power is once it has happened; undefined where that shows nothing. */
  | {
    readonly does: "control";
    readonly control: ChassisControl;
    readonly until: "on" | "off" | undefined;
    /** What is told as its state then. */
    readonly told: "on" | "off" | "reset";
  };

const SWITCH_ON: PowerStep = { does: "control", control: "on", until: "on", told: "on" };
const RESET: PowerStep = { does: "control", control: "reset", until: undefined, told: "reset" };

/**
 * What to ask for. A machine that is off is never reset, which would switch some on: it is off, as
 * confluent 4.0 answers. `boot` switches it on.
 */
export function powerStep(goal: PowerGoal, power: "on" | "off"): PowerStep {
  if (power === "off") return goal === "on" || goal === "boot" ? SWITCH_ON : { does: "nothing" };
  switch (goal) {
    case "on":
      return { does: "nothing" };
    case "off":
    case "shutdown":
      return { does: "control", control: goal, until: "off", told: "off" };
    case "boot":
    case "reset":
      return RESET;
    case "diag":
      return { does: "control", control: goal, until: undefined, told: "on" };
  }
}
