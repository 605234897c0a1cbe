import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";

import { ipKey, ipNetworkOf, ipOf, isInNetwork, isLinkLocal } from "../../src/model/ip_network.ts";

function hex(text: string): string | undefined {
  return ipOf(text)?.toHex();
}

Deno.test("addresses of both families, as they are written", () => {
  const same: readonly (readonly [text: string, bytes: string])[] = [
    ["10.0.0.7", "0a000007"],
    ["::ffff:10.0.0.7", "0a000007"],
    ["::FFFF:255.255.255.255", "ffffffff"],
    ["::", "0".repeat(32)],
    ["::1", `${"0".repeat(31)}1`],
    ["fe80::5054:ff:fe00:1%eth0", "fe8000000000000050540000fe000001".replace("0000fe", "00fffe")],
    ["2001:db8:1:2:3:4:5:6", "20010db8000100020003000400050006"],
    ["2001:db8::5.6.7.8", "20010db8000000000000000005060708"],
    ["1::", `0001${"0".repeat(28)}`],
  ];
  for (const [text, bytes] of same) equal(hex(text), bytes, text);
  const none = ["", "10.0.0", "10.0.0.256", "01.2.3.4", ":", ":::", "1::2::3", "1:2:3:4:5:6:7"];
  none.push("1:2:3:4:5:6:7:8:9", "1:2:3:4::5:6:7:8", "g::", "12345::", "::1.2.3", "fe80", "1:");
  for (const text of none) equal(hex(text), undefined, text);
});

Deno.test("a network has the addresses that share its prefix, of its family", () => {
  const within = (network: string, address: string): boolean | undefined => {
    const [of, one] = [ipNetworkOf(network), ipOf(address)];
    return of === undefined || one === undefined ? undefined : isInNetwork(of, one);
  };
  equal(within("10.0.0.0/8", "10.255.0.1"), true);
  equal(within("10.0.0.0/8", "11.0.0.1"), false);
  equal(within("10.1.2.3/23", "10.1.3.9"), true);
  equal(within("10.1.2.3/23", "10.1.4.0"), false);
  equal(within("0.0.0.0/0", "1.2.3.4"), true);
  equal(within("0.0.0.0/0", "::1"), false);
  equal(within("10.0.0.7", "10.0.0.7"), true);
  equal(within("10.0.0.7", "10.0.0.6"), false);
  equal(within("fd00::/65", "fd00::7fff:0:0:1"), true);
  equal(within("fd00::/65", "fd00::8000:0:0:1"), false);
  for (
    const text of ["10.0.0.0/33", "fd00::/129", "10.0.0.0/", "10.0.0.0/-1", "x/8", "1.2.3.4/8/8"]
  ) {
    equal(ipNetworkOf(text), undefined, text);
  }
});

Deno.test("an address of a link is told from others", () => {
  const are = ["fe80::1", "febf::1", "169.254.3.4"].map((text) => isLinkLocal(ipOf(text)!));
  deepEqual(are, [true, true, true]);
  const others = ["fec0::1", "fd00::1", "169.255.0.1", "10.0.0.1", "::1"];
  deepEqual(others.filter((text) => isLinkLocal(ipOf(text)!)), []);
});

Deno.test("whatever bytes: written and read they are the same", () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
    const words = (bytes.toHex().match(/.{4}/g) ?? []).join(":");
    equal(ipKey(ipOf(words)!), bytes.toHex());
    const zeros = words.replace(/(^|:)0000(:0000)*(:|$)/, "::");
    equal(hex(zeros), bytes.toHex());
  }));
  fc.assert(fc.property(fc.string(), (text) => void ipOf(text)));
});
