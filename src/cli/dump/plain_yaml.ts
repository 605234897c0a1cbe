/**
 * The YAML that dumps are nearly all made of, read ten times faster than by the library: names and
 * texts on a line each, lists of them, nothing that could be taken for something else. Of anything
 * more it knows nothing, and says so; then the library reads.
 */
import { isPlainYaml } from "./yaml_text.ts";

/** An entry of a dump. */
export interface NamedContent {
  readonly name: string;
  readonly content: Record<string, unknown>;
}

/** What hangs on a name, while its lines come. */
interface Held {
  readonly indentation: number;
  readonly value: unknown[] | Record<string, unknown>;
}

const MEMBER = /^([\w.-]+):(?: (.+))?$/;

/** The entry that the lines are, or undefined where there is more to them. */
export function readPlainYaml(lines: readonly string[]): NamedContent | undefined {
  const [, name = "", rest] = MEMBER.exec(lines[0]?.trimStart() ?? "") ?? [];
  if (rest !== undefined || !isName(name)) return undefined;
  const content: Record<string, unknown> = {};
  const outer = indentationOf(lines[1] ?? "");
  if (outer <= indentationOf(lines[0] ?? "")) return undefined;
  let key: string | undefined, held: Held | undefined;
  for (let at = 1; at < lines.length; at++) {
    const line = lines[at] as string, indentation = indentationOf(line);
    const text = line.slice(indentation);
    if (text.startsWith("- ")) {
      const item = scalarOf(text.slice(2));
      if (key === undefined || item === undefined || indentation < outer) return undefined;
      if (held === undefined) content[key] = (held = { indentation, value: [] }).value;
      if (held.indentation !== indentation || !Array.isArray(held.value)) return undefined;
      held.value.push(item);
      continue;
    }
    const [, member = "", told] = MEMBER.exec(text) ?? [];
    const value = told === undefined ? undefined : scalarOf(told);
    if (!isName(member) || (told !== undefined && value === undefined)) return undefined;
    if (indentation === outer) {
      if ((key !== undefined && held === undefined) || member in content) return undefined;
      held = undefined;
      key = value === undefined ? member : undefined;
      if (value !== undefined) content[member] = value;
      continue;
    }
    if (key === undefined || value === undefined || indentation < outer) return undefined;
    if (held === undefined) content[key] = (held = { indentation, value: {} }).value;
    if (held.indentation !== indentation || Array.isArray(held.value)) return undefined;
    if (member in held.value) return undefined;
    held.value[member] = value;
  }
  const isWhole = lines.length > 1 && (key === undefined || held !== undefined);
  return isWhole ? { name, content } : undefined;
}

function indentationOf(line: string): number {
  let at = 0;
  while (line.charCodeAt(at) === 0x20) at++;
  return at;
}

/** Also none that every object has from its prototype. */
function isName(text: string): boolean {
  return isPlainYaml(text) && !(text in Object.prototype);
}

function scalarOf(text: string): string | number | boolean | undefined {
  if (text === "true" || text === "false") return text === "true";
  if (/^-?(?:0|[1-9]\d{0,14})$/.test(text)) return Number(text);
  const quoted = /^'([\x20-\x26\x28-\x7e]*)'$/.exec(text)?.[1];
  return quoted ?? (isPlainYaml(text) ? text : undefined);
}
