/**
 * YAML as scripts read it line by line: `grep ^key:` finds a value and `grep ^-` the items of a
 * list, so that what a script wants stands at column 0.
 *
 *     ipv4_method: static          a text as it stands, where every reader takes it for that text
 *     prefix: 24                   a number
 *     encryptboot: null            null, true and false in lower case
 *     dnsdomain: ''                quotes where YAML 1.1 or 1.2 would read something else
 *     nameservers:
 *     - 10.0.0.1                   the items of a list stand below the first letter of its key
 *     default:
 *       mtu: 9000                  a map in a map, two spaces further in
 *     extranets: {}                what is empty
 *
 * Lines are never folded. Keys are shorter than 1,000 characters, as YAML 1.2 (section 8.2.2)
 * demands of a key on one line.
 */

/** The document, each line ended; for what JSON can say (RFC 8259): members that are undefined are
 * left out. Throws for anything else. */
export function flatYaml(document: unknown): string {
  return linesOf(document).map((line) => `${line}\n`).join("");
}

/** The items of a list, a map's pairs, or the one line of anything else. */
function linesOf(value: unknown): string[] {
  if (isEmpty(value) || !isNested(value)) return [scalar(value)];
  if (Array.isArray(value)) return value.flatMap((item) => itemLines(item));
  return pairsOf(value).flatMap(([key, inner]) => pairLines(plainOrQuoted(key), inner));
}

function itemLines(item: unknown): string[] {
  const [first = "", ...rest] = linesOf(item);
  return [`- ${first}`, ...rest.map((line) => `  ${line}`)];
}

function pairLines(key: string, value: unknown): string[] {
  if (isEmpty(value) || !isNested(value)) return [`${key}: ${scalar(value)}`];
  const indent = Array.isArray(value) ? "" : "  ";
  return [`${key}:`, ...linesOf(value).map((line) => indent + line)];
}

type Nested = readonly unknown[] | Readonly<Record<string, unknown>>;

function isNested(value: unknown): value is Nested {
  return typeof value === "object" && value !== null;
}

function pairsOf(map: Nested): [key: string, value: unknown][] {
  return Object.entries(map).filter(([, value]) => value !== undefined);
}

function isEmpty(value: unknown): boolean {
  return isNested(value) && (Array.isArray(value) ? value : pairsOf(value)).length === 0;
}

function scalar(value: unknown): string {
  switch (typeof value) {
    case "string":
      return plainOrQuoted(value);
    case "boolean":
      return String(value);
    case "number":
      return numberText(value);
    case "object":
      return value === null ? "null" : Array.isArray(value) ? "[]" : "{}";
    default:
      throw new TypeError(`YAML cannot say a ${typeof value}`);
  }
}

/** YAML 1.1 takes digits with an exponent for a number only where there is a point. */
function numberText(value: number): string {
  if (Number.isNaN(value)) return ".nan";
  if (!Number.isFinite(value)) return value < 0 ? "-.inf" : ".inf";
  return Object.is(value, -0) ? "-0.0" : String(value).replace(/^(-?\d+)e/, "$1.0e");
}

function plainOrQuoted(text: string): string {
  if (!PRINTABLE.test(text)) return escaped(text);
  return isPlain(text) ? text : `'${text.replaceAll("'", "''")}'`;
}

/** One line that shows: what YAML 1.2 (section 5.1) calls printable, without what ends a line
 * anywhere. */
const PRINTABLE =
  /^[\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]*$/u;

/** What cannot stand in front without a meaning of its own (section 5.3). */
const INDICATOR = /^(?:[,[\]{}#&*!|>'"%@`]|[-?:](?:\s|$)|---|\.\.\.)/;
/** What ends a text within the line, or would not be part of it. */
const ENDS = /: |:$| #|^\s|\s$/;
/** Words that YAML 1.1 or 1.2 takes for null, a truth, a merge, or a number that is none. */
const WORD = /^(?:null|true|false|yes|no|on|off|y|n|[-+]?\.inf|\.nan|~|=|<<)$/i;
/** Numbers and times of either: what begins like one and holds nothing but their letters. More is
 * quoted than must be, an address with dots among them is not. */
const NUMBERS = [
  /^[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[\da-f_]+)$/i,
  /^[-+]?(?:\.\d[\d_]*|\d[\d_]*(?:\.[\d_]*)?)(?:e[-+]?\d+)?$/i,
  /^[-+]?\d[\d_]*(?::[0-5]?\d)+(?:\.[\d_]*)?$/,
  /^\d{4}-\d\d?-\d\d?(?:$|[tT\s])/,
];

function isPlain(text: string): boolean {
  return text !== "" && !INDICATOR.test(text) && !ENDS.test(text) && !WORD.test(text) &&
    !NUMBERS.some((one) => one.test(text));
}

/** In double quotes, as JSON does it; all that does not show is spelled out. */
function escaped(text: string): string {
  return JSON.stringify(text).replace(
    /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
