import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";

import {
  type Ipv6,
  ipv6At,
  ipv6Bytes,
  ipv6Of,
  ipv6Text,
  isLinkLocal6,
  isWithin6,
} from "../../src/model/ipv6.ts";

const ADDRESS = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n });

/** Of 32 hexadecimal digits, spaces aside. */
function address(digits: string): Ipv6 {
  return BigInt(`0x${digits.replaceAll(" ", "")}`);
}

const LINK_LOCAL = address("fe80 0000 0000 0000 5054 00ff fe00 0001");

/** RFC 5952, section 4, and what it says is wrong. */
const TEXTS: readonly (readonly [digits: string, text: string])[] = [
  ["2001 0db8 0000 0000 0000 0000 0002 0001", "2001:db8::2:1"],
  ["2001 0db8 0000 0001 0001 0001 0001 0001", "2001:db8:0:1:1:1:1:1"],
  ["2001 0000 0000 0001 0000 0000 0000 0001", "2001:0:0:1::1"],
  ["2001 0db8 0000 0000 0001 0000 0000 0001", "2001:db8::1:0:0:1"],
  ["2001 0db8 0000 0000 0000 0000 0000 0000", "2001:db8::"],
  ["ff02 0000 0000 0000 0000 0000 0000 000c", "ff02::c"],
  ["0000 0000 0000 0000 0000 0000 0000 0001", "::1"],
  ["0000 0000 0000 0000 0000 0000 0000 0000", "::"],
  ["fe80 0000 0000 0000 5054 00ff fe00 0001", "fe80::5054:ff:fe00:1"],
];

Deno.test("addresses are written as RFC 5952 wants them", () => {
  for (const [digits, text] of TEXTS) equal(ipv6Text(address(digits)), text);
});

Deno.test("what is written means the same to others, and bytes give back the address", () => {
  fc.assert(fc.property(ADDRESS, (one) => {
    const bytes = ipv6Bytes(one);
    equal(bytes.length, 16);
    equal(ipv6At(bytes), one);
    equal(ipv6At(Uint8Array.of(9, 9, ...bytes), 2), one);
    equal(new URL(`http://[${ipv6Text(one)}]`).hostname, `[${ipv6Text(one)}]`);
  }));
});

Deno.test("an address is of a network where their first bits are the same", () => {
  const own = { address: address("fd77 0000 0000 0000 0000 0000 0000 0001"), prefix: 64 };
  const inside = address("fd77 0000 0000 0000 ffff ffff ffff ffff");
  const outside = address("fd77 0000 0000 0001 0000 0000 0000 0001");
  deepEqual([isWithin6(own, inside), isWithin6(own, outside)], [true, false]);
  deepEqual([0, 128].map((prefix) => isWithin6({ ...own, prefix }, inside)), [true, false]);
  equal(isWithin6({ ...own, prefix: 128 }, own.address), true);
});

Deno.test("link-local are ten bits", () => {
  equal(isLinkLocal6(LINK_LOCAL), true);
  equal(isLinkLocal6(address("febf ffff ffff ffff ffff ffff ffff ffff")), true);
  equal(isLinkLocal6(address("fec0 0000 0000 0000 0000 0000 0000 0000")), false);
  equal(isLinkLocal6(address("2001 0db8 0000 0000 0000 0000 0000 0001")), false);
});

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
