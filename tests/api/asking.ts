/** A client of an API that stands on a {@link StandIn}: through `app.request`, as a listener. */
import { deepEqual, equal } from "node:assert/strict";

import { createApi } from "../../src/api/app.ts";
import { MetricsRegistry } from "../../src/service/metrics/metrics.ts";
import { SUPPORT } from "../../src/model/support.ts";
import type { Via } from "../../src/api/call.ts";
import { groupRow, nodeRow, type Operation, ROW_MARK } from "../../src/model/operation.ts";
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
  readonly metrics: MetricsRegistry;
  /** Lines the API logged. */
  readonly failures: string[];
  /** `PUT /nodes/n1` and a body, over the unix socket where not said otherwise. */
  ask(route: string, body?: unknown, more?: Readonly<Record<string, string>>): Promise<Asked>;
  askBy(via: Via | undefined, route: string, init?: RequestInit): Promise<Asked>;
}

/** An API over a member that knows these nodes, and whatever else. */
export function asking(...known: readonly (string | Operation)[]): Asking {
  const member = new StandIn();
  const nodes = known.filter((name) => typeof name === "string");
  const others = known.filter((operation) => typeof operation !== "string");
  if (known.length > 0) member.apply([newNodes(...nodes), ...others]);
  const failures: string[] = [];
  const metrics = new MetricsRegistry();
  const app = createApi(member, {
    metrics,
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
  return { member, metrics, failures, ask, askBy };
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

/** A request of a route of the table, as good as any where n1 is a node and g1 a group. */
export function exampleOf(name: string): [route: string, body: unknown] {
  const route = name.replace(":node", "n1").replace(":range", "n1").replace(":member", "m2")
    .replace(":profile", "alma-9")
    .replace(":group", "g1").replace(/:element\{.*\}/, "all");
  const bodies: Record<string, unknown> = {
    "POST /nodes/": { name: "n7" },
    "POST /noderange/": { name: "n8-n9" },
    "POST /nodegroups/": { name: "g2" },
    "POST /collective/invitations": { name: "m2" },
    "POST /collective/rotate": {},
    "POST /collective/join": { token: "T" },
    "POST /collective/repair": { from: "m1" },
    "POST /explain/requests": { requests: [] },
    "POST /deployment/importing/": { filename: "/srv/alma.iso" },
    "POST /deployment/fingerprint/": { filename: "/srv/alma.iso" },
    "POST /dump": {},
    "POST /restore": '{"kind":"head","mode":"merge"}\n{"kind":"end","entries":0}',
  };
  if (name === "PUT /deployment/profiles/:profile") return [route, { updateboot: 1 }];
  if (name.endsWith("/rename")) return [route, { rename: "x1" }];
  if (name.endsWith("/expression")) return [route, { expression: "{n1}" }];
  if (name.endsWith("/state")) return [route, name.startsWith("PUT") ? { state: "on" } : undefined];
  if (/^PUT.*nextdevice$/.test(name)) return [route, { nextdevice: "network" }];
  if (/^PUT.*identify$/.test(name)) return [route, { identify: "on" }];
  if (/^PUT.*lock$/.test(name)) return [route, { lock: "locked" }];
  if (/^PUT.*profile$/.test(name)) return [route, { profile: null }];
  if (name.endsWith("/abbreviate")) return [route, { nodes: "n1" }];
  return [route, route.startsWith("PUT") ? {} : bodies[name]];
}

export function newGroup(name: string): Operation {
  return { kind: "set", rows: [groupRow(name)], cells: [[ROW_MARK, ""]] };
}

/** What an answer says beside where it stands. */
export function withoutLinks(body: unknown): Record<string, unknown> {
  const { _links, ...said } = body as Record<string, unknown>;
  return said;
}

/** The attributes an answer tells of a node that is in no group but that of all. */
export function attributesIn(body: unknown): Record<string, unknown> {
  const { _links, groups, ...attributes } = body as Record<string, unknown>;
  deepEqual(groups, ["everything"]);
  return attributes;
}

const PREFIX: Readonly<Record<number, string>> = {
  400: "Bad Request - ",
  404: "Target not found - ",
};

/** The status and the error of a refusal in one text, without the words that go with the status. */
export function refusalOf({ status, body }: Asked): string {
  const { errorcode, error } = body as { errorcode: number; error: string };
  equal(errorcode, status);
  const prefix = PREFIX[status] ?? "";
  equal(error.slice(0, prefix.length), prefix);
  return `${status} ${error.slice(prefix.length)}`;
}
