import { equal } from "node:assert/strict";

import { GLOBALS_ROW, siteUuid, UUID_GLOBAL } from "../../src/model/site_uuid.ts";

function uuidWith(cell: string | null): string {
  return siteUuid({
    value: (row, attribute) => row === GLOBALS_ROW && attribute === UUID_GLOBAL ? cell : null,
  }, "00ff");
}

Deno.test("nodes know a collective by its id, or by that of the installation before it", () => {
  equal(uuidWith(null), "00ff");
  equal(uuidWith('"4c4c4544-0042-3510-8054-b7c04f4e3132"'), "4c4c4544-0042-3510-8054-b7c04f4e3132");
  equal(uuidWith("7"), "00ff", "no text");
});
