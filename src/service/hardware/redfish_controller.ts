/** What is kept of one controller under one user: connections, a session, what was found there. */
import { MAX_BMC_CONNECTIONS_EACH } from "../../base/limits.ts";
import { BmcFault } from "../../io/bmc_fault.ts";
import type { BmcConnection } from "../../io/bmc_http.ts";
import type { BmcAddress } from "../../hardware/bmc_address.ts";
import type { SessionMade } from "../../hardware/redfish_finding.ts";

/** How this member is known to a controller. */
export type Login =
  | {
    readonly kind: "session";
    readonly made: SessionMade;
    readonly fingerprint: string | undefined;
  }
  | { readonly kind: "basic" };

export class Controller {
  readonly key: string;
  readonly address: BmcAddress;
  lastUsedMs = 0;
  /** It did not answer the last time it was asked, so nobody is kept waiting for it. */
  wasSilent = false;
  login: Login | undefined;
  /** The login that is under way; one serves all who wait. */
  loggingIn: Promise<void> | undefined;
  /** Where the service root says that machines are. */
  systemsPath: string | undefined;
  /** The machines that were found, by the UUIDs of the nodes they were found for. */
  readonly systemPaths = new Map<string | undefined, string>();
  /** What the ActionInfo of each said, which is not in the machine's own document. */
  readonly resetWords = new Map<string, readonly string[] | undefined>();

  readonly #idle: BmcConnection[] = [];
  #inUse = 0;
  readonly #waiting = new Set<() => void>();

  constructor(key: string, address: BmcAddress) {
    this.key = key;
    this.address = address;
  }

  get isUsed(): boolean {
    return this.#inUse > 0;
  }

  get hasIdle(): boolean {
    return this.#idle.some(({ isOpen }) => isOpen);
  }

  /** A turn at this controller; whoever has it gives it back by {@link Controller.yield}. */
  async turn(signal: AbortSignal): Promise<void> {
    while (this.#inUse >= MAX_BMC_CONNECTIONS_EACH && !signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.add(resolve);
      signal.addEventListener("abort", () => resolve(), { once: true });
      await promise;
      this.#waiting.delete(resolve);
    }
    if (signal.aborted) {
      this.#wake();
      throw new BmcFault("stopped", "it was not yet its turn");
    }
    this.#inUse++;
  }

  yield(): void {
    this.#inUse--;
    this.#wake();
  }

  #wake(): void {
    const [first] = this.#waiting;
    if (first === undefined || this.#inUse >= MAX_BMC_CONNECTIONS_EACH) return;
    this.#waiting.delete(first);
    first();
  }

  /** The connection that was used last, if there is one that nobody uses. */
  takeIdle(): BmcConnection | undefined {
    for (let kept = this.#idle.pop(); kept !== undefined; kept = this.#idle.pop()) {
      if (kept.isOpen) return kept;
      kept.abandon();
    }
    return undefined;
  }

  keep(connection: BmcConnection): void {
    if (!connection.isOpen) return connection.abandon();
    this.#idle.push(connection);
  }

  closeIdle(): void {
    for (const connection of this.#idle.splice(0)) connection.abandon();
  }
}
