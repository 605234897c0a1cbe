/** JSON as the original writes it: names sorted, four spaces a level, ASCII alone. */

const STEP = "    ";

/** The value, whose first line is not indented and whose others are, by `level` steps and more. */
export function jsonText(value: unknown, level = 0): string {
  if (typeof value !== "object" || value === null) return asciiJson(value);
  const inner = STEP.repeat(level + 1), outer = STEP.repeat(level);
  const isList = Array.isArray(value);
  const parts = isList
    ? value.map((part) => inner + jsonText(part, level + 1))
    : sortedMembers(value).map(([name, member]) =>
      `${inner}${asciiJson(name)}: ${jsonText(member, level + 1)}`
    );
  const [open, close] = isList ? "[]" : "{}";
  return parts.length === 0 ? `${open}${close}` : `${open}\n${parts.join(",\n")}\n${outer}${close}`;
}

/** The same on one line, as `globals.json` is written, its names in their order. */
export function flatJsonText(members: Readonly<Record<string, unknown>>): string {
  const texts = Object.entries(members).map(([name, value]) =>
    `${asciiJson(name)}: ${flatText(value)}`
  );
  return `{${texts.join(", ")}}`;
}

function flatText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flatText).join(", ")}]`;
  if (typeof value !== "object" || value === null) return asciiJson(value);
  return flatJsonText(value as Readonly<Record<string, unknown>>);
}

/** Members by their names, in the order of code units. */
export function sortedMembers(value: object): [string, unknown][] {
  return Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1);
}

/** A text or another value without members, on one line. */
export function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\x7f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
