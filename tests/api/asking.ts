/** A client of an API that stands on a {@link StandIn}: through `app.request`, as a listener. */
import { equal } from "node:assert/strict";

import { createApi } from "../../src/api/app.ts";
import { SUPPORT } from "../../src/model/support.ts";
import type { Via } from "../../src/api/call.ts";
import { nodeRow, type Operation, ROW_MARK } from "../../src/model/operation.ts";
import { StandIn } from "./stand_in.ts";

export const TOKEN = "bootstrap-token-for-tests";

export interface Asked {
  readonly status: number;
  readonly body: unknown;
  readonly text: string;
  readonly headers: Headers;
}

export interface Asking {
  readonly member: StandIn;
  /** Lines the API logged. */
  readonly failures: string[];
  /** `PUT /nodes/n1` and a body, over the unix socket where not said otherwise. */
  ask(route: string, body?: unknown, more?: Readonly<Record<string, string>>): Promise<Asked>;
  askBy(via: Via | undefined, route: string, init?: RequestInit): Promise<Asked>;
}

/** An API over a member that knows `nodes`. */
export function asking(...nodes: readonly string[]): Asking {
  const member = new StandIn();
  if (nodes.length > 0) member.apply([newNodes(...nodes)]);
  const failures: string[] = [];
  const app = createApi(member, {
    bootstrapToken: TOKEN,
    version: { version: "0.0.0", features: [], deno: "2", build: "test", support: SUPPORT },
    failed: (line) => void failures.push(line),
  });
  const askBy: Asking["askBy"] = async (via, route, init = {}) => {
    const [method = "", path = ""] = route.split(/ (.*)/);
    const env = via === undefined ? {} : { via };
    const response = await app.request(path, { ...init, method }, env);
    const isStream = response.headers.get("content-type") === "text/event-stream";
    const text = isStream ? await firstOf(response) : await response.text();
    const isJson = response.headers.get("content-type") === "application/json";
    const body: unknown = isJson && text !== "" ? JSON.parse(text) : undefined;
    return { status: response.status, body, text, headers: response.headers };
  };
  const ask: Asking["ask"] = (route, body, headers = {}) =>
    askBy("unix", route, {
      headers,
      ...body === undefined
        ? {}
        : { body: body instanceof Uint8Array ? body.slice() : asText(body) },
    });
  return { member, failures, ask, askBy };
}

/** What comes first of an answer that has no end. */
async function firstOf({ body }: Response): Promise<string> {
  if (body === null) return "";
  const reader = body.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return new TextDecoder().decode(value);
}

function asText(body: unknown): string {
  return typeof body === "string" ? body : JSON.stringify(body);
}

export function newNodes(...nodes: readonly string[]): Operation {
  return { kind: "set", rows: nodes.map(nodeRow), cells: [[ROW_MARK, ""]] };
}

/** The status and the error in one text, for refusals. */
export function refusalOf({ status, body }: Asked): string {
  const { errorcode, error } = body as { errorcode: number; error: string };
  equal(errorcode, status);
  return `${status} ${error}`;
}
