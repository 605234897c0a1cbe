import { deepEqual, equal } from "node:assert/strict";

import { MAX_CERTIFIED_NAMES } from "../../../src/base/boot_limits.ts";
import { leafNames } from "../../../src/service/authority/leaf_names.ts";

Deno.test("names are the member's, the fixed one, and addresses advertised and of the host", () => {
  deepEqual(
    leafNames("M1", "ABCD", ["m1.site:13001", "[FD00::0:1]:13001", "10.0.0.1:13001"], [
      { address: "192.168.0.1", family: "IPv4" },
      { address: "10.0.0.1", family: "IPv4" },
      { address: "fe80::1%eth0", family: "IPv6" },
      { address: "fe80::1%eth1", family: "IPv6" },
    ]),
    ["m1", "abcd.confluent", "m1.site", "fd00::1", "10.0.0.1", "192.168.0.1", "fe80::1"],
  );
});

Deno.test("what cannot stand in a certificate is left out, and there are so many at most", () => {
  deepEqual(leafNames("m1", "no label", ["under_score:1", "a..b:1"], []), ["m1", "under_score"]);
  const host = Array.from(
    { length: 2 * MAX_CERTIFIED_NAMES },
    (_, i) => ({ address: `10.0.${i >> 8}.${i & 255}`, family: "IPv4" as const }),
  );
  const names = leafNames("m1", "abcd", [], host);
  equal(names.length, MAX_CERTIFIED_NAMES);
  deepEqual(names.slice(0, 2), ["m1", "abcd.confluent"]);
});
