/** What controllers did, appended to a file: a line of JSON each, there as soon as it is done. */
import { ok, type Outcome, refused } from "../../base/outcome.ts";
import { oneLine } from "../../base/one_line.ts";
import type { RecordedAction } from "./simulated_bmc.ts";

export class ActionRecord implements Disposable {
  readonly #path: string;
  readonly #file: Deno.FsFile;

  private constructor(path: string, file: Deno.FsFile) {
    this.#path = path;
    this.#file = file;
  }

  static open(path: string): Outcome<ActionRecord> {
    try {
      return ok(new ActionRecord(path, Deno.openSync(path, { append: true, create: true })));
    } catch (error) {
      return refused("unavailable", `cannot record to ${path}: ${oneLine(error)}`);
    }
  }

  append({ trueTimeMs, bmc, member, epoch, action }: RecordedAction): Outcome<void> {
    const line = `${JSON.stringify({ trueTimeMs, bmc, member, epoch, action })}\n`;
    const bytes = new TextEncoder().encode(line);
    try {
      for (let at = 0; at < bytes.length;) at += this.#file.writeSync(bytes.subarray(at));
      return ok();
    } catch (error) {
      return refused("unavailable", `cannot record to ${this.#path}: ${oneLine(error)}`);
    }
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}
