import { deepEqual, equal, fail, ok as holds } from "node:assert/strict";

import fc from "fast-check";

import { toHex } from "../../src/base/bytes.ts";
import { ipv4Text } from "../../src/model/ipv4.ts";
import type { BootAnswer } from "../../src/netboot/boot_decision.ts";
import type { BootRequest } from "../../src/netboot/boot_request.ts";
import {
  type Answerer,
  fileText,
  replyPacket,
  type ReplyRoute,
  routeOf,
  serverIdOf,
} from "../../src/netboot/dhcp_reply.ts";
import { type Dhcp4Packet, parseDhcp4, printDhcp4 } from "../../src/wire/dhcp4.ts";
import { encapsulatedBytes, machineUuidBytes, textBytes } from "../../src/wire/dhcp4_options.ts";
import {
  arrivalOf,
  type Ask,
  type Heard,
  ip,
  MAC,
  n1,
  packetOf,
  requestOf,
  Stage,
  UUID,
  valueOf,
  type World,
} from "./boot_stage.ts";

const M1: Answerer = { address: ip("10.0.0.11"), httpPort: 8080 };
const HERE = "10.0.0.50";

const ALL_TOLD = {
  "net.eth0.ipv4_gateway": "10.0.0.1",
  "net.eth0.mtu": "9000",
  "dns.servers": "10.0.0.2,10.0.0.3",
  "dns.domain": "cluster.example",
  "ntp.servers": "10.0.0.4",
};

interface Reply {
  readonly request: BootRequest;
  readonly answer: BootAnswer;
  /** As the client reads it off the wire. */
  readonly packet: Dhcp4Packet;
}

function reply(
  ask: Ask,
  texts: Record<string, string> = {},
  heard: Heard = {},
  answerer = M1,
): Reply {
  return replyIn({ members: { m1: {} }, nodes: n1(texts) }, ask, heard, answerer);
}

function replyIn(world: World, ask: Ask, heard: Heard = {}, answerer = M1): Reply {
  const stage = new Stage("m1", world);
  const decision = stage.decides(ask, heard);
  const { answer } = decision.kind === "answer" ? decision : fail(decision.why);
  const { htype, chaddr } = packetOf(ask), request = requestOf(ask);
  const packet = replyPacket(request, htype, chaddr, answer, answerer);
  const bytes = valueOf(printDhcp4(packet, request.maxBytes));
  return { request, answer, packet: valueOf(parseDhcp4(bytes)) };
}

const SHOWN: Readonly<Record<number, (value: Uint8Array) => string>> = {
  12: textOf,
  15: textOf,
  60: textOf,
  66: textOf,
  67: textOf,
};

function textOf(value: Uint8Array): string {
  return new TextDecoder().decode(value);
}

/** Options as `code value`: numbers and addresses of four bytes, texts, and the rest in hex. */
function optionsOf({ packet }: Reply): string[] {
  return [...packet.options].map(([code, value]) => `${code} ${shown(code, value)}`);
}

function shown(code: number, value: Uint8Array): string {
  if ([51, 58, 59].includes(code)) return `${new DataView(value.slice().buffer).getUint32(0)}`;
  if (SHOWN[code] !== undefined) return SHOWN[code](value);
  return value.length === 4 && code !== 43 ? value.join(".") : toHex(value);
}

// ---- options

Deno.test("an offer to UEFI firmware", () => {
  const { packet, ...rest } = reply({ uuid: UUID, xid: 0x1234_5678 }, ALL_TOLD);
  const { options: _, chaddr, ...header } = packet;
  deepEqual(header, {
    ...{ op: 2, htype: 1, hops: 0, xid: 0x1234_5678, secs: 0, flags: 0 },
    ...{ ciaddr: 0, yiaddr: ip(HERE), siaddr: ip("10.0.0.11"), giaddr: 0, sname: "" },
    file: "confluent/x86_64/snponly.efi",
  });
  equal(toHex(chaddr), MAC.replaceAll(":", ""));
  deepEqual(optionsOf({ packet, ...rest }), [
    "53 02",
    "54 10.0.0.11",
    "51 240",
    "1 255.255.255.0",
    "60 PXEClient",
    "43 060108ff",
    `97 ${toHex(valueOf(machineUuidBytes(UUID)))}`,
    "67 confluent/x86_64/snponly.efi",
    "66 10.0.0.11",
    "3 10.0.0.1",
    "6 0a0000020a000003",
    "12 n1",
    "15 cluster.example",
    "26 2328",
    "42 10.0.0.4",
    "58 120",
    "59 210",
  ]);
});

Deno.test("an offer to a plain client: nothing to boot, and times of a day", () => {
  const offer = reply({ client: "plain", asked: [58, 59, 1] });
  deepEqual([offer.packet.siaddr, offer.packet.file], [0, ""]);
  deepEqual(optionsOf(offer), [
    "53 02",
    "54 10.0.0.11",
    "51 86400",
    "1 255.255.255.0",
    "58 43200",
    "59 75600",
  ]);
});

