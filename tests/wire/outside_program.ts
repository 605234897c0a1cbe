/** A program of this host as a judge of bytes: what it says of them. */

/** What it prints, with these bytes as its input; undefined where it is not installed. Throws where
 * it fails. */
export async function said(
  command: readonly string[],
  input: Uint8Array = new Uint8Array(),
): Promise<string | undefined> {
  const [program = "", ...args] = command;
  try {
    const child = new Deno.Command(program, {
      args,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(input);
    await writer.close();
    const { success, stdout, stderr } = await child.output();
    if (success) return new TextDecoder().decode(stdout);
    throw new Error(`${program} failed: ${new TextDecoder().decode(stderr)}`);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    console.log(`left out: ${program} is not installed`);
    return undefined;
  }
}
