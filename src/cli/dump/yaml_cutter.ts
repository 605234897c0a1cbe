/**
 * `main.yaml` taken apart as it is read: sections that begin at the margin, entries that are
 * indented below them. Entries are cut out by their indentation and read one by one, so that a file
 * of any length is read in little memory. Only the block style is taken, that of dumps;
 * within an entry it is YAML 1.2, so that `yes`, hardware addresses and dates are texts.
 */
import { parseDocument } from "yaml";

import { MAX_DUMP_ENTRY_BYTES } from "../../base/limits.ts";
import { ok, type Outcome, type Refused, refused } from "../../base/outcome.ts";
import type { Cut } from "./json_cutter.ts";
import { type NamedContent, readPlainYaml } from "./plain_yaml.ts";

const SECTION = /^(["']?)(\w+)\1:\s*(\{\s*\})?\s*(?:#.*)?$/;

/** See above. Nothing is to be fed to one that refused. */
export class YamlCutter {
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  /** The beginning of a line. */
  #rest = "";
  #line = 0;
  #section: string | undefined;
  #isEmpty = false;
  /** Spaces before the names of the section's entries. */
  #indentation: number | undefined;
  #entry: string[] = [];
  #entryLength = 0;
  readonly #sections = new Set<string>();
  #names = new Set<string>();

  /** The entries that end in the next bytes of the file. */
  *feed(piece: Uint8Array): Iterable<Outcome<Cut>> {
    const text = this.#decoded(piece);
    if (text === undefined) return yield this.#wrong("what is no UTF-8");
    let from = 0;
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", from)) {
      const line = this.#rest + text.slice(from, at);
      this.#rest = "";
      from = at + 1;
      yield* this.#take(line.endsWith("\r") ? line.slice(0, -1) : line);
    }
    this.#rest += text.slice(from);
    if (this.#rest.length + this.#entryLength > MAX_DUMP_ENTRY_BYTES) yield this.#tooLong();
  }

  /** The last entry; refused where something is missing. */
  *end(): Iterable<Outcome<Cut>> {
    if (this.#decoded() === undefined) return yield this.#wrong("what is no UTF-8");
    if (this.#rest.trim() !== "") return yield this.#wrong("no end of the line: the file was cut");
    yield* this.#flush();
  }

  /** Names of the sections that came. */
  get sections(): ReadonlySet<string> {
    return this.#sections;
  }

  #decoded(piece?: Uint8Array): string | undefined {
    try {
      return piece === undefined
        ? this.#decoder.decode()
        : this.#decoder.decode(piece, { stream: true });
    } catch {
      return undefined;
    }
  }

  *#take(line: string): Iterable<Outcome<Cut>> {
    this.#line++;
    if (/^\s*(?:#|$)/.test(line)) return this.#hold(line);
    const indentation = line.search(/[^ ]/);
    if (indentation === 0) {
      yield* this.#flush();
      const begun = this.#begin(line);
      if (!begun.ok) yield begun;
      return;
    }
    if (this.#section === undefined) return yield this.#wrong("an entry without a section");
    if (this.#isEmpty) return yield this.#wrong("an entry below {}");
    this.#indentation ??= indentation;
    if (indentation < this.#indentation) return yield this.#wrong("an entry not below the others");
    if (indentation === this.#indentation) yield* this.#flush();
    this.#hold(line);
    if (this.#entryLength > MAX_DUMP_ENTRY_BYTES) yield this.#tooLong();
  }

  #hold(line: string): void {
    if (this.#section === undefined || this.#indentation === undefined) return;
    this.#entry.push(line);
    this.#entryLength += line.length + 1;
  }

  #begin(line: string): Outcome<void> {
    if (/^(?:---|%|\.\.\.)/.test(line)) return ok();
    const [, , name = "", empty] = SECTION.exec(line) ?? [];
    if (name === "") return this.#wrong('what is not the name of a section with ":" behind it');
    if (this.#sections.has(name)) return this.#wrong(`${name} a second time`);
    this.#sections.add(name);
    this.#section = name;
    this.#isEmpty = empty !== undefined;
    this.#indentation = undefined;
    this.#names = new Set();
    return ok();
  }

  *#flush(): Iterable<Outcome<Cut>> {
    const lines = this.#entry;
    this.#entry = [];
    this.#entryLength = 0;
    if (this.#section === undefined || lines.every((line) => line.trim() === "")) return;
    const plain = readPlainYaml(lines);
    const read = plain === undefined ? readEntry(lines.join("\n")) : ok(plain);
    if (!read.ok) return yield this.#wrong(read.refusal.message);
    const { name, content } = read.value;
    if (this.#names.has(name)) return yield this.#wrong(`${name} a second time`);
    this.#names.add(name);
    yield ok({ section: this.#section, name, content, line: this.#line });
  }

  #tooLong(): Refused {
    const what = `line ${this.#line}: an entry of more than ${MAX_DUMP_ENTRY_BYTES} characters`;
    return refused("too-large", `${what}, which is MAX_DUMP_ENTRY_BYTES`);
  }

  #wrong(what: string): Refused {
    const where = this.#section === undefined ? "" : `${this.#section}: `;
    return refused("invalid", `line ${this.#line}: ${where}there is ${what}`);
  }
}

function readEntry(text: string): Outcome<NamedContent> {
  const document = parseDocument(text, { prettyErrors: false, logLevel: "silent" });
  const [error] = document.errors;
  if (error !== undefined) return refused("invalid", `what is no YAML: ${error.message}`);
  let value: unknown;
  try {
    value = document.toJS();
  } catch (error) {
    return refused("invalid", `what is no YAML: ${(error as Error).message}`);
  }
  if (typeof value !== "object" || value === null) {
    return refused("invalid", "no name with a value");
  }
  const [only, ...more] = Object.entries(value);
  if (only === undefined || more.length > 0) return refused("invalid", "no name with a value");
  const [name, content] = only;
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    return refused("invalid", `no object below ${name}`);
  }
  return ok({ name, content: content as Record<string, unknown> });
}
