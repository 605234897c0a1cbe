/**
 * All controllers this member speaks to. Connections are bounded in all: where there are too many,
 * those that nobody uses go first. Sessions are ended where nobody has used them for a while.
 */
import { toHex } from "../../base/bytes.ts";
import { encodeFields, sha256 } from "../../base/crypto.ts";
import {
  BMC_BRISK_CONTACT_MS,
  BMC_BRISK_QUESTION_MS,
  BMC_BRISK_VAIN_MS,
  BMC_IDLE_MS,
  BMC_LOGOUT_MS,
  BMC_SWEEP_MS,
  MAX_BMC_CONNECTIONS,
  MAX_BMC_CONTACTS,
  MAX_BMC_QUESTIONS,
  MAX_BMC_VAIN_CONTACTS,
  MAX_BMCS_KNOWN,
} from "../../base/limits.ts";
import type { BmcAddress } from "../../hardware/bmc_address.ts";
import { authorityOf } from "../../hardware/bmc_address.ts";
import { asksAuthorities } from "../../hardware/certificate_trust.ts";
import { BmcConnection } from "../../io/bmc_http.ts";
import { BriskTurns } from "../../io/brisk_turns.ts";
import { connectBmc } from "../../io/bmc_socket.ts";
import type { Clock } from "../../io/clock.ts";
import { ConnectionPlaces } from "../../io/connection_places.ts";
import type { Logger } from "../logger.ts";
import type { Bmc } from "./driver.ts";
import { Controller } from "./redfish_controller.ts";

export interface ControllersParts {
  readonly clock: Clock;
  readonly log: Logger;
  /** Instead of MAX_BMC_CONNECTIONS. */
  readonly maxConnections?: number | undefined;
  /** Instead of the certificate authorities of this host, in PEM. */
  readonly authorities?: readonly string[] | undefined;
  readonly userAgent: (epoch: number | undefined) => string;
}

export class Controllers {
  readonly #parts: ControllersParts;
  /** For those that connect, and for those that need not. */
  readonly contacts: BriskTurns;
  readonly questions: BriskTurns;
  /** For those that did not answer the last time. */
  readonly vainContacts: BriskTurns;
  readonly #places: ConnectionPlaces;
  /** In the order of their last use. */
  readonly #known = new Map<string, Controller>();
  #cancelSweep: (() => void) | undefined;

  constructor(parts: ControllersParts) {
    this.#parts = parts;
    const { clock, maxConnections = MAX_BMC_CONNECTIONS } = parts;
    this.contacts = new BriskTurns(clock, MAX_BMC_CONTACTS, BMC_BRISK_CONTACT_MS);
    this.questions = new BriskTurns(clock, MAX_BMC_QUESTIONS, BMC_BRISK_QUESTION_MS);
    this.vainContacts = new BriskTurns(clock, MAX_BMC_VAIN_CONTACTS, BMC_BRISK_VAIN_MS);
    this.#places = new ConnectionPlaces(maxConnections, () => this.#evict());
  }

  /** Connections there are, and controllers that are remembered: for tests and the curious. */
  get counts(): { readonly connections: number; readonly controllers: number } {
    return { connections: this.#places.held, controllers: this.#known.size };
  }

  of(bmc: Bmc, address: BmcAddress): Controller {
    // A password is no part of a name that might be shown; another one is another controller.
    const login = toHex(sha256(encodeFields(bmc.user, bmc.password)));
    const key = `${address.isTls} ${address.host} ${address.port} ${login}`;
    const controller = this.#known.get(key) ?? new Controller(key, address);
    controller.lastUsedMs = this.#parts.clock.now().monoMs;
    this.#known.delete(key);
    this.#known.set(key, controller);
    if (this.#known.size > MAX_BMCS_KNOWN) this.#forgetOldest();
    this.#cancelSweep ??= this.#parts.clock.after(BMC_SWEEP_MS, () => this.#sweep());
    return controller;
  }

  /** A new connection; its certificate is not judged yet. Throws as connectBmc() does. */
  async connect(
    address: BmcAddress,
    demand: Pick<Bmc, "policy" | "pinned" | "tlsName">,
    signal: AbortSignal,
  ): Promise<BmcConnection> {
    const leave = await this.#places.take(signal);
    try {
      const socket = await connectBmc({
        ...address,
        askAuthorities: asksAuthorities(demand),
        name: demand.tlsName ?? address.host,
        authorities: this.#parts.authorities,
        signal,
      }, this.#parts.clock);
      const scheme = address.isTls ? "https" : "http";
      return await BmcConnection.over(socket, `${scheme}://${authorityOf(address)}`, leave);
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** A connection was given back. */
  spared(): void {
    this.#places.spared();
  }

  /** Logs out where a connection is open, and closes all. */
  async close(): Promise<void> {
    this.#cancelSweep?.();
    const all = [...this.#known.values()];
    this.#known.clear();
    await Promise.all(all.map((controller) => this.#logOut(controller, false)));
  }

  #evict(): void {
    for (const controller of this.#known.values()) {
      if (controller.hasIdle) return controller.takeIdle()?.abandon();
    }
  }

  #forgetOldest(): void {
    for (const controller of this.#known.values()) {
      if (controller.isUsed) continue;
      this.#known.delete(controller.key);
      void this.#logOut(controller, true);
      return;
    }
  }

  #sweep(): void {
    const { clock } = this.#parts;
    const oldest = clock.now().monoMs - BMC_IDLE_MS;
    for (const controller of [...this.#known.values()]) {
      if (controller.lastUsedMs > oldest) break;
      if (controller.isUsed) continue;
      this.#known.delete(controller.key);
      void this.#logOut(controller, true);
    }
    this.#cancelSweep = this.#known.size === 0
      ? undefined
      : clock.after(BMC_SWEEP_MS, () => this.#sweep());
  }

  /** Ends the session; `again`: over a new connection where none is open. */
  async #logOut(controller: Controller, again: boolean): Promise<void> {
    const { login, address } = controller;
    controller.login = undefined;
    const late = new AbortController();
    const cancel = this.#parts.clock.after(BMC_LOGOUT_MS, () => late.abort());
    try {
      if (login?.kind !== "session" || login.made.path === undefined) return;
      const demand = { policy: "tofu", pinned: undefined, tlsName: undefined } as const;
      const connection = controller.takeIdle() ??
        (again ? await this.connect(address, demand, late.signal) : undefined);
      if (connection === undefined) return;
      try {
        // The token is for nobody but who gave it.
        if (connection.socket.fingerprint !== login.fingerprint) return;
        await connection.ask({
          method: "DELETE",
          path: login.made.path,
          headers: {
            "User-Agent": this.#parts.userAgent(undefined),
            "X-Auth-Token": login.made.token,
          },
          signal: late.signal,
        });
      } finally {
        connection.abandon();
      }
    } catch (error) {
      // The controller ends a session by itself in time.
      this.#parts.log.debug(`cannot log out of BMC ${address.host}: ${String(error)}`);
    } finally {
      cancel();
      controller.closeIdle();
    }
  }
}
