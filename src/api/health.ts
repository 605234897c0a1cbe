/** The process: whether it answers, whether it is ready, what it is. */
import { ok } from "../base/outcome.ts";
import type { MemberService } from "../service/member_service.ts";
import type { VersionAnswer } from "../wire/http.ts";
import type { Handler } from "./call.ts";
import { linksTo } from "./links.ts";

type HealthRoute =
  | "GET /"
  | "GET /healthz"
  | "GET /readyz"
  | "GET /version"
  | "GET /uuid"
  | "GET /events/";

const TOP: readonly string[] = [
  "collective/",
  "deployment/",
  "discovery/",
  "docs",
  "events/",
  "metrics",
  "noderange/",
  "nodegroups/",
  "nodes/",
  "openapi.json",
  "uuid",
  "version",
  "watch",
];

export function healthRoutes(
  member: MemberService,
  version: VersionAnswer,
): Record<HealthRoute, Handler> {
  return {
    "GET /": (call) => ok({ index: member.index, body: linksTo(call, TOP) }),
    "GET /healthz": () => ok({ index: member.index, body: { status: "ok" } }),
    "GET /readyz": () => {
      const ready = member.ready();
      return ready.ok ? ok({ index: member.index, body: { status: "ready" } }) : ready;
    },
    "GET /events/": (call) => ok({ index: member.index, body: linksTo(call, []) }),
    "GET /version": () => ok({ index: member.index, body: version }),
    "GET /uuid": () =>
      ok({ index: member.index, body: { uuid: { value: member.authority.uuid } } }),
  };
}
