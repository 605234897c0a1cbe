import { deepEqual, equal } from "node:assert/strict";

import { MAX_NAME_LENGTH } from "../../src/base/limits.ts";
import { endpointOf, PEER_PORT } from "../../src/model/address.ts";

Deno.test("an address without a port is dialed where members listen", () => {
  equal(PEER_PORT, 13001);
  for (const host of ["n1", "n1.example.org", "10.0.0.1", "::1", "fe80::1", "::", "2001:db8::"]) {
    deepEqual(endpointOf(host), { host, port: PEER_PORT }, host);
    deepEqual(endpointOf(host, 7), { host, port: 7 }, host);
  }
});

Deno.test("a port stands behind a name, an IPv4 address, or an IPv6 address in brackets", () => {
  deepEqual(endpointOf("n1:80", 7), { host: "n1", port: 80 });
  deepEqual(endpointOf("10.0.0.1:65535"), { host: "10.0.0.1", port: 65_535 });
  deepEqual(endpointOf("[2001:db8::1]:80"), { host: "2001:db8::1", port: 80 });
  deepEqual(endpointOf("[::1]"), { host: "::1", port: PEER_PORT });
  deepEqual(endpointOf("[fe80::1%eth0]:7"), { host: "fe80::1%eth0", port: 7 });
  deepEqual(endpointOf("beef:80"), { host: "beef", port: 80 });
});

Deno.test("of a bare IPv6 address the end is never taken for a port", () => {
  deepEqual(endpointOf("2001:db8::1:80"), { host: "2001:db8::1:80", port: PEER_PORT });
  deepEqual(endpointOf("fe80::1%eth0.80"), { host: "fe80::1%eth0.80", port: PEER_PORT });
  deepEqual(endpointOf("::ffff:10.0.0.1"), { host: "::ffff:10.0.0.1", port: PEER_PORT });
});

Deno.test("what is no address is none, and no part of it is guessed at", () => {
  const wrong = ["", ":", ":80", "n1:", "n1:x", "n1:-1", "n1:65536", "n1:123456", "n1:80:90"];
  // One colon makes no IPv6 address, however its letters look.
  wrong.push("a:b", "beef:", "beef:123456", "n1::80", "::g");
  wrong.push("[", "[]", "[]:80", "[::1", "::1]", "[::1]:", "[::1]x", "[::1]80", "[[::1]]");
  wrong.push(" n1", "n1 ", "n 1", "n1:80 ", "n1\n", "http://n1:80");
  wrong.push("h".repeat(MAX_NAME_LENGTH + 1));
  for (const text of wrong) equal(endpointOf(text), undefined, JSON.stringify(text));
});
