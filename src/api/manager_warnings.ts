/** What a write says of nodes' managers that may not be meant so. */
import { MAX_WARNINGS } from "../base/limits.ts";
import { CATALOGUE, noderange } from "../model/attribute.ts";
import { CANDIDATES, MANAGER } from "../model/placement.ts";
import { fromCell } from "../model/stored_value.ts";

/** Where a body tells of warnings; nothing where there are none. */
export interface Warned {
  readonly _warnings?: string[];
}

/** A manager that is no member, who may yet become one; candidates that are no noderange, which
 * only a dump brings. */
export class ManagerWarnings {
  readonly #members: ReadonlySet<string>;
  readonly #told = new Set<string>();

  constructor(members: readonly string[]) {
    this.#members = new Set(members);
  }

  /** Cells as they are to be kept. */
  take(cells: Iterable<readonly [attribute: string, cell: string]>): this {
    for (const [attribute, cell] of cells) {
      if (attribute !== MANAGER && attribute !== CANDIDATES) continue;
      const value = fromCell(cell);
      const wrong = value.kind === "text" ? this.#wrongOf(attribute, value.text) : undefined;
      if (wrong !== undefined && this.#told.size < MAX_WARNINGS) this.#told.add(wrong);
    }
    return this;
  }

  get all(): string[] {
    return [...this.#told];
  }

  get inBody(): Warned {
    return this.#told.size === 0 ? {} : { _warnings: this.all };
  }

  #wrongOf(attribute: string, text: string): string | undefined {
    if (attribute === MANAGER) {
      if (text === "" || this.#members.has(text)) return undefined;
      const members = [...this.#members].sort().join(", ");
      return `${attribute}: no member is called ${text.slice(0, 64)}; there are ${members}`;
    }
    const known = CATALOGUE.get(attribute);
    const read = known === undefined ? undefined : noderange(known, text);
    return read?.ok === false ? read.refusal.message : undefined;
  }
}
