/**
 * `POST /dump`: the whole database at one index as lines, made in slices between which others are
 * served, and no faster than the client takes them.
 */
import { toBase64, utf8 } from "../base/bytes.ts";
import { DUMP_MEMBERS_PER_LINE } from "../base/limits.ts";
import { ok, type Outcome } from "../base/outcome.ts";
import { findStored } from "../model/attribute.ts";
import type { Attribute } from "../model/catalogue/entry.ts";
import { EVERYTHING } from "../model/catalogue/membership.ts";
import { GLOBALS_ROW, UUID_GLOBAL } from "../model/collective_uuid.ts";
import { dumpedOf, REDACTED, shortened } from "../model/dumped.ts";
import { groupExists, GROUPS, groupsInText, NODERANGE } from "../model/groups.ts";
import { groupRow, nodeRow } from "../model/operation.ts";
import type { Rows } from "../model/rows.ts";
import { fromCell } from "../model/stored_value.ts";
import type { MemberService } from "../service/member_service.ts";
import { NUMBERS_CELL, NUMBERS_ROW } from "../service/node_numbers.ts";
import type { DumpKind, DumpLine } from "../wire/dump.ts";
import type { Answer } from "./call.ts";
import { dumpKey, dumpSecret } from "./dump_key.ts";
import { accountValue, NUMBER_GLOBAL, ROW_PREFIXES } from "./dump_rows.ts";
import { pause } from "./pause.ts";
import { takeSlice } from "./slice.ts";

/** The database as lines; see src/wire/dump.ts. */
export async function dumpOf(member: MemberService, redact: boolean): Promise<Outcome<Answer>> {
  const key = redact ? ok(undefined) : await dumpKey(member);
  if (!key.ok) return key;
  // In one turn: the order of the nodes is that of the snapshot.
  const { index } = member;
  const lines = new Dumping(member, member.snapshot(), member.nodes.nodes(), key.value).lines();
  const texts = lines.map((line) => line === undefined ? "" : `${JSON.stringify(line)}\n`);
  const content = new ReadableStream<Uint8Array>({
    async pull(controller): Promise<void> {
      for (;;) {
        await pause();
        const { text, isAll } = takeSlice(texts);
        if (text !== "") controller.enqueue(utf8(text));
        if (isAll) controller.close();
        if (text !== "" || isAll) return;
      }
    },
  }, { highWaterMark: 0 });
  return ok({ index, body: undefined, raw: { type: "application/x-ndjson", content } });
}

/** Names that are sorted at a time: more would hold the others up. */
const RUN = 4_096;

/** A secret that does not open. */
class Unreadable extends Error {}

class Dumping {
  readonly #member: MemberService;
  readonly #rows: Rows;
  readonly #nodes: readonly string[];
  /** None where secrets are redacted. */
  readonly #key: Uint8Array | undefined;
  readonly #kinds = new Map<string, Attribute["kind"] | undefined>();
  readonly #hasEverything: boolean;
  #entries = 0;

  constructor(
    member: MemberService,
    rows: Rows,
    nodes: readonly string[],
    key: Uint8Array | undefined,
  ) {
    this.#member = member;
    this.#rows = rows;
    this.#nodes = nodes;
    this.#key = key;
    this.#hasEverything = groupExists(rows, EVERYTHING);
  }

