import { deepEqual } from "node:assert/strict";

import { nodeNames, withDomain } from "../../../src/model/self/node_names.ts";
import { networksOf } from "../../../src/model/self/node_network.ts";
import { attributes } from "./places.ts";

Deno.test("a node is known by its names, each with the domain, and by its addresses", () => {
  const networks = networksOf(attributes({
    "net.hostname": "n1 login",
    "net.ipv4_address": "10.0.0.7/24",
    "net.ib.hostname": "n1-ib.fabric.example",
    "net.ib.ipv4_address": "10.0.0.7/24",
    "net.ib.ipv6_address": "FD00:0:0::7/64",
    "net.x.ipv4_address": "dhcp",
  }));
  deepEqual(nodeNames("n1", "example", networks), {
    names: ["n1", "n1.example", "login", "login.example", "n1-ib.fabric.example"],
    addresses: ["10.0.0.7", "fd00::7"],
  });
  deepEqual(nodeNames("n1", "", []), { names: ["n1"], addresses: [] });
});

Deno.test("a full name is not made fuller, and a likeness is none", () => {
  deepEqual(withDomain("n1.hpc.example", "hpc.example"), ["n1.hpc.example"]);
  deepEqual(withDomain("hpc.example", "hpc.example"), ["hpc.example"]);
  deepEqual(withDomain("local1", "local"), ["local1", "local1.local"]);
  deepEqual(withDomain("n1.hpc", "pc"), ["n1.hpc", "n1.hpc.pc"]);
  deepEqual(withDomain("n1", ""), ["n1"]);
});
