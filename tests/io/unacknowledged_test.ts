import assert from "node:assert/strict";

import { unacknowledgedIn } from "../../src/io/unacknowledged.ts";

const HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt\n";
const LINE = "   0: 0100007F:1F90 0200007F:01BB 01 00000A2C:00000000 01:00000014 00000000     0\n";
const LINE6 =
  "  12: 0000000000000000FFFF00000100007F:D431 0000000000000000FFFF00000100007F:01BB 01 00000000:0";

Deno.test("what is not acknowledged stands in the kernel's tables", () => {
  const tables = [HEAD + LINE, HEAD + LINE6];
  assert.equal(unacknowledgedIn(tables, { local: 0x1f90, remote: 443 }), 0xa2c);
  assert.equal(unacknowledgedIn(tables, { local: 0xd431, remote: 443 }), 0);
  assert.equal(unacknowledgedIn(tables, { local: 443, remote: 0x1f90 }), undefined);
  assert.equal(unacknowledgedIn(["", ""], { local: 1, remote: 2 }), undefined);
});
