/** Whether an address is in use, by asking on the link: two ARP probes, RFC 5227 section 2.1.1 in
 * short. */
import { ARP_PROBE_MS, FRAMES_A_TURN, MAX_PROBES } from "../../base/boot_limits.ts";
import type { Outcome } from "../../base/outcome.ts";
import type { Clock } from "../../io/clock.ts";
import type { PacketSocket } from "../../io/packet_socket.ts";
import type { Poller } from "../../io/poller.ts";
import { macText } from "../../model/hardware_address.ts";
import type { Ipv4 } from "../../model/ipv4.ts";
import { arpProbe, parseArpFrame, printArpFrame } from "../../wire/arp.ts";
import type { ServedInterface } from "./served_interfaces.ts";

interface Asking {
  readonly address: Ipv4;
  readonly mac: string;
  readonly heard: (mac: string) => void;
}

export class AddressProbe {
  readonly #clock: Clock;
  readonly #poller: Poller;
  readonly #open: () => Outcome<PacketSocket>;
  readonly #asking = new Set<Asking>();
  #socket: PacketSocket | undefined;
  #unwatch: () => void = () => {};

  constructor(clock: Clock, poller: Poller, open: () => Outcome<PacketSocket>) {
    this.#clock = clock;
    this.#poller = poller;
    this.#open = open;
  }

  /** Whose the address is, for people; undefined where it is free, or the asker's own. */
  async holderOf(on: ServedInterface, address: Ipv4, mac: string): Promise<string | undefined> {
    if (this.#asking.size >= MAX_PROBES) return "somebody, perhaps: too many are asked for at once";
    const socket = this.#socketOpened();
    if (!socket.ok) return `somebody, perhaps: ${socket.refusal.message}`;
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    const asking = { address, mac, heard: resolve };
    this.#asking.add(asking);
    const ask = (): void => {
      socket.value.send(on.index, printArpFrame(arpProbe(on.mac, address)));
      socket.value.flush();
    };
    ask();
    const cancels = [
      this.#clock.after(ARP_PROBE_MS / 2, ask),
      this.#clock.after(ARP_PROBE_MS, () => resolve(undefined)),
    ];
    const found = await promise;
    for (const cancel of cancels) cancel();
    this.#asking.delete(asking);
    return found;
  }

  close(): void {
    this.#unwatch();
    this.#socket?.close();
    for (const { heard } of this.#asking) heard("nobody knows: this member stops");
  }

  #socketOpened(): Outcome<PacketSocket> {
    if (this.#socket !== undefined) return { ok: true, value: this.#socket };
    const opened = this.#open();
    if (!opened.ok) return opened;
    this.#socket = opened.value;
    this.#unwatch = this.#poller.watch(opened.value.fd, () => this.#readable(opened.value));
    return opened;
  }

  #readable(socket: PacketSocket): void {
    socket.receive(FRAMES_A_TURN, (bytes) => {
      const frame = parseArpFrame(bytes);
      if (frame === undefined) return;
      const mac = macText(frame.senderMac);
      for (const asking of this.#asking) {
        if (asking.address === frame.senderAddress && asking.mac !== mac) asking.heard(mac);
      }
    });
  }
}
