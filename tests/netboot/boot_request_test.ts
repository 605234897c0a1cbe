import { deepEqual, equal, fail, match } from "node:assert/strict";

import fc from "fast-check";

import { ipv4Text } from "../../src/model/ipv4.ts";
import { type BootRequest, isBogusUuid, readBootRequest } from "../../src/netboot/boot_request.ts";
import { BOOTREPLY, type Dhcp4Packet } from "../../src/wire/dhcp4.ts";
import { machineUuidBytes, OPTION, textBytes, u16Bytes } from "../../src/wire/dhcp4_options.ts";
import { DHCP_PACKET } from "./any_packet.ts";
import { type Ask, packetOf, requestOf, UUID, valueOf } from "./boot_stage.ts";

function whyNot(packet: Dhcp4Packet): string {
  const read = readBootRequest(packet);
  return read.ok ? fail("it was read") : read.refusal.message;
}

// ---- RFC 2131, table 4: which DHCPREQUEST it is

const KINDS: readonly (readonly [Ask, BootRequest["kind"]])[] = [
  [{ type: "DISCOVER" }, "discover"],
  [{ type: "DISCOVER", serverId: "10.0.0.1", requested: "10.0.0.50" }, "discover"],
  [{ type: "REQUEST", serverId: "10.0.0.1", requested: "10.0.0.50" }, "selecting"],
  [{ type: "REQUEST", requested: "10.0.0.50" }, "init-reboot"],
  [{ type: "REQUEST", ciaddr: "10.0.0.50" }, "rebinding"],
  [{ type: "REQUEST" }, "rebinding"],
  [{ type: "INFORM", ciaddr: "10.0.0.50" }, "inform"],
  [{ type: "DECLINE", serverId: "10.0.0.1", requested: "10.0.0.50" }, "decline"],
  [{ type: "RELEASE", serverId: "10.0.0.1", ciaddr: "10.0.0.50" }, "release"],
];

Deno.test("requests are told apart by what they name", () => {
  for (const [ask, kind] of KINDS) equal(requestOf(ask).kind, kind, JSON.stringify(ask));
});

Deno.test("what is no request says why", () => {
  const { options, ...header } = packetOf({});
  equal(whyNot({ ...header, options, op: BOOTREPLY }), "it is no request but an answer");
  equal(whyNot({ ...header, options: new Map() }), "BOOTP without a DHCP message type");
  for (const type of ["OFFER", "ACK", "NAK"] as const) {
    match(whyNot(packetOf({ type })), /^DHCP message [256] is no request$/);
  }
  for (const code of [OPTION.MESSAGE_TYPE, OPTION.REQUESTED_IP_ADDRESS, OPTION.SERVER_IDENTIFIER]) {
    const broken = new Map([...options, [code, Uint8Array.of(1, 2, 3)]]);
    match(whyNot({ ...header, options: broken }), new RegExp(`^cannot read option ${code} of 3 `));
  }
});

Deno.test("what only describes the client may make no sense", () => {
  const nonsense = Uint8Array.of(1, 2, 3);
  const codes = [57, 61, 77, 82, 93, 94, 97];
  const request = requestOf({ more: new Map(codes.map((code) => [code, nonsense])) });
  deepEqual([request.client, request.uuid, request.architecture, request.maxBytes], [
    "pxe",
    undefined,
    undefined,
    548,
  ]);
  deepEqual([request.machineId, request.relayAgent, request.clientId], [
    nonsense,
    nonsense,
    nonsense,
  ]);
});

// ---- which client it is

const WHO: readonly (readonly [Ask, string])[] = [
  [{ client: "bios" }, "pxe bios 0"],
  [{ client: "uefi" }, "pxe uefi-x64 7"],
  [{ client: "uefi", architectures: [9] }, "pxe uefi-x64 9"],
  [{ client: "arm64" }, "pxe uefi-arm64 11"],
  [{ client: "http" }, "http uefi-x64 16"],
  [{ client: "http-arm64" }, "http uefi-arm64 19"],
  [{ client: "ipxe" }, "ipxe uefi-x64 7"],
  [{ client: "plain" }, "plain - -"],
  [{ client: "nameless" }, "plain - -"],
  [{ client: "nameless", architectures: [7] }, "plain - 7"],
  [{ client: "uefi", architectures: [6] }, "pxe - 6"],
  [{ client: "uefi", architectures: [6, 7] }, "pxe uefi-x64 7"],
  [{ client: "uefi", architectures: [12, 6] }, "pxe - 12"],
  [{ client: "uefi", architectures: [0xffff] }, "pxe - 65535"],
];

