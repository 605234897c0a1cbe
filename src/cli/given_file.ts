/** Files that a user names on the command line. */
import { ok, type Outcome, refused } from "../base/outcome.ts";
import { oneLine } from "../base/one_line.ts";
import type { Surroundings } from "./surroundings.ts";

/** The text of a file, of stdin where its name is `-`; `invalid` where it cannot be read. */
export async function readGivenFile(
  { stdin }: Pick<Surroundings, "stdin">,
  path: string,
): Promise<Outcome<string>> {
  try {
    return ok(path === "-" ? await stdin.text() : await Deno.readTextFile(path));
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound ? "there is no such file" : oneLine(error);
    return refused("invalid", `cannot read ${path}: ${why}`);
  }
}
