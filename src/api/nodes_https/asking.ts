/** A request over HTTPS as the API takes it: its body read, within its bounds. */
import type { IncomingMessage } from "node:http";

import { MAX_HTTPS_BODY_BYTES, MAX_HTTPS_FIELDS } from "../../base/boot_limits.ts";
import { concat } from "../../base/bytes.ts";
import { targetWithin } from "../../wire/file_request.ts";

/** Why there is none. */
export interface Unfit {
  readonly status: 400 | 405 | 413 | 431;
  readonly why: string;
}

/** Any; the paths are what counts. */
const BASE = "https://confluent";
/** Whoever connects says nothing of others here: no proxy is before this port. */
const FORWARDED = /^(?:x-)?forwarded(?:-|$)/i;

/** The fields as they came, name and value, without those that only a proxy may set. */
export function fieldsOf({ rawHeaders }: IncomingMessage): [string, string][] {
  const fields: [string, string][] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? "";
    if (!FORWARDED.test(name)) fields.push([name, rawHeaders[i + 1] ?? ""]);
  }
  return fields;
}

/** Where the request goes; undefined for a target that is no path. */
export function urlOf({ url = "" }: IncomingMessage): URL | undefined {
  const path = targetWithin(url, "https");
  return path === undefined ? undefined : URL.parse(BASE + path) ?? undefined;
}

/** The request with its body; `signal` is aborted where its sender goes away. */
export async function requestOf(
  message: IncomingMessage,
  url: URL,
  signal: AbortSignal,
): Promise<Request | Unfit> {
  const { method = "GET" } = message;
  const fields = fieldsOf(message);
  if (fields.length > MAX_HTTPS_FIELDS) {
    return { status: 431, why: `${fields.length} fields: wanted at most ${MAX_HTTPS_FIELDS}` };
  }
  const body = await bodyOf(message);
  if (body === undefined) {
    return { status: 413, why: `wanted a body of at most ${MAX_HTTPS_BODY_BYTES} bytes` };
  }
  const isBodiless = method === "GET" || method === "HEAD";
  if (isBodiless && body.length > 0) return { status: 400, why: `${method}: wanted no body` };
  try {
    const headers = new Headers(fields);
    return new Request(url, { method, headers, signal, ...isBodiless ? {} : { body } });
  } catch {
    return { status: 400, why: "wanted another method, or fields that make sense" };
  }
}

/** Lets the rest of it go by; resolves at its end, or where the sender goes away. */
export async function restOf(message: IncomingMessage): Promise<void> {
  if (message.complete || message.destroyed) return;
  await new Promise<void>((resolve) => {
    message.on("end", resolve).on("close", resolve).on("error", () => resolve());
    message.resume();
  });
}

/** Undefined where it is too long; rejects where the sender goes away. */
async function bodyOf(message: IncomingMessage): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const said = Number(message.headers["content-length"] ?? 0);
  if (said > MAX_HTTPS_BODY_BYTES) return undefined;
  const parts: Uint8Array[] = [];
  let length = 0;
  return await new Promise((resolve, reject) => {
    message.on("data", (part: Uint8Array) => {
      length += part.length;
      if (length <= MAX_HTTPS_BODY_BYTES) parts.push(part);
      else resolve(undefined);
    });
    message.on("end", () => resolve(new Uint8Array(concat(parts))));
    message.on("error", reject);
    message.on("close", () => reject(new Error("it went away")));
  });
}
