/**
 * Every route of the API, and what it needs before it is answered. This one table is what the
 * quorum guard goes by, what is registered, and what the documents print.
 */

/**
 * - `always`: answered without quorum too, from what this member knows.
 * - `local-copy`: the same, save where this member's state is known to be wrong.
 * - `quorum-or-local-copy`: needs quorum, or `?stale=ok`.
 * - `quorum`: nothing is done without it.
 * - `quorum-unless-locked`: the same, but a locked member may, since it is its way back.
 */
export type Needs =
  | "always"
  | "local-copy"
  | "quorum-or-local-copy"
  | "quorum"
  | "quorum-unless-locked";

export interface Route {
  readonly needs: Needs;
  /** Answered to callers who proved nothing. */
  readonly open?: true;
  /** Takes an `Idempotency-Key`; another that changes something refuses one. */
  readonly keyed?: true;
}

const ALWAYS = { needs: "always" } as const;
const OPEN = { needs: "always", open: true } as const;
const LOCAL_COPY = { needs: "local-copy" } as const;
const QUORUM_OR_LOCAL_COPY = { needs: "quorum-or-local-copy" } as const;
const QUORUM = { needs: "quorum" } as const;
const WRITE = { needs: "quorum", keyed: true } as const;

/** Keys are a method and a path, whose parameters are `:name` or `:name{pattern}`. A trailing
 * slash, which marks collections, is optional in requests. */
export const ROUTES = {
  "GET /healthz": OPEN,
  "GET /readyz": OPEN,
  "GET /version": OPEN,
  "GET /openapi.json": ALWAYS,
  "GET /docs": ALWAYS,
  "GET /metrics": ALWAYS,
  "GET /": ALWAYS,
  "GET /uuid": ALWAYS,
  "GET /events/": ALWAYS,
  "GET /check": ALWAYS,
  "GET /explain/:node": ALWAYS,
  "POST /explain/requests": ALWAYS,
  "GET /discovery/": ALWAYS,
  "GET /discovery/by-mac/": ALWAYS,
  "GET /nodes/": LOCAL_COPY,
  "POST /nodes/": WRITE,
  "GET /nodes/:node/": LOCAL_COPY,
  "DELETE /nodes/:node/": WRITE,
  "GET /nodes/:node/attributes/": LOCAL_COPY,
  "GET /nodes/:node/attributes/:element{all|current}": QUORUM_OR_LOCAL_COPY,
  "PUT /nodes/:node/attributes/:element{all|current}": WRITE,
  "PUT /nodes/:node/attributes/rename": WRITE,
  "POST /nodes/:node/attributes/expression": QUORUM_OR_LOCAL_COPY,
  "GET /nodes/:node/power/": LOCAL_COPY,
  "GET /nodes/:node/power/state": QUORUM_OR_LOCAL_COPY,
  "PUT /nodes/:node/power/state": QUORUM,
  "GET /nodes/:node/boot/": LOCAL_COPY,
  "GET /nodes/:node/boot/nextdevice": QUORUM_OR_LOCAL_COPY,
  "PUT /nodes/:node/boot/nextdevice": QUORUM,
  "GET /nodes/:node/health/": LOCAL_COPY,
  "GET /nodes/:node/health/hardware": QUORUM_OR_LOCAL_COPY,
  "GET /nodes/:node/identify": QUORUM_OR_LOCAL_COPY,
  "PUT /nodes/:node/identify": QUORUM,
  "GET /nodes/:node/deployment/": LOCAL_COPY,
  "GET /nodes/:node/deployment/lock": QUORUM_OR_LOCAL_COPY,
  "PUT /nodes/:node/deployment/lock": WRITE,
  "GET /nodes/:node/deployment/profile": QUORUM_OR_LOCAL_COPY,
  "PUT /nodes/:node/deployment/profile": WRITE,
  "GET /noderange/": LOCAL_COPY,
  "POST /noderange/": WRITE,
  "GET /noderange/:range/": LOCAL_COPY,
  "DELETE /noderange/:range/": WRITE,
  "GET /noderange/:range/nodes/": LOCAL_COPY,
  "GET /noderange/:range/attributes/": LOCAL_COPY,
  "GET /noderange/:range/attributes/:element{all|current}": QUORUM_OR_LOCAL_COPY,
  "PUT /noderange/:range/attributes/:element{all|current}": WRITE,
  "PUT /noderange/:range/attributes/rename": WRITE,
  "POST /noderange/:range/attributes/expression": QUORUM_OR_LOCAL_COPY,
  "POST /noderange/:range/abbreviate": LOCAL_COPY,
  "GET /noderange/:range/power/": LOCAL_COPY,
  "GET /noderange/:range/power/state": QUORUM_OR_LOCAL_COPY,
  "PUT /noderange/:range/power/state": QUORUM,
  "GET /noderange/:range/boot/": LOCAL_COPY,
  "GET /noderange/:range/boot/nextdevice": QUORUM_OR_LOCAL_COPY,
  "PUT /noderange/:range/boot/nextdevice": QUORUM,
  "GET /noderange/:range/health/": LOCAL_COPY,
  "GET /noderange/:range/health/hardware": QUORUM_OR_LOCAL_COPY,
  "GET /noderange/:range/identify": QUORUM_OR_LOCAL_COPY,
  "PUT /noderange/:range/identify": QUORUM,
  "GET /noderange/:range/deployment/": LOCAL_COPY,
  "GET /noderange/:range/deployment/lock": QUORUM_OR_LOCAL_COPY,
  "PUT /noderange/:range/deployment/lock": WRITE,
  "GET /noderange/:range/deployment/profile": QUORUM_OR_LOCAL_COPY,
  "PUT /noderange/:range/deployment/profile": WRITE,
  "GET /nodegroups/": LOCAL_COPY,
  "POST /nodegroups/": WRITE,
  "GET /nodegroups/:group/": LOCAL_COPY,
  "DELETE /nodegroups/:group/": WRITE,
  "GET /nodegroups/:group/attributes/": LOCAL_COPY,
  "GET /nodegroups/:group/attributes/:element{all|current}": QUORUM_OR_LOCAL_COPY,
  "PUT /nodegroups/:group/attributes/:element{all|current}": WRITE,
  "PUT /nodegroups/:group/attributes/rename": WRITE,
  "GET /deployment/": LOCAL_COPY,
  "GET /deployment/profiles/": LOCAL_COPY,
  "GET /deployment/profiles/:profile": LOCAL_COPY,
  "PUT /deployment/profiles/:profile": QUORUM,
  "GET /deployment/content": LOCAL_COPY,
  "POST /deployment/content": LOCAL_COPY,
  "GET /deployment/importing/": LOCAL_COPY,
  "POST /deployment/importing/": QUORUM,
  "POST /deployment/fingerprint/": LOCAL_COPY,
  "POST /dump": QUORUM,
  "POST /restore": WRITE,
  "GET /watch": LOCAL_COPY,
  "GET /collective/": ALWAYS,
  "POST /collective/repair": QUORUM,
  "POST /collective/invitations": QUORUM,
  "POST /collective/rotate": QUORUM,
  "POST /collective/rotate-key": QUORUM,
  "POST /collective/join": { needs: "quorum-unless-locked" },
  "DELETE /collective/members/:member": QUORUM,
  "POST /collective/members/:member/drain": QUORUM,
  "DELETE /collective/members/:member/drain": QUORUM,
} as const satisfies Readonly<Record<string, Route>>;

export type RouteName = keyof typeof ROUTES;
