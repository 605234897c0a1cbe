/** What boot services stand on, and how they are set; main.ts names the real ones. */
import type { Outcome } from "../../base/outcome.ts";
import type { Endpoint } from "../../io/link.ts";
import type { DatagramOptions, DatagramSocket } from "../../io/datagram.ts";
import type { HostInterface } from "../../io/interfaces.ts";
import type { PacketSocket } from "../../io/packet_socket.ts";
import type { Poller } from "../../io/poller.ts";
import type { Ipv4 } from "../../model/ipv4.ts";

export interface BootPorts {
  openPoller(): Outcome<Poller>;
  openPackets(filter: "dhcp" | "arp"): Outcome<PacketSocket>;
  openDatagrams(options: DatagramOptions): Outcome<DatagramSocket>;
  listInterfaces(): Outcome<readonly HostInterface[]>;
  lookUpName(name: string): Promise<Ipv4 | undefined>;
}

export interface BootOptions {
  /** Where boot files are served over HTTP. */
  readonly http: Endpoint;
  /** Interfaces where it answers; all that have an address where none is named. */
  readonly interfaces: readonly string[];
  /** Where it gives addresses beside servers that are no members. */
  readonly authoritative: readonly string[];
}
