/**
 * /openapi.json: OpenAPI 3.1 made of the route table, the words in described.ts and the schemas
 * themselves, as zod tells them (docs/decisions/0015-openapi-from-the-route-table.md).
 */
import { z } from "zod";

import { MAX_BODY_BYTES } from "../base/limits.ts";
import type { RefusalKind } from "../base/outcome.ts";
import { attributeProperties } from "./described_attributes.ts";
import { type Content, DESCRIBED, type Described, type ShapeName, SHAPES } from "./described.ts";
import { type Needs, type Route, type RouteName, ROUTES } from "./routes.ts";
import { STATUS } from "./status.ts";

type Json = Readonly<Record<string, unknown>>;

/** One way of calling one path. */
export interface OpenApiOperation extends Json {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description: string;
  readonly parameters: readonly Json[];
  readonly requestBody?: Json;
  readonly responses: Readonly<Record<string, Json>>;
  /** Empty where anybody may call. */
  readonly security: readonly Json[];
}

export interface OpenApi extends Json {
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  /** By path, then by method in lower case. */
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Json>> } & Json;
}

/** The whole document for a service of that version. */
export function openApi(version: string): OpenApi {
  const paths: Record<string, Record<string, OpenApiOperation>> = {};
  for (const name of Object.keys(ROUTES) as RouteName[]) {
    const [method = "", path = ""] = name.split(" ");
    const at = paths[path.replace(PARAMETER, "{$1}")] ??= {};
    at[method.toLowerCase()] = operationOf(name, method, path);
  }
  return {
    openapi: "3.1.0",
    info: { title: "confluent", version, description: ABOUT },
    servers: [{ url: "/" }],
    paths,
    components: { schemas: shapes(), headers: HEADERS, securitySchemes: SECURITY },
  };
}

const ABOUT =
  "Nodes and their attributes, kept by a collective of equal members: any member takes " +
  "any request. Over the unix socket the caller is the local administrator; over TCP a caller " +
  "shows a token, save where it says that anybody may call. A write is one change: all its nodes " +
  "and attributes, or none. 503 says that nothing was done, 504 that nobody knows. A trailing " +
  "slash is optional in requests.";

/** `:name` or `:name{one|another}`. */
const PARAMETER = /:(\w+)(?:\{([^}]*)\})?/g;

const WORDS: Readonly<Record<string, string>> = {
  node: "name of a node",
  range: "a noderange, as `n[1-40]` or `n1,n7`; encoded as one part of a path",
  member: "name of a member",
  profile: "name of a profile",
  element: "`current` is what is set, `all` is every attribute there is",
};

const NEEDS: Readonly<Record<Needs, string>> = {
  "always": "Answered without quorum too, from what this member knows; `Confluent-Stale` then " +
    "says how old that may be.",
  "local-copy": "The same, but 503 while this member's state is known to be wrong.",
  "quorum-or-local-copy": "Needs quorum, or `stale=ok`.",
  "quorum": "Needs quorum.",
  "quorum-unless-locked": "Needs quorum, unless the member is locked: it is its way back.",
};

const SECURITY = {
  token: {
    type: "http",
    scheme: "bearer",
    description: "The token in the file `token` of the data folder. Not asked for over the unix " +
      "socket.",
  },
};

const HEADERS = {
  "Confluent-Index": {
    description: "index of the state that is shown, or of the entry that was written",
    schema: { type: "integer" },
  },
  "Confluent-Stale": {
    description: "there where the answer is a local copy: seconds since a majority was heard",
    schema: { type: "integer" },
  },
};

const QUERY = {
  stale: "`ok` takes the local copy where there is no quorum",
  minIndex: "waits until this member has applied this index; 503 where that takes too long",
  consistent: "`1` reads what the leader knows now: linearizable",
};

const REFUSED: Readonly<Record<number, string>> = {
  400: "Malformed or not allowed by a schema; it says where, and what would be right",
  401: "Who is calling is not proven",
  403: "The caller may not",
  404: "There is no such thing",
  409: "True elsewhere, not here and now",
  412: "Compare-and-set lost: something newer is there",
  413: `Too large; a body may have ${MAX_BODY_BYTES} bytes`,
  429: "A bound is hit; ask again later, see `Retry-After`",
  500: "A mistake of this program; its log has the reason",
  501: "The node's hardware is not managed, or cannot do that",
  502: "The node's controller refuses, or makes no sense",
  503: "Nothing was done: no quorum (`missing` says who is silent), catching up, or locked",
  504: "It may or may not have been done: look first",
};

