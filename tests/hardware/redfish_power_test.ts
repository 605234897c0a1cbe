import assert from "node:assert/strict";

import {
  chooseWord,
  powerOf,
  powerPlan,
  resetActionOf,
  resetWordsOf,
} from "../../src/hardware/redfish_power.ts";
import { POWER_GOALS } from "../../src/model/node_command.ts";

Deno.test("PowerState is on or off, or means nothing", () => {
  const told = ["On", "Off", "PoweringOn", "PoweringOff", "Paused", "constructor", "", 7];
  assert.deepEqual(
    told.map((PowerState) => powerOf({ PowerState })),
    ["on", "off", "on", "on", "on", undefined, undefined, undefined],
  );
});

Deno.test("what each goal comes to, at a machine that runs and at one that does not", () => {
  const shown = (state: "on" | "off"): string[] =>
    POWER_GOALS.map((goal) => {
      const plan = powerPlan(goal, state);
      return plan.kind === "nothing"
        ? `${goal}: nothing, ${plan.state}`
        : `${goal}: ${plan.words[0]}, becomes ${plan.becomes}, told ${plan.told}`;
    });
  assert.deepEqual(shown("on"), [
    "on: nothing, on",
    "off: ForceOff, becomes off, told off",
    "reset: ForceRestart, becomes undefined, told reset",
    "boot: ForceRestart, becomes undefined, told reset",
    "diag: Nmi, becomes undefined, told on",
    "shutdown: GracefulShutdown, becomes off, told off",
  ]);
  assert.deepEqual(shown("off"), [
    "on: On, becomes on, told on",
    "off: nothing, off",
    "reset: nothing, off",
    "boot: On, becomes on, told on",
    "diag: nothing, off",
    "shutdown: nothing, off",
  ]);
});

Deno.test("the first word that the controller knows is taken", () => {
  assert.equal(chooseWord(["On", "ForceOn"], ["ForceOn", "On"]), "On");
  assert.equal(chooseWord(["On", "ForceOn"], ["ForceOn"]), "ForceOn");
  assert.equal(chooseWord(["On"], undefined), "On");
  assert.equal(chooseWord(["Nmi"], []), undefined);
});

Deno.test("the reset action, as documents tell it and where they do not", () => {
  const Actions = {
    "#ComputerSystem.Reset": {
      target: "/r",
      "ResetType@Redfish.AllowableValues": ["On"],
      "@Redfish.ActionInfo": "/i",
    },
  };
  assert.deepEqual(resetActionOf({ Actions }, "/s"), {
    path: "/r",
    words: ["On"],
    wordsPath: "/i",
  });
  assert.deepEqual(resetActionOf({ Actions: 7 }, "/s/"), {
    path: "/s/Actions/ComputerSystem.Reset",
    words: undefined,
    wordsPath: undefined,
  });
  const Parameters = [{ Name: "Other" }, { Name: "ResetType", AllowableValues: ["Nmi"] }];
  assert.deepEqual(resetWordsOf({ Parameters }), ["Nmi"]);
  assert.equal(resetWordsOf({ Parameters: {} }), undefined);
});