Deno.test("a network is told in the order that is asked for, and no more of it", () => {
  const told = (asked: number[]): string[] =>
    optionsOf(reply({ client: "plain", asked }, ALL_TOLD)).slice(4).map((text) =>
      text.split(" ")[0] ?? ""
    );
  deepEqual(told([15, 3, 12, 6]), ["15", "3", "12", "6"]);
  deepEqual(told([6, 12, 3, 15]), ["6", "12", "3", "15"]);
  deepEqual(told([42, 26, 42, 121, 200]), ["42", "26"]);
  deepEqual(told([51, 53, 54, 1]), [], "what is told already is told once");
  deepEqual(optionsOf(reply({ client: "plain", asked: [3, 6, 15, 26, 42] })).length, 4);
});

Deno.test("iPXE is told that no proxy will answer; a proxy itself does not say so", () => {
  const own = reply({ client: "ipxe", asked: [1] });
  deepEqual(optionsOf(own).slice(4), [
    "67 http://10.0.0.11:8080/confluent-public/os/alma/boot.ipxe",
    "175 b00101",
  ]);
  equal(own.packet.siaddr, ip("10.0.0.11"));
  const proxied = reply({ client: "ipxe", asked: [1] }, { "net.eth0.ipv4_method": "dhcp" });
  equal(proxied.packet.siaddr, ip("10.0.0.11"), "without it iPXE takes the file for none");
  deepEqual(optionsOf(proxied), [
    "53 02",
    "54 10.0.0.11",
    "60 PXEClient",
    "43 060108ff",
    "67 http://10.0.0.11:8080/confluent-public/os/alma/boot.ipxe",
  ]);
});

Deno.test("HTTP boot: its class is echoed, and the file is a whole URL", () => {
  const offer = reply({ client: "http", asked: [1] }, {}, {}, { ...M1, httpPort: 80 });
  const url = "http://10.0.0.11/confluent-public/confluent/x86_64/snponly.efi";
  deepEqual(optionsOf(offer).slice(4), ["60 HTTPClient", `67 ${url}`]);
  deepEqual([offer.packet.file, offer.packet.siaddr], [url, ip("10.0.0.11")]);
});

Deno.test("a proxy's offer has a file and no address, and nothing of the network", () => {
  const offer = reply({ uuid: UUID }, { ...ALL_TOLD, "net.eth0.ipv4_method": "firmwaredhcp" });
  const { yiaddr, siaddr, file } = offer.packet;
  deepEqual([yiaddr, ipv4Text(siaddr), file], [0, "10.0.0.11", "confluent/x86_64/snponly.efi"]);
  deepEqual(optionsOf(offer), [
    "53 02",
    "54 10.0.0.11",
    "60 PXEClient",
    "43 060108ff",
    `97 ${toHex(valueOf(machineUuidBytes(UUID)))}`,
    "67 confluent/x86_64/snponly.efi",
    "66 10.0.0.11",
  ]);
});

Deno.test("an answer to DHCPINFORM has the network, and no address or lease", () => {
  const ack = reply({ type: "INFORM", client: "plain", ciaddr: HERE }, ALL_TOLD);
  deepEqual([ack.packet.yiaddr, ipv4Text(ack.packet.ciaddr)], [0, HERE]);
  deepEqual(optionsOf(ack), [
    "53 05",
    "54 10.0.0.11",
    "1 255.255.255.0",
    "3 10.0.0.1",
    "6 0a0000020a000003",
    "12 n1",
    "15 cluster.example",
    "26 2328",
    "42 10.0.0.4",
  ]);
});

Deno.test("a DHCPNAK says no more than who says it", () => {
  const more = new Map([[61, Uint8Array.of(1, 2, 3)]]);
  const nak = reply({ type: "REQUEST", client: "plain", requested: "10.0.0.77", more }, ALL_TOLD);
  deepEqual(optionsOf(nak), ["53 06", "54 10.0.0.11", "61 010203"]);
  deepEqual([nak.packet.yiaddr, nak.packet.ciaddr, nak.packet.flags], [0, 0, 0x8000]);
  const renewing = reply({ type: "REQUEST", client: "plain", ciaddr: "10.0.0.77" });
  deepEqual([renewing.packet.ciaddr, optionsOf(renewing)[0]], [0, "53 06"]);
});

