/**
 * The steps of a noderange as the set of names they stand for. Filters and regular expressions
 * wait on the stack until an operator says among which names they are looked for, so that
 * `location.rack=r7@compute` looks at the few nodes of r7 only.
 */
import { MAX_NODERANGE_DEPTH } from "../../base/limits.ts";
import { ok, type Outcome, type Refused, refused } from "../../base/outcome.ts";
import { naturalSort } from "../natural_order.ts";
import { type AttributeFilter, checkFilter, readFilter, valueTest } from "./attribute_filter.ts";
import { readBrackets } from "./brackets.ts";
import type { NameSet, NodeBook } from "./node_book.ts";
import { paged } from "./ordered.ts";
import { parse, type Parsed, type Step } from "./parse.ts";
import { patternTest } from "./pattern.ts";
import { type Room, spendWork } from "./room.ts";
import { readSequence } from "./sequence.ts";
import { namesOf, reserveNames, type Slot } from "./slots.ts";
import type { Operator } from "./tokens.ts";

/** What to do with a word that is neither a node nor a group: refuse it, or, where this gives
 * nothing, take it for a name. */
export type Stranger = (name: string, isInSequence: boolean) => Refused | undefined;

/** Names on the stack; those that are `own` to it may be changed. */
type Operand =
  | { readonly kind: "names"; readonly names: NameSet }
  | { readonly kind: "own"; readonly names: Set<string> }
  | { readonly kind: "filter"; readonly filter: AttributeFilter }
  | { readonly kind: "pattern"; readonly test: (name: string) => boolean; readonly cost: number };

type Named = Extract<Operand, { names: NameSet }>;

/** One name, or those of a group. */
type Found = string | NameSet;

/** One evaluation over one book; dynamic groups are evaluated once in it. Whoever makes it gives
 * the room that it may take. */
export class Evaluation {
  readonly #book: NodeBook;
  readonly #stranger: Stranger;
  readonly #room: Room;
  /** Dynamic groups that were looked up before. */
  readonly #remembered = new Map<string, NameSet>();
  /** Dynamic groups whose noderange is being evaluated, the outermost first. */
  readonly #path: string[] = [];

  constructor(book: NodeBook, stranger: Stranger, room: Room) {
    this.#book = book;
    this.#stranger = stranger;
    this.#room = room;
  }

  /** The names that the steps stand for, pages aside. */
  names(steps: readonly Step[]): Outcome<NameSet> {
    const stack: Operand[] = [];
    for (const step of steps) {
      const operand = this.#step(step, stack);
      if (!operand.ok) return operand;
      stack.push(operand.value);
    }
    const last = stack.pop();
    if (last === undefined) return ok(new Set<string>());
    const names = this.#resolve(last);
    return names.ok ? ok(names.value.names) : names;
  }

