/** The sockets of DHCP: frames are read and written as they are on the link, and the ports are held
 * so that no other server takes them, and for what goes by the host's own routes. */
import type { Outcome } from "../../base/outcome.ts";
import type { Clock } from "../../io/clock.ts";
import type { DatagramSocket } from "../../io/datagram.ts";
import type { PacketSocket } from "../../io/packet_socket.ts";
import type { BootPorts } from "./boot_ports.ts";
import { KeptOpen } from "./kept_open.ts";

const PORTS = [67, 4011] as const;
type Port = typeof PORTS[number];

export interface DhcpSocketsParts {
  readonly clock: Clock;
  readonly ports: BootPorts;
  readonly changed: () => void;
  readonly tell: (line: string) => void;
}

export class DhcpSockets {
  readonly packets: KeptOpen<PacketSocket>;
  readonly #held: ReadonlyMap<Port, KeptOpen<DatagramSocket>>;
  readonly #open: BootPorts["openDatagrams"];
  /** In place of the ports that others hold. */
  #any: DatagramSocket | undefined;

  constructor({ clock, ports, changed, tell }: DhcpSocketsParts) {
    this.#open = (options) => ports.openDatagrams(options);
    this.packets = new KeptOpen<PacketSocket>({
      ...{ clock, changed, tell },
      open: () => ports.openPackets("dhcp"),
      close: (socket) => socket.close(),
    });
    this.#held = new Map(PORTS.map((port) => [
      port,
      new KeptOpen<DatagramSocket>({
        ...{ clock, changed, tell },
        open: () => this.#open({ port, isDeaf: true }),
        close: (socket) => socket.close(),
      }),
    ]));
  }

  async start(): Promise<void> {
    await Promise.all([this.packets, ...this.#held.values()].map((kept) => kept.start()));
  }

  /** What is sent by the host's routes: from that port, or any where it is another's. */
  routed(port: Port): DatagramSocket | undefined {
    return this.#held.get(port)?.thing ?? this.#anyPort();
  }

  /** What is not open, and why, a line each. */
  get troubles(): readonly string[] {
    return [this.packets, ...this.#held.values()].flatMap(({ why }) => why ?? []);
  }

  async close(): Promise<void> {
    this.#any?.close();
    await Promise.all([this.packets, ...this.#held.values()].map((kept) => kept.close()));
  }

  #anyPort(): DatagramSocket | undefined {
    if (this.#any !== undefined) return this.#any;
    const opened: Outcome<DatagramSocket | undefined> = this.#open({ port: 0, isDeaf: true });
    return this.#any = opened.ok ? opened.value : undefined;
  }
}
