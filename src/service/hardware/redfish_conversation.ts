/**
 * One command's talk with its controller.
 *
 * 1. Nothing secret is said before the certificate is judged, at each connection anew.
 * 2. A question is asked again once, where a kept connection was gone before any byte of an answer,
 *    or where the session had ended.
 * 3. A request that changes something is written on a connection that is ready, with enough of the
 *    lease left, and never again once a byte of it may have been sent.
 * 4. What of it the far end has not acknowledged when that much of the lease is over is taken back.
 */
import { CHANGE_LEASE_MS } from "../../base/limits.ts";
import { oneLine } from "../../base/one_line.ts";
import { judgeCertificate, judgeWithoutTls, pinOf } from "../../hardware/certificate_trust.ts";
import { textAt } from "../../hardware/redfish_document.ts";
import { BmcFault } from "../../io/bmc_fault.ts";
import type { BmcAnswer, BmcConnection, BmcRequest } from "../../io/bmc_http.ts";
import type { Clock } from "../../io/clock.ts";
import { type Bmc, DriverError, type Leave } from "./driver.ts";
import type { Ends } from "./ends.ts";
import type { Controller, Login } from "./redfish_controller.ts";
import type { Controllers } from "./redfish_controllers.ts";
import { documentOf, errorOf, nonsense, refusal, unknownOutcome } from "./redfish_errors.ts";
import { type Ask, logIn, loginHeader } from "./redfish_login.ts";
import { unless } from "./unless.ts";

export interface ConversationParts {
  readonly controllers: Controllers;
  readonly controller: Controller;
  readonly bmc: Bmc;
  readonly leave: Leave;
  readonly ends: Ends;
  readonly clock: Clock;
  readonly userAgent: string;
}

/** What was read, and what it is known by. */
export interface Read {
  readonly document: unknown;
  readonly etag: string | undefined;
}

/** A change of one thing. */
export interface Change {
  readonly method: "POST" | "PATCH";
  readonly path: string;
  readonly body: unknown;
  /** Of what is changed, as it was read. */
  readonly etag?: string | undefined;
}

const ETAG = /^(?:W\/)?"[\x21\x23-\x7e]{0,256}"$/;

export class Conversation {
  readonly controller: Controller;
  readonly #parts: ConversationParts;
  #connection: BmcConnection | undefined;
  /** Whether the connection has answered before, so that it may have been closed since. */
  #hasAnswered = false;
  #hasTurn = false;
  #endTurn = (): void => {};

  constructor(parts: ConversationParts) {
    this.#parts = parts;
    this.controller = parts.controller;
  }

