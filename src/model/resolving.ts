/**
 * What a node's attributes are told as: expressions evaluated, each for the node that has or
 * inherits it. An expression may refer to attributes that are expressions themselves; one that
 * leads back to where it began is broken, as is every one that needs it.
 */
import { MAX_EXPRESSIONS_KEPT, MAX_REFERENCE_DEPTH } from "../base/limits.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";
import { evaluate } from "./expression/evaluate.ts";
import { type Expression, parseExpression } from "./expression/expression.ts";
import { GROUPS } from "./groups.ts";
import type { Held, Inheritance } from "./inheritance.ts";

/** A value as it is told. */
export interface Resolved {
  /** The text; undefined for an expression that is broken, and for what is never told. */
  readonly text?: string;
  /** Why the expression comes to nothing. */
  readonly broken?: string;
  /** The text is JSON of another kind of value. */
  readonly isJson?: true;
  /** What the text was made of. */
  readonly expression?: string;
  /** It is set, and never told. */
  readonly isSecret?: true;
  /** The group it was inherited from. */
  readonly from?: string;
}

/** See above. */
export class Resolver {
  readonly #inheritance: Inheritance;
  /** Expressions that were read, for many nodes share few. */
  readonly #parsed = new Map<string, Outcome<Expression>>();

  constructor(inheritance: Inheritance) {
    this.#inheritance = inheritance;
  }

  /** The attribute as it is told; undefined where the node has none. */
  resolve(node: string, attribute: string): Resolved | undefined {
    const held = this.#inheritance.find(node, attribute);
    return held === undefined ? undefined : this.resolved(node, attribute, held);
  }

  /** The same for what was found already. */
  resolved(node: string, attribute: string, { value, from }: Held): Resolved {
    const inherited = from === undefined ? {} : { from };
    switch (value.kind) {
      case "text":
        return { text: value.text, ...inherited };
      case "json":
        return { text: value.json, isJson: true, ...inherited };
      case "sealed":
      case "hashed":
        return { isSecret: true, ...inherited };
      case "expression": {
        const { expression } = value;
        const text = new Evaluation(this, this.#inheritance, node).value(expression, attribute);
        return text.ok
          ? { text: text.value, expression, ...inherited }
          : { broken: text.refusal.message, expression, ...inherited };
      }
    }
  }

  /** The text, empty for what is unset, broken or secret: what a filter looks at. Not for lists. */
  textOf(node: string, attribute: string): string {
    return this.resolve(node, attribute)?.text ?? "";
  }

  /** What an expression comes to for a node, whether anything holds it or not. */
  evaluate(node: string, expression: string): Outcome<string> {
    return new Evaluation(this, this.#inheritance, node).value(expression);
  }

  parse(expression: string): Outcome<Expression> {
    let parsed = this.#parsed.get(expression);
    if (parsed === undefined) {
      parsed = parseExpression(expression);
      if (this.#parsed.size >= MAX_EXPRESSIONS_KEPT) this.#parsed.clear();
      this.#parsed.set(expression, parsed);
    }
    return parsed;
  }
}

/** The values that one expression of one node needs, each evaluated once. */
class Evaluation {
  readonly node: string;
  readonly #resolver: Resolver;
  readonly #inheritance: Inheritance;
  readonly #done = new Map<string, Outcome<string>>();
  /** The attributes that wait for one another, the first at the beginning. */
  readonly #path: string[] = [];

  constructor(resolver: Resolver, inheritance: Inheritance, node: string) {
    this.#resolver = resolver;
    this.#inheritance = inheritance;
    this.node = node;
  }

  /** `attribute`: whose expression it is. */
  value(expression: string, attribute?: string): Outcome<string> {
    const parsed = this.#resolver.parse(expression);
    if (!parsed.ok) return parsed;
    if (attribute !== undefined) this.#path.push(attribute);
    const value = evaluate(parsed.value, this);
    if (attribute !== undefined) this.#path.pop();
    return value;
  }

  /** For the evaluator: the text of another attribute of the node. */
  valueOf(attribute: string): Outcome<string> {
    const done = this.#done.get(attribute);
    if (done !== undefined) return done;
    const value = this.#look(attribute);
    this.#done.set(attribute, value);
    return value;
  }

  #look(attribute: string): Outcome<string> {
    if (attribute === GROUPS) return ok(this.#inheritance.groupsOf(this.node).join(","));
    const held = this.#inheritance.find(this.node, attribute);
    if (held === undefined) return ok("");
    switch (held.value.kind) {
      case "text":
        return ok(held.value.text);
      case "json":
        return ok(held.value.json);
      case "sealed":
      case "hashed":
        return refused("invalid", `${attribute} is secret and cannot be part of an expression`);
      case "expression": {
        if (this.#path.includes(attribute)) {
          const around = [...this.#path.slice(this.#path.indexOf(attribute)), attribute];
          return refused("invalid", `${attribute} refers to itself: ${around.join(" -> ")}`);
        }
        if (this.#path.length >= MAX_REFERENCE_DEPTH) {
          return refused(
            "invalid",
            `references go deeper than ${MAX_REFERENCE_DEPTH}, which is MAX_REFERENCE_DEPTH`,
          );
        }
        return this.value(held.value.expression, attribute);
      }
    }
  }
}
