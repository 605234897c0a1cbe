/**
 * What is answered to a request for a file that is there: all of it, a part, or that the client
 * has it (RFC 9110, 13 and 14). Several ranges at once are answered by all of the file, as is
 * allowed: no boot client wants them.
 */
import type { FileConditions, FileRequest } from "../../wire/file_request.ts";
import { contentTypeOf } from "./content_type.ts";

/** What is known of the file. */
export interface FileFacts {
  readonly path: string;
  readonly size: number;
  readonly modifiedMs: number;
  readonly identity: string;
}

export interface FileAnswer {
  readonly status: 200 | 206 | 304 | 412 | 416;
  /** Fields of the head, of this answer only. */
  readonly fields: readonly string[];
  /** The bytes that follow: from the first to before the other. */
  readonly from: number;
  readonly until: number;
}

/** A time that is younger may yet belong to two versions of a file (RFC 9110, 8.8.2.2). */
const TELLING_MS = 1_000;

export function answerFile(
  { isHead, conditions }: FileRequest,
  file: FileFacts,
  nowMs: number,
): FileAnswer {
  const tag = `"${file.identity}"`;
  const time = Math.floor(Math.min(file.modifiedMs, nowMs) / 1000) * 1000;
  const known = [`ETag: ${tag}`, `Last-Modified: ${new Date(time).toUTCString()}`];
  const fields = [...known, "Accept-Ranges: bytes"];
  const empty = (status: FileAnswer["status"], more: readonly string[] = []): FileAnswer => {
    return { status, fields: [...fields, ...more], from: 0, until: 0 };
  };
  if (isOtherThanWanted(conditions, tag, time)) return empty(412, ["Content-Length: 0"]);
  if (isKnown(conditions, tag, time)) return empty(304);
  const typed = [...fields, `Content-Type: ${contentTypeOf(file.path)}`];
  const { size } = file;
  const range = isHead || !isRangeOf(conditions, tag, time, nowMs)
    ? undefined
    : rangeOf(conditions.range ?? "", size);
  if (range === "unsatisfiable") {
    return empty(416, [`Content-Range: bytes */${size}`, "Content-Length: 0"]);
  }
  if (range === undefined) {
    return { status: 200, fields: [...typed, `Content-Length: ${size}`], from: 0, until: size };
  }
  const { from, until } = range;
  const part = [`Content-Range: bytes ${from}-${until - 1}/${size}`];
  return {
    status: 206,
    fields: [...typed, ...part, `Content-Length: ${until - from}`],
    from,
    until,
  };
}

/** RFC 9110, 13.1.1 and 13.1.4. */
function isOtherThanWanted(conditions: FileConditions, tag: string, time: number): boolean {
  const { ifMatch, ifUnmodifiedSince } = conditions;
  if (ifMatch !== undefined) return ifMatch !== "*" && !tagsOf(ifMatch).includes(tag);
  const since = timeOf(ifUnmodifiedSince);
  return since !== undefined && time > since;
}

/** RFC 9110, 13.1.2 and 13.1.3. */
function isKnown(conditions: FileConditions, tag: string, time: number): boolean {
  const { ifNoneMatch, ifModifiedSince } = conditions;
  if (ifNoneMatch !== undefined) {
    return ifNoneMatch === "*" || tagsOf(ifNoneMatch.replaceAll('W/"', '"')).includes(tag);
  }
  const since = timeOf(ifModifiedSince);
  return since !== undefined && time <= since;
}

/** Whether the range is one of this version of the file (RFC 9110, 13.1.5). */
function isRangeOf(
  { range, ifRange }: FileConditions,
  tag: string,
  time: number,
  nowMs: number,
): boolean {
  if (range === undefined) return false;
  if (ifRange === undefined || ifRange === tag) return true;
  return timeOf(ifRange) === time && nowMs - time >= TELLING_MS;
}

function tagsOf(field: string): string[] {
  return field.match(/(?:W\/)?"[^"]*"/g) ?? [];
}

/** A time as HTTP has it, in whole seconds; undefined for anything else. */
function timeOf(field: string | undefined): number | undefined {
  if (field === undefined || !/^[A-Z][a-z]+,? [\w: -]+$/.test(field)) return undefined;
  const time = Date.parse(field.endsWith("GMT") ? field : `${field} GMT`);
  return Number.isNaN(time) ? undefined : time;
}

/** RFC 9110, 14.1.2; undefined for what is to be ignored. */
function rangeOf(
  field: string,
  size: number,
): { readonly from: number; readonly until: number } | "unsatisfiable" | undefined {
  const [, first = "", last = ""] = /^bytes=[ \t]*(\d{0,15})-(\d{0,15})[ \t]*$/.exec(field) ?? [];
  if (first === "") {
    if (last === "") return undefined;
    const length = Math.min(Number(last), size);
    return length === 0 ? "unsatisfiable" : { from: size - length, until: size };
  }
  if (last !== "" && Number(last) < Number(first)) return undefined;
  if (Number(first) >= size) return "unsatisfiable";
  const until = last === "" ? size : Math.min(Number(last) + 1, size);
  return { from: Number(first), until };
}
