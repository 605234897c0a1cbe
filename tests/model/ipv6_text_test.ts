import { equal } from "node:assert/strict";
import fc from "fast-check";

import { ipv6Text } from "../../src/model/ipv6.ts";
import { ipv6Of } from "../../src/model/ipv6_text.ts";

Deno.test("an address is read in every form of RFC 4291, and told in that of RFC 5952", () => {
  const told: [text: string, as: string][] = [
    ["2001:DB8:0:0:8:800:200C:417A", "2001:db8::8:800:200c:417a"],
    ["0:0:0:0:0:0:0:1", "::1"],
    ["::", "::"],
    ["fe80::", "fe80::"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["1:10:0:0:2:3:4:5", "1:10::2:3:4:5"],
    ["::ffff:10.0.0.1", "::ffff:a00:1"],
    ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
  ];
  for (const [text, as] of told) equal(ipv6Text(ipv6Of(text) ?? -1n), as, text);
  const wrong = [
    "",
    "1",
    ":",
    ":::",
    "1::2::3",
    "1:2:3:4:5:6:7:8:9",
    "::1%eth0",
    "g::1",
    "12345::",
  ];
  for (const text of [...wrong, "10.0.0.1", "10.0.0.1::", "1:2:3:4:5:6:7:8::", "fe80::1/64"]) {
    equal(ipv6Of(text), undefined, text);
  }
});

Deno.test("what is told of any address is read as that address", () => {
  const group = fc.oneof(fc.constant(0), fc.nat(0xffff));
  fc.assert(fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
    const plain = groups.map((one) => one.toString(16)).join(":");
    const address = ipv6Of(plain) ?? -1n;
    const text = ipv6Text(address);
    equal(ipv6Of(text), address);
    equal(text.length <= plain.length + 1, true);
    equal(/^(?!.*::.*::)[0-9a-f:]+$/.test(text), true);
  }));
});
