/**
 * What real clients, relays and servers sent, as tcpdump wrote it: SeaBIOS with iPXE against
 * dnsmasq 2.90 (`bios`: its script by HTTP; `bios-tftp`; `bios-proxy`: with a proxyDHCP server),
 * OVMF by UEFI PXE (`uefi-pxe`, `uefi-grub`), and udhcpc, dhclient, dhcpcd and systemd-networkd,
 * at last through ISC dhcrelay and through dnsmasq as a relay (`clients-and-relays`). `cooked` is
 * one broadcast of udhcpc as it left and as it came in, on any interface at once. The files of
 * firmware hold 400 bytes of each frame.
 */
import { deepEqual, equal, fail, ok as holds } from "node:assert/strict";

import type { Outcome } from "../../src/base/outcome.ts";
import { ipv4Of, ipv4Text } from "../../src/model/ipv4.ts";
import { macText } from "../../src/model/hardware_address.ts";
import { isArpProbe, parseArpFrame, printArpFrame } from "../../src/wire/arp.ts";
import { type Dhcp4Packet, parseCutDhcp4, parseDhcp4, printDhcp4 } from "../../src/wire/dhcp4.ts";
import {
  MESSAGE_TYPE,
  OPTION,
  readAddress,
  readAddresses,
  readEncapsulated,
  readMachineUuid,
  readRequested,
  readText,
  readU16,
  readU16s,
  readU32,
  readU8,
  readUserClasses,
  RELAY_SUBOPTION,
  replyRoom,
} from "../../src/wire/dhcp4_options.ts";
import { parseUdpFrame, printUdpFrame, type UdpFrame } from "../../src/wire/ip_frame.ts";
import { type CapturedPacket, parseCapture } from "../../src/wire/pcap.ts";

const FOLDER = new URL("captures/", import.meta.url);
const DHCP_PORTS: readonly number[] = [67, 68, 4011];
const TFTP_PORT = 69;

function valueOf<T>(outcome: Outcome<T> | undefined): T {
  return outcome?.ok ? outcome.value : fail(outcome?.refusal.message ?? "absent");
}

function packetsOf(name: string): readonly CapturedPacket[] {
  const { packets, endsEarly } = valueOf(parseCapture(Deno.readFileSync(new URL(name, FOLDER))));
  equal(endsEarly, false);
  return packets;
}

/** A message with the frame it came in; `isCut` where the capture has not all of it. */
interface Seen {
  readonly frame: UdpFrame;
  readonly isCut: boolean;
  readonly packet: Dhcp4Packet;
}

function messagesOf(name: string): readonly Seen[] {
  return packetsOf(name).flatMap(({ frame, wireBytes }) => {
    const udp = parseUdpFrame(frame, wireBytes);
    if (udp === undefined || !DHCP_PORTS.includes(udp.destinationPort)) return [];
    const isCut = frame.length < wireBytes;
    const packet = valueOf(isCut ? parseCutDhcp4(udp.payload) : parseDhcp4(udp.payload));
    return [{ frame: udp, isCut, packet }];
  });
}

function messageOf(name: string, at: number): Dhcp4Packet {
  return messagesOf(name)[at]?.packet ?? fail(`${name} has no message ${at}`);
}

const FILES: Readonly<Record<string, readonly [dhcp: number, cut: number, arp: number]>> = {
  "bios-proxy.pcap": [7, 3, 5],
  "bios-tftp.pcap": [6, 3, 5],
  "bios.pcap": [6, 3, 3],
  "clients-and-relays.pcap": [47, 0, 0],
  "cooked-v2-nanoseconds.pcap": [2, 0, 0],
  "cooked.pcap": [2, 0, 0],
  "uefi-grub.pcap": [4, 1, 2],
  "uefi-pxe.pcap": [10, 4, 5],
};

Deno.test("the captures are these", () => {
  deepEqual([...Deno.readDirSync(FOLDER)].map(({ name }) => name).sort(), Object.keys(FILES));
});

