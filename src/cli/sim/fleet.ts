/**
 * Many simulated BMCs in one process. All stand at one port, each at an address of its own: one
 * socket hears all of them, and a connection's near end says whom it is for. So they cost next to
 * nothing until they are spoken to. Where addresses cannot be had each gets a port.
 */
import { createSecureContext, type SecureContext } from "node:tls";

import { makeIdentity } from "../../io/certificate.ts";
import type { LinkIdentity } from "../../io/link.ts";
import { converse } from "./bmc_conversation.ts";
import {
  type BmcTraits,
  type RecordedAction,
  SimulatedBmc,
  USUAL_TRAITS,
} from "./simulated_bmc.ts";

export interface FleetOptions {
  readonly count: number;
  /** The address of the first; the others follow. Any of 127/8 is there without being made. */
  readonly firstAddress?: string;
  /** 0: whichever is free. */
  readonly port?: number;
  /** Each gets a port of its own, all at the first address. */
  readonly ownPorts?: boolean;
  readonly isTls?: boolean;
  readonly traits?: Partial<BmcTraits>;
  /** Whose certificate all of them show; one is made where none is given. */
  readonly identity?: LinkIdentity;
  /** Hears of every change, in place of `actions`, which would grow for ever. */
  readonly record?: (action: RecordedAction) => void;
}

/** Where a simulated BMC is spoken to. */
export interface FleetBmc {
  readonly bmc: SimulatedBmc;
  /** As `hardwaremanagement.manager` would say it. */
  readonly address: string;
}

export class Fleet {
  readonly all: readonly FleetBmc[];
  /** Every change, in the order in which they were made, where nobody else hears of them. */
  readonly actions: RecordedAction[];
  readonly #listeners: readonly Deno.TcpListener[];
  /** To hang up by. */
  readonly #connections = new Map<AbortController, SimulatedBmc>();
  readonly #contexts = new Map<SimulatedBmc, SecureContext>();
  readonly #context: SecureContext | undefined;

  private constructor(
    all: readonly FleetBmc[],
    actions: RecordedAction[],
    listeners: readonly Deno.TcpListener[],
    context: SecureContext | undefined,
  ) {
    this.all = all;
    this.actions = actions;
    this.#listeners = listeners;
    this.#context = context;
  }

  static async start(options: FleetOptions): Promise<Fleet> {
    const { count, firstAddress = "127.16.0.1", port = 0, ownPorts = false } = options;
    const actions: RecordedAction[] = [];
    const record = options.record ?? ((action: RecordedAction): void => void actions.push(action));
    const isTls = options.isTls ?? true;
    const context = isTls
      ? contextOf(options.identity ?? await makeIdentity("simulated-bmc"))
      : undefined;
    const hostname = ownPorts ? firstAddress : "0.0.0.0";
    const listeners = Array.from(
      { length: ownPorts ? count : 1 },
      (_, at) => Deno.listen({ hostname, port: port === 0 ? 0 : port + at }),
    );
    const scheme = isTls ? "" : "http://";
    const byEnd = new Map<string, SimulatedBmc>();
    const all = Array.from({ length: count }, (_, at): FleetBmc => {
      const traits = { ...USUAL_TRAITS, ...options.traits };
      const bmc = new SimulatedBmc(`bmc${at + 1}`, traits, record);
      const host = ownPorts ? firstAddress : addressAfter(firstAddress, at);
      const end = `${host}:${listeners[ownPorts ? at : 0]?.addr.port}`;
      byEnd.set(end, bmc);
      return { bmc, address: `${scheme}${end}` };
    });
    const fleet = new Fleet(all, actions, listeners, context);
    for (const listener of listeners) void fleet.#accept(listener, byEnd);
    return fleet;
  }

  /** It shows this certificate from now on. */
  show(bmc: SimulatedBmc, identity: LinkIdentity): void {
    this.#contexts.set(bmc, contextOf(identity));
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Closes all connections, or those of one BMC. */
  hangUp(bmc?: SimulatedBmc): void {
    for (const [connection, of] of this.#connections) {
      if (bmc === undefined || bmc === of) connection.abort();
    }
  }

  close(): void {
    for (const listener of this.#listeners) listener.close();
    this.hangUp();
  }

  async #accept(
    listener: Deno.TcpListener,
    byEnd: ReadonlyMap<string, SimulatedBmc>,
  ): Promise<void> {
    for await (const connection of listener) {
      const { hostname, port } = connection.localAddr;
      const bmc = byEnd.get(`${hostname}:${port}`);
      if (bmc === undefined) connection.close();
      else void this.#serve(connection, bmc);
    }
  }

  async #serve(connection: Deno.TcpConn, bmc: SimulatedBmc): Promise<void> {
    const hangUp = new AbortController();
    this.#connections.set(hangUp, bmc);
    const context = this.#context && (this.#contexts.get(bmc) ?? this.#context);
    await converse(connection, bmc, context, hangUp.signal);
    this.#connections.delete(hangUp);
  }
}

function contextOf({ certificatePem, keyPem }: LinkIdentity): SecureContext {
  return createSecureContext({ cert: certificatePem, key: keyPem });
}

/** The address so many after an IPv4 address; the last byte is never 0 nor 255. */
export function addressAfter(first: string, steps: number): string {
  const bytes = first.split(".").map(Number);
  const perBlock = 254;
  const last = (bytes[3] ?? 1) - 1 + steps;
  const block = ((bytes[1] ?? 0) << 8 | (bytes[2] ?? 0)) + Math.floor(last / perBlock);
  return [bytes[0], block >> 8 & 255, block & 255, 1 + last % perBlock].join(".");
}
