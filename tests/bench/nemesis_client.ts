/**
 * A client of a nemesis: one request after another at one member, at the next one where that
 * fails. The chapter learns what was asked when, and what came back when.
 */
import { z } from "zod";

import type { RegisterOperation } from "../sim/workload.ts";
import type { Chapter, Shown } from "./chapter.ts";
import type { BenchMember, Collective } from "./collective.ts";
import { type Answer, etagOf, indexOf, jsonOf, KeptConnection, textOf } from "./kept_connection.ts";
import { pause } from "./processes.ts";

/** Longer than a member takes for any answer: what hangs until then is stopped. */
const ANSWER_MS = 6_000;
const THINK_MOST_MS = 20;
const MOVES_EVERY = 50;
const NOTE = "info.note";

const attributes = z.record(z.string(), z.object({ value: z.string() }).loose());
const attributesByNode = z.object({ databynode: z.array(z.record(z.string(), attributes)) });
type Attributes = z.infer<typeof attributes>;

/** How an answer failed to come: before, or after the request was sent. */
type Silence = "not reached" | "broken off";

/** All clients draw from it, so that no value is written twice. */
let serial = 0;

export class NemesisClient {
  /** How often each thing was answered to a write. */
  readonly outcomes: Map<string, number>;
  readonly #collective: Collective;
  readonly #chapter: Chapter;
  readonly #connections = new Map<BenchMember, KeptConnection>();
  #at: number;
  #isOver = false;

  constructor(
    collective: Collective,
    chapter: Chapter,
    at: number,
    outcomes: Map<string, number>,
  ) {
    this.#collective = collective;
    this.#chapter = chapter;
    this.#at = at;
    this.outcomes = outcomes;
  }

  stop(): void {
    this.#isOver = true;
  }

  async run(): Promise<void> {
    while (!this.#isOver) {
      await this.#act(Math.random());
      if (Math.random() < 1 / MOVES_EVERY) this.#move();
      await pause(Math.random() * THINK_MOST_MS);
    }
    for (const conn of this.#connections.values()) conn.close();
  }

  async #act(draw: number): Promise<void> {
    const { registers, groups } = this.#chapter;
    if (draw < 0.3) await this.#read(pick(registers));
    else if (draw < 0.5) await this.#write(pick(registers));
    else if (draw < 0.75) await this.#compareAndSet(pick(registers));
    else if (draw < 0.86) await this.#write(pick(groups));
    else if (draw < 0.96) await this.#read(pick(groups));
    else if (draw < 0.98) await this.#append();
    else await this.#list();
  }

