/**
 * `main.json` taken apart as it is read: an object of sections, each an object of entries, each of
 * those an object. Entries are cut out as text, one by one, so that a file of any length is read in
 * little memory; what is around them is checked here, what is in them by JSON.parse.
 */
import { MAX_DUMP_ENTRY_BYTES, MAX_DUMP_NESTING } from "../../base/limits.ts";
import { ok, type Outcome, type Refused, refused } from "../../base/outcome.ts";

export interface Cut {
  readonly section: string;
  readonly name: string;
  readonly content: Readonly<Record<string, unknown>>;
  /** Where it ends in the file, from 1. */
  readonly line: number;
}

const NEWLINE = 0x0a, QUOTE = 0x22, COMMA = 0x2c, COLON = 0x3a, BACKSLASH = 0x5c;
const OPEN = 0x7b, CLOSE = 0x7d, OPEN_LIST = 0x5b, CLOSE_LIST = 0x5d;

/** What may come next. */
type Expected =
  | "all"
  | "section or end"
  | "section"
  | "section colon"
  | "entries"
  | "entry or end"
  | "entry"
  | "entry colon"
  | "content"
  | "after entry"
  | "after section"
  | "nothing";

const WANTED: Readonly<Record<Expected, string>> = {
  "all": 'a dump, which begins with "{"',
  "section or end": 'a name in quotes or "}"',
  "section": "a name in quotes",
  "section colon": '":"',
  "entries": '"{"',
  "entry or end": 'a name in quotes or "}"',
  "entry": "a name in quotes",
  "entry colon": '":"',
  "content": '"{"',
  "after entry": '"," or "}"',
  "after section": '"," or "}"',
  "nothing": "nothing more",
};

/** What follows where a byte that stands for itself comes; names and contents begin otherwise. */
const STEPS: Readonly<Record<string, Expected>> = {
  [`all ${OPEN}`]: "section or end",
  [`section or end ${CLOSE}`]: "nothing",
  [`section colon ${COLON}`]: "entries",
  [`entries ${OPEN}`]: "entry or end",
  [`entry or end ${CLOSE}`]: "after section",
  [`entry colon ${COLON}`]: "content",
  [`after entry ${COMMA}`]: "entry",
  [`after entry ${CLOSE}`]: "after section",
  [`after section ${COMMA}`]: "section",
  [`after section ${CLOSE}`]: "nothing",
};

/** What is being cut out. */
type Taking = "nothing" | "name" | "content";

/** See above. Nothing is to be fed to one that refused. */
export class JsonCutter {
  #expected: Expected = "all";
  #section = "";
  #name = "";
  #line = 1;
  /** The beginning of what is cut out, of earlier pieces. */
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #taking: Taking = "nothing";
  #inString = false;
  #isEscaped = false;
  #nesting = 0;
  #colons = 0;
  readonly #sections = new Set<string>();
  #names = new Set<string>();

  /** The entries that end in the next bytes of the file. */
  *feed(piece: Uint8Array): Iterable<Outcome<Cut>> {
    let at = 0;
    while (at < piece.length) {
      const from = at;
      if (this.#taking === "nothing") {
        const next = this.#step(piece, at);
        if (!next.ok) return yield next;
        at = next.value;
        continue;
      }
      at = this.#taking === "name" ? this.#throughName(piece, at) : this.#throughContent(piece, at);
      if (this.#heldBytes + at - from > MAX_DUMP_ENTRY_BYTES) {
        const what = `${this.#where}an entry of more than ${MAX_DUMP_ENTRY_BYTES} bytes`;
        return yield refused("too-large", `${what}, which is MAX_DUMP_ENTRY_BYTES`);
      }
      if (this.#nesting > MAX_DUMP_NESTING) return yield this.#wrong("lists in lists in lists");
      const taken = piece.subarray(from, at);
      if (this.#inString || this.#nesting > 0) {
        this.#held.push(taken.slice());
        this.#heldBytes += taken.length;
        continue;
      }
      const text = this.#textOf(taken);
      if (text === undefined) return yield this.#wrong("what is no UTF-8");
      const cut = this.#taking === "name" ? this.#named(text) : this.#cut(text);
      this.#taking = "nothing";
      if (cut === undefined) continue;
      yield cut;
      if (!cut.ok) return;
    }
  }

  /** Refused where something is missing. */
  end(): Outcome<void> {
    if (this.#expected !== "nothing") {
      return refused("invalid", `line ${this.#line}: it ends in the middle: it was cut`);
    }
    return ok();
  }

  /** Names of the sections that came. */
  get sections(): ReadonlySet<string> {
    return this.#sections;
  }

  // ---- around entries

  #step(piece: Uint8Array, at: number): Outcome<number> {
    const byte = piece[at] as number;
    if (byte === NEWLINE) this.#line++;
    if (byte === 0x20 || byte === NEWLINE || byte === 0x09 || byte === 0x0d) return ok(at + 1);
    const expected = this.#expected;
    const wantsName = expected.startsWith("section") || expected.startsWith("entry");
    if (byte === QUOTE && wantsName && !expected.endsWith("colon")) {
      this.#taking = "name";
      this.#inString = true;
      this.#held = [Uint8Array.of(QUOTE)];
      this.#heldBytes = 1;
      return ok(at + 1);
    }
    if (byte === OPEN && expected === "content") {
      this.#taking = "content";
      this.#held = [];
      this.#heldBytes = 0;
      this.#colons = 0;
      return ok(at);
    }
    const next = STEPS[`${expected} ${byte}`];
    if (next === undefined) {
      return refused(
        "invalid",
        `line ${this.#line}: wanted ${WANTED[expected]}, not ${told(byte)}`,
      );
    }
    this.#expected = next;
    return ok(at + 1);
  }

