/**
 * HTTP/1.1 on one connection to a controller, one request at a time, by `undici`. All that comes is
 * bounded and read at once; nothing is followed, repeated or unpacked.
 */
import type { Client, Dispatcher } from "undici";

import { MAX_BMC_BODY_BYTES, MAX_BMC_HEAD_BYTES } from "../base/limits.ts";
import { concat } from "../base/bytes.ts";
import { oneLine } from "../base/one_line.ts";
import { BmcFault } from "./bmc_fault.ts";
import type { BmcSocket } from "./bmc_socket.ts";

/** One request; the path begins with a slash. */
export interface BmcRequest {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly signal: AbortSignal;
}

/** One answer, whatever its status. */
export interface BmcAnswer {
  readonly status: number;
  readonly body: Uint8Array;
  /** The first header of that name, in lower case. */
  header(name: string): string | undefined;
}

/** A connection that keeps no answer waiting longer than whoever asks. */
export class BmcConnection {
  readonly socket: BmcSocket;
  readonly #client: Client;
  readonly #gone: () => void;
  #isOpen = true;
  #isBusy = false;

  private constructor(socket: BmcSocket, client: Client, gone: () => void) {
    this.socket = socket;
    this.#client = client;
    this.#gone = gone;
    client.on("disconnect", () => this.#close());
    socket.stream.once("close", () => this.#close());
  }

  /** `origin` is what the far end is told as `Host`; `gone` is called once, when it is closed. */
  static async over(socket: BmcSocket, origin: string, gone: () => void): Promise<BmcConnection> {
    // Loaded where it is needed only: most commands never are.
    const { Client } = await import("undici");
    let isTaken = false;
    const client = new Client(origin, {
      connect: (_options, done) => {
        const isThere = !isTaken && !socket.stream.destroyed;
        isTaken = true;
        const gone = new BmcFault("unsent", "it had closed the connection");
        // A connector that calls back at once is not heard.
        queueMicrotask(() => isThere ? done(null, socket.stream) : done(gone, null));
      },
      pipelining: 1,
      maxHeaderSize: MAX_BMC_HEAD_BYTES,
      maxResponseSize: MAX_BMC_BODY_BYTES,
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: KEPT_MS,
      keepAliveMaxTimeout: KEPT_MS,
    });
    return new BmcConnection(socket, client, gone);
  }

  /** Whether another request may be sent on it. The far end may close it at any moment. */
  get isOpen(): boolean {
    return this.#isOpen && !this.socket.stream.destroyed;
  }

  /** Throws {@link BmcFault}, of any kind but those of connecting. The connection is gone then. */
  async ask(request: BmcRequest): Promise<BmcAnswer> {
    if (!this.isOpen) throw new BmcFault("unsent", "it had closed the connection");
    if (this.#isBusy) throw new BmcFault("unsent", "another request is under way");
    this.#isBusy = true;
    let hasBegun = false;
    try {
      const answer = await this.#client.request({
        method: request.method,
        path: request.path,
        headers: { ...request.headers },
        signal: request.signal,
        ...(request.body === undefined ? {} : { body: request.body }),
      });
      hasBegun = true;
      const { statusCode: status, headers } = answer;
      return { status, body: await bodyOf(answer), header: (name) => first(headers[name]) };
    } catch (error) {
      this.abandon();
      throw faultOf(error, hasBegun, request.signal);
    } finally {
      this.#isBusy = false;
    }
  }

  /** Closes it at once, and takes back what was not sent yet. */
  abandon(): void {
    this.#close();
    this.socket.reset();
    void this.#client.destroy();
  }

  #close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#gone();
  }
}

/** Idle connections are closed by whoever keeps them; this is only longer than that. */
const KEPT_MS = 3_600_000;

async function bodyOf({ body }: Dispatcher.ResponseData): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of body as AsyncIterable<Uint8Array>) {
    length += part.length;
    if (length > MAX_BMC_BODY_BYTES) throw new BmcFault("too-large", tooLarge("body"));
    parts.push(part);
  }
  return concat(parts);
}

function first(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

function tooLarge(what: "body" | "head"): string {
  const most = what === "body" ? MAX_BMC_BODY_BYTES : MAX_BMC_HEAD_BYTES;
  return `the ${what} of its answer is longer than ${most} bytes`;
}

/** By its name: the parser's own codes are not told. */
function isNoHttp(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === "HTTPParserError" || error.message === "bad response";
}

function faultOf(error: unknown, hasBegun: boolean, signal: AbortSignal): BmcFault {
  if (error instanceof BmcFault) return error;
  if (signal.aborted) return new BmcFault("stopped", "nobody waits for its answer any more");
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "UND_ERR_HEADERS_OVERFLOW") return new BmcFault("too-large", tooLarge("head"));
  if (code === "UND_ERR_RES_EXCEEDED_MAX_SIZE") return new BmcFault("too-large", tooLarge("body"));
  if (isNoHttp(error)) {
    return new BmcFault("nonsense", `its answer is not HTTP: ${oneLine(error)}`);
  }
  return hasBegun
    ? new BmcFault("cut", "it broke off amid its answer")
    : new BmcFault("closed", "it closed the connection without an answer");
}
