/** Raw sockets against the kernel: frames, datagrams, and what stands in their way. */
import { deepEqual, equal, match } from "node:assert/strict";

import type { Refusal } from "../../src/base/outcome.ts";
import { works } from "./program.ts";

const CHILD = new URL("raw_sockets_child.ts", import.meta.url).pathname;
const CABLES = "ip link set lo up && for i in 0 1; do ip link add s$i type veth peer name c$i &&" +
  " ip link set s$i up && ip link set c$i up || exit 1; done";
/** A user with nothing but the two capabilities that the packages' unit gives. */
const NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
const CAPABILITIES = "+net_raw,+net_bind_service";
const CAPABLE = [...NOBODY, `--inh-caps=${CAPABILITIES}`, `--ambient-caps=${CAPABILITIES}`];

const CAN = Deno.uid() === 0 &&
  await works(["unshare", "--net", "sh", "-c", CABLES], "unshare --net with veth pairs");
if (Deno.uid() !== 0) console.log("left out: raw sockets need root");

/** What the child saw in that scene, in a namespace of its own. */
async function saw(scene: string, as: readonly string[] = []): Promise<unknown> {
  const { stdout, stderr } = await new Deno.Command("setpriv", {
    args: [
      ...[
        "--pdeathsig",
        "KILL",
        "timeout",
        "60",
        "unshare",
        "--net",
        "sh",
        "-c",
        `${CABLES} && exec "$@"`,
        "sh",
      ],
      ...[
        ...as,
        Deno.execPath(),
        "run",
        "-A",
        "--no-config",
        "--v8-flags=--expose-gc",
        CHILD,
        scene,
      ],
    ],
    env: { DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
  }).output();
  const said = new TextDecoder().decode(stdout);
  if (said === "") throw new Error(new TextDecoder().decode(stderr));
  const { saw, leaked } = JSON.parse(said);
  deepEqual(leaked, [], "descriptors that stay open");
  return saw;
}

function kernelTest(title: string, run: () => Promise<void>): void {
  Deno.test({ name: `raw sockets: ${title}`, ignore: !CAN, fn: run });
}

kernelTest("interfaces are listed with all their addresses, without any too", async () => {
  const up = { isUp: true, isRunning: true, isLoopback: false, isEthernet: true, hasIndex: true };
  const down = { ...up, isRunning: false };
  const addressed = (address: number, network: number, prefix: number): unknown => ({
    address,
    network: { address: network, prefix },
  });
  deepEqual(await saw("interfaces"), [
    { ...up, name: "c0", mac: "02:00:00:00:00:07", addresses: [], addresses6: [] },
    { ...down, name: "c1", mac: "02:00:00:00:00:08", isUp: false, addresses: [], addresses6: [] },
    {
      ...up,
      name: "lo",
      mac: "00:00:00:00:00:00",
      isLoopback: true,
      isEthernet: false,
      addresses: [addressed(0x7f00_0001, 0x7f00_0000, 8)],
      addresses6: ["::1/128"],
    },
    {
      ...up,
      name: "s0",
      mac: "02:00:00:00:00:09",
      addresses: [addressed(0x0a00_0007, 0x0a00_0000, 24), addressed(0x0a01_0007, 0x0a01_0000, 16)],
      addresses6: ["fd77::7/48"],
    },
  ]);
});

kernelTest("networks of both versions of IP are listed, of interfaces that are up", async () => {
  deepEqual(await saw("networks"), [
    "10.0.0.7/23",
    "127.0.0.1/8",
    "::1/128",
    "fd00:1::7/65",
  ]);
});

kernelTest("all neighbours are read that have a hardware address, however many", async () => {
  deepEqual(await saw("neighbours"), {
    first: 3_000,
    rest: ["fd00::9 02:00:00:00:00:09"],
  });
});

kernelTest("a broadcast is seen once, with the interface it came by", async () => {
  deepEqual(await saw("broadcasts"), [
    { on: "s0", text: "on the first" },
    { on: "s1", text: "on the second" },
  ]);
});

kernelTest("a frame reaches a client that has no address, and none but it", async () => {
  deepEqual(await saw("unicast"), [{ on: "c0", text: "to it" }]);
});

kernelTest("what is no DHCP for this host is not seen", async () => {
  const seen = await saw("filtered") as { readonly text: string }[];
  deepEqual(seen.map(({ text }) => text), [
    "to 4011",
    "from 67",
    "options",
    "first fragment",
    "priority only",
  ]);
});

kernelTest("a bridge's frame is seen once, by the bridge", async () => {
  deepEqual(await saw("bridged"), [{ on: "br0", text: "by the bridge" }]);
});

kernelTest("a VLAN's frame is seen once, by the VLAN's interface", async () => {
  const seen = await saw("tagged");
  if (seen === "no vlan") return console.log("left out: this kernel has no VLANs");
  deepEqual(seen, [{ on: "s0.7", text: "by the VLAN" }]);
});

kernelTest("ARP is seen by those who ask for it, and nothing else", async () => {
  deepEqual(await saw("arp"), [0x0806, 0x0806]);
});

kernelTest("a checksum that this host left to hardware is known", async () => {
  deepEqual(await saw("checksums"), [true, false]);
});

kernelTest("every frame is received or counted as dropped", async () => {
  deepEqual(await saw("drops"), { adds: true, again: 0 });
});

kernelTest("frames that can go nowhere are counted, and hold up no others", async () => {
  deepEqual(await saw("undeliverable"), { lost: [2, 0], between: 1 });
});

kernelTest("an answer leaves from where the question was sent to", async () => {
  deepEqual(await saw("pinning"), {
    seen: [{ address: 0x7f00_0002, on: "lo" }],
    answers: [{ text: "hello", address: 0x7f00_0002 }, {
      text: "hello unpinned",
      address: 0x7f00_0001,
    }],
  });
});

kernelTest("datagrams wait for room in the kernel, in order, and none is lost", async () => {
  deepEqual(await saw("waiting"), { inOrder: true, waited: true, refused: true, lost: 0 });
});

kernelTest("a deaf socket holds its port and sends", async () => {
  deepEqual(await saw("deaf"), { toMouth: 0, isFromMouth: true });
});

kernelTest("a taken port's holder is named", async () => {
  const [taken, elsewhere, pid] = await saw("refusals") as [Refusal, Refusal, number];
  deepEqual(taken, {
    kind: "conflict",
    message: `cannot listen on UDP port 67 of 127.0.0.1: deno (process ${pid}) has it; ` +
      "stop it or give it another port",
  });
  equal(elsewhere.kind, "unavailable");
  match(elsewhere.message, /^cannot listen on UDP port 1067 of 1\.2\.3\.4: Cannot assign/);
});

kernelTest("the two capabilities suffice, and a missing one is named", async () => {
  if (!await works([...CAPABLE, Deno.execPath(), "--version"], "deno as another user")) return;
  deepEqual(await saw("permissions", CAPABLE), [65_534, 65_534]);
  const [frames, datagrams] = await saw("permissions", NOBODY) as [Refusal, Refusal];
  equal(frames.kind, "forbidden");
  match(frames.message, /^cannot hear DHCP on the network interfaces: .* lacks CAP_NET_RAW; /);
  equal(datagrams.kind, "forbidden");
  match(datagrams.message, /^cannot listen on UDP port 69: .* lacks CAP_NET_BIND_SERVICE; /);
});

/** What is sent to a group by cables with these addresses at their ends. */
async function isGroup(scene: string, [s0, c0, s1, c1]: readonly string[]): Promise<void> {
  const group = scene === "grouped4" ? "239.255.255.250" : "ff02::c";
  deepEqual(await saw(scene), {
    asked: [
      { on: "s0", text: "one", from: c0 },
      { on: "s1", text: "two", from: c1 },
      { on: "s0", text: "three", from: c0 },
    ],
    answers: [
      { on: "c0", text: "re: one", from: s0 },
      { on: "c1", text: "re: two", from: s1 },
      { on: "c0", text: "re: three", from: s0 },
    ],
    gone: {
      ok: false,
      refusal: { kind: "unavailable", message: `cannot hear ${group} on s9: No such device` },
    },
    lost: false,
  });
}

kernelTest(
  "a group is heard where it is joined alone, and answered by that interface",
  async () => {
    await isGroup("grouped4", ["10.0.0.7", "10.0.0.8", "10.0.1.7", "10.0.1.8"]);
  },
);

kernelTest("the same over IPv6, by addresses of the links", async () => {
  await isGroup("grouped6", ["fe80::7", "fe80::8", "fe80::1:7", "fe80::1:8"]);
});

kernelTest("a port is shared with whoever shares it, and who does not is named", async () => {
  const [{ refusal }, pid] = await saw("shared") as [{ refusal: Refusal }, number];
  deepEqual(refusal, {
    kind: "conflict",
    message: `cannot listen on UDP port 1900 of IPv4: deno (process ${pid}) has it for itself ` +
      "alone; stop it, or have it share the port",
  });
});

kernelTest("sockets and the poller close while it waits, and leave nothing behind", async () => {
  equal(await saw("closeAll"), "closed");
});

kernelTest("timers and files have their turn beside a flood", async () => {
  equal(await saw("besideOthers"), "both went on");
});
