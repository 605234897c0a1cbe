/**
 * The client of the HTTP API, over a unix socket or TCP. Every answer is read with the schema
 * that src/wire/http.ts has for it.
 */
import { createParser } from "eventsource-parser";
import type { z } from "zod";

import { CLI_ANSWER_MS } from "../base/limits.ts";
import type { RefusalKind } from "../base/outcome.ts";
import { oneLine } from "../base/one_line.ts";
import { type Failure, failure, NO_QUORUM_ERROR } from "../wire/http.ts";
import { LongList } from "./long_list.ts";
import { EXIT_CODES, type ExitCode, FAILED, NOT_ALLOWED, UNREACHABLE } from "./exit_code.ts";
import { placeOf, type ServiceAddress } from "./service_address.ts";
import { OutputFailed, silentText } from "./surroundings.ts";

export interface Answered<T> {
  readonly ok: true;
  readonly value: T;
  readonly index: number | undefined;
  /** Seconds since a majority was heard, where the answer is from a local copy. */
  readonly staleSeconds: number | undefined;
}

/** Why there is no answer to use. */
export interface Unanswered {
  readonly ok: false;
  readonly exit: ExitCode;
  readonly message: string;
  /** What the service said, where it said something. */
  readonly failure?: Failure;
}

export type Asked<T> = Answered<T> | Unanswered;

export interface AskOptions {
  readonly body?: unknown;
  /** The body as lines of JSON, one for each; in place of `body`. */
  readonly lines?: readonly unknown[];
  /** The same as they come, already written. */
  readonly written?: AsyncIterable<Uint8Array<ArrayBuffer>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Ends the request, and the answer where that is a stream. */
  readonly signal?: AbortSignal;
}

/** An answer that is an object with one long list in it. */
export interface ListAnswer<T, Element> {
  readonly key: string;
  readonly isElement: (value: unknown) => value is Element;
  /** Of the object, its list empty. */
  readonly schema: z.ZodType<T>;
}

export class ServiceClient {
  readonly #address: ServiceAddress;
  readonly #client: Deno.HttpClient | undefined;
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(address: ServiceAddress) {
    this.#address = address;
    if (address.kind === "socket") {
      const proxy = { transport: "unix", path: address.path } as const;
      this.#client = Deno.createHttpClient({ proxy });
      // Not a name: one would be looked up now and then, and DNS may take its time to fail.
      this.#url = "http://127.0.0.1";
      this.#headers = {};
      return;
    }
    this.#url = address.url;
    this.#headers = address.token === undefined ? {} : { Authorization: `Bearer ${address.token}` };
  }

