/** Asks on a link which DHCP servers there are, as a client would that has no address. */
import type { Random } from "../../io/random.ts";
import type { PacketSocket } from "../../io/packet_socket.ts";
import { BOOTREQUEST, BROADCAST, printDhcp4 } from "../../wire/dhcp4.ts";
import { MESSAGE_TYPE, OPTION, textBytes, u8Bytes } from "../../wire/dhcp4_options.ts";
import { printUdpFrame } from "../../wire/ip_frame.ts";
import type { ServedInterface } from "./served_interfaces.ts";

/** By this class members tell each other's search from a machine that boots. */
export const PROBE_CLASS = "confluent search";

const ETHERNET = 1;
const ALL = 0xffff_ffff;

/** Queues a DHCPDISCOVER; what answers is heard as any server is. */
export function searchServers(
  packets: PacketSocket,
  { index, mac }: ServedInterface,
  random: Random,
): void {
  const xid = new DataView(random.bytes(4).buffer).getUint32(0);
  const nowhere = { ciaddr: 0, yiaddr: 0, siaddr: 0, giaddr: 0 };
  const printed = printDhcp4({
    ...{ op: BOOTREQUEST, htype: ETHERNET, hops: 0, xid, secs: 0, flags: BROADCAST },
    ...{ ...nowhere, chaddr: mac, sname: "", file: "" },
    options: new Map([
      [OPTION.MESSAGE_TYPE, u8Bytes(MESSAGE_TYPE.DISCOVER)],
      [OPTION.VENDOR_CLASS_IDENTIFIER, textBytes(PROBE_CLASS)],
    ]),
  }, 0);
  if (!printed.ok) return;
  packets.send(
    index,
    printUdpFrame({
      destinationMac: new Uint8Array(6).fill(0xff),
      sourceMac: mac,
      source: 0,
      destination: ALL,
      sourcePort: 68,
      destinationPort: 67,
      payload: printed.value,
    }),
  );
}
