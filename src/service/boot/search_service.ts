/**
 * Searches of nodes for members as a member hears them: each is decided by its own copy of the
 * state and answered at once, to whoever sent it, by the interface that it came by. Nothing is kept
 * of it but a line in the timeline.
 */
import {
  MAX_SEARCHES,
  MAX_SEARCHES_OF_ONE,
  MAX_SEARCHES_OFF_LINK,
  SEARCHES_A_TURN,
} from "../../base/boot_limits.ts";
import { oneLine } from "../../base/one_line.ts";
import type { Clock } from "../../io/clock.ts";
import type { GroupPeer, GroupSocket } from "../../io/group_socket.ts";
import type { BootOutcome } from "../../model/boot_event.ts";
import { ipAddressText } from "../../model/ip_address.ts";
import {
  decideSearch,
  isOnLink,
  machineIdsOf,
  type SearchArrival,
  type SearchDecision,
  type SearchView,
} from "../../netboot/search_decision.ts";
import { parseSsdp, printSearchAnswer, type SearchField } from "../../wire/ssdp.ts";
import type { Logger } from "../logger.ts";
import type { BootLog } from "./boot_log.ts";
import { SearchBudget } from "./search_budget.ts";
import type { SearchCounts } from "./search_counts.ts";
import type { ServedInterface, ServedInterfaces } from "./served_interfaces.ts";

export interface SearchParts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly interfaces: ServedInterfaces;
  readonly timeline: BootLog;
  readonly counts: SearchCounts;
  readonly view: SearchView;
}

/** Where an answer goes. */
interface Asker {
  readonly socket: GroupSocket;
  readonly peer: GroupPeer;
  readonly on: ServedInterface;
}

export class SearchService {
  readonly #parts: SearchParts;
  readonly #near = new SearchBudget(MAX_SEARCHES, MAX_SEARCHES_OF_ONE);
  readonly #far = new SearchBudget(MAX_SEARCHES_OFF_LINK, MAX_SEARCHES_OF_ONE);
  /** Of the sockets' own counts, what was counted. */
  readonly #tooLong = new WeakMap<GroupSocket, number>();
  readonly #dropped = new WeakMap<GroupSocket, number>();

  constructor(parts: SearchParts) {
    this.#parts = parts;
  }

  /** Takes what waits at the socket. */
  readable(socket: GroupSocket): void {
    const { interfaces, counts } = this.#parts;
    socket.receive(SEARCHES_A_TURN, (bytes, peer) => {
      const on = interfaces.byIndex(peer.interfaceIndex);
      if (on !== undefined) this.#guarded(() => this.#datagram(bytes, { socket, peer, on }));
    });
    counts.malformed += grownBy(this.#tooLong, socket, socket.tooLong);
    counts.dropped += grownBy(this.#dropped, socket, socket.dropped());
  }

  // ----

  /** All members hear the same search: a fault that it finds must not end them all. */
  #guarded(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#parts.counts.faults++;
      this.#parts.log.error(`a search met a fault of this member: ${oneLine(error)}`);
    }
  }

  #datagram(bytes: Uint8Array, asker: Asker): void {
    const { counts } = this.#parts;
    const parsed = parseSsdp(bytes);
    if (!parsed.ok) return void counts.malformed++;
    // Others than machines of clusters speak SSDP as well, and more of it.
    if (parsed.value.type !== "search") return;
    counts.requests++;
    if (this.#isFlood(asker)) return void counts.floods++;
    this.#search(parsed.value.fields, asker);
  }

  /** Of who is not on the link nobody is answered: however many of them there are, they take
   * nothing from those who are. */
  #isFlood({ peer, on }: Asker): boolean {
    const budget = isOnLink(arrivalOf(peer, on)) ? this.#near : this.#far;
    const key = `${ipAddressText(peer.host)}%${on.index}`;
    return !budget.take(key, this.#parts.clock.now().monoMs);
  }

  #search(fields: readonly SearchField[], asker: Asker): void {
    const { clock, counts, view, timeline } = this.#parts;
    const { socket, peer, on } = asker, via = on.name;
    const decision = decideSearch(fields, arrivalOf(peer, on), view);
    if (decision.isStranger) this.#sighted(fields, decision, asker);
    const { answer, why } = decision;
    if (answer === undefined) {
      counts.silences++;
      return this.#tell(decision, asker, "silence", why);
    }
    if (decision.node !== undefined) {
      for (const mac of machineIdsOf(fields).macs) timeline.recognized(mac);
    }
    const wallMs = Math.floor(clock.now().wallMs);
    const node = answer.node && { ...answer.node, wallMs };
    if (!socket.send(peer, printSearchAnswer({ ...answer, node }))) {
      counts.unsent++;
      return this.#tell(decision, asker, "failed", "the kernel does not send the answer");
    }
    counts.answers++;
    const net = answer.node?.isDefaultNet === true ? ", the network of its own address" : "";
    const told = answer.node === undefined
      ? `answered, ${via}, but not which node it is: ${why}`
      : `answered, ${via}${net}`;
    this.#tell(decision, asker, "answered", told);
  }

  #sighted(fields: readonly SearchField[], { mac, why }: SearchDecision, { on }: Asker): void {
    if (mac === "") return;
    const { uuid = "" } = machineIdsOf(fields);
    const more = { client: "a search for members", via: on.name, relayAgent: "" };
    this.#parts.timeline.sighted({ mac, uuid, why, ...more }, this.#parts.clock.now().wallMs);
  }

  #tell(
    { node, mac }: SearchDecision,
    { peer, on }: Asker,
    outcome: BootOutcome,
    told: string,
  ): void {
    const { clock, log, timeline } = this.#parts;
    const from = ipAddressText(peer.host), asked = `SEARCH from ${from} on ${on.name}`;
    const subject = { name: node ?? (mac || from), isNode: node !== undefined };
    const atMs = clock.now().wallMs;
    timeline.add(subject, { atMs, topic: "search", mac, asked, outcome, told });
    log.debug(`${subject.name}: ${asked}: ${told}`);
  }
}

function arrivalOf({ host: from }: GroupPeer, on: ServedInterface): SearchArrival {
  return { via: on.name, locals: on.locals, locals6: on.locals6, from };
}

/** By how much a count has grown since it was looked at last. */
function grownBy(known: WeakMap<GroupSocket, number>, socket: GroupSocket, count: number): number {
  const before = known.get(socket) ?? 0;
  known.set(socket, count);
  return count - before;
}