  get place(): string {
    return placeOf(this.#address);
  }

  close(): void {
    this.#client?.close();
  }

  /** `route` is a method and an encoded path, `GET /nodes/`. */
  async ask<T>(route: string, schema: z.ZodType<T>, options: AskOptions = {}): Promise<Asked<T>> {
    const sent = await this.#send(route, "application/json", options);
    if (!sent.ok) return sent;
    const response = sent.value;
    let text: string;
    try {
      text = await response.text();
    } catch (error) {
      return this.#broken(route, error);
    }
    if (!response.ok) return this.#refused(response.status, text);
    const parsed = schema.safeParse(jsonOf(text));
    if (!parsed.success) return this.#strange(`${parsed.error.issues[0]?.message}`);
    return {
      ok: true,
      value: parsed.data,
      index: numberOf(response.headers.get("confluent-index")),
      staleSeconds: numberOf(response.headers.get("confluent-stale")),
    };
  }

  /** The same where the answer is lines of JSON: `see` is given each as it comes. However long
   * the answer takes, it is waited for. */
  async follow<T>(
    route: string,
    schema: z.ZodType<T>,
    options: AskOptions,
    see: (line: T) => void,
  ): Promise<Asked<void>> {
    const given = { timeoutMs: Infinity, ...options };
    const sent = await this.#send(route, "application/x-ndjson", given);
    if (!sent.ok) return sent;
    if (!sent.value.ok) return this.#refused(sent.value.status, await sent.value.text());
    const stream = sent.value.body ?? new ReadableStream<Uint8Array<ArrayBuffer>>();
    let rest = "";
    try {
      for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
        const lines = (rest + piece).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) {
          const parsed = schema.safeParse(jsonOf(line));
          if (!parsed.success) return this.#strange(line.slice(0, 80));
          see(parsed.data);
        }
      }
    } catch (error) {
      if (error instanceof OutputFailed) throw error;
      return this.#broken(route, error);
    }
    return { ok: true, value: undefined, index: undefined, staleSeconds: undefined };
  }

  /**
   * The same where the answer is an object with a long list: `see` is given the elements as they
   * come, which must all be what `isElement` says, and tells whether it wants more of them. The
   * value is the object with its list empty, or undefined where no more was wanted.
   */
  async list<T, Element>(
    route: string,
    { key, isElement, schema }: ListAnswer<T, Element>,
    options: AskOptions,
    see: (elements: readonly Element[]) => boolean,
  ): Promise<Asked<T | undefined>> {
    const sent = await this.#send(route, "application/json", options);
    if (!sent.ok) return sent;
    const response = sent.value;
    let isWanted = true, strange: string | undefined;
    const list = new LongList(key, (elements) => {
      if (elements.every(isElement)) isWanted = isWanted && see(elements);
      else strange ??= `${JSON.stringify(elements.find((one) => !isElement(one)))}`.slice(0, 80);
    });
    const told = {
      ok: true,
      index: numberOf(response.headers.get("confluent-index")),
      staleSeconds: numberOf(response.headers.get("confluent-stale")),
    } as const;
    try {
      if (!response.ok) return this.#refused(response.status, await response.text());
      const stream = response.body ?? new ReadableStream<Uint8Array<ArrayBuffer>>();
      for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
        list.feed(piece);
        if (strange !== undefined) return this.#strange(strange);
        if (!isWanted) return { ...told, value: undefined };
      }
      const parsed = schema.safeParse(list.end());
      if (!parsed.success) return this.#strange(`${parsed.error.issues[0]?.message}`);
      return { ...told, value: parsed.data };
    } catch (error) {
      if (error instanceof OutputFailed) throw error;
      return error instanceof SyntaxError
        ? this.#strange(oneLine(error))
        : this.#broken(route, error);
    }
  }

  /** The same where the answer is server-sent events with JSON as data; ends also where nothing
   * came for `silenceMs`. */
  async events<T>(
    route: string,
    schema: z.ZodType<T>,
    options: AskOptions,
    silenceMs: number,
    see: (event: T) => void,
  ): Promise<Asked<void>> {
    const silence = new Silence(silenceMs);
    const signal = AbortSignal.any([silence.signal, ...options.signal ? [options.signal] : []]);
    let strange: string | undefined;
    const parser = createParser({
      onEvent: ({ data }) => {
        const parsed = schema.safeParse(jsonOf(data));
        if (parsed.success) see(parsed.data);
        else strange ??= data.slice(0, 80);
      },
    });
    try {
      const sent = await this.#send(route, "text/event-stream", { ...options, signal });
      if (!sent.ok) return sent;
      if (!sent.value.ok) return this.#refused(sent.value.status, await sent.value.text());
      const stream = sent.value.body ?? new ReadableStream<Uint8Array<ArrayBuffer>>();
      for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
        silence.broken();
        parser.feed(piece);
        if (strange !== undefined) return this.#strange(strange);
      }
    } catch (error) {
      if (error instanceof OutputFailed) throw error;
      return this.#broken(route, error);
    } finally {
      silence.over();
    }
    return this.#broken(route, new Error("it ended"));
  }

  async #send(route: string, accept: string, options: AskOptions): Promise<Asked<Response>> {
    const [method = "", path = ""] = route.split(/ (.*)/);
    const query = new URLSearchParams(options.query).toString();
    const timeoutMs = options.timeoutMs ?? CLI_ANSWER_MS;
    const stop = new AbortController();
    const timer = timeoutMs === Infinity ? undefined : setTimeout(() => stop.abort(), timeoutMs);
    try {
      const value = await fetch(`${this.#url}${path}${query === "" ? "" : `?${query}`}`, {
        method,
        headers: { ...this.#headers, ...options.headers, Accept: accept, ...typeOf(options) },
        signal: AbortSignal.any([stop.signal, ...options.signal ? [options.signal] : []]),
        redirect: "error",
        ...bodyOf(options),
        ...this.#client === undefined ? {} : { client: this.#client },
      });
      return { ok: true, value, index: undefined, staleSeconds: undefined };
    } catch (error) {
      if (stop.signal.aborted) {
        return this.#broken(route, new Error(`no answer within ${timeoutMs / 1000} s`));
      }
      return this.#unreached(route, error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Nobody was reached, so nothing was done. */
  #unreached(route: string, error: unknown): Unanswered {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    const reason = oneLine(cause).replace(/^error sending request for url \([^)]*\): /, "");
    if (reason.includes("ermission denied")) {
      const message = `not allowed to use ${this.place}: permission denied to this user; ` +
        "become root, or a user of the socket's group";
      return { ok: false, exit: NOT_ALLOWED, message };
    }
    const isConnect = /\(Connect\)/.test(reason) || !/client error/.test(reason);
    if (!isConnect) return this.#broken(route, new Error(reason));
    const why = /No such file|Connection refused/.test(reason)
      ? "nothing answers there"
      : reason.replace(/^client error \(Connect\): /, "");
    const message = `cannot reach the service at ${this.place}: ${why}; ` +
      "start it with `confluent serve`, or name another with --socket or --server";
    return { ok: false, exit: UNREACHABLE, message };
  }

  /** The request may have been received: what it would change may be changed. */
  #broken(route: string, error: unknown): Unanswered {
    const doubt = route.startsWith("GET ") ? "" : "; it may or may not have been done: look first";
    const message = `no answer from the service at ${this.place}: ${oneLine(error)}${doubt}`;
    return { ok: false, exit: UNREACHABLE, message };
  }

  #refused(status: number, text: string): Unanswered {
    const parsed = failure.safeParse(jsonOf(text));
    if (!parsed.success) return this.#strange(`status ${status}`);
    const { error, missing } = parsed.data;
    const wantsToken = status === 401 && this.#address.kind === "server" &&
      this.#address.token === undefined;
    const remedy = wantsToken ? "; put a token in the environment variable CONFLUENT_TOKEN" : "";
    const message = `${error}${silentText(missing)}${remedy}`;
    return { ok: false, exit: exitCodeOf(parsed.data), message, failure: parsed.data };
  }

  #strange(what: string): Unanswered {
    const message = `what answers at ${this.place} is not this service, or of another version: ` +
      oneLine(what);
    return { ok: false, exit: FAILED, message };
  }
}

