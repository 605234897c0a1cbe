/**
 * The head of an HTTP request for a file: GET or HEAD, and never a body (RFC 9110, RFC 9112).
 *
 *     GET /confluent-public/os/p1/kernel?x HTTP/1.1 CRLF     method SP target SP version
 *     Host: 10.0.0.2 CRLF                                    name ":" value, none folded
 *     Range: bytes=0-99 CRLF
 *     CRLF
 *
 * Strangers send these bytes. So lines end by CRLF only, and what is no such head is refused with
 * the status that says why, never guessed at.
 */
import { MAX_FILE_REQUEST_FIELDS, MAX_FILE_REQUEST_TARGET } from "../base/boot_limits.ts";
import { fromUtf8 } from "../base/bytes.ts";

/** The fields of a request that bear on what is answered, as they were sent. */
export interface FileConditions {
  readonly range?: string;
  readonly ifRange?: string;
  readonly ifMatch?: string;
  readonly ifNoneMatch?: string;
  readonly ifModifiedSince?: string;
  readonly ifUnmodifiedSince?: string;
}

/** A request that can be answered. */
export interface FileRequest {
  readonly isHead: boolean;
  /** With a slash before it; decoded, without the query. It may hold anything else. */
  readonly path: string;
  /** Whether the client will send another request on this connection. */
  readonly isKept: boolean;
  readonly isOldVersion: boolean;
  readonly conditions: FileConditions;
}

/** Why a head cannot be answered: the connection ends with this status. */
export interface WrongRequest {
  readonly status: 400 | 405 | 413 | 414 | 431 | 505;
  readonly why: string;
  readonly isHead: boolean;
}

/** One of both. */
export type ParsedFileRequest =
  | { readonly request: FileRequest; readonly wrong?: undefined }
  | { readonly wrong: WrongRequest };

const CR = 13, LF = 10;

/** Empty lines before a request count for nothing (RFC 9112, 2.2): how many bytes of them. */
export function emptyLinesLength(bytes: Uint8Array): number {
  let length = 0;
  while (bytes[length] === CR && bytes[length + 1] === LF) length += 2;
  return length;
}

/** Bytes of the head, its empty line included; 0 where its end has not come. The first `known`
 * bytes were looked at before. */
export function fileRequestLength(bytes: Uint8Array, known = 0): number {
  for (let at = Math.max(3, known); at < bytes.length; at++) {
    const ends = bytes[at] === LF && bytes[at - 1] === CR && bytes[at - 2] === LF &&
      bytes[at - 3] === CR;
    if (ends) return at + 1;
  }
  return 0;
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const REQUEST_LINE = new RegExp(`^(${TOKEN}) ([\\x21-\\x7e]+) HTTP/(\\d)\\.(\\d)$`);
const NAME = new RegExp(`^${TOKEN}$`);
/** What no value holds (RFC 9110, 5.5). */
const CONTROLS = /[^\t\x20-\x7e\x80-\xff]/;

/** The request of a whole head, as {@link fileRequestLength} found it. */
export function parseFileRequest(head: Uint8Array): ParsedFileRequest {
  const lines = bytesAsText(head).slice(0, -4).split("\r\n");
  const line = REQUEST_LINE.exec(lines.shift() ?? "");
  if (line === null) return wrong(400, "wanted a request line as GET /PATH HTTP/1.1");
  const [, method = "", target = "", major = "", minor = ""] = line;
  if (major !== "1") {
    return wrong(505, `HTTP/${major}.${minor}: wanted HTTP/1.1`, method === "HEAD");
  }
  return fileRequestOf({ method, target, scheme: "http", isOldVersion: minor === "0", lines });
}

/** A head that was taken apart. */
export interface FileRequestHead {
  readonly method: string;
  readonly target: string;
  /** How it came. */
  readonly scheme: Scheme;
  /** HTTP/1.0. */
  readonly isOldVersion: boolean;
  /** Its fields, as `NAME: VALUE`. */
  readonly lines: readonly string[];
}

/** The request of a head that somebody else took apart. */
export function fileRequestOf(
  { method, target, scheme, isOldVersion, lines }: FileRequestHead,
): ParsedFileRequest {
  const isHead = method === "HEAD";
  if (!isHead && method !== "GET") return wrong(405, `${method}: wanted GET or HEAD`);
  if (target.length > MAX_FILE_REQUEST_TARGET) {
    const most = `at most ${MAX_FILE_REQUEST_TARGET}`;
    return wrong(414, `a target of ${target.length} characters: wanted ${most}`, isHead);
  }
  const fields = parseFields(lines);
  if (!(fields instanceof Map)) return wrong(fields.status, fields.why, isHead);
  const rest = pathIn(target, scheme), path = rest === undefined ? undefined : decoded(rest);
  if (path === undefined) {
    return wrong(400, "wanted a target as /PATH, with %XX of UTF-8 for what is not plain", isHead);
  }
  if (!isOldVersion && !fields.has("host")) return wrong(400, "wanted a field Host", isHead);
  const length = fields.get("content-length");
  if (length !== undefined && !/^\d{1,15}$/.test(length)) {
    return wrong(400, "wanted a whole number as Content-Length", isHead);
  }
  if (Number(length ?? 0) > 0 || fields.has("transfer-encoding")) {
    return wrong(413, "wanted a request without a body", isHead);
  }
  const options = (fields.get("connection") ?? "").toLowerCase().split(",").map((one) =>
    one.trim()
  );
  const isKept = isOldVersion ? options.includes("keep-alive") : !options.includes("close");
  return { request: { isHead, path, isKept, isOldVersion, conditions: conditionsOf(fields) } };
}

function parseFields(
  lines: readonly string[],
): Map<string, string> | Pick<WrongRequest, "status" | "why"> {
  if (lines.length > MAX_FILE_REQUEST_FIELDS) {
    return {
      status: 431,
      why: `${lines.length} fields: wanted at most ${MAX_FILE_REQUEST_FIELDS}`,
    };
  }
  const fields = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(0, colon)), value = line.slice(colon + 1);
    if (!NAME.test(name) || CONTROLS.test(value)) {
      return { status: 400, why: "wanted fields as NAME: VALUE" };
    }
    const key = name.toLowerCase(), before = fields.get(key);
    // Two lengths or hosts are how one request is made to look like another.
    if (before !== undefined && (key === "content-length" || key === "host")) {
      return { status: 400, why: `wanted one field ${name}` };
    }
    fields.set(key, before === undefined ? value.trim() : `${before}, ${value.trim()}`);
  }
  return fields;
}

