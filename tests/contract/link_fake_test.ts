import { deepEqual, equal, fail, match } from "node:assert/strict";

import { utf8 } from "../../src/base/bytes.ts";
import { DIAL_MS } from "../../src/base/limits.ts";
import { fakeIdentity, FakeNetwork } from "../../src/io/link_fake.ts";
import { Door, type LinkBench, ManualClock, pairUp } from "./link_bench.ts";
import { linkContract } from "./link_contract.ts";

function benchOn(network: FakeNetwork, clock: ManualClock, host: string): LinkBench {
  const [server, client] = [fakeIdentity("n1"), fakeIdentity("n2")];
  return { links: network.host(host), clock, host, server, client };
}

// deno-lint-ignore require-await
async function makeBench(): Promise<LinkBench> {
  const clock = new ManualClock();
  return benchOn(new FakeNetwork(clock), clock, "n1");
}

linkContract("links in memory", makeBench);

Deno.test("links in memory: a cut breaks links and swallows dials until it heals", async () => {
  const clock = new ManualClock();
  const network = new FakeNetwork(clock);
  const door = await Door.open(benchOn(network, clock, "n1"));
  const away = benchOn(network, clock, "n2");
  const pair = await pairUp(away, door);
  network.cut("n1", "n2");
  match(await pair.atNear.closing, /the network was cut/);
  match(await pair.atFar.closing, /the network was cut/);
  const dialing = away.links.dial({ host: "n1", port: door.address.port }, away.client);
  clock.advance(DIAL_MS);
  const outcome = await dialing;
  if (outcome.ok) return fail("dialed through a cut");
  match(outcome.refusal.message, /^cannot reach n1:\d+: no answer within 3000 ms$/);
  network.heal("n1", "n2");
  const again = await pairUp(away, door);
  again.near.send(utf8("hello"));
  deepEqual(await again.atFar.texts(1), ["hello"]);
});

Deno.test("links in memory: a killed host is heard of at the far end alone", async () => {
  const clock = new ManualClock();
  const network = new FakeNetwork(clock);
  const door = await Door.open(benchOn(network, clock, "n1"));
  const away = benchOn(network, clock, "n2");
  const pair = await pairUp(away, door);
  network.kill("n1");
  equal(await pair.atNear.closing, "the peer closed the link");
  deepEqual(pair.atFar.reasons, []);
  equal((await away.links.dial(door.address, away.client)).ok, false);
});
