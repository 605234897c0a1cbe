/** Answers that take their time: lines of JSON as things get on, the last of which says what became
 * of it. */
import { utf8 } from "../base/bytes.ts";
import type { MemberService } from "../service/member_service.ts";
import type { Answer, Call } from "./call.ts";

/** Lines where they were asked for. */
export function wantsLines({ request }: Call): boolean {
  return request.headers.get("accept")?.includes("application/x-ndjson") === true;
}

/** `run` goes on when its caller hangs up; its signal says so to what must not. */
export function inLines<Line>(
  member: MemberService,
  run: (say: (line: Line) => void, left: AbortSignal) => Promise<void>,
): Answer {
  const left = new AbortController();
  const content = new ReadableStream<Uint8Array>({
    async start(controller): Promise<void> {
      await run((line) => {
        if (!left.signal.aborted) controller.enqueue(utf8(`${JSON.stringify(line)}\n`));
      }, left.signal);
      if (!left.signal.aborted) controller.close();
    },
    cancel(): void {
      left.abort();
    },
  });
  return { index: member.index, body: undefined, raw: { type: "application/x-ndjson", content } };
}
