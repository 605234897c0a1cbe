/** What became of exchanges of DHCP: how fast, and whether each had one answer. */
import { quantile } from "./figures.ts";
import { ipv4Text } from "../../src/model/ipv4.ts";

/** One of them, from the first DISCOVER on. Times are from there. */
export interface Exchange {
  readonly begunAtMs: number;
  discovers: number;
  requests: number;
  /** All that were seen, the repeated and the late too. */
  readonly offers: {
    readonly server: number;
    readonly address: number;
    readonly afterMs: number;
  }[];
  acks: number;
  naks: number;
  offeredMs: number | undefined;
  /** Until the first ACK. */
  endedMs: number | undefined;
}

export interface StormResult {
  readonly begun: number;
  readonly offered: number;
  readonly ended: number;
  /** Exchanges that were offered more than one address: never right. */
  readonly different: number;
  /** Those with an OFFER from each of two servers, or with more of them than DISCOVERs. */
  readonly doubled: number;
  /** Some of them, for people. */
  readonly doubles: readonly string[];
  /** More ACKs than REQUESTs. */
  readonly acksDoubled: number;
  readonly naks: number;
  /** That sent another DISCOVER, or another REQUEST. */
  readonly repeated: number;
  /** From the first DISCOVER to the first OFFER. */
  readonly offerMs: Spread;
  readonly ackMs: Spread;
  /** From the first DISCOVER of all to the last ACK of those that have one. */
  readonly allMs: number;
  /** How many first OFFERs each server gave. */
  readonly servers: Readonly<Record<string, number>>;
  /** Frames that the kernel did not take or dropped. */
  readonly lost: number;
}

export interface Spread {
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
}

const SHOWN = 5;

export function judged(exchanges: readonly Exchange[], lost: number): StormResult {
  const doubled = exchanges.filter(isDoubled);
  const offered = exchanges.flatMap(({ offeredMs }) => offeredMs ?? []);
  const ended = exchanges.flatMap(({ endedMs }) => endedMs ?? []);
  const firstAtMs = Math.min(...exchanges.map(({ begunAtMs }) => begunAtMs));
  const lastAtMs = Math.max(
    ...exchanges.flatMap(({ begunAtMs, endedMs }) =>
      endedMs === undefined ? [] : begunAtMs + endedMs
    ),
  );
  const servers: Record<string, number> = {};
  for (const { offers: [first] } of exchanges) {
    if (first === undefined) continue;
    const server = ipv4Text(first.server);
    servers[server] = (servers[server] ?? 0) + 1;
  }
  return {
    begun: exchanges.length,
    offered: offered.length,
    ended: ended.length,
    different: exchanges.filter(({ offers }) => countOf(offers, "address") > 1).length,
    doubled: doubled.length,
    doubles: doubled.slice(0, SHOWN).map(doubleText),
    acksDoubled: exchanges.filter(({ acks, requests }) => acks > requests).length,
    naks: exchanges.filter(({ naks }) => naks > 0).length,
    repeated: exchanges.filter(({ discovers, requests }) => discovers > 1 || requests > 1).length,
    offerMs: spreadOf(offered),
    ackMs: spreadOf(ended),
    allMs: lastAtMs - firstAtMs,
    servers,
    lost,
  };
}

function isDoubled({ offers, discovers }: Exchange): boolean {
  return offers.length > discovers || countOf(offers, "server") > 1;
}

function countOf(offers: Exchange["offers"], what: "server" | "address"): number {
  return new Set(offers.map((offer) => offer[what])).size;
}

function doubleText({ discovers, offers }: Exchange): string {
  const told = offers.map(({ server, afterMs }) =>
    `${ipv4Text(server)} at ${afterMs.toFixed()} ms`
  );
  return `${discovers} DISCOVERs: OFFERs of ${told.join(", ")}`;
}

function spreadOf(values: readonly number[]): Spread {
  return {
    p50: quantile(values, 0.5),
    p99: quantile(values, 0.99),
    most: values.length === 0 ? Number.NaN : Math.max(...values),
  };
}
