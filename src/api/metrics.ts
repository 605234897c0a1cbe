/** /metrics: what this member counts and knows of itself, for Prometheus. */
import { ok } from "../base/outcome.ts";
import type { MemberService } from "../service/member_service.ts";
import type { MetricsRegistry } from "../service/metrics/metrics.ts";
import type { Handler } from "./call.ts";

export function metricsRoutes(
  member: MemberService,
  metrics: MetricsRegistry,
): Record<"GET /metrics", Handler> {
  return {
    "GET /metrics": async () => {
      const { type, text } = await metrics.page();
      return ok({ index: member.index, body: undefined, raw: { type, content: text } });
    },
  };
}