function operationOf(name: RouteName, method: string, path: string): OpenApiOperation {
  const route: Route = ROUTES[name], described: Described = DESCRIBED[name];
  const { summary, about, body } = described;
  const who = route.open ? " Anybody may call." : "";
  return {
    operationId: operationId(method, path),
    tags: [path.split("/")[1] || "top"],
    summary,
    description: `${about === undefined ? "" : `${about} `}${NEEDS[route.needs]}${who}`,
    parameters: parametersOf(path, route, described, method),
    ...body === undefined ? {} : {
      requestBody: {
        required: true,
        content: contentOf(body),
      },
    },
    responses: responsesOf(route, described, method),
    security: route.open ? [] : [{ token: [] }],
  };
}

/** `putNodesNodeAttributesElement`. */
function operationId(method: string, path: string): string {
  const words = path.replace(PARAMETER, "$1").split(/\W+/).filter((word) => word !== "");
  const tail = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
  return method.toLowerCase() + (tail === "" ? "Top" : tail);
}

function parametersOf(
  path: string,
  { needs, open }: Route,
  { query = {}, headers = {} }: Described,
  method: string,
): Json[] {
  const inPath = [...path.matchAll(PARAMETER)].map(([, name = "", choices]) => ({
    name,
    in: "path",
    required: true,
    description: WORDS[name],
    schema: choices === undefined
      ? { type: "string" }
      : { type: "string", enum: choices.split("|") },
  }));
  const optional = (where: string, of: Readonly<Record<string, string>>): Json[] =>
    Object.entries(of).map(([name, description]) => ({
      name,
      in: where,
      description,
      schema: { type: "string" },
    }));
  const { stale, ...indexes } = QUERY;
  const reading = {
    ...needs === "quorum-or-local-copy" ? { stale } : {},
    ...method === "GET" && !open ? indexes : {},
  };
  return [
    ...inPath,
    ...optional("query", { ...reading, ...query }),
    ...optional("header", headers),
  ];
}

function responsesOf(route: Route, described: Described, method: string): Record<string, Json> {
  const headers = Object.fromEntries(
    Object.keys(HEADERS).filter((name) => name === "Confluent-Index" || !route.open)
      .map((name) => [name, { $ref: `#/components/headers/${name}` }]),
  );
  const done = { description: "Done", headers, content: contentOf(described.answers) };
  const kinds = new Set<RefusalKind>(described.refuses);
  if (!route.open) kinds.add("unauthorized");
  if (route.needs !== "always") kinds.add("no-quorum");
  // To wait for an index may be in vain.
  if (method === "GET" && !route.open) kinds.add("invalid").add("catching-up");
  if (method !== "GET") kinds.add("unknown-outcome");
  const { fails = [] } = described;
  const statuses = [...new Set([...[...kinds].map((kind) => STATUS[kind]), ...fails, 500])];
  const failure = contentOf([{ type: "application/json", shapes: ["Failure"] }]);
  const failures = statuses.sort((a, b) => a - b)
    .map((status) => [status, { description: REFUSED[status], content: failure }]);
  return { 200: done, ...Object.fromEntries(failures) };
}

function contentOf(contents: readonly Content[]): Json {
  return Object.fromEntries(contents.map(({ type, shapes }) => {
    const refs = shapes.map((shape) => ({ $ref: refTo(shape) }));
    return [type, { schema: refs.length > 1 ? { oneOf: refs } : refs[0] ?? {} }];
  }));
}

function refTo(shape: string): string {
  return `#/components/schemas/${shape}`;
}

/** As requests are read: what may come on top of an answer is not forbidden. */
function shapes(): Record<string, Json> {
  const named = z.registry<{ id: string }>();
  for (const id of Object.keys(SHAPES) as ShapeName[]) named.add(SHAPES[id], { id });
  const { schemas } = z.toJSONSchema(named, { io: "input", uri: refTo });
  const told: Record<string, Json> = Object.fromEntries(
    Object.entries(schemas).map(([id, { $schema: _, $id: __, ...schema }]) => [id, schema]),
  );
  const input = { $ref: refTo("AttributeInput") };
  return { ...told, AttributesInput: { ...told.AttributesInput, ...attributeProperties(input) } };
}
