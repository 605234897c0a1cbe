import { deepEqual, equal } from "node:assert/strict";

import { ok, type Outcome, refused } from "../../../src/base/outcome.ts";
import type { HostInterface } from "../../../src/io/interfaces.ts";
import { ServedInterfaces } from "../../../src/service/boot/served_interfaces.ts";
import { interface4 } from "../../netboot/boot_stage.ts";

const ETH0: HostInterface = {
  ...{ index: 2, name: "eth0", mac: "02:00:00:00:00:01", isUp: true, isRunning: true },
  ...{ isLoopback: false, isEthernet: true, addresses: [interface4("10.0.0.11/24")] },
  addresses6: [],
};
const ETH1: HostInterface = { ...ETH0, index: 3, name: "eth1", mac: "02:00:00:00:00:02" };
const LO: HostInterface = {
  ...{ ...ETH0, index: 1, name: "lo", mac: "00:00:00:00:00:00", isLoopback: true },
  addresses: [interface4("127.0.0.1/8")],
};

class Host {
  listed: Outcome<readonly HostInterface[]> = ok([LO, ETH0, ETH1]);
  readonly lines: string[] = [];

  served(...names: string[]): ServedInterfaces {
    return new ServedInterfaces(() => this.listed, names, (line) => void this.lines.push(line));
  }
}

function namesOf(served: ServedInterfaces): string[] {
  return served.all.map(({ name }) => name);
}

Deno.test("all that are up, on Ethernet, with an address, but the loopback", () => {
  const host = new Host(), served = host.served();
  deepEqual(namesOf(served), []);
  equal(served.refresh(), true);
  deepEqual(namesOf(served), ["eth0", "eth1"]);
  deepEqual(served.byIndex(2), {
    ...{ index: 2, name: "eth0", mac: Uint8Array.of(2, 0, 0, 0, 0, 1) },
    locals: [interface4("10.0.0.11/24")],
  });
  deepEqual([served.byIndex(1), served.byIndex(9)], [undefined, undefined]);
  for (const other of [{ isUp: false }, { isEthernet: false }, { addresses: [] }]) {
    host.listed = ok([{ ...ETH0, ...other }, ETH1]);
    served.refresh();
    deepEqual(namesOf(served), ["eth1"], JSON.stringify(other));
  }
  host.listed = ok([{ ...ETH0, isRunning: false }]);
  served.refresh();
  deepEqual(namesOf(served), ["eth0"], "a cable may be plugged in");
});

Deno.test("those that were named alone, the loopback too, and what is missing of them", () => {
  const host = new Host(), served = host.served("lo", "eth1", "eth7");
  served.refresh();
  deepEqual([namesOf(served), served.missing], [["lo", "eth1"], ["eth7"]]);
  host.listed = ok([LO, { ...ETH1, addresses: [] }]);
  served.refresh();
  deepEqual([namesOf(served), served.missing], [["lo"], ["eth1", "eth7"]]);
  deepEqual(host.served().missing, []);
});

Deno.test("it is told when anything is other than before, and by that alone", () => {
  const host = new Host(), served = host.served();
  equal(served.refresh(), true);
  const before = served.byIndex(2);
  host.listed = ok([{ ...LO }, { ...ETH0, isRunning: false }, { ...ETH1 }]);
  equal(served.refresh(), false);
  equal(served.byIndex(2), before);
  const others: readonly Partial<HostInterface>[] = [
    { addresses: [interface4("10.0.0.12/24")] },
    { addresses: [interface4("10.0.0.12/16")] },
    { addresses: [interface4("10.0.0.12/16"), interface4("10.1.0.1/16")] },
    { mac: "02:00:00:00:00:09" },
    { index: 7 },
    { name: "eth9" },
    { isUp: false },
  ];
  for (const other of others) {
    host.listed = ok([ETH0]);
    served.refresh();
    host.listed = ok([{ ...ETH0, ...other }]);
    equal(served.refresh(), true, JSON.stringify(other));
    equal(served.refresh(), false);
  }
});

Deno.test("what cannot be listed stays as it was, and that is told", () => {
  const host = new Host(), served = host.served();
  served.refresh();
  host.listed = refused("unavailable", "cannot list the network interfaces");
  equal(served.refresh(), false);
  deepEqual([namesOf(served), host.lines], [["eth0", "eth1"], [
    "cannot list the network interfaces",
  ]]);
});
