/**
 * YAML as the original writes it: block style, names sorted, lists not indented, texts without
 * quotes wherever no reader could take them for something else, YAML 1.1 readers included. Long
 * texts stay on one line.
 */
import { sortedMembers } from "./json_text.ts";

/** The lines of a value below a name that is indented by `level` steps, each with its newline; the
 * first goes on behind the `:` of the name. */
export function yamlBelow(value: unknown, level: number): string {
  if (typeof value !== "object" || value === null) return ` ${scalar(value)}\n`;
  const indentation = "  ".repeat(level);
  if (Array.isArray(value)) {
    if (value.length === 0) return " []\n";
    const items = value.map((item) => `${indentation}-${yamlItem(item)}`);
    return `\n${items.join("")}`;
  }
  return Object.keys(value).length === 0 ? " {}\n" : `\n${yamlMembers(value, level + 1)}`;
}

/** The members of an object, a line or more each. */
export function yamlMembers(value: object, level: number): string {
  const indentation = "  ".repeat(level);
  return sortedMembers(value).map(([name, member]) =>
    `${indentation}${yamlName(name)}:${yamlBelow(member, level)}`
  ).join("");
}

/** A name, as it stands before its `:`. */
export function yamlName(name: string): string {
  return scalar(name);
}

/** A list in a list, and the like, are so rare that they stand as JSON, which is YAML too. */
function yamlItem(item: unknown): string {
  return typeof item === "object" && item !== null
    ? ` ${JSON.stringify(item)}\n`
    : ` ${scalar(item)}\n`;
}

function scalar(value: unknown): string {
  if (typeof value !== "string") return String(value);
  if (needsDouble(value)) return doubleQuoted(value);
  return isPlainYaml(value) ? value : `'${value.replaceAll("'", "''")}'`;
}

/** What only escapes can tell, or would be folded. */
function needsDouble(text: string): boolean {
  return /[^\x20-\x7e]/.test(text);
}

/** What YAML 1.1 takes for something else than a text. */
const OTHER = new RegExp(
  "^(?:" + [
    "yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF",
    "~|null|Null|NULL||<<|=",
    "[-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+",
    "[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+",
    "[-+]?[0-9][0-9_]*\\.[0-9_]*(?:[eE][-+][0-9]+)?|\\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?",
    "[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\\.[0-9_]*|[-+]?\\.(?:inf|Inf|INF)|\\.(?:nan|NaN|NAN)",
    "[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?(?:[Tt]| +)[0-9][0-9]?:[0-9]{2}:[0-9]{2}(?:\\.[0-9]*)?" +
    "(?: *(?:Z|[-+][0-9][0-9]?(?::[0-9][0-9])?))?",
  ].join("|") + ")$",
);
/** What YAML 1.2 does, beside those. */
const OTHER_IN_1_2 = /^[-+]?(?:\d+|0o[0-7]+|(?:\.\d+|\d+\.?\d*)(?:[eE][-+]?\d+)?)$/;

/** Whether the text stands for itself without quotes, for every reader. */
export function isPlainYaml(text: string): boolean {
  return !needsDouble(text) && !OTHER.test(text) && !OTHER_IN_1_2.test(text) &&
    !/^ | $|: |:$| #/.test(text) &&
    !/^(?:---|\.\.\.)/.test(text) && !/^[#,[\]{}&*!|>'"%@`]/.test(text) &&
    !/^[-?:](?: |$)/.test(text);
}

const SHORT: Readonly<Record<string, string>> = {
  "\0": "\\0",
  "\x07": "\\a",
  "\b": "\\b",
  "\t": "\\t",
  "\n": "\\n",
  "\v": "\\v",
  "\f": "\\f",
  "\r": "\\r",
  "\x1b": "\\e",
  '"': '\\"',
  "\\": "\\\\",
  "\x85": "\\N",
  "\xa0": "\\_",
  "\u2028": "\\L",
  "\u2029": "\\P",
};

function doubleQuoted(text: string): string {
  const escaped = text.replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/gu, (character) => {
    const short = SHORT[character];
    if (short !== undefined) return short;
    const code = character.codePointAt(0) ?? 0;
    const [letter, width] = code < 0x100 ? ["x", 2] : code < 0x10000 ? ["u", 4] : ["U", 8];
    return `\\${letter}${code.toString(16).toUpperCase().padStart(width as number, "0")}`;
  });
  return `"${escaped}"`;
}