const CONDITIONS: Readonly<Record<string, keyof FileConditions>> = {
  "range": "range",
  "if-range": "ifRange",
  "if-match": "ifMatch",
  "if-none-match": "ifNoneMatch",
  "if-modified-since": "ifModifiedSince",
  "if-unmodified-since": "ifUnmodifiedSince",
};

function conditionsOf(fields: ReadonlyMap<string, string>): FileConditions {
  const conditions: Partial<Record<keyof FileConditions, string>> = {};
  for (const [field, name] of Object.entries(CONDITIONS)) {
    const value = fields.get(field);
    if (value !== undefined) conditions[name] = value;
  }
  return conditions;
}

/** How a request came: over TLS or not. */
export type Scheme = "http" | "https";

/**
 * The path and query of a target in origin or absolute form (RFC 9112, 3.2.1 and 3.2.2). An
 * absolute one of the other scheme is misdirected: what `https` names must not be told without TLS
 * (RFC 9110, 7.4). Undefined for those, and for what has no path.
 */
export function targetWithin(target: string, scheme: Scheme): string | undefined {
  const before = /^(https?):\/\/[^/?#]*/i.exec(target);
  if (before !== null && before[1]?.toLowerCase() !== scheme) return undefined;
  const rest = target.slice(before?.[0].length ?? 0);
  return rest.startsWith("/") ? rest : undefined;
}

function pathIn(target: string, scheme: Scheme): string | undefined {
  return /^(\/[^?#]*)(?:\?[^#]*)?$/.exec(targetWithin(target, scheme) ?? "")?.[1];
}

/** What it says with %XX for bytes of UTF-8. */
function decoded(path: string): string | undefined {
  if (!path.includes("%")) return path;
  if (/%(?![0-9a-fA-F]{2})/.test(path)) return undefined;
  const plain = path.replace(
    /%(..)/g,
    (_, digits: string) => String.fromCharCode(parseInt(digits, 16)),
  );
  const bytes = Uint8Array.from(plain, (character) => character.charCodeAt(0));
  try {
    return fromUtf8(bytes);
  } catch {
    return undefined; // not UTF-8
  }
}

/** Each byte as the character of that number. */
function bytesAsText(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

function wrong(status: WrongRequest["status"], why: string, isHead = false): ParsedFileRequest {
  return { wrong: { status, why, isHead } };
}
