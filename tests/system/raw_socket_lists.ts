/** What the kernel lists in a namespace: scenes of raw_sockets_child.ts. */
import { listInterfaces, listNetworks } from "../../src/io/interfaces.ts";
import { readNeighbours } from "../../src/io/neighbours.ts";
import { ipAddressText } from "../../src/model/ip_address.ts";
import { ipv6Text } from "../../src/model/ipv6.ts";
import { run, valueOf } from "./raw_socket_place.ts";

export function seenInterfaces(): unknown {
  run("ip address add 10.0.0.7/24 dev s0 && ip address add 10.1.0.7/16 dev s0 label s0:1");
  run(
    "ip link set c1 down && ip link set c0 address 02:00:00:00:00:07 && " +
      "ip link set c1 address 02:00:00:00:00:08 && ip link set s0 address 02:00:00:00:00:09",
  );
  run("ip address add fd77::7/48 dev s0");
  return valueOf(listInterfaces()).filter(({ name }) => ["lo", "s0", "c0", "c1"].includes(name))
    .map(({ index, addresses6, ...rest }) => ({
      ...{ ...rest, hasIndex: index > 0 },
      addresses6: addresses6.map(({ address, prefix }) => `${ipv6Text(address)}/${prefix}`)
        // The kernel gives those, each in its time.
        .filter((text) => !text.startsWith("fe80")),
    }))
    .sort((a, b) => a.name < b.name ? -1 : 1);
}

export function seenNetworks(): unknown {
  run("ip address add 10.0.0.7/23 dev s0 && ip address add fd00:1::7/65 dev s0 nodad");
  run("ip address add 10.9.0.7/24 dev c1 && ip link set c1 down");
  return valueOf(listNetworks()).map(({ address, prefix }) => `${ipAddressText(address)}/${prefix}`)
    .filter((one) => !one.startsWith("fe80")).sort();
}

export function seenNeighbours(): unknown {
  run("ip address add 10.0.0.7/16 dev s0");
  const many = Array.from(
    { length: 3_000 },
    (_, i) => `neigh add 10.0.${i >> 8}.${i & 255} lladdr 02:00:00:00:00:01 dev s0 nud permanent`,
  );
  const others = [
    "neigh add fd00::9 lladdr 02:00:00:00:00:09 dev s0 nud permanent",
    "neigh add 10.0.99.1 dev s0 nud failed",
    "neigh add 10.0.99.2 lladdr 02:00:00:00:00:02 dev s0 nud noarp",
  ];
  const batch = Deno.makeTempFileSync();
  Deno.writeTextFileSync(batch, [...many, ...others].join("\n"));
  run(`ip -force -batch ${batch}`);
  Deno.removeSync(batch);
  const read = valueOf(readNeighbours());
  const told = read.map(({ address, mac }) => `${ipAddressText(address)} ${mac}`);
  const first = told.filter((one) => one.endsWith(":01")).length;
  const rest = told.filter((one) => /:0[29]$/.test(one));
  return { first, rest };
}
