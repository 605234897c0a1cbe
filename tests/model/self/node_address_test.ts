import { deepEqual, equal } from "node:assert/strict";

import { ipv4Text } from "../../../src/model/ipv4.ts";
import { ipv6Text } from "../../../src/model/ipv6.ts";
import { facesOf, type NodePlace } from "../../../src/model/self/node_address.ts";
import { networksOf } from "../../../src/model/self/node_network.ts";
import { at, attributes, ETH1, ipv4 } from "./places.ts";

/** `static 10.0.0.7/24 via 10.0.0.1`, and the same of IPv6. */
function told(values: Readonly<Record<string, string>>, place: NodePlace): [string, string] {
  const { v4, v6 } = facesOf(networksOf(attributes(values)), place);
  const text = <A>(face: typeof v4 | typeof v6, show: (address: A) => string): string => {
    const { method = "nothing", found } = face;
    if (found === undefined) return method;
    const via = found.gateway === undefined ? "" : ` via ${show(found.gateway as A)}`;
    return `${method} ${show(found.address as A)}/${found.prefix}${via}`;
  };
  return [text(v4, ipv4Text), text(v6, ipv6Text)];
}

Deno.test("the address in the interface's network counts, with the interface's prefix", () => {
  const values = {
    "net.ipv4_address": "192.168.7.9/24",
    "net.mgmt.ipv4_address": "10.0.0.9/8",
    "net.mgmt.ipv4_gateway": "10.0.0.1",
    "net.mgmt.ipv6_address": "fd00:7::9",
  };
  deepEqual(told(values, at()), ["static 10.0.0.9/24 via 10.0.0.1", "nothing"]);
  deepEqual(told(values, at({ on: ETH1 })), ["static 192.168.7.9/24", "static fd00:7::9/64"]);
});

Deno.test("of several there the one that the node speaks from, else the first", () => {
  const values = { "net.b.ipv4_address": "10.0.0.9", "net.a.ipv4_address": "10.1.0.9" };
  equal(told(values, at())[0], "static 10.1.0.9/16");
  equal(told(values, at({ peer: "10.0.0.9" }))[0], "static 10.0.0.9/24");
});

Deno.test("neither what is no system's address nor a gateway elsewhere is told", () => {
  const ofController = new Set(["10.0.0.9"]);
  equal(told({ "net.ipv4_address": "10.0.0.9" }, at({ ofController }))[0], "nothing");
  const none = { "net.ipv4_address": "10.0.0.9", "net.ipv4_method": "none" };
  equal(told(none, at())[0], "nothing");
  const far = { "net.ipv4_address": "10.0.0.9", "net.ipv4_gateway": "10.9.0.1" };
  equal(told(far, at())[0], "static 10.0.0.9/24");
});

Deno.test("behind a router the node's own prefix tells which network it is in", () => {
  const values = { "net.ipv4_address": "172.16.5.9/24", "net.ipv4_gateway": "172.16.5.1" };
  const place = at({ on: undefined, peer: "172.16.5.77" });
  equal(told(values, place)[0], "static 172.16.5.9/24 via 172.16.5.1");
  equal(told({ "net.ipv4_address": "172.16.5.9" }, place)[0], "nothing");
  equal(told(values, { ...place, peer: "172.16.6.77" })[0], "nothing");
});

Deno.test("without an address there the name's counts, and then DHCP", () => {
  const ofName = ipv4("10.0.0.9");
  equal(
    told({ "net.ipv4_gateway": "10.0.0.1" }, at({ ofName }))[0],
    "static 10.0.0.9/24 via 10.0.0.1",
  );
  equal(told({}, at({ ofName: ipv4("172.16.0.9") }))[0], "nothing");
  equal(told({ "net.eth0.ipv4_method": "dhcp" }, at({ ofName }))[0], "dhcp");
  const both = { "net.ipv4_address": "10.0.0.9", "net.x.ipv6_method": "dhcp" };
  deepEqual(told(both, at()), ["static 10.0.0.9/24", "nothing"]);
});
