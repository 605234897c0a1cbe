import assert from "node:assert/strict";

import { authorityOf, bmcAddressOf } from "../../src/hardware/bmc_address.ts";

Deno.test("where a controller is reached, in every form that is taken", () => {
  const forms: readonly (readonly [string, string, number, boolean, string])[] = [
    ["bmc7", "bmc7", 443, true, "bmc7"],
    ["10.0.0.7:8443", "10.0.0.7", 8443, true, "10.0.0.7:8443"],
    ["[fd00::7]:8443", "fd00::7", 8443, true, "[fd00::7]:8443"],
    ["fd00::7", "fd00::7", 443, true, "[fd00::7]"],
    ["[fe80::7%eth0]", "fe80::7%eth0", 443, true, "[fe80::7]"],
    ["fe80::7%eth0.12", "fe80::7%eth0.12", 443, true, "[fe80::7]"],
    ["https://bmc7/", "bmc7", 443, true, "bmc7"],
    ["HTTPS://bmc7:444", "bmc7", 444, true, "bmc7:444"],
    ["http://bmc7:8000", "bmc7", 8000, false, "bmc7:8000"],
    ["http://bmc7", "bmc7", 80, false, "bmc7"],
  ];
  for (const [text, host, port, isTls, authority] of forms) {
    const address = bmcAddressOf(text);
    assert.deepEqual(address, { host, port, isTls }, text);
    assert.equal(address && authorityOf(address), authority, text);
  }
});

Deno.test("what is no address of a controller is refused", () => {
  const wrong = ["", "/", "http://", "ftp://bmc7", "bmc7/redfish", "me:secret@bmc7", "bmc7:99999"];
  for (
    const text of [...wrong, "bmc7:0", "fe80::7%", "bmc7%eth0:1:2", "two words", "bmc7\r\nHost: x"]
  ) {
    assert.equal(bmcAddressOf(text), undefined, text);
  }
});