Deno.test("what a relay and a client said of themselves comes back as it was", () => {
  const agent = encapsulatedBytes(new Map([[1, textBytes("port 7")], [151, new Uint8Array(60)]]));
  const clientId = Uint8Array.of(255, 1, 2, 3, 4);
  const more = new Map([[61, clientId], [82, agent]]);
  const texts = { "net.eth0.ipv4_address": "10.5.0.50/24" };
  for (const client of ["plain", "uefi"] as const) {
    const { packet } = reply({ client, giaddr: "10.5.0.1", more }, texts);
    deepEqual(packet.options.get(82), agent);
    deepEqual(packet.options.get(61), clientId);
    equal([...packet.options.keys()].at(-1), 82);
    equal(ipv4Text(packet.giaddr), "10.5.0.1");
  }
  const nak = reply({
    type: "REQUEST",
    client: "plain",
    giaddr: "10.5.0.1",
    requested: "10.5.0.7",
    more,
  }, texts);
  deepEqual([optionsOf(nak)[0], nak.packet.options.get(82)], ["53 06", agent]);
});

Deno.test("the server is named as the client knows it: a relay, one that is gone, this one", () => {
  const of = (ask: Ask): string => {
    const world: World = {
      nodes: n1({ "net.eth0.ipv4_address": "10.0.0.50/24" }),
      members: {
        m1: {},
        m2: { isLive: false },
      },
    };
    const { packet, request, answer } = replyIn(world, {
      type: "REQUEST",
      requested: HERE,
      ...ask,
    });
    equal(
      serverIdOf(request, answer, M1.address),
      Number(`0x${toHex(packet.options.get(54) as Uint8Array)}`),
    );
    return (packet.options.get(54) ?? []).join(".");
  };
  equal(of({ serverId: "10.0.0.11" }), "10.0.0.11");
  equal(of({ serverId: "10.0.0.12" }), "10.0.0.12");
  equal(of({ serverId: "10.0.0.2", override: "10.0.0.2", giaddr: "10.0.0.1" }), "10.0.0.2");
  // What is fetched is fetched from the one that answers.
  const { packet } = replyIn({ nodes: n1(), members: { m1: {}, m2: { isLive: false } } }, {
    ...{ type: "REQUEST", requested: HERE, serverId: "10.0.0.12" },
  });
  deepEqual([ipv4Text(packet.siaddr), textOf(packet.options.get(66) ?? new Uint8Array())], [
    "10.0.0.11",
    "10.0.0.11",
  ]);
});

// ---- the file

Deno.test("a file that has no room in its field is in the option alone", () => {
  for (const [length, isInField] of [[75, true], [76, false]] as const) {
    const name = "p".repeat(length);
    const world: World = {
      members: { m1: {} },
      nodes: n1({ "deployment.pendingprofile": name }),
      profiles: { [name]: { loader: "ipxe" } },
    };
    const { packet } = replyIn(world, { client: "ipxe" });
    const url = `http://10.0.0.11:8080/confluent-public/os/${name}/boot.ipxe`;
    equal(url.length > 127, !isInField, `${url.length}`);
    equal(packet.file, isInField ? url : "");
    equal(textOf(packet.options.get(67) ?? new Uint8Array()), url);
  }
});

Deno.test("files as they are told", () => {
  equal(fileText({ by: "tftp", path: "confluent/x" }, M1), "confluent/x");
  equal(
    fileText({ by: "http", path: "/confluent-public/x" }, M1),
    "http://10.0.0.11:8080/confluent-public/x",
  );
  const plain = fileText({ by: "http", path: "/x" }, { ...M1, httpPort: 80 });
  equal(plain, "http://10.0.0.11/x");
});

Deno.test("what has no room is left out from the end, and the boot is there", () => {
  const texts = { ...ALL_TOLD, "dns.domain": `${"d".repeat(60)}.`.repeat(12) };
  const more = new Map([[82, new Uint8Array(200).fill(9)]]);
  const small = reply({ client: "uefi", uuid: UUID, giaddr: "10.0.0.1", more }, texts);
  equal(small.request.maxBytes, 548);
  const codes = [...small.packet.options.keys()];
  for (const code of [53, 54, 51, 1, 60, 43, 97, 67, 66, 3, 6, 82]) {
    holds(codes.includes(code), `${code}`);
  }
  equal(codes.includes(15), false);
});

// ---- where it goes: RFC 2131, section 4.1

