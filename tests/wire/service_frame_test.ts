import { equal } from "node:assert/strict";

import { encodeEnvelope } from "../../src/wire/peer.ts";
import { isServiceFrame, SERVICE_NUMBERS } from "../../src/wire/service_frame.ts";

Deno.test("frames of services are told from those of the log and of the greeting", () => {
  for (const number of Object.values(SERVICE_NUMBERS)) {
    equal(isServiceFrame(Uint8Array.of(number, 1)), true);
  }
  const message = { type: "ping", round: 1, rosterIndex: 1 } as const;
  equal(isServiceFrame(encodeEnvelope({ life: 0, count: 0, message })), false);
  equal(isServiceFrame(new Uint8Array()), false);
});