  /** An undefined one is a rest for others. */
  *lines(): Generator<DumpLine | undefined> {
    const key = this.#key === undefined ? {} : { cryptkey: toBase64(this.#key) };
    yield { kind: "head", ...key, globals: this.#globals() };
    try {
      yield* this.#groups();
      for (const name of this.#sorted(this.#nodes)) {
        yield name === undefined ? undefined : this.#entry("node", name);
      }
      for (const kind of ["usergroup", "user"] as const) yield* this.#accounts(kind);
      yield { kind: "end", entries: this.#entries };
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      yield { kind: "failed", error: error.message };
    }
  }

  #globals(): Record<string, unknown> {
    const kept = Array.from(
      this.#rows.valuesOf(GLOBALS_ROW),
      ([name, json]): [string, unknown] => [name, JSON.parse(json)],
    );
    const own = {
      [UUID_GLOBAL]: this.#member.collective().collective,
      [NUMBER_GLOBAL]: Number(this.#rows.value(NUMBERS_ROW, NUMBERS_CELL) ?? 1),
    };
    return { ...own, ...Object.fromEntries(kept) };
  }

  *#groups(): Generator<DumpLine | undefined> {
    const names = this.#hasEverything ? [EVERYTHING] : [];
    const members = new Map<string, string[]>(names.map((name) => [name, []]));
    for (const row of this.#rows.rows(ROW_PREFIXES.group)) {
      const name = row.slice(ROW_PREFIXES.group.length);
      if (name !== EVERYTHING) names.push(name);
      members.set(name, []);
    }
    for (const [at, node] of this.#nodes.entries()) {
      if (at % RUN === 0) yield undefined;
      const list = this.#rows.value(nodeRow(node), GROUPS);
      for (const group of groupsInText(list)) members.get(group)?.push(node);
    }
    for (const name of names.sort()) {
      yield this.#entry("group", name);
      const nodes = members.get(name) ?? [];
      for (let from = 0; from < nodes.length; from += DUMP_MEMBERS_PER_LINE) {
        const some = nodes.slice(from, from + DUMP_MEMBERS_PER_LINE);
        yield { kind: "members", name, nodes: some };
      }
    }
  }

  *#accounts(kind: "usergroup" | "user"): Generator<DumpLine> {
    const prefix = ROW_PREFIXES[kind];
    const names = Array.from(this.#rows.rows(prefix), (row) => row.slice(prefix.length));
    for (const name of names.sort()) {
      const content: Record<string, unknown> = {};
      for (const [attribute, cell] of this.#rows.valuesOf(prefix + name)) {
        content[attribute] = accountValue(cell, this.#key === undefined);
      }
      this.#entries++;
      yield { kind, name, content };
    }
  }

  #entry(kind: DumpKind & ("node" | "group"), name: string): DumpLine {
    const row = kind === "node" ? nodeRow(name) : groupRow(name);
    const content: Record<string, unknown> = {};
    if (kind === "node") {
      const groups = groupsInText(this.#rows.value(row, GROUPS));
      content[GROUPS] = groups.filter((group) => group !== EVERYTHING || this.#hasEverything);
    }
    for (const [attribute, cell] of this.#rows.valuesOf(row)) {
      if (attribute === GROUPS) continue;
      content[attribute] = this.#value(kind, name, row, attribute, cell);
    }
    this.#entries++;
    return { kind, name, content };
  }

  #value(
    kind: "node" | "group",
    name: string,
    row: string,
    attribute: string,
    cell: string,
  ): unknown {
    if (attribute === NODERANGE) return { value: cell };
    const stored = fromCell(cell);
    if (stored.kind !== "sealed") {
      return shortened(dumpedOf(this.#kindOf(kind, attribute), stored));
    }
    if (this.#key === undefined) return REDACTED;
    const plain = this.#member.secrets.unseal(row, attribute, stored.sealed);
    if (plain.ok) return { cryptvalue: dumpSecret(this.#key, row, attribute, plain.value) };
    throw new Unreadable(`${kind} ${name}: ${attribute}: ${plain.refusal.message}`);
  }

  #kindOf(holder: "node" | "group", attribute: string): Attribute["kind"] | undefined {
    if (this.#kinds.has(attribute)) return this.#kinds.get(attribute);
    const found = findStored(attribute, { kind: holder });
    const kind = found.ok ? found.value.kind : undefined;
    if (this.#kinds.size < RUN) this.#kinds.set(attribute, kind);
    return kind;
  }

  /** In the order of code units, as the original sorts; undefined is a rest. */
  *#sorted(names: readonly string[]): Generator<string | undefined> {
    const runs: string[][] = [];
    for (let from = 0; from < names.length; from += RUN) {
      runs.push(names.slice(from, from + RUN).sort((a, b) => a < b ? 1 : -1));
      yield undefined;
    }
    for (;;) {
      let least: string[] | undefined;
      for (const run of runs) {
        const last = run.at(-1);
        if (last !== undefined && (least === undefined || last < (least.at(-1) ?? ""))) least = run;
      }
      if (least === undefined) return;
      yield least.pop();
    }
  }
}
