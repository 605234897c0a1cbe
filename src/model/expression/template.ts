/**
 * The braces of an expression, as Python's `str.format` reads them: text, fields in braces, and
 * doubled braces, which stand for one.
 *
 *     text { field ! conversion : format } text {{ text }}
 *
 * A field ends at its first `}`, `:` or `!` outside of brackets and quotes; a format holds fields
 * of its own.
 */
import { ok, type Outcome, type Refused, refused } from "../../base/outcome.ts";
import { marked } from "./fault.ts";

/** What stands between braces, unread. */
export interface Hole {
  readonly field: string;
  /** The character after `!`, or nothing. */
  readonly conversion: string;
  readonly format: string;
}

/** The texts (unescaped) and the holes, in order; `invalid` tells of the brace that is wrong. */
export function readTemplate(text: string): Outcome<(string | Hole)[]> {
  const pieces: (string | Hole)[] = [];
  const unclosed = new Set<string>();
  let literal = "";
  let at = 0;
  for (;;) {
    const brace = nextBrace(text, at);
    literal += text.slice(at, brace);
    if (brace === text.length) break;
    const which = text.charAt(brace);
    if (text.charAt(brace + 1) === which) {
      literal += which;
      at = brace + 2;
      continue;
    }
    if (which === "}" || brace + 1 === text.length) {
      return wrong(text, brace, `Single '${which}' encountered in format string`);
    }
    const hole = readHole(text, brace, unclosed);
    if (!hole.ok) return hole;
    if (literal !== "") pieces.push(literal);
    literal = "";
    pieces.push(hole.value.hole);
    at = hole.value.end;
  }
  if (literal !== "") pieces.push(literal);
  return ok(pieces);
}

function nextBrace(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x7b || code === 0x7d) return i;
  }
  return text.length;
}

/** The hole whose brace stands at `open`, and the place after its closing brace. */
function readHole(
  text: string,
  open: number,
  unclosed: Set<string>,
): Outcome<{ hole: Hole; end: number }> {
  const end = endOfField(text, open + 1, unclosed);
  const field = text.slice(open + 1, end);
  const found = text.charAt(end);
  if (found === "}") return ok({ hole: { field, conversion: "", format: "" }, end: end + 1 });
  if (found === "{") return wrong(text, end, "unexpected '{' in field name");
  if (found === "") return wrong(text, open, "expected '}' before end of string");
  let conversion = "";
  let colon = end;
  if (found === "!") {
    conversion = text.charAt(end + 1);
    colon = end + 2;
    if (text.charAt(colon) === "}") {
      return ok({ hole: { field, conversion, format: "" }, end: colon + 1 });
    }
    if (text.charAt(colon) !== ":") {
      return wrong(text, end, "expected ':' after conversion specifier");
    }
  }
  const close = endOfFormat(text, colon + 1);
  if (close === text.length) return wrong(text, open, "unmatched '{' in format spec");
  return ok({ hole: { field, conversion, format: text.slice(colon + 1, close) }, end: close + 1 });
}

/**
 * Where a field that begins at `from` ends. A quote that nothing closes is like any character, and
 * so are those after it: no text is looked through twice.
 */
function endOfField(text: string, from: number, unclosed: Set<string>): number {
  let brackets = 0;
  for (let i = from; i < text.length; i++) {
    const c = text.charAt(i);
    if ((c === "'" || c === '"') && !unclosed.has(c)) {
      const end = closingQuote(text, i);
      if (end === undefined) unclosed.add(c);
      else i = end;
    } else if (c === "[") brackets++;
    else if (c === "]") brackets = Math.max(0, brackets - 1);
    else if (brackets === 0 && "{}:!".includes(c)) return i;
  }
  return text.length;
}

/** The quote that closes the one at `open`. */
function closingQuote(text: string, open: number): number | undefined {
  const quote = text.charAt(open);
  for (let i = open + 1; i < text.length; i++) {
    if (text.charAt(i) === "\\") i++;
    else if (text.charAt(i) === quote) return i;
  }
  return undefined;
}

function endOfFormat(text: string, from: number): number {
  let open = 1;
  for (let i = from; i < text.length; i++) {
    if (text.charAt(i) === "{") open++;
    else if (text.charAt(i) === "}" && --open === 0) return i;
  }
  return text.length;
}

function wrong(text: string, at: number, words: string): Refused {
  return refused(
    "invalid",
    `${words}: ${marked(text, at)}: write {{ and }} for braces that are text`,
  );
}
