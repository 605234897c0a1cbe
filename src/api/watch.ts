/** /watch: what changes, as it changes, as server-sent events (src/wire/watch.ts says which). */
import { utf8 } from "../base/bytes.ts";
import { WATCH_PART_BYTES } from "../base/limits.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";
import { expandAny } from "../model/noderange/expand.ts";
import type { MemberService, Watching } from "../service/member_service.ts";
import { resumeIndex, type WatchEvent } from "../wire/watch.ts";
import type { Answer, Call, Handler } from "./call.ts";

export function watchRoutes(member: MemberService): Record<"GET /watch", Handler> {
  return { "GET /watch": (call) => watch(member, call) };
}

const EVENT_STREAM = "text/event-stream";
/** A proxy, or this server, that gathered or compressed them would hold events back. */
const HEADERS = { "Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no" };

async function watch(member: MemberService, { request }: Call): Promise<Outcome<Answer>> {
  const query = new URL(request.url).searchParams;
  const from = fromOf(request, query);
  if (!from.ok) return from;
  const nodes = nodesOf(member, query.get("noderange"));
  if (!nodes.ok) return nodes;
  if (from.value !== undefined && from.value !== ANEW) {
    // What it saw elsewhere may not have come here yet.
    const reached = await member.reach(from.value);
    if (!reached.ok) return reached;
  }
  const { index } = member;
  if (request.method === "HEAD") {
    return ok({
      index,
      body: undefined,
      headers: HEADERS,
      raw: { type: EVENT_STREAM, content: "" },
    });
  }
  const watching = member.watch({
    ...from.value === ANEW ? { isAnew: true } : { from: from.value },
    nodes: nodes.value,
  });
  if (!watching.ok) return watching;
  const content = eventStream(watching.value);
  return ok({ index, body: undefined, headers: HEADERS, raw: { type: EVENT_STREAM, content } });
}

/** Of a client that connects again before it was told all there is. */
const ANEW = "anew";

/** A client that connects again says what it saw last, and its URL is still the first one. */
function fromOf(
  request: Request,
  query: URLSearchParams,
): Outcome<number | typeof ANEW | undefined> {
  const last = request.headers.get("last-event-id");
  if (last === "0") return ok(ANEW);
  const [name, text] = last !== null && last !== ""
    ? ["Last-Event-ID: ", last]
    : ["from=", query.get("from")];
  if (text === null) return ok(undefined);
  if (/^\d{1,15}$/.test(text)) return ok(Number(text));
  return refused("invalid", `${name}${text.slice(0, 32)}: wanted an index, a whole number`);
}

/** Nodes of a range are watched whether they exist yet, or still, or not. */
function nodesOf(
  member: MemberService,
  range: string | null,
): Outcome<ReadonlySet<string> | undefined> {
  if (range === null) return ok(undefined);
  const names = expandAny(range, member.nodes);
  return names.ok ? ok(new Set(names.value)) : names;
}

/** Events are made when the connection takes them; whoever goes away is let go. */
function eventStream(watching: Watching): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller): Promise<void> {
      for (;;) {
        const text = gathered(watching);
        if (text !== "") return controller.enqueue(utf8(text));
        if (!await watching.ready()) return controller.close();
      }
    },
    cancel: () => watching.close(),
  }, { highWaterMark: 0 });
}

/** What there is to tell, as much as is handed over at once. */
function gathered(watching: Watching): string {
  let text = "";
  while (text.length < WATCH_PART_BYTES) {
    const event = watching.take();
    if (event === undefined) break;
    text += eventText(event);
  }
  return text;
}

/** JSON has no line breaks in it, so the data is one line. */
function eventText(event: WatchEvent): string {
  const id = resumeIndex(event);
  const idLine = id === undefined ? "" : `id: ${id}\n`;
  return `event: ${event.event}\n${idLine}data: ${JSON.stringify(event)}\n\n`;
}
