/** What the small files of a data folder may be: unreadable, without room, damaged. */
import { MalformedError } from "../base/bytes.ts";
import { type Outcome, refused } from "../base/outcome.ts";
import { oneLine } from "../base/one_line.ts";
import { DamageError } from "../io/store.ts";

/**
 * Runs what reads and writes files in the data folder. Where the system refuses, or a file does
 * not say what it should, that is an `unavailable` of one line with the remedy.
 */
export async function overFiles<T>(
  data: string,
  run: () => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof DamageError) return refused("unavailable", error.message);
    if (error instanceof MalformedError) {
      return refused("unavailable", `the store in ${data} cannot be understood: ${error.message}`);
    }
    if (!isOfSystem(error)) throw error;
    const text = oneLine(error);
    return refused("unavailable", `cannot use the files in ${data}: ${text}${remedyFor(text)}`);
  }
}

/** What a file says, by `parse`; {@link DamageError} where it cannot be understood. */
export function understand<T>(path: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    const why = error instanceof MalformedError ? error.message : "it does not say what it should";
    throw new DamageError(
      "damaged",
      `${path} is damaged: ${oneLine(why)}; put a sound copy of it there, or join anew from an ` +
        "empty folder with a token of `confluent invite NAME --replace`",
    );
  }
}

/** Deno ends the text of every error of the system with its number. */
function isOfSystem(error: unknown): error is Error {
  return error instanceof Error && /\(os error \d+\)/.test(error.message);
}

function remedyFor(text: string): string {
  if (/os error (1|13)\)/.test(text)) return `; give them to user ${Deno.uid()}`;
  return /os error (28|122)\)/.test(text) ? "; make room, and try again" : "";
}