  async #read(key: string): Promise<void> {
    const rows = this.#chapter.rowsOf(key), start = performance.now();
    const answer = await this.#ask("GET", `${pathOf(rows)}&consistent=1`);
    if (typeof answer === "string" || answer.status !== 200) return;
    const shown = rows.length === 1 ? [shownIn(answer)] : rowsIn(answer).map(
      ([, found]): Shown => ({ value: found[NOTE]?.value ?? null, index: undefined }),
    );
    if (shown.length !== rows.length) throw new Error(`${key}: ${textOf(answer)}`);
    this.#chapter.wasRead(key, shown, start, performance.now());
  }

  async #write(key: string): Promise<void> {
    const value = nextValue(), start = performance.now();
    const answer = await this.#put(this.#chapter.rowsOf(key), { [NOTE]: value });
    this.#record({ key, kind: "write", value, start }, answer);
  }

  /** On what this member has of it, be that old. */
  async #compareAndSet(key: string): Promise<void> {
    const local = await this.#ask("GET", pathOf([key]));
    if (typeof local === "string" || local.status !== 200) return;
    const { value: expected, index } = shownIn(local), value = nextValue();
    const start = performance.now();
    const answer = await this.#put([key], { [NOTE]: value }, `If-Match: "${index}"\r\n`);
    this.#record({ key, kind: "cas", value, expected, start }, answer);
  }

  async #append(): Promise<void> {
    const { listRows } = this.#chapter, left = pick([undefined, ...listRows]);
    const rows = listRows.filter((row) => row !== left);
    const element = `custom.e${nextValue()}`, start = performance.now();
    const answer = await this.#put(rows, { [element]: "1" });
    if (answer === "nothing done") return;
    const end = answer === "unknown" ? undefined : performance.now();
    this.#chapter.wasAppended({ element, rows, start, end });
  }

  async #list(): Promise<void> {
    const rows = this.#chapter.listRows, start = performance.now();
    const answer = await this.#ask("GET", `${pathOf(rows)}&consistent=1`);
    if (typeof answer === "string" || answer.status !== 200) return;
    this.#chapter.wasListed({ found: elementsIn(rowsIn(answer)), start, end: performance.now() });
  }

  #record(asked: Omit<RegisterOperation, "end">, answer: Written): void {
    const end = performance.now();
    if (answer === "nothing done") return;
    if (answer === "unknown") {
      return this.#chapter.wasWritten({ ...asked, end: undefined }, undefined);
    }
    if (answer === "stale") {
      return this.#chapter.wasWritten({ ...asked, end, applied: false }, undefined);
    }
    const applied = asked.kind === "cas" ? { applied: true } : {};
    this.#chapter.wasWritten({ ...asked, end, ...applied }, answer);
  }

  async #put(
    rows: readonly string[],
    values: Record<string, string>,
    headers = "",
  ): Promise<Written> {
    const answer = await this.#ask("PUT", pathOf(rows), JSON.stringify(values), headers);
    const outcome = typeof answer === "string" ? answer : String(answer.status);
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
    if (typeof answer !== "string" && answer.status === 200) return indexOf(answer);
    if (outcome === "412") return "stale";
    if (outcome === "504" || outcome === "broken off") return "unknown";
    if (outcome === "503" || outcome === "not reached") return "nothing done";
    throw new Error(`a write got ${outcome}: ${typeof answer === "string" ? "" : textOf(answer)}`);
  }

  async #ask(
    method: string,
    path: string,
    body?: string,
    headers = "",
  ): Promise<Answer | Silence> {
    const member = this.#collective.member(this.#at);
    let conn: KeptConnection;
    try {
      conn = await this.#connectionTo(member);
    } catch {
      this.#move();
      return "not reached"; // it is down, as it should be now and then
    }
    const timer = setTimeout(() => conn.close(), ANSWER_MS);
    try {
      return await conn.ask(method, path, body, headers);
    } catch {
      this.#move();
      return "broken off"; // it was killed or stopped meanwhile
    } finally {
      clearTimeout(timer);
    }
  }

  #move(): void {
    this.#at = 1 + Math.floor(Math.random() * this.#collective.members.length);
  }

  async #connectionTo(member: BenchMember): Promise<KeptConnection> {
    const kept = this.#connections.get(member);
    if (kept !== undefined && !kept.isClosed) return kept;
    const conn = await member.connect();
    this.#connections.set(member, conn);
    return conn;
  }
}

/** The index of what was made, or what became of it. */
type Written = number | "stale" | "unknown" | "nothing done";

function nextValue(): string {
  return String(++serial);
}

function pick<T>(from: readonly T[]): T {
  return from[Math.floor(Math.random() * from.length)] as T;
}

/** The path of one node's attributes, or of several nodes'. */
export function pathOf(nodes: readonly string[]): string {
  const [node = ""] = nodes;
  const what = nodes.length === 1
    ? `nodes/${node}`
    : `noderange/${encodeURIComponent(nodes.join(","))}`;
  return `/${what}/attributes/current?attributes=${NOTE},custom`;
}

/** Out of the answer of one node. */
export function shownIn(answer: Answer): Shown {
  const { _links, ...told } = jsonOf(answer) as Record<string, unknown>;
  const found = attributes.parse(told);
  return { value: found[NOTE]?.value ?? null, index: Number(etagOf(answer)?.replaceAll('"', "")) };
}

export function rowsIn(answer: Answer): [string, Attributes][] {
  return attributesByNode.parse(jsonOf(answer)).databynode.flatMap((one) => Object.entries(one));
}

/** The elements of a list, each with the rows it is in. */
export function elementsIn(rows: readonly [string, Attributes][]): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const [row, attributes] of rows) {
    for (const name of Object.keys(attributes)) {
      if (name.startsWith("custom.e")) found.set(name, (found.get(name) ?? new Set()).add(row));
    }
  }
  return found;
}
