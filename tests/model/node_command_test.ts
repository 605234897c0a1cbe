import { equal } from "node:assert/strict";

import { changes } from "../../src/model/node_command.ts";

Deno.test("a command changes something only where it says what to set", () => {
  equal(changes({ path: "power/state" }), false);
  equal(changes({ path: "power/state", set: "on" }), true);
  equal(changes({ path: "health/hardware" }), false);
  equal(changes({ path: "boot/nextdevice", set: { nextdevice: "hd" } }), true);
});
