/** A dump of a folder as the lines that `POST /restore` takes, as it is read. */
import { DUMP_MEMBERS_PER_LINE } from "../../base/limits.ts";
import { oneLine } from "../../base/one_line.ts";
import { ok, type Outcome, type Refused, refused } from "../../base/outcome.ts";
import { REDACTED, shortened } from "../../model/dumped.ts";
import { DUMP_SECTIONS, type DumpKind, type RestoreHead } from "../../wire/dump.ts";
import type { DumpFolder } from "./dump_folder.ts";
import { type Cut, JsonCutter } from "./json_cutter.ts";
import { YamlCutter } from "./yaml_cutter.ts";

const KINDS: ReadonlyMap<string, DumpKind> = new Map(
  (Object.entries(DUMP_SECTIONS) as [DumpKind, string][]).map(([kind, name]) => [name, kind]),
);

const READ_BYTES = 128 * 1024;

/** One way through a dump. */
export class DumpLines {
  readonly #folder: DumpFolder;
  readonly #head: RestoreHead;
  #entries = 0;
  #bytesRead = 0;
  #fault: Refused | undefined;

  constructor(folder: DumpFolder, head: RestoreHead) {
    this.#folder = folder;
    this.#head = head;
  }

  /** Why the lines ended before their end, if they did. */
  get fault(): Refused | undefined {
    return this.#fault;
  }

  /** How much of it went by, from 0 to 1. */
  get share(): number {
    return this.#folder.bytes === 0 ? 1 : Math.min(1, this.#bytesRead / this.#folder.bytes);
  }

  /** The lines, many at a time. Where the dump is at fault it throws after `fault` was set. */
  async *texts(): AsyncIterable<Uint8Array<ArrayBuffer>> {
    const encoder = new TextEncoder();
    let text = lineOf(this.#head);
    for await (const cut of this.#cuts()) {
      const lines = cut.ok ? this.#linesOf(cut.value) : cut;
      if (!lines.ok) {
        this.#fault = refused(
          lines.refusal.kind,
          `${this.#folder.main}: ${lines.refusal.message}`,
        );
        throw new Error("the dump is at fault");
      }
      text += lines.value;
      if (text.length < READ_BYTES) continue;
      yield encoder.encode(text);
      text = "";
    }
    yield encoder.encode(text + lineOf({ kind: "end", entries: this.#entries }));
  }

  async *#cuts(): AsyncIterable<Outcome<Cut>> {
    const { path, main, format } = this.#folder;
    const cutter = format === "json" ? new JsonCutter() : new YamlCutter();
    const piece = new Uint8Array(READ_BYTES);
    try {
      using file = await Deno.open(`${path}/${main}`);
      for (let read = await file.read(piece); read !== null; read = await file.read(piece)) {
        this.#bytesRead += read;
        yield* cutter.feed(piece.subarray(0, read));
      }
    } catch (error) {
      if (this.#fault === undefined) yield refused("invalid", `cannot be read: ${oneLine(error)}`);
      return;
    }
    const ended = cutter.end();
    if (Symbol.iterator in ended) yield* ended;
    else if (!ended.ok) yield ended;
    if (![...KINDS.keys()].some((name) => cutter.sections.has(name))) {
      yield refused("invalid", `it is no dump: it has none of ${[...KINDS.keys()].join(", ")}`);
    }
    for (const name of cutter.sections) if (!KINDS.has(name)) yield unknownSection(name);
  }

  #linesOf({ section, name, content, line }: Cut): Outcome<string> {
    const kind = KINDS.get(section);
    if (kind === undefined) return unknownSection(section);
    this.#entries++;
    const short: Record<string, unknown> = {};
    for (const attribute in content) {
      if (attribute === "__proto__") {
        return refused("invalid", `line ${line}: ${section} ${name}: "__proto__" is no name`);
      }
      const value = content[attribute];
      if (value === REDACTED) {
        const what = `line ${line}: ${section} ${name}: ${attribute} is redacted`;
        return refused("invalid", `${what}: a dump without its secrets cannot be restored`);
      }
      short[attribute] = kind === "node" || kind === "group" ? shortened(value) : value;
    }
    if (kind !== "group" || !("nodes" in short)) return ok(lineOf({ kind, name, content: short }));
    const { nodes, ...rest } = short;
    if (!Array.isArray(nodes) || !nodes.every((node) => typeof node === "string")) {
      return refused("invalid", `line ${line}: ${section} ${name}: nodes: wanted a list of names`);
    }
    let text = lineOf({ kind, name, content: rest });
    // A list without nodes is told as well.
    for (let at = 0; at === 0 || at < nodes.length; at += DUMP_MEMBERS_PER_LINE) {
      const some = nodes.slice(at, at + DUMP_MEMBERS_PER_LINE);
      text += lineOf({ kind: "members", name, nodes: some });
    }
    return ok(text);
  }
}

function unknownSection(name: string): Refused {
  return refused(
    "invalid",
    `"${name.slice(0, 64)}" is not known to this version, which knows ` +
      `${[...KINDS.keys()].join(", ")}: it is no dump, or one of a newer version`,
  );
}

function lineOf(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}
