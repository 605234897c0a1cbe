/**
 * A write while it is put together: one entry of guards and changes, and for each guard what its
 * failing means to the caller, since a verdict names only the operation and the row.
 */
import { present } from "../base/assert.ts";
import { concat, toHex, utf8 } from "../base/bytes.ts";
import { hmacSha256, sha256 } from "../base/crypto.ts";
import { MAX_KEY_LENGTH, MAX_KEYS } from "../base/limits.ts";
import { ok, type Outcome, type Refused, refused } from "../base/outcome.ts";
import { type Guard, KEY_PREFIX, nodeRow, type Operation } from "../model/operation.ts";
import type { MemberService, StagedWrite, Written } from "../service/member_service.ts";
import { bodyDigest } from "./body.ts";
import type { Call } from "./call.ts";
import { stageFor } from "./dry_run.ts";

type Meaning = (row: string) => Refused;

export class Draft {
  readonly #operations: Operation[] = [];
  readonly #meanings = new Map<number, Meaning>();
  readonly #before: number;

  /** `before`: operations of the same write that came before, and are not held here. */
  constructor(before = 0) {
    this.#before = before;
  }

  /** The entry is refused with `meaning` unless the guard holds. */
  demand(guard: Guard, meaning: Meaning): this {
    this.#meanings.set(this.#before + this.#operations.length, meaning);
    return this.add({ kind: "guard", guard });
  }

  /** `not-found` unless all of the rows exist. */
  demandExisting(rows: readonly string[]): this {
    return this.demand({ test: "exists", rows }, (row) => unknownNode(nodeOf(row)));
  }

  /** `conflict` unless none of the rows exists. */
  demandAbsent(rows: readonly string[]): this {
    return this.demand({ test: "absent", rows }, (row) => existsAlready(nodeOf(row)));
  }

  /** `stale` where a row is newer than `since`; nothing is demanded where that is undefined. */
  demandUnchanged(rows: readonly string[], since: number | undefined): this {
    if (since === undefined) return this;
    return this.demand(
      { test: "unchanged", rows, since },
      (row) => refused("stale", `node ${nodeOf(row)} was changed after index ${since}`),
    );
  }

  /** Whether it demands and changes nothing. */
  get isEmpty(): boolean {
    return this.#operations.length === 0;
  }

  add(operation: Operation): this {
    this.#operations.push(operation);
    return this;
  }

  /** Writes it as one entry: its index, once it is applied here. */
  async commit(member: MemberService, call: Call): Promise<Outcome<number>> {
    const once = onceOf(call);
    if (!once.ok) return once;
    if (call.dryRun !== undefined) return await this.commitThrough(stageFor(member, call), call);
    return this.#indexOf(await member.write([...this.#operations, ...once.value]));
  }

  /** The same, as the end of a write that was begun bit by bit. */
  async commitThrough(stage: StagedWrite, call: Call): Promise<Outcome<number>> {
    const once = onceOf(call);
    if (!once.ok) return once;
    for (const operation of [...this.#operations, ...once.value]) {
      const added = await stage.add(operation);
      if (!added.ok) return added;
    }
    return this.#indexOf(await stage.commit());
  }

  #indexOf(written: Outcome<Written>): Outcome<number> {
    if (!written.ok) return written;
    const { index, verdict } = written.value;
    switch (verdict.result) {
      case "applied":
        return ok(index);
      case "repeated":
        return ok(verdict.index);
      case "refused":
        if (verdict.row === KEY_PREFIX) return TOO_MANY_KEYS;
        if (verdict.row.startsWith(KEY_PREFIX)) return KEY_OF_ANOTHER;
        return present(this.#meanings.get(verdict.operation), "the guard that failed")(verdict.row);
      case "duplicate":
      case "outdated":
        return refused("unknown-outcome", "the write may or may not have been made; look first");
    }
  }
}

const TOO_MANY_KEYS = refused(
  "busy",
  `${MAX_KEYS} of the last day's Idempotency-Keys are remembered, which is MAX_KEYS; nothing was ` +
    "done, try again later or without a key",
);
const KEY_OF_ANOTHER = refused(
  "conflict",
  "this Idempotency-Key was used for another request; nothing was done, choose a new one",
);

/** What makes a retry safe: the entry takes effect once for the caller's `Idempotency-Key`. */
function onceOf({ request, by }: Call): Outcome<Operation[]> {
  const key = request.headers.get("idempotency-key");
  if (key === null) return ok([]);
  if (!/^[\x21-\x7e]+$/.test(key) || key.length > MAX_KEY_LENGTH) {
    return refused(
      "invalid",
      `Idempotency-Key: wanted 1 to ${MAX_KEY_LENGTH} visible ASCII characters`,
    );
  }
  const { pathname, search } = new URL(request.url);
  // Of a body with a secret in it the log holds nothing that could be guessed at: the key is not in
  // it either.
  const target = utf8(JSON.stringify([request.method, pathname, search]));
  const asked = hmacSha256(utf8(key), concat([target, bodyDigest(request)]));
  return ok([{
    kind: "once",
    key: toHex(sha256(utf8(JSON.stringify([by, key])))).slice(0, 32),
    request: toHex(asked).slice(0, 16),
  }]);
}

export function existsAlready(name: string): Refused {
  return refused("conflict", `node ${name} exists already`);
}

export function unknownNode(name: string): Refused {
  return refused("not-found", `Unknown node ${name}`);
}

const NODE_PREFIX = nodeRow("");

export function nodeOf(row: string): string {
  return row.slice(NODE_PREFIX.length);
}

/** The index of `If-Match: "<index>"`; undefined where there is no such header, or it is `*`. */
export function ifMatch(request: Request): Outcome<number | undefined> {
  const text = request.headers.get("if-match");
  if (text === null || text.trim() === "*") return ok(undefined);
  const index = /^\s*"(\d{1,15})"\s*$/.exec(text)?.[1];
  if (index !== undefined) return ok(Number(index));
  return refused("invalid", `If-Match: ${text.slice(0, 32)}: wanted one index in quotes, as "42"`);
}
