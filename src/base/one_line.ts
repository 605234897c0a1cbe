/** Text of others, as one line that may stand in a message or on a terminal. */

/** More of it helps nobody. In UTF-16 units. */
const MAX_LENGTH = 1_000;

/** The text, or an error's, with white space and control characters as single spaces. */
export function oneLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const line = text.slice(0, MAX_LENGTH + 1).replace(/[\s\p{Cc}]+/gu, " ").trim();
  return text.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH)} ...` : line;
}

/** The text with its control characters spelled out (`\n` for a line's end), so that a value can
 * neither begin a line of its own nor steer a terminal. */
export function spelledOutControls(text: string): string {
  return text.replace(
    /\p{Cc}/gu,
    (letter) =>
      letter === "\n"
        ? "\\n"
        : letter === "\t"
        ? "\\t"
        : `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
