/** The port to the user's terminal, and to whatever stands in its place. */
import { createInterface } from "node:readline/promises";

/** Words or data to a stream of this process; what cannot be written any more is dropped. */
export function streamOutput(
  stream: { writeSync(bytes: Uint8Array): number; isTerminal(): boolean },
): { readonly isTerminal: boolean; readonly isClosed: boolean; write(text: string): void } {
  const encoder = new TextEncoder();
  let isClosed = false;
  return {
    isTerminal: stream.isTerminal(),
    get isClosed(): boolean {
      return isClosed;
    },
    write(text: string): void {
      const bytes = encoder.encode(text);
      try {
        for (let at = 0; at < bytes.length && !isClosed;) {
          at += stream.writeSync(bytes.subarray(at));
        }
      } catch (error) {
        // Whoever read it has gone (`nodelist | head`): there is nobody to tell.
        if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
        isClosed = true;
      }
    },
  };
}

/** All that comes on standard input until its end. */
export async function readAllInput(): Promise<string> {
  return await new Response(Deno.stdin.readable).text();
}

/** One line typed after the prompt, which goes to stderr; undefined where there is no more. */
export async function askLine(prompt: string): Promise<string | undefined> {
  const { default: process } = await import("node:process");
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const ended = new Promise<undefined>((resolve) =>
      lines.once("close", () => resolve(undefined))
    );
    return await Promise.race([lines.question(prompt), ended]);
  } finally {
    lines.close();
  }
}

/** The same, and what is typed is not shown. */
export async function askSecretLine(prompt: string): Promise<string | undefined> {
  const encoder = new TextEncoder();
  Deno.stderr.writeSync(encoder.encode(prompt));
  Deno.stdin.setRaw(true, { cbreak: true });
  const typed: number[] = [];
  const byte = new Uint8Array(1);
  try {
    while (await Deno.stdin.read(byte) !== null) {
      const [code] = byte as unknown as [number];
      if (code === 10 || code === 13) return new TextDecoder().decode(Uint8Array.from(typed));
      if (code === 127 || code === 8) typed.pop();
      else typed.push(code);
    }
    return undefined;
  } finally {
    Deno.stdin.setRaw(false);
    Deno.stderr.writeSync(encoder.encode("\n"));
  }
}