  /** Gives the connection back, until the next request. */
  pause(): void {
    this.#endTurn();
    if (this.#connection !== undefined) this.controller.keep(this.#connection);
    this.#connection = undefined;
    if (this.#hasTurn) this.controller.yield();
    this.#hasTurn = false;
    this.#parts.controllers.spared();
  }

  /** The document at a path. Throws {@link DriverError}. */
  async read(path: string): Promise<Read> {
    const what = `GET ${path}`;
    const answer = await this.#question(path);
    if (answer.status !== 200) throw refusal(what, answer, this.#parts.bmc);
    const document = documentOf(answer);
    if (typeof document !== "object" || document === null) {
      throw nonsense(what, "what is no JSON document", this.#parts.bmc);
    }
    // Some tell it in one place, some in the other (DSP0266, ETags).
    const etag = answer.header("etag") ?? textAt(document, "@odata.etag");
    return { document, etag: etag !== undefined && ETAG.test(etag) ? etag : undefined };
  }

  /** Throws {@link DriverError}; 504 where nobody knows whether it was done. */
  async change(change: Change): Promise<void> {
    const { bmc } = this.#parts;
    const answer = await this.#order(change);
    if (answer.status >= 200 && answer.status < 300) return;
    if (answer.status === 401) this.controller.login = undefined;
    // Whatever failed in there may have failed after the change.
    if (answer.status >= 500 && answer.status !== 501 && answer.status !== 503) {
      throw unknownOutcome(`it answered ${answer.status}`, bmc);
    }
    throw refusal(`${change.method} ${change.path}`, answer, bmc);
  }

  async #question(path: string): Promise<BmcAnswer> {
    const request = { method: "GET", path } as const;
    let hasAskedAgain = false, hasLoggedInAgain = false;
    while (true) {
      try {
        const login = await this.#login();
        const headers = loginHeader(login, this.#parts.bmc);
        const answer = await this.#ask(await this.#ready(), { ...request, headers });
        if (answer.status !== 401 || login.kind !== "session" || hasLoggedInAgain) return answer;
        hasLoggedInAgain = true;
        if (this.controller.login === login) this.controller.login = undefined;
      } catch (error) {
        const mayAgain = error instanceof BmcFault && this.#hasAnswered && !hasAskedAgain &&
          (error.kind === "unsent" || error.kind === "closed");
        if (!mayAgain) throw this.#told(error);
        hasAskedAgain = true;
      }
    }
  }

  async #order({ method, path, body, etag }: Change): Promise<BmcAnswer> {
    const { bmc, leave, ends } = this.#parts;
    for (let hasTriedAgain = false;; hasTriedAgain = true) {
      const { login, connection } = await this.#try(async () => {
        return { login: await this.#login(), connection: await this.#ready() };
      });
      const headers = {
        ...loginHeader(login, bmc),
        "Content-Type": "application/json",
        ...(etag === undefined ? {} : { "If-Match": etag }),
      };
      const request = { method, path, headers, body: JSON.stringify(body) };
      // From here to the first byte nothing is waited for.
      if (ends.asking.aborted) throw ends.error(bmc.address);
      const leftMs = leave.grant.leaseLeftMs();
      if (leftMs < CHANGE_LEASE_MS) throw shortOfLease(leftMs, bmc);
      const over = this.#takeBackUnsent(connection);
      try {
        return await this.#ask(connection, request, ends.answering);
      } catch (error) {
        if (!(error instanceof BmcFault)) throw error;
        if (error.kind === "unsent" && !hasTriedAgain) continue;
        if (error.kind === "unsent") throw errorOf(error, bmc);
        throw unknownOutcome(error.kind === "stopped" ? ends.why : error.message, bmc);
      } finally {
        over();
      }
    }
  }

  /** The connection is given up where the far end does not have all of the request by then. */
  #takeBackUnsent(connection: BmcConnection): () => void {
    let isOver = false;
    const cancel = this.#parts.clock.after(CHANGE_LEASE_MS, () => {
      void connection.socket.isAcknowledged().then((has) => has || isOver || connection.abandon());
    });
    return () => {
      isOver = true;
      cancel();
    };
  }

  async #ask(
    connection: BmcConnection,
    request: Omit<BmcRequest, "signal">,
    signal: AbortSignal = this.#parts.ends.asking,
  ): Promise<BmcAnswer> {
    const headers = {
      "User-Agent": this.#parts.userAgent,
      Accept: "application/json",
      "OData-Version": "4.0",
      ...request.headers,
    };
    const answer = await connection.ask({ ...request, headers, signal });
    this.#hasAnswered = true;
    this.controller.wasSilent = false;
    return answer;
  }

  /** A login that this member has, or gets now; whoever gets it gets it for all. */
  async #login(): Promise<Login> {
    const { controller } = this;
    while (controller.login === undefined) {
      const { asking } = this.#parts.ends;
      if (controller.loggingIn === undefined) {
        controller.loggingIn = this.#logIn().finally(() => controller.loggingIn = undefined);
        await controller.loggingIn;
      } else {
        const others = await unless(controller.loggingIn.then(() => undefined, asError), asking);
        // Wrong credentials are not tried again at once: some controllers would lock the user out.
        if (others instanceof DriverError && others.errorcode === 502) throw others;
      }
    }
    return controller.login;
  }

  async #logIn(): Promise<void> {
    const { bmc } = this.#parts;
    const connection = await this.#ready();
    const ask: Ask = async (method, path, headers, body) =>
      await this.#ask(await this.#ready(), { method, path, headers, body });
    const { fingerprint } = connection.socket;
    this.controller.login = await logIn(this.controller, bmc, ask, fingerprint);
  }

  /** A connection whose certificate was judged for this node. */
  async #ready(): Promise<BmcConnection> {
    const { ends, controllers, bmc } = this.#parts;
    if (this.#connection?.isOpen) return this.#connection;
    this.#connection?.abandon();
    this.#connection = undefined;
    if (!this.#hasTurn) await this.controller.turn(ends.asking);
    this.#hasTurn = true;
    await this.#takeTurn();
    for (let kept = this.controller.takeIdle(); kept; kept = this.controller.takeIdle()) {
      if (this.#judge(kept).verdict !== "refused") return await this.#use(kept, true);
      kept.abandon();
    }
    return await this.#use(
      await controllers.connect(this.controller.address, bmc, ends.asking),
      false,
    );
  }

  /** Whoever did not answer the last time waits for its like alone, and they for nobody else. */
  async #takeTurn(): Promise<void> {
    const { controllers, ends } = this.#parts, { controller } = this;
    const turns = controller.wasSilent
      ? controllers.vainContacts
      : controller.hasIdle
      ? controllers.questions
      : controllers.contacts;
    this.#endTurn();
    this.#endTurn = await turns.take(ends.asking);
    controller.wasSilent = true; // until it answers
  }

  #judge(connection: BmcConnection): ReturnType<typeof judgeCertificate> {
    const { fingerprint, isVouchedFor } = connection.socket;
    if (fingerprint === undefined) return judgeWithoutTls(this.#parts.bmc);
    return judgeCertificate({ fingerprint: pinOf(fingerprint), isVouchedFor }, this.#parts.bmc);
  }

  async #use(connection: BmcConnection, hasAnswered: boolean): Promise<BmcConnection> {
    const { bmc, leave, ends } = this.#parts;
    const trust = this.#judge(connection);
    try {
      if (trust.verdict === "refused") {
        throw new DriverError(502, `BMC ${bmc.address} is not trusted: ${trust.why}`);
      }
      if (trust.verdict === "pin") {
        await unless(leave.pin(pinOf(connection.socket.fingerprint ?? "")), ends.asking);
      }
    } catch (error) {
      connection.abandon();
      throw error;
    }
    this.#connection = connection;
    this.#hasAnswered = hasAnswered;
    return connection;
  }

  async #try<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw this.#told(error);
    }
  }

  #told(error: unknown): unknown {
    const { bmc, ends } = this.#parts;
    if (!(error instanceof BmcFault)) return error;
    return error.kind === "stopped" ? ends.error(bmc.address) : errorOf(error, bmc);
  }
}

function asError(error: unknown): unknown {
  return error;
}

function shortOfLease(leftMs: number, bmc: Bmc): DriverError {
  const left = `its lease ends in ${Math.max(0, Math.round(leftMs))} ms`;
  const why = `${left}, a change needs ${CHANGE_LEASE_MS}`;
  return new DriverError(503, oneLine(`BMC ${bmc.address} was not asked for the change: ${why}`));
}
