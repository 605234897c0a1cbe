/** The sockets where nodes' searches for members are heard, of both versions of IP, and on which
 * interfaces. */
import { SEARCH_BUFFER_BYTES, SEARCH_REJOIN_MS } from "../../base/boot_limits.ts";
import type { Clock } from "../../io/clock.ts";
import type { GroupOptions, GroupSocket } from "../../io/group_socket.ts";
import type { IpAddress } from "../../model/ip_address.ts";
import { isLinkLocal6 } from "../../model/ipv6.ts";
import { SSDP_PORT } from "../../wire/ssdp.ts";
import type { BootPorts } from "./boot_ports.ts";
import { KeptOpen } from "./kept_open.ts";
import type { ServedInterface } from "./served_interfaces.ts";

export interface SearchSocketsParts {
  readonly clock: Clock;
  readonly ports: Pick<BootPorts, "openGroup">;
  /** Those that there are now. */
  interfaces(): readonly ServedInterface[];
  /** A socket was opened: somebody has to look at it. Returns what ends that. */
  opened(socket: GroupSocket): () => void;
  tell(line: string): void;
}

const RECEIVING = { port: SSDP_PORT, receiveBufferBytes: SEARCH_BUFFER_BYTES };

/** SSDP's groups, 239.255.255.250 and ff02::c, and how they are heard. */
export const SEARCH_GROUPS: readonly GroupOptions[] = [
  { group: { family: 4, address: 0xefff_fffa }, ...RECEIVING },
  { group: { family: 6, address: (0xff02n << 112n) + 0xcn }, ...RECEIVING },
];

export class SearchSockets {
  readonly #parts: SearchSocketsParts;
  readonly #heard: readonly Heard[];
  #cancel: () => void = () => {};
  #isClosed = false;

  constructor(parts: SearchSocketsParts) {
    this.#parts = parts;
    this.#heard = SEARCH_GROUPS.map((options) => new Heard(options, parts));
  }

  async start(): Promise<void> {
    this.#planRejoin();
    await Promise.all(this.#heard.map(({ kept }) => kept.start()));
  }

  /** Interfaces may be others than before. */
  refresh(): void {
    for (const one of this.#heard) one.refresh();
  }

  /** What is not open or not heard, and why, a line each. */
  get troubles(): readonly string[] {
    return this.#heard.flatMap(({ kept, faults }) => [
      ...kept.why === undefined ? [] : [kept.why],
      ...faults,
    ]);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel();
    await Promise.all(this.#heard.map(({ kept }) => kept.close()));
  }

  #planRejoin(): void {
    this.#cancel = this.#parts.clock.after(SEARCH_REJOIN_MS, () => {
      if (this.#isClosed) return;
      for (const one of this.#heard) one.rejoin();
      this.#planRejoin();
    });
  }
}

/** One group: its socket, and where that has joined. */
class Heard {
  readonly kept: KeptOpen<GroupSocket>;
  readonly #parts: SearchSocketsParts;
  readonly #family: IpAddress["family"];
  readonly #joined = new Set<number>();
  /** Why it could not join, by interface. */
  #faults = new Map<number, string>();
  #end: () => void = () => {};

  constructor(options: GroupOptions, parts: SearchSocketsParts) {
    this.#parts = parts;
    this.#family = options.group.family;
    const { clock, ports, tell } = parts;
    this.kept = new KeptOpen<GroupSocket>({
      ...{ clock, tell },
      open: () => ports.openGroup(options),
      close: (socket) => {
        this.#end();
        socket.close();
      },
      changed: () => {
        if (this.kept.thing !== undefined) this.#end = parts.opened(this.kept.thing);
        this.refresh();
      },
    });
  }

  get faults(): Iterable<string> {
    return this.#faults.values();
  }

  refresh(): void {
    const socket = this.kept.thing;
    if (socket === undefined) return;
    const wanted = this.#parts.interfaces().filter((one) => this.#mayHear(one));
    for (const index of this.#joined) {
      if (wanted.some((one) => one.index === index)) continue;
      socket.leave(index);
      this.#joined.delete(index);
    }
    const faults = new Map<number, string>();
    for (const { index, name } of wanted) {
      if (this.#joined.has(index)) continue;
      const joined = socket.join(index, name);
      if (joined.ok) {
        this.#joined.add(index);
        continue;
      }
      const { message } = joined.refusal;
      faults.set(index, message);
      if (this.#faults.get(index) !== message) this.#parts.tell(message);
    }
    this.#faults = faults;
  }

  /** Says again on the wire that it hears. */
  rejoin(): void {
    for (const index of this.#joined) this.kept.thing?.leave(index);
    this.#joined.clear();
    this.refresh();
  }

  #mayHear({ locals, locals6 }: ServedInterface): boolean {
    if (this.#family === 4) return locals.length > 0;
    return locals6.some(({ address }) => isLinkLocal6(address));
  }
}