for (const [name, [dhcp, cut, arp]] of Object.entries(FILES)) {
  Deno.test(`${name}: every frame is DHCP, ARP or a request by TFTP`, () => {
    const packets = packetsOf(name);
    let arpFrames = 0, tftpFrames = 0;
    for (const { frame, wireBytes } of packets) {
      const said = parseArpFrame(frame);
      if (said !== undefined) {
        deepEqual(printArpFrame(said), frame.subarray(0, 42));
        arpFrames++;
      } else if (parseUdpFrame(frame, wireBytes)?.destinationPort === TFTP_PORT) tftpFrames++;
    }
    const messages = messagesOf(name);
    deepEqual([messages.length, arpFrames], [dhcp, arp]);
    equal(messages.filter(({ isCut }) => isCut).length, cut);
    equal(messages.length + arpFrames + tftpFrames, packets.length);
  });

  Deno.test(`${name}: what is parsed is printed, and parsed again is the same`, () => {
    for (const { frame, packet } of messagesOf(name)) {
      const bytes = valueOf(printDhcp4(packet, 1_472));
      deepEqual(valueOf(parseDhcp4(bytes)), packet);
      deepEqual(parseUdpFrame(printUdpFrame({ ...frame, payload: bytes }))?.payload, bytes);
    }
  });
}

Deno.test("the checksums of UDP are those that others computed", () => {
  const summedUp = packetsOf("clients-and-relays.pcap").filter(({ frame }) => {
    const printed = printUdpFrame(parseUdpFrame(frame) ?? fail("not parsed"));
    deepEqual(printed.subarray(42), frame.subarray(42));
    // A release of dhcpcd has none.
    const there = frame.subarray(40, 42), none = [0, 0];
    deepEqual([...there], there[0] === 0 ? none : [...printed.subarray(40, 42)]);
    return there[0] !== 0;
  });
  equal(summedUp.length, 46);
});

Deno.test("iPXE in a BIOS: its class is a bare text, its architecture 0", () => {
  const { options, ...header } = messageOf("bios.pcap", 0);
  equal(macText(header.chaddr), "52:54:00:77:00:01");
  deepEqual([header.op, header.secs, header.flags, header.xid], [1, 4, 0, 0x4138_8c4e]);
  equal(valueOf(readU8(options, OPTION.MESSAGE_TYPE)), MESSAGE_TYPE.DISCOVER);
  deepEqual(valueOf(readUserClasses(options)), ["iPXE"]);
  deepEqual(valueOf(readU16s(options, OPTION.CLIENT_SYSTEM_ARCHITECTURE)), [0]);
  deepEqual([...options.get(OPTION.CLIENT_NETWORK_INTERFACE) ?? []], [1, 2, 1]);
  equal(readText(options, OPTION.VENDOR_CLASS_IDENTIFIER), "PXEClient:Arch:00000:UNDI:002001");
  equal(replyRoom(options, 1_500), 1_444);
  deepEqual(readRequested(options).slice(0, 4), [1, 3, 6, 7]);
  equal(options.has(OPTION.IPXE), false, "the capture ends within it");
});

Deno.test("OVMF: architecture 7, the machine's UUID, and more room than any link has", () => {
  for (const name of ["uefi-pxe.pcap", "uefi-grub.pcap"]) {
    const discover = messageOf(name, 0), request = messageOf(name, 2);
    equal(discover.flags, 0x8000);
    deepEqual(valueOf(readU16s(discover.options, OPTION.CLIENT_SYSTEM_ARCHITECTURE)), [7]);
    equal(valueOf(readMachineUuid(discover.options)), "0a770001-1111-2222-3333-445566778899");
    equal(discover.options.has(OPTION.USER_CLASS), false);
    equal(valueOf(readU16(request.options, OPTION.MAXIMUM_MESSAGE_SIZE)), 65_280);
    equal(replyRoom(request.options, 1_500), 1_472);
    const asked = valueOf(readAddress(request.options, OPTION.REQUESTED_IP_ADDRESS));
    equal(ipv4Text(asked), "10.77.1.50");
  }
});

Deno.test("iPXE that OVMF loaded is told from OVMF by its class", () => {
  const { options } = messageOf("uefi-pxe.pcap", 4);
  deepEqual(valueOf(readUserClasses(options)), ["iPXE"]);
  deepEqual(valueOf(readU16s(options, OPTION.CLIENT_SYSTEM_ARCHITECTURE)), [7]);
});

Deno.test("dnsmasq's answers: the address, the file with a NUL, the server", () => {
  const offer = messageOf("uefi-pxe.pcap", 1), { options } = offer;
  deepEqual([offer.op, ipv4Text(offer.yiaddr)], [2, "10.77.1.50"]);
  equal(ipv4Text(offer.siaddr), "10.77.0.11");
  equal(valueOf(readAddress(options, OPTION.SERVER_IDENTIFIER)), offer.siaddr);
  equal(readText(options, OPTION.BOOTFILE_NAME), "snponly.efi");
  equal(options.get(OPTION.BOOTFILE_NAME)?.at(-1), 0);
  deepEqual(valueOf(readAddresses(options, OPTION.ROUTER)), [ipv4Of("10.77.0.11")]);
  deepEqual(
    [OPTION.IP_ADDRESS_LEASE_TIME, OPTION.RENEWAL_TIME, OPTION.REBINDING_TIME]
      .map((code) => valueOf(readU32(options, code))),
    [300, 150, 262],
  );
  const script = messageOf("bios.pcap", 1);
  equal(readText(script.options, OPTION.BOOTFILE_NAME), "http://10.77.0.11:8080/boot.ipxe");
});

