/** What a route's handler is given and gives back, and how that becomes a response. */
import type { Context } from "hono";
import type { Outcome, Refusal } from "../base/outcome.ts";
import type { Failure } from "../wire/http.ts";
import type { DryRunOf } from "./dry_run.ts";
import { failureOf, headersOf } from "./status.ts";

/** Which listener a request came in by; a request without it is taken for one over TCP. */
export type Via = "unix" | "tcp";

export type ApiEnv = { Bindings: { readonly via?: Via } };

/** One request, let in: its caller may call, and what the route needs is there. */
export interface Call {
  readonly context: Context<ApiEnv>;
  readonly request: Request;
  /** Who asks, for the record. */
  readonly by: string;
  /** There where nothing is to be written: what it would be goes here. */
  readonly dryRun?: DryRunOf | undefined;
  /** Answered from the local copy, which may lag or be cut off. */
  readonly isLocalCopy: boolean;
}

export interface Answer {
  /** The index of the state the body shows, or of the entry the request made. */
  readonly index: number;
  readonly body: unknown;
  /** Where it is not 200: of what the request was for, not of the service. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent in place of the body. */
  readonly raw?: Raw;
}

/** What is no JSON, or is sent as it comes. */
export interface Raw {
  /** The content type. */
  readonly type: string;
  readonly content: string | ReadableStream<Uint8Array>;
}

export type Handler = (call: Call) => Outcome<Answer> | Promise<Outcome<Answer>>;

const ALWAYS_SENT = { "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff" };

/** The response to a request that was answered; `stale` is the age of a local copy in seconds. */
export function answered(answer: Answer, stale?: number): Response {
  const headers: Record<string, string> = {
    ...ALWAYS_SENT,
    "Content-Type": answer.raw?.type ?? "application/json",
    "Confluent-Index": String(answer.index),
    ...answer.headers,
  };
  if (stale !== undefined) headers["Confluent-Stale"] = String(stale);
  const content = answer.raw?.content ?? `${JSON.stringify(answer.body)}\n`;
  return new Response(content, { headers, status: answer.status ?? 200 });
}

/** The response to a request that was refused. */
export function refusedWith(refusal: Refusal, index: number): Response {
  return failed(failureOf(refusal), index, headersOf(refusal.kind));
}

/** The same for what is no refusal of the service: a path there is not, a bug. */
export function failed(
  failure: Failure,
  index: number,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(`${JSON.stringify(failure)}\n`, {
    status: failure.errorcode,
    headers: {
      ...ALWAYS_SENT,
      "Content-Type": "application/json",
      "Confluent-Index": String(index),
      ...headers,
    },
  });
}

/** A path parameter; routes without it have none, which only a bug could ask for. */
export function parameter(call: Call, name: string): string {
  return call.context.req.param(name) ?? "";
}
