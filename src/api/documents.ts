/** /openapi.json and /docs: what the API says of itself, made once, when it is first asked for. */
import { ok } from "../base/outcome.ts";
import type { MemberService } from "../service/member_service.ts";
import type { VersionAnswer } from "../wire/http.ts";
import type { Handler } from "./call.ts";
import { docsPage, docsPolicy } from "./docs_page.ts";
import { openApi } from "./openapi.ts";

export function documentRoutes(
  member: MemberService,
  { version }: VersionAnswer,
): Record<"GET /openapi.json" | "GET /docs", Handler> {
  let document: ReturnType<typeof openApi> | undefined, page: string | undefined;
  return {
    "GET /openapi.json": () => {
      document ??= openApi(version);
      return ok({ index: member.index, body: document });
    },
    "GET /docs": () => {
      page ??= docsPage(document ??= openApi(version));
      return ok({
        index: member.index,
        body: undefined,
        headers: { "Content-Security-Policy": docsPolicy() },
        raw: { type: "text/html; charset=utf-8", content: page },
      });
    },
  };
}
