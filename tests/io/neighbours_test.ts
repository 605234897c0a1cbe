import { deepEqual, equal } from "node:assert/strict";

import { NEIGHBOURS_KEPT_MS } from "../../src/base/boot_limits.ts";
import { ok, type Outcome, refused } from "../../src/base/outcome.ts";
import { Neighbours, readNeighbours } from "../../src/io/neighbours.ts";
import { ipAddressOf } from "../../src/model/ip_address.ts";
import type { Neighbour } from "../../src/wire/rtnetlink.ts";
import { ManualClock } from "../contract/link_bench.ts";

function at(address: string, mac: string): Neighbour {
  return { address: ipAddressOf(address)!, mac };
}

Deno.test("all that an address has are told, read anew after a while and for who is new", () => {
  const clock = new ManualClock();
  let reads = 0;
  let now: Outcome<readonly Neighbour[]> = ok([
    at("fe80::1", "a"),
    at("fe80::1", "b"),
    at("fe80::1", "a"),
    at("10.0.0.7", "c"),
  ]);
  const neighbours = new Neighbours(clock, () => {
    reads++;
    return now;
  });
  const macs = (address: string): unknown => {
    const told = neighbours.macsOf(ipAddressOf(address)!);
    return told.ok ? told.value : told.refusal.message;
  };
  deepEqual([macs("fe80::1"), macs("10.0.0.7"), macs("10.0.0.8")], [["a", "b"], ["c"], []]);
  deepEqual(reads, 2); // one that is not known may be new
  now = ok([at("10.0.0.8", "d"), at("10.0.0.7", "e")]);
  deepEqual([macs("10.0.0.7"), reads], [["c"], 2]);
  deepEqual([macs("10.0.0.8"), macs("10.0.0.7"), reads], [["d"], ["e"], 3]);
  now = refused("unavailable", "no");
  deepEqual([macs("10.0.0.7"), reads], [["e"], 3]);
  clock.advance(NEIGHBOURS_KEPT_MS);
  deepEqual([macs("10.0.0.7"), macs("10.0.0.8"), reads], ["no", "no", 4]);
});

Deno.test("the kernel answers whoever asks", () => {
  equal(readNeighbours().ok, true);
});
