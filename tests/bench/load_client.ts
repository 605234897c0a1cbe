/**
 * The one load client for both peers: so many clients, each over a connection of its own that stays
 * open, each sending its next request when the last is answered. A program of its own, so that it
 * can stand in a namespace, and so that what it costs can be told from what the servers cost.
 *
 *     deno run -A load_client.ts '{"peer": ...}'        prints a {@link LoadResult} as JSON
 */
import { quantile } from "./figures.ts";
import {
  type ClientTls,
  GrpcConnection,
  PUT_PATH,
  putRequest,
  RANGE_PATH,
  rangeRequest,
} from "./grpc_connection.ts";
import { type Address, KeptConnection } from "./kept_connection.ts";
import { cpuMsOf } from "./processes.ts";

export interface LoadOrder {
  readonly peer: "confluent" | "etcd";
  /** Reads are linearizable, those that are local of what a member has. */
  readonly does: "writes" | "reads" | "local reads";
  /** Clients are spread over them evenly. */
  readonly addresses: readonly Address[];
  readonly clients: number;
  readonly warmMs: number;
  readonly measureMs: number;
  readonly valueBytes: number;
  /** How many nodes, n1 onwards, the requests are spread over. */
  readonly nodes: number;
  /** Whose processor time is told. */
  readonly serverPids: readonly number[];
  /** For confluent: one for each address. */
  readonly tokens?: readonly string[];
  /** For etcd; without it the connections are not encrypted. */
  readonly tls?: ClientTls;
}

export interface LoadResult {
  readonly count: number;
  readonly failures: number;
  readonly firstFailure: string;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly clientCpuMs: number;
  /** In the order of `serverPids`. */
  readonly serverCpuMs: readonly number[];
}

/** Sends the request of that number and rejects where it was not done. */
type Ask = (serial: number) => Promise<void>;

async function connect(order: LoadOrder, client: number): Promise<Ask> {
  const at = client % order.addresses.length;
  const address = order.addresses[at];
  if (address === undefined) throw new Error("no address to connect to");
  // Clients walk over the nodes from different places with different strides.
  const nodeOf = (serial: number): number => 1 + (client * 7919 + serial * 31) % order.nodes;
  const valueOf = (serial: number): string => `${client}-${serial}-`.padEnd(order.valueBytes, "v");
  if (order.peer === "etcd") {
    const isWrite = order.does === "writes";
    const conn = await GrpcConnection.open(address, isWrite ? PUT_PATH : RANGE_PATH, order.tls);
    return async (serial) => {
      const key = `/nodes/n${nodeOf(serial)}/info.note`;
      await conn.call(isWrite ? putRequest(key, valueOf(serial)) : rangeRequest(key));
    };
  }
  const conn = await KeptConnection.open(address, order.tokens?.[at] ?? "");
  return async (serial) => {
    const path = `/nodes/n${nodeOf(serial)}/attributes/current`;
    const { status, head } = order.does === "writes"
      ? await conn.ask("PUT", path, `{"info.note":"${valueOf(serial)}"}`)
      : await conn.ask("GET", order.does === "reads" ? `${path}?consistent=1` : path);
    if (status !== 200) throw new Error(head.slice(0, 60));
  };
}

const FAILURES_BORNE = 100;

class Load {
  readonly #order: LoadOrder;
  #times: number[] = [];
  #failures = 0;
  #firstFailure = "";
  #isMeasuring = false;
  #isOver = false;

  constructor(order: LoadOrder) {
    this.#order = order;
  }

  async run(): Promise<LoadResult> {
    const { clients, warmMs, measureMs } = this.#order;
    const asks = await Promise.all(
      Array.from({ length: clients }, (_, client) => connect(this.#order, client)),
    );
    const going = asks.map((ask) => this.#drive(ask));
    await pause(warmMs);
    const before = this.#costs(), begun = performance.now();
    this.#isMeasuring = true;
    await pause(measureMs);
    this.#isMeasuring = false;
    const after = this.#costs(), ms = performance.now() - begun;
    this.#isOver = true;
    await Promise.race([Promise.all(going), pause(5_000)]);
    return this.#result(ms, after.map((cost, at) => cost - (before[at] ?? 0)));
  }

  async #drive(ask: Ask): Promise<void> {
    for (let serial = 0; !this.#isOver && this.#failures < FAILURES_BORNE; serial++) {
      const begun = performance.now();
      try {
        await ask(serial);
        if (this.#isMeasuring) this.#times.push(performance.now() - begun);
      } catch (error) {
        if (this.#failures++ === 0) this.#firstFailure = String(error);
      }
    }
  }

  /** The client's own first. */
  #costs(): number[] {
    return (["self", ...this.#order.serverPids] as const).map(cpuMsOf);
  }

  #result(ms: number, [clientCpuMs = 0, ...serverCpuMs]: readonly number[]): LoadResult {
    return {
      count: this.#times.length,
      failures: this.#failures,
      firstFailure: this.#firstFailure,
      perSecond: this.#times.length * 1000 / ms,
      p50Ms: quantile(this.#times, 0.5),
      p99Ms: quantile(this.#times, 0.99),
      maxMs: quantile(this.#times, 1),
      clientCpuMs,
      serverCpuMs,
    };
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}

if (import.meta.main) {
  const order = JSON.parse(Deno.args[0] ?? "") as LoadOrder;
  console.log(JSON.stringify(await new Load(order).run()));
  Deno.exit(0); // connections that still wait end with it
}
