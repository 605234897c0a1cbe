import { deepEqual, equal } from "node:assert/strict";

import fc from "fast-check";

import { badSensors, readSensor, worstHealth } from "../../src/hardware/ipmi_sensors.ts";
import { HEALTHS } from "../../src/model/node_command.ts";

/** Lines of real machines, as `ipmitool sdr elist` 1.8.18 and 1.8.19 print them. */
const LIST = `\
CPU Temp         | 01h | ok  |  7.1 | 96 degrees C
Inlet Temp       | 04h | unc |  7.1 | 43 degrees C
FAN4             | 44h | lnr | 29.4 | 0 RPM
12V              | 30h | lcr |  7.16 | 10.57 Volts
FAN5             | 45h | ns  | 29.5 | No Reading
VBAT             | 33h | ok  |  7.5 | Low
Chassis Intru    | aah | ok  | 23.1 | General Chassis intrusion
PS1 Status       | c8h | ok  | 10.1 | Presence detected
PS2 Status       | c9h | ok  | 10.2 | Presence detected, Power Supply AC lost
PS Redundancy    | 77h | ok  | 10.0 | Redundancy Lost
PS3 Input        | cah | ok  | 10.3 | AC out-of-range, but present
Drive 3          | 60h | ok  |  4.3 | Drive Present, Predictive Failure
DIMM A1          | 61h | ok  | 32.1 | Predictive Failure Deasserted
CPU1             | 91h | ok  |  3.1 | Presence detected, IERR
Current 1        | 6ah | ok  | 10.1 | 0.40 Amps
Cooling          | 12h | ok  | 30.1 | Transition to Non-critical from OK
Cooling 2        | 13h | ok  | 30.2 | Transition to Critical from Non-recoverable
Array            | 14h | ok  |  4.1 | Drive Present, In Failed Array
BMC              | 20h | ok  |  7.1 | Dynamic MC @ 20h
`;

Deno.test("the bad ones of a list, each as bad as it is", () => {
  deepEqual(badSensors(LIST).map(({ name, health }) => `${name}: ${health}`), [
    "Inlet Temp: warning",
    "FAN4: failed",
    "12V: critical",
    "VBAT: warning",
    "PS2 Status: critical",
    "PS Redundancy: warning",
    "PS3 Input: warning",
    "Drive 3: warning",
    "CPU1: critical",
    "Cooling: warning",
    "Cooling 2: critical",
    "Array: failed",
  ]);
});

Deno.test("a reading has its value, unit and kind, a state its words", () => {
  deepEqual(readSensor("12V              | 30h | lcr |  7.16 | 10.57 Volts"), {
    name: "12V",
    value: 10.57,
    units: "Volts",
    states: ["Below critical threshold"],
    health: "critical",
    type: "Voltage",
  });
  deepEqual(readSensor("PS2 Status | c9h | ok  | 10.2 | Presence detected, Power Supply AC lost"), {
    name: "PS2 Status",
    value: null,
    units: null,
    states: ["Presence detected", "Power Supply AC lost"],
    health: "critical",
    type: null,
  });
  deepEqual(readSensor("FAN5             | 45h | ns  | 29.5 | No Reading"), {
    name: "FAN5",
    value: null,
    units: null,
    states: [],
    health: "ok",
    type: null,
  });
  const odd = readSensor("PS1 Draw | 0ah | ok  | 10.1 | 12 Watts, Failure detected");
  deepEqual([odd?.value, odd?.states, odd?.health], [12, ["Failure detected"], "critical"]);
  equal(readSensor("240VA | 0ah | ok  | 10.1 | 240VA power down")?.health, "critical");
  equal(readSensor("A | B | 0ah | ok  | 10.1 | 1 RPM")?.name, "A|B");
});

Deno.test("what is no line of the list is none, and nothing throws", () => {
  for (const line of ["", "|", "| | | |", "Get SDR 0000 command failed", "a | 01 | ok | 7.1 | x"]) {
    equal(readSensor(line), undefined);
  }
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
    for (const sensor of badSensors(text)) equal(HEALTHS.includes(sensor.health), true);
  }));
  const field = fc.constantFrom("a", "01h", "ok", "ucr", "7.1", "3 RPM", "", "IERR, Low", "NaN x");
  fc.assert(fc.property(fc.array(field, { maxLength: 7 }), (fields) => {
    const sensor = readSensor(fields.join(" | "));
    if (sensor !== undefined && sensor.value !== null) equal(Number.isFinite(sensor.value), true);
  }));
});

Deno.test("the worst of many; what is not known is worse than a warning", () => {
  equal(worstHealth([]), "ok");
  equal(worstHealth(["ok", "warning", "ok"]), "warning");
  equal(worstHealth(["warning", "unknown"]), "unknown");
  equal(worstHealth(["unknown", "critical"]), "critical");
  equal(worstHealth(["failed", "critical", "ok"]), "failed");
});
