import { deepEqual, equal } from "node:assert/strict";

import { MAX_ADDRESSES_PER_MEMBER } from "../../src/base/limits.ts";
import {
  type HostAddress,
  joinerAddresses,
  ownAddresses,
  sameAddresses,
} from "../../src/service/addresses.ts";

const ANY = { host: "::", port: 13001 };
const HOST: readonly HostAddress[] = [
  { address: "127.0.0.1", family: "IPv4" },
  { address: "fd00::7", family: "IPv6" },
  { address: "fe80::1", family: "IPv6" },
  { address: "169.254.3.4", family: "IPv4" },
  { address: "10.1.2.3", family: "IPv4" },
  { address: "::1", family: "IPv6" },
];

Deno.test("what was asked for is told, with the port where none was typed", () => {
  const asked = ["m1.example", "10.9.9.9:7", "[fd00::1]:8", "fd00::2"];
  deepEqual(ownAddresses(asked, ANY, HOST), [
    "m1.example:13001",
    "10.9.9.9:7",
    "[fd00::1]:8",
    "[fd00::2]:13001",
  ]);
});

Deno.test("a member that listens at one address is reached there, even at its own alone", () => {
  deepEqual(ownAddresses([], { host: "10.1.2.3", port: 7 }, HOST), ["10.1.2.3:7"]);
  deepEqual(ownAddresses([], { host: "127.0.0.1", port: 7 }, HOST), ["127.0.0.1:7"]);
});

Deno.test("one that listens at all is reached at those that others can reach, IPv4 first", () => {
  for (const host of ["::", "0.0.0.0"]) {
    deepEqual(ownAddresses([], { host, port: 7 }, HOST), ["10.1.2.3:7", "[fd00::7]:7"]);
  }
  const alone = HOST.filter(({ address }) => /^(127|::1)/.test(address));
  deepEqual(ownAddresses([], ANY, alone), ["127.0.0.1:13001", "[::1]:13001"]);
  deepEqual(ownAddresses([], ANY, []), []);
});

Deno.test("no more addresses than a member may have", () => {
  const many = Array.from({ length: 20 }, (_, i): HostAddress => {
    return { address: `10.0.0.${i}`, family: "IPv4" };
  });
  const local = { host: "10.0.0.9", port: 4 };
  equal(ownAddresses([], ANY, many).length, MAX_ADDRESSES_PER_MEMBER);
  equal(joinerAddresses([], ANY, local, many).length, MAX_ADDRESSES_PER_MEMBER);
});

Deno.test("a joiner puts the address first that its call came from, unless told otherwise", () => {
  const local = { host: "10.7.7.7", port: 45_678 };
  const found = joinerAddresses([], ANY, local, HOST);
  deepEqual(found, ["10.7.7.7:13001", "10.1.2.3:13001", "[fd00::7]:13001"]);
  const known = { host: "10.1.2.3", port: 45_678 };
  deepEqual(joinerAddresses([], ANY, known, HOST), ["10.1.2.3:13001", "[fd00::7]:13001"]);
  deepEqual(joinerAddresses(["m4"], ANY, local, HOST), ["m4:13001"]);
  const one = { host: "127.0.0.1", port: 9 };
  deepEqual(joinerAddresses([], one, local, HOST), ["127.0.0.1:9"]);
});

Deno.test("addresses are the same in any order", () => {
  equal(sameAddresses(["a:1", "b:2"], ["b:2", "a:1"]), true);
  equal(sameAddresses(["a:1"], ["a:1", "b:2"]), false);
  equal(sameAddresses(["a:1", "b:2"], ["a:1", "c:2"]), false);
});
