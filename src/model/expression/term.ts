/** What a field of an expression is read as. */
import type { Fault } from "./fault.ts";
import type { Operator, WholeNumber } from "./whole_number.ts";

/** What can be called on a value: `value.upper()`. */
export const METHODS = ["upper", "lower", "replace", "block_number", "block_offset"] as const;
/** One of {@link METHODS}. */
export type Method = typeof METHODS[number];

/** One value of a field, made of others. */
export type Term =
  | { readonly kind: "constant"; readonly value: WholeNumber | string }
  /** The name of the node. */
  | { readonly kind: "node" }
  /** That run of digits in the name of the node, from 1; 0 is the last. */
  | { readonly kind: "digits"; readonly which: WholeNumber }
  | { readonly kind: "attribute"; readonly name: string }
  | {
    readonly kind: "operation";
    readonly operator: Operator;
    readonly left: Term;
    readonly right: Term;
  }
  | { readonly kind: "negation"; readonly of: Term }
  | { readonly kind: "item"; readonly of: Term; readonly at: Term }
  | {
    readonly kind: "slice";
    readonly of: Term;
    readonly from: Term | undefined;
    readonly to: Term | undefined;
  }
  | {
    readonly kind: "call";
    readonly of: Term;
    readonly method: Method;
    readonly given: readonly Term[];
  }
  /** Well spelled, and never with a value. */
  | { readonly kind: "broken"; readonly fault: Fault };

/** The terms it is made of, in the order of their evaluation. */
export function partsOf(term: Term): readonly Term[] {
  switch (term.kind) {
    case "operation":
      return [term.left, term.right];
    case "negation":
      return [term.of];
    case "item":
      return [term.of, term.at];
    case "slice":
      return [term.of, term.from, term.to].filter((part) => part !== undefined);
    case "call":
      return [term.of, ...term.given];
    default:
      return [];
  }
}
