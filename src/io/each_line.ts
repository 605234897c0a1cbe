/** What a child prints, line by line. */
import { MAX_CHILD_LINE_LENGTH } from "../base/boot_limits.ts";

/** Shows each line of UTF-8, without its end, as it comes; of longer ones the first
 * MAX_CHILD_LINE_LENGTH characters. Resolves at the end of the stream. */
export async function eachLine(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  see: (line: string) => void,
): Promise<void> {
  let rest = "";
  for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + piece).split("\n");
    rest = (lines.pop() ?? "").slice(0, MAX_CHILD_LINE_LENGTH);
    for (const line of lines) see(line.slice(0, MAX_CHILD_LINE_LENGTH));
  }
  if (rest !== "") see(rest);
}