Deno.test("a proxy's answer: the file in its own field, no address, and PXE's options", () => {
  const offer = messageOf("bios-proxy.pcap", 1), { options } = offer;
  deepEqual([offer.yiaddr, offer.file], [0, "http://10.77.0.11:8080/boot.ipxe"]);
  equal(readText(options, OPTION.VENDOR_CLASS_IDENTIFIER), "PXEClient");
  const within = valueOf(readEncapsulated(options, OPTION.VENDOR_SPECIFIC));
  deepEqual([...within.keys()], [6, 10, 8, 9]);
  equal(valueOf(readU8(within, 6)), 3);
  equal(valueOf(readMachineUuid(options)), "0a770001-1111-2222-3333-445566778899");
  const last = messagesOf("bios-proxy.pcap").slice(-2);
  deepEqual(last.map(({ frame }) => [frame.sourcePort, frame.destinationPort]), [[68, 4011], [
    4011,
    68,
  ]]);
});

Deno.test("dhcrelay tells the circuit, and has it back; dnsmasq as a relay tells nothing", () => {
  const relayed = messagesOf("clients-and-relays.pcap").slice(-8);
  for (const { frame, packet } of relayed) {
    equal(ipv4Text(packet.giaddr), "10.78.0.1");
    deepEqual([frame.sourcePort, frame.destinationPort, packet.hops], [67, 67, 1]);
  }
  for (const { packet } of relayed.slice(0, 4)) {
    const told = valueOf(readEncapsulated(packet.options, OPTION.RELAY_AGENT_INFORMATION));
    deepEqual([...told.keys()], [RELAY_SUBOPTION.CIRCUIT_ID]);
    equal(readText(told, RELAY_SUBOPTION.CIRCUIT_ID), "eth1");
  }
  for (const { packet } of relayed.slice(4)) equal(packet.options.has(82), false);
});

Deno.test("clients of an installed system, from the first lease to its release", () => {
  const types = messagesOf("clients-and-relays.pcap").slice(0, 39)
    .map(({ packet }) => valueOf(readU8(packet.options, OPTION.MESSAGE_TYPE)));
  const lease = [1, 2, 3, 5];
  deepEqual(types, [
    ...[...lease, ...lease, ...lease, 7], // udhcpc
    ...[...lease, 3, 5, 7], // dhclient, which remembers
    ...[...lease, 3, 5, 3, 5, 7], // dhcpcd, which remembers too
    ...[...lease, 7, ...lease, 7], // systemd-networkd
  ]);
  const host = messageOf("clients-and-relays.pcap", 0);
  equal(readText(host.options, OPTION.HOST_NAME), "udhcpc-host");
  equal(readText(host.options, OPTION.VENDOR_CLASS_IDENTIFIER), "udhcp 1.35.0");
});

Deno.test("a client looks whether its address is free", () => {
  const probes = packetsOf("bios.pcap").map(({ frame }) => parseArpFrame(frame))
    .filter((said) => said !== undefined);
  const [first] = probes;
  equal(first && ipv4Text(first.targetAddress), "10.77.1.50");
  holds(first !== undefined && !isArpProbe(first), "iPXE announces it, and does not ask");
});

Deno.test("one broadcast by two cooked links, in micro- and nanoseconds", () => {
  const first = packetsOf("cooked.pcap"), second = packetsOf("cooked-v2-nanoseconds.pcap");
  deepEqual(second.map(({ frame }) => frame), first.map(({ frame }) => frame));
  const addresses = first.map(({ frame }) => parseUdpFrame(frame) ?? fail("no frame"))
    .map(({ destinationMac, sourceMac }) => [macText(destinationMac), macText(sourceMac)]);
  deepEqual(addresses, [
    ["00:00:00:00:00:00", "02:77:00:00:0c:09"], // going out: nobody says to whom
    ["ff:ff:ff:ff:ff:ff", "02:77:00:00:0c:09"],
  ]);
  for (const [at, { atMs, wireBytes, frame }] of second.entries()) {
    equal(Math.floor(atMs * 1_000), Math.round((first[at]?.atMs ?? 0) * 1_000));
    deepEqual([wireBytes, frame.length], [342, 342]);
  }
});
