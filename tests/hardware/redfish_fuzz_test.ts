/** Controllers may say anything at all: nothing that reads it throws. */
import fc from "fast-check";

import { bootOf, bootPlan } from "../../src/hardware/redfish_boot.ts";
import { refusalOf } from "../../src/hardware/redfish_document.ts";
import {
  isMachine,
  isServiceRoot,
  sessionMade,
  sessionsPathOf,
  systemPathsOf,
  systemsPathOf,
} from "../../src/hardware/redfish_finding.ts";
import { healthValues } from "../../src/hardware/redfish_health.ts";
import {
  chassisPathOf,
  hasLight,
  identifyValues,
  lightPatch,
} from "../../src/hardware/redfish_identify.ts";
import { powerOf, resetActionOf, resetWordsOf } from "../../src/hardware/redfish_power.ts";

const NAMES = [
  ..."@odata.id Systems Members Links Sessions SessionService PowerState Boot Status".split(" "),
  ..."Health HealthRollup Conditions Severity Message IndicatorLED Chassis Actions".split(" "),
  ..."#ComputerSystem.Reset target BootSourceOverrideEnabled BootSourceOverrideTarget".split(" "),
  ..."BootSourceOverrideTarget@Redfish.AllowableValues error @Message.ExtendedInfo".split(" "),
  ..."ResetType@Redfish.AllowableValues Parameters Name AllowableValues __proto__".split(" "),
];

const WORDS = [
  "On",
  "Off",
  "OK",
  "Pxe",
  "/redfish/v1/Systems/1",
  "constructor",
  "Disabled",
  "\r\n",
];

const { document } = fc.letrec<{ document: unknown }>((tie) => ({
  document: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom<unknown>(null, undefined, true, 7, ...WORDS),
    fc.string(),
    fc.array(tie("document"), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...NAMES), tie("document"), { maxKeys: 6 }),
  ),
}));

Deno.test("documents that mean nothing are read without an error", () => {
  fc.assert(
    fc.property(document, fc.string(), (anything, text) => {
      isServiceRoot(anything);
      systemsPathOf(anything);
      sessionsPathOf(anything);
      systemPathsOf(anything);
      sessionMade(text, text, anything);
      isMachine(anything);
      powerOf(anything);
      resetActionOf(anything, "/s");
      resetWordsOf(anything);
      bootOf(anything);
      bootPlan({ nextdevice: "network", bootmode: "uefi" }, anything);
      bootPlan({ nextdevice: "default" }, anything);
      healthValues(anything);
      identifyValues(anything);
      hasLight(anything);
      lightPatch("blink", anything);
      chassisPathOf(anything);
      refusalOf(anything);
    }),
    { numRuns: 2_000 },
  );
});
