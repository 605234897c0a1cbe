import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";

import {
  ipAddressAt,
  ipAddressOf,
  ipAddressText,
  ipNetworkOf,
  isInNetwork,
  isLinkLocal,
} from "../../src/model/ip_address.ts";

function told(text: string): string | undefined {
  const address = ipAddressOf(text);
  return address && ipAddressText(address);
}

Deno.test("addresses of both versions, as they are written", () => {
  const same: readonly (readonly [text: string, as: string])[] = [
    ["10.0.0.7", "10.0.0.7"],
    ["::ffff:10.0.0.7", "10.0.0.7"],
    ["::ffff:a00:7", "10.0.0.7"],
    ["::FFFF:255.255.255.255", "255.255.255.255"],
    ["::1", "::1"],
    ["fe80::5054:FF:fe00:1%eth0", "fe80::5054:ff:fe00:1"],
    ["2001:db8::5.6.7.8", "2001:db8::506:708"],
    ["::10.0.0.7", "::a00:7"],
  ];
  for (const [text, as] of same) equal(told(text), as, text);
  const none = ["", "10.0.0", "10.0.0.256", "01.2.3.4", ":", ":::", "1::2::3", "1:2:3:4:5:6:7"];
  none.push("1:2:3:4:5:6:7:8:9", "1:2:3:4::5:6:7:8", "g::", "12345::", "::1.2.3", "fe80", "1:");
  for (const text of [...none, "%eth0"]) equal(told(text), undefined, text);
});

Deno.test("a network has the addresses that share its prefix, of its version", () => {
  const within = (network: string, address: string): boolean | undefined => {
    const [of, one] = [ipNetworkOf(network), ipAddressOf(address)];
    return of === undefined || one === undefined ? undefined : isInNetwork(of, one);
  };
  equal(within("10.0.0.0/8", "10.255.0.1"), true);
  equal(within("10.0.0.0/8", "11.0.0.1"), false);
  equal(within("10.1.2.3/23", "10.1.3.9"), true);
  equal(within("10.1.2.3/23", "10.1.4.0"), false);
  equal(within("0.0.0.0/0", "1.2.3.4"), true);
  equal(within("0.0.0.0/0", "::1"), false);
  equal(within("::/0", "1.2.3.4"), false);
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
  const are = ["fe80::1", "febf::1", "169.254.3.4"].map((text) => isLinkLocal(ipAddressOf(text)!));
  deepEqual(are, [true, true, true]);
  const others = ["fec0::1", "fd00::1", "169.255.0.1", "10.0.0.1", "::1"];
  deepEqual(others.filter((text) => isLinkLocal(ipAddressOf(text)!)), []);
});

Deno.test("whatever bytes: written and read they are the same address", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
  );
  fc.assert(fc.property(bytes, (bytes) => {
    const address = ipAddressAt(bytes)!;
    equal(address.family, bytes.length === 4 ? 4 : 6);
    const isMapped = /^0{20}ffff.{8}$/.test(bytes.toHex());
    if (!isMapped) deepEqual(ipAddressOf(ipAddressText(address)), address);
  }));
  equal(ipAddressAt(new Uint8Array(5)), undefined);
  fc.assert(fc.property(fc.string(), (text) => void ipAddressOf(text)));
});