const ROUTES: readonly (readonly [string, Ask, Heard, ReplyRoute | string])[] = [
  ["to a client without an address, which takes frames", {}, {}, "frame 10.0.0.50"],
  ["to one that does not", { flags: 0x8000 }, {}, "broadcast"],
  [
    "acknowledged likewise",
    { type: "REQUEST", requested: HERE, serverId: "10.0.0.11" },
    {},
    "frame 10.0.0.50",
  ],
  ["without a hardware address", { mac: "", uuid: UUID }, {}, "broadcast"],
  [
    "to one that renews",
    { type: "REQUEST", client: "plain", ciaddr: HERE },
    { to: "10.0.0.11" },
    "10.0.0.50:68",
  ],
  [
    "to one that renews, whatever its flag",
    {
      ...{ type: "REQUEST", client: "plain", ciaddr: HERE, flags: 0x8000 },
    },
    {},
    "10.0.0.50:68",
  ],
  ["to DHCPINFORM", { type: "INFORM", client: "plain", ciaddr: HERE }, {}, "10.0.0.50:68"],
  ["to DHCPINFORM without an address", { type: "INFORM", client: "plain" }, {}, "broadcast"],
  ["a NAK", { type: "REQUEST", client: "plain", requested: "10.0.0.7" }, {}, "broadcast"],
  [
    "a NAK to one that renews",
    { type: "REQUEST", client: "plain", ciaddr: "10.0.0.7" },
    {},
    "broadcast",
  ],
  ["through a relay", { giaddr: "10.0.0.1" }, { from: "10.0.0.1" }, "10.0.0.1:67"],
  ["through a relay, whatever its flag", { giaddr: "10.0.0.1", flags: 0x8000 }, {}, "10.0.0.1:67"],
  [
    "through a relay to one that renews",
    {
      ...{ type: "REQUEST", client: "plain", ciaddr: HERE, giaddr: "10.0.0.1" },
    },
    {},
    "10.0.0.1:67",
  ],
  [
    "a NAK through a relay",
    {
      ...{ type: "REQUEST", client: "plain", requested: "10.0.0.7", giaddr: "10.0.0.1" },
    },
    {},
    "10.0.0.1:67",
  ],
  ["at the proxy port", { type: "REQUEST", ciaddr: HERE }, {
    ...{ port: 4011, to: "10.0.0.11", from: "10.0.0.50" },
  }, "10.0.0.50:4068"],
  ["at the proxy port, by a client without an address", {}, { port: 4011 }, "broadcast"],
];

function routeText(route: ReplyRoute): string {
  if (route.kind === "routed") return `${ipv4Text(route.to)}:${route.port}`;
  return route.kind === "frame" ? `frame ${ipv4Text(route.to)}` : "broadcast";
}

for (const [name, ask, heard, wanted] of ROUTES) {
  Deno.test(`an answer ${name} goes there`, () => {
    const texts = { "id.uuid": UUID, ...ask.mac === "" ? { "net.eth0.hwaddr": "" } : {} };
    const { request, answer } = reply(ask, texts, heard);
    equal(routeText(routeOf(request, answer, arrivalOf(heard, "10.0.0.11/24"))), wanted);
  });
}

Deno.test("a proxy's offer is heard by a client that takes frames to an address it has not", () => {
  const { request, answer } = reply({}, { "net.eth0.ipv4_method": "dhcp" });
  deepEqual(routeOf(request, answer, arrivalOf({}, "10.0.0.11/24")), { kind: "broadcast" });
});

// ---- what a client takes

Deno.test("any answer is printed within the client's room, and read back the same", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 80 }),
    fc.constantFrom("", "x".repeat(400)),
  );
  const ask: fc.Arbitrary<Ask> = fc.record({
    client: fc.constantFrom("uefi", "http", "ipxe", "plain", "bios"),
    asked: fc.uniqueArray(fc.integer({ min: 1, max: 254 }), { maxLength: 40 }),
    flags: fc.constantFrom(0, 0x8000),
    uuid: fc.constant(UUID),
    more: fc.dictionary(
      fc.constantFrom("57", "61", "82"),
      fc.uint8Array({ minLength: 1, maxLength: 90 }),
    ).map((all) => new Map(Object.entries(all).map(([code, value]) => [Number(code), value]))),
  });
  fc.assert(
    fc.property(ask, text, fc.constantFrom("", "firmwaredhcp"), (one, domain, method) => {
      const texts = { ...ALL_TOLD, "dns.domain": domain, "net.eth0.ipv4_method": method };
      if (one.client === "plain" && method !== "") return;
      const stage = new Stage("m1", { members: { m1: {} }, nodes: n1(texts) });
      const decision = stage.decides(one);
      const { answer } = decision.kind === "answer" ? decision : fail(decision.why);
      const request = requestOf(one), { htype, chaddr } = packetOf(one);
      const packet = replyPacket(request, htype, chaddr, answer, M1);
      const bytes = valueOf(printDhcp4(packet, request.maxBytes));
      holds(bytes.length <= request.maxBytes, `${bytes.length} of ${request.maxBytes}`);
      const { options, ...header } = valueOf(parseDhcp4(bytes));
      const { options: wanted, ...before } = packet;
      deepEqual(header, before);
      for (const [code, value] of options) deepEqual(value, wanted.get(code));
      for (const code of [53, 54, 67]) equal(options.has(code), wanted.has(code));
      for (const code of one.more?.keys() ?? []) equal(options.has(code), code !== 57);
    }),
    { numRuns: 500 },
  );
});