  // ---- cutting out

  /** To behind the quote that ends the name, or to the end of the piece. */
  #throughName(piece: Uint8Array, start: number): number {
    for (let at = start; at < piece.length; at++) {
      const byte = piece[at];
      if (this.#isEscaped) this.#isEscaped = false;
      else if (byte === BACKSLASH) this.#isEscaped = true;
      else if (byte === QUOTE) {
        this.#inString = false;
        return at + 1;
      }
    }
    return piece.length;
  }

  /** To behind the bracket that ends the content, or to the end of the piece. */
  #throughContent(piece: Uint8Array, start: number): number {
    let inString = this.#inString, isEscaped = this.#isEscaped;
    let nesting = this.#nesting, colons = this.#colons, lines = 0, at = start;
    for (; at < piece.length; at++) {
      const byte = piece[at] as number;
      if (inString) {
        if (isEscaped) isEscaped = false;
        else if (byte === QUOTE) inString = false;
        else if (byte === BACKSLASH) isEscaped = true;
      } else if (byte === QUOTE) inString = true;
      else if (byte === NEWLINE) lines++;
      else if (byte === COLON) colons++;
      else if (byte === OPEN || byte === OPEN_LIST) {
        if (++nesting > MAX_DUMP_NESTING) break;
      } else if ((byte === CLOSE || byte === CLOSE_LIST) && --nesting === 0) {
        at++;
        break;
      }
    }
    this.#inString = inString;
    this.#isEscaped = isEscaped;
    this.#nesting = nesting;
    this.#colons = colons;
    this.#line += lines;
    return at;
  }

  #textOf(last: Uint8Array): string | undefined {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    try {
      const text = this.#held.map((part) => decoder.decode(part, { stream: true })).join("");
      return text + decoder.decode(last);
    } catch {
      return undefined;
    } finally {
      this.#held = [];
      this.#heldBytes = 0;
    }
  }

  #named(text: string): Refused | undefined {
    const name = parsed(text);
    if (typeof name !== "string") return this.#wrong("a name that is no JSON");
    const isSection = this.#expected.startsWith("section");
    const seen = isSection ? this.#sections : this.#names;
    if (seen.has(name)) {
      const what = isSection ? name : `${this.#section} ${name}`;
      return refused("invalid", `line ${this.#line}: ${what} stands there a second time`);
    }
    seen.add(name);
    if (isSection) {
      this.#section = name;
      this.#names = new Set();
    } else this.#name = name;
    this.#expected = isSection ? "section colon" : "entry colon";
    return undefined;
  }

  #cut(text: string): Outcome<Cut> {
    this.#expected = "after entry";
    const content = parsed(text);
    if (typeof content !== "object" || content === null || Array.isArray(content)) {
      return this.#wrong("what is no JSON");
    }
    if (namesIn(content) !== this.#colons) {
      return this.#wrong(`"${twiceIn(text)}" twice`);
    }
    const record = content as Record<string, unknown>;
    return ok({ section: this.#section, name: this.#name, content: record, line: this.#line });
  }

  get #where(): string {
    const name = this.#taking === "content" ? ` ${this.#name}` : "";
    return `line ${this.#line}: ${this.#section === "" ? "" : `${this.#section}${name}: `}`;
  }

  #wrong(what: string): Refused {
    return refused("invalid", `${this.#where}there is ${what}`);
  }
}

function told(byte: number): string {
  return byte > 0x20 && byte < 0x7f ? `"${String.fromCharCode(byte)}"` : `the byte ${byte}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** How many names of members there are in it, however deep. */
function namesIn(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  let count = 0;
  if (Array.isArray(value)) {
    for (const part of value) count += namesIn(part);
    return count;
  }
  const members = value as Readonly<Record<string, unknown>>;
  for (const name in members) count += 1 + namesIn(members[name]);
  return count;
}

/** The first name that one object of the text has twice; the text is JSON. */
function twiceIn(text: string): string {
  const around: (Set<string> | undefined)[] = [];
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"(?:\s*:)?|[{}[\]]/g)) {
    if (token === "{") around.push(new Set());
    else if (token === "[") around.push(undefined);
    else if (token === "}" || token === "]") around.pop();
    else if (token.endsWith(":")) {
      const name = token.slice(1, token.lastIndexOf('"'));
      if (around.at(-1)?.has(name)) return name.slice(0, 64);
      around.at(-1)?.add(name);
    }
  }
  return "a name";
}
