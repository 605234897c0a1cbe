/** Kinds of refusal as one byte. Never re-used, never re-ordered. */
import { type ByteReader, type ByteWriter, MalformedError } from "../base/bytes.ts";
import type { RefusalKind } from "../base/outcome.ts";

const KINDS: readonly RefusalKind[] = [
  "invalid",
  "unauthorized",
  "forbidden",
  "not-found",
  "conflict",
  "stale",
  "too-large",
  "busy",
  "no-quorum",
  "catching-up",
  "unavailable",
  "unknown-outcome",
];

export function writeKind(writer: ByteWriter, kind: RefusalKind): void {
  writer.byte(KINDS.indexOf(kind));
}

export function readKind(reader: ByteReader): RefusalKind {
  const kind = KINDS[reader.byte()];
  if (kind === undefined) throw new MalformedError("a kind of refusal that is not known");
  return kind;
}