function typeOf({ lines, written }: AskOptions): Record<string, string> {
  const isLines = lines !== undefined || written !== undefined;
  return isLines ? { "Content-Type": "application/x-ndjson" } : {};
}

/** Lines go out bit by bit: all of them at once may be more than a string holds. */
function bodyOf({ body, lines, written }: AskOptions): RequestInit {
  if (written !== undefined) return { body: ReadableStream.from(written) };
  if (lines === undefined) return body === undefined ? {} : { body: JSON.stringify(body) };
  const texts = lines.values().map((line) => `${JSON.stringify(line)}\n`);
  return { body: ReadableStream.from(texts).pipeThrough(new TextEncoderStream()) };
}

/** Aborts `signal` when nothing broke the silence for `ms`. */
class Silence {
  readonly #ms: number;
  readonly #ended = new AbortController();
  #timer: ReturnType<typeof setTimeout>;

  constructor(ms: number) {
    this.#ms = ms;
    this.#timer = this.#begin();
  }

  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  broken(): void {
    clearTimeout(this.#timer);
    this.#timer = this.#begin();
  }

  over(): void {
    clearTimeout(this.#timer);
  }

  #begin(): ReturnType<typeof setTimeout> {
    const why = new Error(`nothing came for ${this.#ms / 1000} s`);
    return setTimeout(() => this.#ended.abort(why), this.#ms);
  }
}

/** Kinds of refusal whose status alone tells them; every other one is a failure. */
const KINDS: Readonly<Record<number, RefusalKind>> = { 401: "unauthorized", 403: "forbidden" };

export function exitCodeOf({ errorcode, error }: Failure): ExitCode {
  if (errorcode === 503 && error === NO_QUORUM_ERROR) return EXIT_CODES["no-quorum"];
  const kind = KINDS[errorcode];
  return kind === undefined ? FAILED : EXIT_CODES[kind];
}

/** Undefined for what is no JSON, which no schema takes. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function numberOf(header: string | null): number | undefined {
  return header === null ? undefined : Number(header);
}

/** A part of a path: a name or a noderange, whatever is in it. */
export function inPath(text: string): string {
  return encodeURIComponent(text);
}
