/**
 * DHCP servers that are no members, on segments that this member serves. While one was heard of
 * late, this member gives no addresses there, only boot files: two that both give addresses are a
 * fault that shows itself much later.
 *
 * An answer that was seen on the wire is proof. That a client names one is not: any machine could
 * claim that. It only makes this member ask, as a client would.
 */
import {
  FOREIGN_ASK_MS,
  FOREIGN_KEPT_MS,
  FOREIGN_TELL_MS,
  MAX_FOREIGN_NOTICES,
  MAX_FOREIGN_SERVERS,
} from "../../base/boot_limits.ts";
import { type Ipv4, ipv4Text, isWithin, type Network, sameNetwork } from "../../model/ipv4.ts";

interface Foreign {
  readonly via: string;
  readonly networks: readonly Network[];
  atMs: number;
}

export class ForeignServers {
  readonly #servers = new Map<Ipv4, Foreign>();
  readonly #askedAtMs = new Map<string, number>();
  readonly #suspected = new Set<string>();
  #toldAtMs = Number.NEGATIVE_INFINITY;

  /** One was heard to answer on that interface; true where that is news, as which one in a while
   * counts: anybody may make up as many as there are addresses. */
  heard(server: Ipv4, via: string, networks: readonly Network[], nowMs: number): boolean {
    const isNew = !this.#isThere(this.#servers.get(server), nowMs);
    this.#servers.delete(server);
    const [oldest] = this.#servers.keys();
    if (this.#servers.size >= MAX_FOREIGN_SERVERS && oldest !== undefined) {
      this.#servers.delete(oldest);
    }
    this.#servers.set(server, { via, networks, atMs: nowMs });
    if (!isNew || nowMs - this.#toldAtMs < FOREIGN_TELL_MS) return false;
    this.#toldAtMs = nowMs;
    return true;
  }

  /** One that gives addresses on any of the networks. */
  on(networks: readonly Network[], nowMs: number): Ipv4 | undefined {
    for (const [server, foreign] of this.#servers) {
      if (!this.#isThere(foreign, nowMs)) continue;
      const isOn = networks.some((one) =>
        foreign.networks.some((other) => sameNetwork(one, other))
      );
      if (isOn || networks.some((network) => isWithin(network, server))) return server;
    }
    return undefined;
  }

  /** A client named one there: the interface is to be asked as soon as it may be. */
  suspect(via: string): void {
    this.#suspected.add(via);
  }

  isSuspected(via: string): boolean {
    return this.#suspected.has(via);
  }

  /** Whether it is time to ask on the interface; it is asked then. */
  mayAsk(via: string, nowMs: number): boolean {
    if (nowMs - (this.#askedAtMs.get(via) ?? Number.NEGATIVE_INFINITY) < FOREIGN_ASK_MS) {
      return false;
    }
    this.#askedAtMs.set(via, nowMs);
    this.#suspected.delete(via);
    return true;
  }

  countAt(nowMs: number): number {
    return this.#servers.values().filter((foreign) => this.#isThere(foreign, nowMs)).toArray()
      .length;
  }

  /** A line for each that is there now, the newest first; of many for some. */
  notices(name: string, nowMs: number): string[] {
    const there = [...this.#servers].filter(([, foreign]) => this.#isThere(foreign, nowMs));
    const lines = there.reverse().slice(0, MAX_FOREIGN_NOTICES).map(([server, { via }]) =>
      `${ipv4Text(server)}, which is no member, answers DHCP on ${via} of ${name}: ${name} gives ` +
      `boot files there and no addresses; stop that server, or start ${name} with ` +
      `--dhcp-authoritative ${via}`
    );
    const more = there.length - lines.length;
    if (more > 0) {
      lines.push(`${more} more servers, which are no members, answer ${name} with DHCP`);
    }
    return lines;
  }

  #isThere(foreign: Foreign | undefined, nowMs: number): boolean {
    return foreign !== undefined && nowMs - foreign.atMs < FOREIGN_KEPT_MS;
  }
}
