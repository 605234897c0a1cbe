/** What real clients ask, in the captures of dhcp_captures_test.ts, as the boot decision reads it:
 * those of their messages that were captured whole. */
import { deepEqual } from "node:assert/strict";

import { ipv4Text } from "../../src/model/ipv4.ts";
import { readBootRequest } from "../../src/netboot/boot_request.ts";
import { BOOTREQUEST, parseDhcp4 } from "../../src/wire/dhcp4.ts";
import { parseUdpFrame } from "../../src/wire/ip_frame.ts";
import { parseCapture } from "../../src/wire/pcap.ts";

/** `discover ipxe bios` of each request, those that say the same in a row once. */
function asked(name: string): string[] {
  const file = new URL(`captures/${name}`, import.meta.url);
  const capture = parseCapture(Deno.readFileSync(file));
  if (!capture.ok) return [capture.refusal.message];
  const lines = capture.value.packets.flatMap(({ frame, wireBytes }) => {
    const udp = parseUdpFrame(frame, wireBytes);
    if (udp === undefined || frame.length < wireBytes) return [];
    if (![67, 4011].includes(udp.destinationPort)) return [];
    const packet = parseDhcp4(udp.payload);
    if (!packet.ok || packet.value.op !== BOOTREQUEST) return [];
    const read = readBootRequest(packet.value);
    if (!read.ok) return [read.refusal.message];
    const { kind, client, architecture, giaddr, uuid } = read.value;
    return [
      [
        ...[kind, client, architecture],
        udp.destinationPort === 4011 ? "at 4011" : undefined,
        giaddr === 0 ? undefined : `by ${ipv4Text(giaddr)}`,
        uuid === undefined ? undefined : `of ${uuid.slice(0, 8)}`,
      ].filter((word) => word !== undefined).join(" "),
    ];
  });
  return lines.filter((line, at) => line !== lines[at - 1]);
}

const LEASE = ["discover plain", "selecting plain"];
const RELAYED = ["discover plain by 10.78.0.1", "selecting plain by 10.78.0.1"];

const FILES: Readonly<Record<string, readonly string[]>> = {
  "uefi-pxe.pcap": ["discover pxe uefi-x64 of 0a770001"],
  "uefi-grub.pcap": ["discover pxe uefi-x64 of 0a770001"],
  "clients-and-relays.pcap": [
    ...[...LEASE, ...LEASE, ...LEASE, "release plain"], // udhcpc
    ...[...LEASE, "init-reboot plain", "release plain"], // dhclient, which remembers
    ...[...LEASE, "init-reboot plain", "release plain"], // dhcpcd, which remembers too
    ...[...LEASE, "release plain", ...LEASE, "release plain"], // systemd-networkd
    ...[...RELAYED, ...RELAYED], // through dhcrelay, and through dnsmasq
  ],
};

for (const [name, lines] of Object.entries(FILES)) {
  Deno.test(`${name}: who asks for what`, () => deepEqual(asked(name), lines));
}