Deno.test("clients go by class, architectures by number: the first of several that boots", () => {
  for (const [ask, who] of WHO) {
    const { client, architecture = "-", architectureCode = "-" } = requestOf(ask);
    equal(`${client} ${architecture} ${architectureCode}`, who, JSON.stringify(ask));
  }
});

Deno.test("iPXE is known by its class in either form, or by its own options", () => {
  const listed = Uint8Array.of(4, ...textBytes("iPXE"));
  const two = Uint8Array.of(3, ...textBytes("foo"), 4, ...textBytes("iPXE"));
  for (const [code, value] of [[77, listed], [77, two], [77, textBytes("iPXE")], [175, listed]]) {
    const more = new Map([[code as number, value as Uint8Array]]);
    equal(requestOf({ client: "uefi", more }).client, "ipxe");
  }
  equal(requestOf({ client: "uefi", more: new Map([[77, textBytes("iPXE2")]]) }).client, "pxe");
});

// ---- who it is

Deno.test("a UUID that many machines have is none, whatever firmware made of it", () => {
  equal(requestOf({ uuid: UUID }).uuid, UUID);
  const bogus = [
    "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "03000200-0400-0500-0006-000700080009",
    "00020003-0004-0005-0006-000700080009",
    "12345678-1234-5678-90ab-cddeefaabbcc",
  ];
  for (const uuid of bogus) {
    equal(isBogusUuid(uuid), true);
    const request = requestOf({ uuid });
    deepEqual([request.uuid, request.machineId], [undefined, valueOf(machineUuidBytes(uuid))]);
  }
  equal(isBogusUuid(UUID), false);
});

Deno.test("hardware addresses of any length, and none", () => {
  equal(requestOf({ mac: "52:54:00:AB:cd:ef" }).mac, "52:54:00:ab:cd:ef");
  equal(requestOf({ mac: "" }).mac, "");
  equal(requestOf({ mac: "00:11:22:33:44:55:66:77" }).mac, "00:11:22:33:44:55:66:77");
});

// ---- where it is, and what it wants

Deno.test("a relay's word on the link and the server counts, of a relay alone", () => {
  const told = { link: "10.2.0.0", override: "10.2.0.1" };
  const relayed = requestOf({ ...told, giaddr: "10.1.0.1" });
  equal(ipv4Text(relayed.link), "10.2.0.0");
  equal(ipv4Text(relayed.serverIdOverride ?? 0), "10.2.0.1");
  equal(requestOf(told).link, 0);
  deepEqual([requestOf({}).link, requestOf({}).serverIdOverride], [0, undefined]);
});

Deno.test("it wants a broadcast, options in its order, and no more than it has room for", () => {
  equal(requestOf({ flags: 0x8000 }).wantsBroadcast, true);
  equal(requestOf({ flags: 0x7fff }).wantsBroadcast, false);
  deepEqual(requestOf({ asked: [3, 1, 3, 66, 1] }).asked, [3, 1, 66]);
  deepEqual(requestOf({}).asked, []);
  const room = (bytes: number): number =>
    requestOf({ more: new Map([[57, u16Bytes(bytes)]]) }).maxBytes;
  deepEqual([room(0), room(576), room(1_400), room(1_500), room(65_280)], [
    548,
    548,
    1_372,
    1_472,
    1_472,
  ]);
});

Deno.test("any parsed packet is read or refused, and what is read outlives the packet", () => {
  fc.assert(
    fc.property(DHCP_PACKET, (packet) => {
      const read = readBootRequest(packet);
      if (!read.ok) return equal(read.refusal.kind, "invalid");
      const before = JSON.stringify(read.value);
      packet.chaddr.fill(0);
      for (const value of packet.options.values()) value.fill(0);
      equal(JSON.stringify(read.value), before);
    }),
    { numRuns: 1_000 },
  );
});
