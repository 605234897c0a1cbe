/** A few lines of shell on this host, for what has to be made before a test. */
import { equal } from "node:assert/strict";

/** Its stdout; it ends at the first command that fails, and the test with it. `args` are `$0`,
 * `$1` and so on. */
export async function shell(script: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-ec", script, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  equal(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}
