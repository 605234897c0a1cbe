/**
 * The sensors of a controller, as `ipmitool sdr elist` lists them:
 *
 *     CPU Temp         | 01h | ucr |  7.1 | 96 degrees C
 *     PS1 Status       | 54h | ok  | 10.1 | Presence detected, Power Supply AC lost
 *
 * The third column says how a reading stands to its thresholds. It is `ok` for every sensor without
 * any, so that the states in the last column are what tells of those.
 */
import { type Health, HEALTHS } from "../model/node_command.ts";

/** One sensor, in the words of confluent 4.0. */
export interface Sensor {
  readonly name: string;
  readonly value: number | null;
  readonly units: string | null;
  readonly states: readonly string[];
  readonly health: Health;
  readonly type: string | null;
}

const STATUS_HEALTH: ReadonlyMap<string, Health> = new Map([
  ["lnc", "warning"],
  ["unc", "warning"],
  ["nc", "warning"],
  ["lcr", "critical"],
  ["ucr", "critical"],
  ["cr", "critical"],
  ["lnr", "failed"],
  ["unr", "failed"],
  ["nr", "failed"],
]);

const THRESHOLD_STATES: ReadonlyMap<string, string> = new Map([
  ["lnc", "Below non-critical threshold"],
  ["unc", "Above non-critical threshold"],
  ["lcr", "Below critical threshold"],
  ["ucr", "Above critical threshold"],
  ["lnr", "Below non-recoverable threshold"],
  ["unr", "Above non-recoverable threshold"],
]);

/** States of sensors without thresholds, by how ipmitool's words for them begin. */
const FAILED_STATES: readonly string[] = ["transition to non-recoverable", "in failed array"];
const CRITICAL_STATES: readonly string[] = [
  "240va power down",
  "ac lost or out-of-range",
  "at or above upper critical",
  "at or below lower critical",
  "at or above upper non-recoverable",
  "at or below lower non-recoverable",
  "bios corruption detected",
  "bus fatal error",
  "bus timeout",
  "bus uncorrectable error",
  "config error",
  "configuration error",
  "cpu speed mismatch failure",
  "cpu voltage mismatch",
  "critical overtemperature",
  "drive fault",
  "failed",
  "failure detected",
  "fatal nmi",
  "fault status",
  "frb1/bist failure",
  "frb2/hang in post failure",
  "frb3/processor",
  "fru failure",
  "hardware power failure",
  "ierr",
  "in critical array",
  "install error",
  "no system memory installed",
  "no usable system memory",
  "non-redundant: insufficient resources",
  "pci perr",
  "pci serr",
  "power supply ac lost",
  "run-time critical stop",
  "sensor failure",
  "soft-power control failure",
  "thermal trip",
  "transition to critical",
  "uncorrectable ecc",
  "uncorrectable machine check",
];
const WARNING_STATES: readonly string[] = [
  "ac out-of-range, but present",
  "at or above upper non-critical",
  "at or below lower non-critical",
  "bus degraded",
  "correctable ecc logging limit reached",
  "limit exceeded",
  "memory device disabled",
  "memory scrub failed",
  "non-redundant: sufficient",
  "performance lags",
  "predictive failure",
  "rebuild aborted",
  "rebuild in progress",
  "redundancy degraded",
  "redundancy lost",
  "throttled",
  "transition to degraded",
  "transition to non-critical",
];
/** They begin as bad ones do. */
const GOOD_STATES: readonly string[] = ["predictive failure deasserted"];

const TYPES: readonly (readonly [RegExp, string])[] = [
  [/^degrees/, "Temperature"],
  [/^RPM$/, "Fan"],
  [/^Volts$/, "Voltage"],
  [/^Amps$/, "Current"],
  [/^Watts$/, "Power"],
];

/** Reads one line of the list; undefined for one that is none of it. */
export function readSensor(line: string): Sensor | undefined {
  const columns = line.split("|").map((column) => column.trim());
  const reading = columns.pop(), entity = columns.pop(), status = columns.pop();
  const number = columns.pop();
  if (reading === undefined || entity === undefined || status === undefined) return undefined;
  if (number === undefined || columns.length === 0) return undefined;
  if (!/^[0-9A-F]{2}h$/i.test(number) || !/^\d+\.\d+$/.test(entity)) return undefined;
  const name = columns.join("|");
  if (name === "") return undefined;
  const { value, units, texts } = readReading(reading);
  const threshold = THRESHOLD_STATES.get(status);
  const states = threshold === undefined ? texts : [...texts, threshold];
  const known = STATUS_HEALTH.get(status) ?? "ok";
  const health = worstHealth([known, ...texts.map(stateHealth)]);
  const type = TYPES.find(([fits]) => fits.test(units ?? ""))?.[1] ?? null;
  return { name, value, units, states, health, type };
}

function readReading(
  text: string,
): { value: number | null; units: string | null; texts: string[] } {
  if (/^(No Reading|Disabled|Not Readable)?$/i.test(text)) {
    return { value: null, units: null, texts: [] };
  }
  const [first = "", ...others] = text.split(/, (?!but )/);
  const match = /^(-?\d+(?:\.\d+)?) ([A-Za-z%][\w %/.-]*)$/.exec(first);
  if (match === null || stateHealth(first) !== "ok") {
    return { value: null, units: null, texts: [first, ...others] };
  }
  return { value: Number(match[1]), units: match[2] ?? null, texts: others };
}

/** How bad it is that a sensor is in the state. States that are not known say nothing bad. */
function stateHealth(state: string): Health {
  const text = state.toLowerCase();
  const begins = (beginning: string): boolean => text.startsWith(beginning);
  if (GOOD_STATES.some(begins)) return "ok";
  if (FAILED_STATES.some(begins)) return "failed";
  if (CRITICAL_STATES.some(begins)) return "critical";
  // Of a battery. Harmless states begin with the word as well.
  if (text === "low") return "warning";
  return WARNING_STATES.some(begins) ? "warning" : "ok";
}

/** The sensors that are not well. */
export function badSensors(list: string): Sensor[] {
  return list.split("\n").flatMap((line) => {
    const sensor = readSensor(line);
    return sensor === undefined || sensor.health === "ok" ? [] : [sensor];
  });
}

/** The worst of them; `ok` where there are none. What is not known is worse than a warning. */
export function worstHealth(healths: readonly Health[]): Health {
  const order: readonly Health[] = ["ok", "warning", "unknown", "critical", "failed"];
  return healths.reduce<Health>(
    (worst, health) => order.indexOf(health) > order.indexOf(worst) ? health : worst,
    HEALTHS[0],
  );
}
