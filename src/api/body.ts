/** Request bodies: bounded, UTF-8, JSON, and of the shape that was asked for. */
import type { z } from "zod";

import { concat, fromUtf8, MalformedError, utf8 } from "../base/bytes.ts";
import { sha256 } from "../base/crypto.ts";
import { MAX_BODY_BYTES, MAX_LINE_BYTES, MAX_STAGE_BYTES } from "../base/limits.ts";
import { ok, type Outcome, type Refused, refused } from "../base/outcome.ts";

/** What was read of the bodies of requests that have a key. */
const DIGESTS = new WeakMap<Request, Uint8Array>();

/** The SHA-256 of what was read of a body, of lines that of each and of what was before; empty
 * where nothing was, or where the request has no `Idempotency-Key`. */
export function bodyDigest(request: Request): Uint8Array {
  return DIGESTS.get(request) ?? new Uint8Array();
}

function digest(request: Request, bytes: () => Uint8Array): void {
  if (!request.headers.has("idempotency-key")) return;
  DIGESTS.set(request, sha256(concat([bodyDigest(request), bytes()])));
}

/** The body as `schema` reads it; `invalid` says where it is wrong and what would be right. */
export async function readBody<T>(
  request: Request,
  schema: z.ZodType<T>,
): Promise<Outcome<T>> {
  const json = await readJson(request);
  if (!json.ok) return json;
  const parsed = schema.safeParse(json.value);
  return parsed.success ? ok(parsed.data) : misshapen(parsed.error.issues);
}

/** The body as JSON of any shape. */
export async function readJson(request: Request): Promise<Outcome<unknown>> {
  const bytes = await readBytes(request);
  if (!bytes.ok) return bytes;
  digest(request, () => bytes.value);
  if (bytes.value.length === 0) return refused("invalid", "the body is empty; wanted JSON");
  try {
    return jsonOf(fromUtf8(bytes.value));
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    return refused("invalid", `the body is not JSON: ${error.message}`);
  }
}

/** The body as lines of JSON, as they come; of any length, but of lines of `most` characters.
 * Where the caller wants no more of them the rest is read all the same, and dropped: who still
 * sends would not hear the answer. */
export async function* readLines(
  request: Request,
  most = MAX_LINE_BYTES,
): AsyncIterable<Outcome<unknown>> {
  const lines = request.body?.pipeThrough(new TextDecoderStream("utf-8", { fatal: true })) ??
    ReadableStream.from<string>([]);
  const lineOf = (line: string): Outcome<unknown> => {
    digest(request, () => utf8(line));
    return jsonOf(line);
  };
  let rest = "";
  try {
    for await (const piece of lines.values({ preventCancel: true })) {
      const [end = "", ...whole] = piece.split("\n");
      rest += end;
      for (const begin of whole) {
        if (rest.trim() !== "") yield lineOf(rest);
        rest = begin;
      }
      if (rest.length > most) {
        return yield refused("too-large", `a line of more than ${most} characters`);
      }
    }
    if (rest.trim() !== "") yield lineOf(rest);
  } catch {
    yield refused("invalid", "the body is not UTF-8, or ended before it was complete");
  } finally {
    await readOut(lines);
  }
}

async function readOut(pieces: ReadableStream<string>): Promise<void> {
  let length = 0;
  try {
    for await (const piece of pieces) {
      length += piece.length;
      if (length > MAX_STAGE_BYTES) return; // the connection ends there
    }
  } catch {
    // What comes does not matter any more.
  }
}

function jsonOf(text: string): Outcome<unknown> {
  // The schemas would drop it without a word, and no attribute has such a name.
  if (text.includes("__proto__") && /"__proto__"\s*:/.test(text)) {
    return refused("invalid", `"__proto__" is not a valid name`);
  }
  try {
    // Half of a surrogate pair is no text: UTF-8 has none, and another letter would be stored.
    let isText = true;
    const looked = (name: string, value: unknown): unknown => {
      isText &&= name.isWellFormed() && (typeof value !== "string" || value.isWellFormed());
      return value;
    };
    const json: unknown = JSON.parse(text, /\\ud/i.test(text) ? looked : undefined);
    return isText
      ? ok(json)
      : refused("invalid", "the body has half of a surrogate pair (\\uD800)");
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return refused("invalid", `the body is not JSON: ${error.message}`);
  }
}

async function readBytes(request: Request): Promise<Outcome<Uint8Array>> {
  const announced = request.headers.get("content-length");
  if (announced !== null && Number(announced) > MAX_BODY_BYTES) return tooLarge(announced);
  try {
    // The server reads no more than was announced; only a body of unknown length is counted.
    return announced === null ? await readCounted(request) : ok(await request.bytes());
  } catch {
    return refused("invalid", "the body ended before it was complete");
  }
}

async function readCounted(request: Request): Promise<Outcome<Uint8Array>> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of request.body ?? []) {
    length += part.length;
    if (length > MAX_BODY_BYTES) return tooLarge("more");
    parts.push(part);
  }
  return ok(concat(parts));
}

function tooLarge(bytes: string): Refused {
  return refused("too-large", `a body of ${bytes} bytes; MAX_BODY_BYTES is ${MAX_BODY_BYTES}`);
}

/** Only the first fault is told: the others often follow from it. `within`: where it stands. */
export function misshapen(
  issues: readonly z.core.$ZodIssue[],
  within: readonly PropertyKey[] = [],
): Refused {
  const issue = issues[0];
  const at = placeOf([...within, ...issue?.path ?? []]);
  return refused("invalid", `${at === "" ? "the body" : at}: ${issue?.message ?? "not valid"}`);
}

/** `nodes[1].type`, or `nodes[1]["location.rack"]` where the key has a dot. */
export function placeOf(path: readonly PropertyKey[]): string {
  return path.map((key, i) => {
    if (typeof key === "number") return `[${key}]`;
    const text = String(key);
    if (i === 0) return text;
    return /^\w+$/.test(text) ? `.${text}` : `[${JSON.stringify(text)}]`;
  }).join("");
}
