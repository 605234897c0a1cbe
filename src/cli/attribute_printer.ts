/** Attributes printed as they come: as lines, or as one object of JSON. */
import { attributeLine, type NodeAttributes } from "./node_attributes.ts";
import { complain, type Surroundings } from "./surroundings.ts";
import { DONE, type ExitCode, FAILED } from "./exit_code.ts";

export interface PrinterOptions {
  readonly json: boolean;
  readonly blame: boolean;
}

/** Takes nodes, or groups, one after the other; what it gathered goes out with `flush`. */
export class AttributePrinter {
  readonly #surroundings: Surroundings;
  readonly #options: PrinterOptions;
  readonly #failed: NodeAttributes[] = [];
  #text = "";
  #isFirst = true;

  constructor(surroundings: Surroundings, options: PrinterOptions) {
    this.#surroundings = surroundings;
    this.#options = options;
  }

  take(node: NodeAttributes): void {
    if (node.error !== undefined) this.#failed.push(node);
    if (this.#options.json) this.#takeJson(node);
    else this.#takeLines(node);
    if (this.#text.length > PIECE) this.flush();
  }

  /** Prints what there is. False where nobody reads it. */
  flush(): boolean {
    const { stdout } = this.#surroundings;
    if (this.#text !== "") stdout.write(this.#text);
    this.#text = "";
    return !stdout.isClosed;
  }

  /** There is no more. Names every node that failed, then complains of what else there is. */
  end(complaints: readonly string[] = []): ExitCode {
    if (this.#options.json) this.#text += this.#isFirst ? "{}\n" : "\n}\n";
    this.flush();
    for (const { node, error } of this.#failed) complain(this.#surroundings, `${node}: ${error}`);
    for (const complaint of complaints) complain(this.#surroundings, complaint);
    return this.#failed.length + complaints.length === 0 ? DONE : FAILED;
  }

  #takeLines({ node, attributes }: NodeAttributes): void {
    for (const [name, value] of attributes) {
      this.#text += `${attributeLine(node, name, value, this.#options.blame)}\n`;
    }
  }

  #takeJson({ node, attributes, error }: NodeAttributes): void {
    const value = error === undefined ? Object.fromEntries(attributes) : { error };
    const text = JSON.stringify(value, undefined, 2).replaceAll("\n", "\n  ");
    this.#text += `${this.#isFirst ? "{" : ","}\n  ${JSON.stringify(node)}: ${text}`;
    this.#isFirst = false;
  }
}

/** Characters that are worth a write. */
const PIECE = 64 * 1024;