  #step(step: Step, stack: Operand[]): Outcome<Operand> {
    if (step.kind === "word") return this.#word(step.text, step.at);
    if (step.kind === "all") return ok({ kind: "names", names: everyNode(this.#book) });
    const right = stack.pop(), left = stack.pop();
    if (left === undefined || right === undefined) return ok(own(new Set()));
    return this.#combine(step.kind, left, right);
  }

  // ---- operators

  #combine(operator: Operator, left: Operand, right: Operand): Outcome<Operand> {
    if (operator === "@") return this.#both(left, right);
    const base = this.#resolve(left);
    if (!base.ok) return base;
    const other = this.#resolve(right, operator === ",-" ? base.value.names : undefined);
    if (!other.ok) return other;
    return operator === ","
      ? this.#union(base.value, other.value.names)
      : this.#minus(base.value, other.value.names);
  }

  #both(left: Operand, right: Operand): Outcome<Operand> {
    const isSecondBetter = rank(right) < rank(left);
    const [base, other] = isSecondBetter ? [right, left] : [left, right];
    const first = this.#resolve(base);
    if (!first.ok) return first;
    const second = this.#resolve(other, first.value.names);
    if (!second.ok) return second;
    const a = first.value.names, b = second.value.names;
    const [few, many] = b.size < a.size ? [b, a] : [a, b];
    const tooMuch = spendWork(this.#room, few.size);
    if (tooMuch !== undefined) return tooMuch;
    const names = new Set<string>();
    for (const name of few) if (many.has(name)) names.add(name);
    return ok(own(names));
  }

  #union(left: Named, right: NameSet): Outcome<Operand> {
    const copied = left.kind === "own" ? 0 : left.names.size;
    const tooMuch = spendWork(this.#room, copied + right.size);
    if (tooMuch !== undefined) return tooMuch;
    const names = left.kind === "own" ? left.names : new Set(left.names);
    for (const name of right) names.add(name);
    return ok(own(names));
  }

  #minus(left: Named, right: NameSet): Outcome<Operand> {
    const isQuick = left.kind === "own" && right.size < left.names.size;
    const tooMuch = spendWork(this.#room, isQuick ? right.size : left.names.size);
    if (tooMuch !== undefined) return tooMuch;
    if (isQuick) {
      for (const name of right) left.names.delete(name);
      return ok(left);
    }
    const names = new Set<string>();
    for (const name of left.names) if (!right.has(name)) names.add(name);
    return ok(own(names));
  }

  /** Where `among` is given, names outside of it do not matter. */
  #resolve(operand: Operand, among?: NameSet): Outcome<Named> {
    if (operand.kind === "filter") {
      const tooMuch = spendWork(this.#room, this.#filterCost(operand.filter, among));
      if (tooMuch !== undefined) return tooMuch;
      const names = this.#book.matching(operand.filter, among);
      return names.ok ? ok({ kind: "names", names: names.value }) : names;
    }
    if (operand.kind !== "pattern") return ok(operand);
    const from = among ?? everyNode(this.#book);
    const tooMuch = spendWork(this.#room, from.size * operand.cost);
    if (tooMuch !== undefined) return tooMuch;
    const names = new Set<string>();
    for (const name of from) if (operand.test(name)) names.add(name);
    return ok(own(names));
  }

  /** Equality is looked up, once the book has looked at every node for it; anything else is tried
   * on the values of each node there is. */
  #filterCost({ attribute, operator, value }: AttributeFilter, among?: NameSet): number {
    const isPattern = attribute.includes("*");
    if (operator === "=" && !isPattern) {
      const isKnown = this.#book.isIndexed?.(attribute) ?? true;
      return LOOK_UP_COST + (isKnown ? 0 : this.#book.nodes().length);
    }
    const count = (among?.size ?? this.#book.nodes().length) * (isPattern ? STAR_COST : 1);
    return count * (operator === "!=" || operator === "=" ? 1 : patternCost(value));
  }

  #compiled<T>(pattern: string, compile: () => Outcome<T>): Outcome<T> {
    const tooMuch = spendWork(this.#room, compileCost(pattern));
    return tooMuch ?? compile();
  }

  // ---- words

  #word(text: string, at: number): Outcome<Operand> {
    if (text.startsWith("~") || text.startsWith("/")) {
      const pattern = text.slice(1);
      const test = this.#compiled(pattern, () => patternTest(pattern));
      if (!test.ok) return noderangeRefusal(test);
      return ok({ kind: "pattern", test: test.value, cost: patternCost(pattern) });
    }
    const filter = readFilter(text);
    if (filter !== undefined) return this.#filter(filter);
    const slots = text.includes("[") ? readBrackets(text, at, this.#room) : ok([[text]]);
    return slots.ok ? this.#each(slots.value, (name) => this.#named(name, at)) : slots;
  }

  #filter(given: AttributeFilter): Outcome<Operand> {
    const filter = checkFilter(given, this.#book);
    if (!filter.ok) return noderangeRefusal(filter);
    const { operator, value } = filter.value;
    const test = this.#compiled(operator.includes("~") ? value : "", () => valueTest(filter.value));
    return test.ok ? ok({ kind: "filter", filter: filter.value }) : noderangeRefusal(test);
  }

  /** The names that slots make, each looked up by `find`. */
  #each(slots: readonly Slot[], find: (name: string) => Outcome<Found>): Outcome<Operand> {
    const tooMany = reserveNames(slots, this.#room);
    if (tooMany !== undefined) return tooMany;
    const names = namesOf(slots);
    const [only] = names;
    if (names.length === 1 && only !== undefined) {
      const found = find(only);
      return found.ok ? ok(named(found.value)) : found;
    }
    const all = new Set<string>();
    for (const name of names) {
      const found = find(name);
      if (!found.ok) return found;
      if (typeof found.value === "string") {
        all.add(found.value);
        continue;
      }
      const tooMuch = spendWork(this.#room, found.value.size);
      if (tooMuch !== undefined) return tooMuch;
      for (const each of found.value) all.add(each);
    }
    return ok(own(all));
  }

  /** A node, a group, or a sequence of them: whoever has the exact name is meant. */
  #named(name: string, at: number): Outcome<Found> {
    const exact = this.#exact(name);
    if (exact !== undefined) return exact;
    const sequence = readSequence(name, this.#room);
    if (sequence?.kind === "slots") {
      const names = this.#each(sequence.slots, (each) => this.#entity(each));
      return names.ok ? this.#resolvedNames(names.value) : names;
    }
    const stranger = this.#stranger(name, false);
    if (sequence === undefined) return stranger ?? ok(name);
    if (sequence.kind === "none" && stranger === undefined) return ok(name);
    return refused(
      sequence.kind === "none" ? "not-found" : "invalid",
      `Invalid Noderange: ${name.slice(0, 64)} not valid: at character ${at}, ${sequence.why}`,
    );
  }

  #resolvedNames(operand: Operand): Outcome<NameSet> {
    const names = this.#resolve(operand);
    return names.ok ? ok(names.value.names) : names;
  }

  #entity(name: string): Outcome<Found> {
    return this.#exact(name) ?? this.#stranger(name, true) ?? ok(name);
  }

  #exact(name: string): Outcome<Found> | undefined {
    if (this.#book.hasNode(name)) return ok(name);
    if (!this.#book.hasGroup(name)) return undefined;
    const range = this.#book.rangeOf(name);
    return range === undefined ? ok(this.#book.membersOf(name)) : this.#dynamic(name, range);
  }

  // ---- dynamic groups

  #dynamic(group: string, range: string): Outcome<NameSet> {
    const known = this.#remembered.get(group);
    if (known !== undefined) return ok(known);
    const wrong = this.#tooDeep(group);
    if (wrong !== undefined) return wrong;
    this.#path.push(group);
    const parsed = parse(range);
    const names = parsed.ok ? this.#page(parsed.value) : parsed;
    this.#path.pop();
    if (!names.ok) return inGroup(names, group);
    this.#remembered.set(group, names.value);
    return names;
  }

  #tooDeep(group: string): Refused | undefined {
    const at = this.#path.indexOf(group);
    if (at !== -1) {
      const circle = [...this.#path.slice(at), group].join(" -> ");
      return refused(
        "invalid",
        `Invalid Noderange: group ${group} stands in its own noderange: ${circle}; ` +
          "take it out of one of them",
      );
    }
    if (this.#path.length < MAX_NODERANGE_DEPTH) return undefined;
    return refused(
      "invalid",
      `Invalid Noderange: dynamic groups stand in each other's noderanges ` +
        `${this.#path.length + 1} deep; MAX_NODERANGE_DEPTH is ${MAX_NODERANGE_DEPTH}`,
    );
  }

  #page({ steps, page }: Parsed): Outcome<NameSet> {
    const names = this.names(steps);
    if (!names.ok || page === undefined) return names;
    const tooMuch = spendWork(this.#room, names.value.size);
    return tooMuch ?? ok(new Set(paged(naturalSort(names.value), page)));
  }
}

function named(found: Found): Named {
  return typeof found === "string" ? own(new Set([found])) : { kind: "names", names: found };
}

function own(names: Set<string>): Named {
  return { kind: "own", names };
}

/** Which of two is best looked for first: it bounds what the other is looked for among. */
function rank({ kind }: Operand): number {
  return kind === "pattern" ? 2 : kind === "filter" ? 1 : 0;
}

// What things cost, in names looked at.

/** To find the nodes that have one value. */
const LOOK_UP_COST = 10;
/** Several attributes of each node match a name with `*` in it. */
const STAR_COST = 4;

/** To read a pattern takes longer than to try it. */
function compileCost(pattern: string): number {
  return pattern === "" ? 0 : 1_000 + 40 * pattern.length;
}

/** Patterns of usual length cost little more than to look at a name. */
function patternCost(pattern: string): number {
  return 1 + Math.floor(pattern.length / 32);
}

function everyNode(book: NodeBook): NameSet {
  const names = book.nodes();
  return {
    size: names.length,
    has: (name) => book.hasNode(name),
    [Symbol.iterator]: () => names[Symbol.iterator](),
  };
}

const PREFIX = "Invalid Noderange: ";

function noderangeRefusal(wrong: Refused): Refused {
  const { kind, message } = wrong.refusal;
  return message.startsWith(PREFIX) ? wrong : refused(kind, PREFIX + message);
}

const IN_GROUP = " (in the noderange of group ";

function inGroup(wrong: Refused, group: string): Refused {
  const { kind, message } = wrong.refusal;
  return message.includes(IN_GROUP) ? wrong : refused(kind, `${message}${IN_GROUP}${group})`);
}
