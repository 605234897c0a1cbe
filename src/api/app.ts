/**
 * The API: every route of routes.ts with its handler. A request goes the same way each time: who
 * calls, what the route needs, the handler, one response.
 */
import { type Context, Hono } from "hono";
import { TrieRouter } from "hono/router/trie-router";

import { oneLine } from "../base/one_line.ts";
import { type Refused, refused } from "../base/outcome.ts";
import type { MemberService } from "../service/member_service.ts";
import type { MetricsRegistry } from "../service/metrics/metrics.ts";
import type { DryRun, VersionAnswer } from "../wire/http.ts";
import { answered, type ApiEnv, failed, type Handler, refusedWith } from "./call.ts";
import { checkRoutes } from "./check.ts";
import { collectiveRoutes } from "./collective.ts";
import { deploymentRoutes } from "./deployment.ts";
import { documentRoutes } from "./documents.ts";
import { mediaRoutes } from "./media.ts";
import { profileRoutes } from "./profiles.ts";
import type { DryRunOf } from "./dry_run.ts";
import { dumpRoutes } from "./dumps.ts";
import { explainRoutes } from "./explain.ts";
import { guard } from "./guard.ts";
import { healthRoutes } from "./health.ts";
import { metricsRoutes } from "./metrics.ts";
import { commandRoutes } from "./node_commands.ts";
import { noderangeRoutes } from "./noderange.ts";
import { nodegroupRoutes } from "./nodegroups.ts";
import { nodeRoutes } from "./nodes.ts";
import { OTHER, RequestCounts } from "./request_counts.ts";
import { type Route, type RouteName, ROUTES } from "./routes.ts";
import { watchRoutes } from "./watch.ts";
import { createGate } from "./who_may_call.ts";

export interface ApiOptions {
  /** What proves a caller over TCP; without it nobody is let in there. */
  readonly bootstrapToken?: string | undefined;
  readonly version: VersionAnswer;
  /** Where requests are counted, and what /metrics tells. */
  readonly metrics: MetricsRegistry;
  /** Told of what nobody foresaw: one line, for the log. */
  readonly failed: (line: string) => void;
}

const METHODS = ["GET", "POST", "PUT", "DELETE"] as const;

/** Give its `fetch` to a listener together with `{ via }`. */
export function createApi(member: MemberService, options: ApiOptions): Hono<ApiEnv> {
  const gate = createGate(options.bootstrapToken);
  const app = new Hono<ApiEnv>({ router: new TrieRouter(), strict: false });
  const handlers = handlersOf(member, options);
  const callerOf = (context: Context<ApiEnv>): ReturnType<typeof gate> =>
    gate(context.env?.via ?? "tcp", context.req.raw.headers.get("authorization"));

  async function serve(
    context: Context<ApiEnv>,
    route: Route,
    handler: Handler,
  ): Promise<Response> {
    const request = context.req.raw;
    const caller = route.open ? undefined : callerOf(context);
    if (caller?.ok === false) return refusedWith(caller.refusal, member.index);
    if (!route.keyed && request.method !== "GET" && request.headers.has("idempotency-key")) {
      return refusedWith(NO_KEY.refusal, member.index);
    }
    const query = queryOf(request.url);
    const wrong = whyNoDryRun(request, route, query);
    if (wrong !== undefined) return refusedWith(wrong.refusal, member.index);
    const fresh = await guard(member, route, query);
    if (!fresh.ok) return refusedWith(fresh.refusal, member.index);
    const { stale } = fresh.value;
    const by = caller?.value ?? "anybody";
    const dryRun: DryRunOf | undefined = isDryRun(route, query) ? {} : undefined;
    const isLocalCopy = stale !== undefined;
    const answer = await handler({ context, request, by, isLocalCopy, dryRun });
    if (!answer.ok) return refusedWith(answer.refusal, member.index);
    if (dryRun !== undefined) {
      return answered({ index: member.index, body: dryRun.answer ?? NOTHING });
    }
    return answered(answer.value, route.open ? undefined : stale);
  }

  const counts = new RequestCounts(options.metrics);
  for (const name of Object.keys(ROUTES) as RouteName[]) {
    const [method = "", path = ""] = name.split(" ");
    const route: Route = ROUTES[name], handler = handlers[name];
    const counted = counts.of(name);
    app.on(method, path.replace(/(.)\/$/, "$1"), (context) => {
      return counted(() => serve(context, route, handler));
    });
  }
  const countedOther = counts.of(OTHER);
  app.notFound((context) => {
    return countedOther(() => {
      const caller = callerOf(context);
      if (!caller.ok) return refusedWith(caller.refusal, member.index);
      return nothingThere(app, context, member.index);
    });
  });
  app.onError((thrown, context) => {
    options.failed(`${context.req.method} ${context.req.path}: ${oneLine(thrown)}`);
    const error = "an error that nobody foresaw; the log of this member has its reason";
    return failed({ errorcode: 500, error }, member.index);
  });
  return app;
}

function handlersOf(
  member: MemberService,
  options: ApiOptions,
): Record<RouteName, Handler> {
  return {
    ...healthRoutes(member, options.version),
    ...nodeRoutes(member),
    ...commandRoutes(member),
    ...deploymentRoutes(member),
    ...nodegroupRoutes(member),
    ...noderangeRoutes(member),
    ...collectiveRoutes(member),
    ...profileRoutes(member),
    ...mediaRoutes(member),
    ...dumpRoutes(member),
    ...watchRoutes(member),
    ...documentRoutes(member, options.version),
    ...checkRoutes(member),
    ...explainRoutes(member),
    ...metricsRoutes(member, options.metrics),
  };
}

/** What a write that would change nothing does not even propose. */
const NOTHING: DryRun = { dryRun: true, count: 0, changes: [] };

function isDryRun(route: Route, query: URLSearchParams | undefined): boolean {
  return route.keyed === true && query?.get("dryRun") === "1";
}

/** Whoever asks for a dry run in a way that is not understood must not have it done in earnest. */
function whyNoDryRun(
  { method }: Request,
  route: Route,
  query: URLSearchParams | undefined,
): Refused | undefined {
  const [name, given] = [...query ?? []].find(([name]) => /^dry.?run$/i.test(name)) ?? [];
  if (name === undefined || given === undefined || method === "GET") return undefined;
  if (name !== "dryRun" || given !== "1") {
    return refused("invalid", `${name.slice(0, 8)}=${given.slice(0, 32)}: wanted dryRun=1`);
  }
  return route.keyed ? undefined : NO_DRY_RUN;
}

const NO_DRY_RUN = refused(
  "invalid",
  "dryRun: understood by what changes nodes and groups; nothing was done, leave it out here",
);

const NO_KEY = refused(
  "invalid",
  "Idempotency-Key: taken by what changes nodes and attributes; leave it out here",
);

/** No such path, or a path that knows other methods. */
function nothingThere(app: Hono<ApiEnv>, context: Context<ApiEnv>, index: number): Response {
  const { method, path } = context.req;
  const known = METHODS.filter((other) => app.router.match(other, path)[0].length > 0);
  if (known.length === 0) {
    return failed({
      errorcode: 404,
      error: `Target not found - there is nothing at ${path.slice(0, 256)}`,
    }, index);
  }
  const error = `${method} is not supported at ${path.slice(0, 256)}; ${known.join(", ")} are`;
  return failed({ errorcode: 405, error }, index, { Allow: known.join(", ") });
}

/** Parsed only where there is one: most requests have none. */
function queryOf(url: string): URLSearchParams | undefined {
  const start = url.indexOf("?");
  return start < 0 ? undefined : new URLSearchParams(url.slice(start));
}
