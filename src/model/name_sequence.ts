/**
 * One word of a noderange as the names it stands for:
 *
 *     brackets := text "[" list "]" text ...     1-3  1:3  1..3  1,3,5-6  1-9:3 (step)  1-3,-2
 *     sequence := left ("-" | ":" | "..") right  same shape; any numbers may differ: the product
 *               | name "+" N                     the name and the N that follow it
 *
 * Numbers are padded with zeros to the width of the left one. A word with "-" in it whose halves
 * have not the same shape is a name (`web-01`).
 */
import { MAX_NAME_LENGTH, MAX_NODERANGE_NODES } from "../base/limits.ts";
import { ok, type Outcome, type Refused, refused } from "../base/outcome.ts";

/** Digits a number may have and stay exact. */
const MOST_DIGITS = 15;

/** A run of text, or the texts that may stand in its place. */
type Slot = readonly string[];

/** What the words of one noderange may still come to. */
export interface Room {
  names: number;
  /** Numbers that were counted out, those taken away again among them. */
  numbers: number;
}

export function fullRoom(): Room {
  return { names: MAX_NODERANGE_NODES, numbers: 2 * MAX_NODERANGE_NODES };
}

/** The names `word` stands for, which stood at character `at`; refused where there is no room. */
export function namesOf(word: string, at: number, room: Room): Outcome<string[]> {
  const filter = /[~/=*^$!]/.exec(word);
  if (filter !== null) {
    return bad(
      `read "${filter[0]}" at character ${at + filter.index}: ` +
        "regular expressions and filters are not supported yet",
    );
  }
  const slots = slotsOf(word, at, room);
  if (!slots.ok) return slots;
  if (slots.value.some((slot) => slot.length === 0)) return ok([]);
  const count = slots.value.reduce((product, slot) => product * slot.length, 1);
  if (count > room.names) {
    return bad(
      `"${word.slice(0, 64)}" at character ${at} makes the range name more than ` +
        `${MAX_NODERANGE_NODES} nodes, which is MAX_NODERANGE_NODES`,
    );
  }
  room.names -= count;
  let names = [""];
  for (const slot of slots.value) {
    const only = slot.length === 1 ? slot[0] : undefined;
    names = only !== undefined
      ? names.map((name) => name + only)
      : names.flatMap((name) => slot.map((text) => name + text));
  }
  return ok(names);
}

function slotsOf(word: string, at: number, room: Room): Outcome<Slot[]> {
  if (word.includes("[")) return bracketSlots(word, at, room);
  if (word.includes("+")) return followingSlots(word, at, room);
  for (const separator of ["..", ":"]) {
    const halves = word.split(separator);
    if (halves.length === 1) continue;
    const [left, right] = halves;
    const slots = halves.length === 2 && left && right
      ? sequenceSlots(left, right, room)
      : undefined;
    return slots ?? notValid(word, at, "both sides must be names that differ in numbers only");
  }
  // Longer than any two names: only a long name that is none, and looking for its halves costs.
  if (word.length > 2 * MAX_NAME_LENGTH + 1) return ok([[word]]);
  for (let i = word.indexOf("-"); i > 0; i = word.indexOf("-", i + 1)) {
    const slots = sequenceSlots(word.slice(0, i), word.slice(i + 1), room);
    if (slots?.ok) return slots;
    if (slots !== undefined) return notValid(word, at, slots.refusal.message);
  }
  return ok([[word]]);
}

/** The slots of `left` to `right`; undefined where the two have not the same shape. */
function sequenceSlots(left: string, right: string, room: Room): Outcome<Slot[]> | undefined {
  const from = left.match(/\d+|\D+/g) ?? [], to = right.match(/\d+|\D+/g) ?? [];
  const isNumber = (part: string | undefined): boolean => /^\d/.test(part ?? "");
  const sameShape = from.length === to.length && from.some(isNumber) &&
    from.every((part, i) => isNumber(part) ? isNumber(to[i]) : part === to[i]);
  if (!sameShape) return undefined;
  const slots: Slot[] = [];
  for (const [i, part] of from.entries()) {
    const slot = isNumber(part) ? counted(part, to[i] ?? "", 1, room) : ok([part]);
    if (!slot.ok) return slot;
    slots.push(slot.value);
  }
  return ok(slots);
}

function followingSlots(word: string, at: number, room: Room): Outcome<Slot[]> {
  const [, head, number, more] = /^(.*?)(\d+)\+(\d+)$/.exec(word) ?? [];
  if (head === undefined || number === undefined || more === undefined) {
    return notValid(word, at, "wanted a name that ends in a number, + and a number, as n1+3");
  }
  const slot = counted(number, String(Number(number) + Number(more)), 1, room);
  return slot.ok ? ok([[head], slot.value]) : notValid(word, at, slot.refusal.message);
}

function bracketSlots(word: string, at: number, room: Room): Outcome<Slot[]> {
  const slots: Slot[] = [];
  for (const part of word.matchAll(/\[([^[\]]*)\]|[^[]+/g)) {
    const list = part[1];
    const slot = list === undefined ? ok([part[0]]) : listSlot(list, at + part.index + 1, room);
    if (!slot.ok) return slot;
    slots.push(slot.value);
  }
  return ok(slots);
}

/** What stands between brackets: items one after the other, `-N` takes away. */
function listSlot(list: string, at: number, room: Room): Outcome<Slot> {
  const numbers = new Set<string>();
  let start = at;
  for (const item of list.split(",")) {
    const pattern = /^\s*(-?)(\d+)(?:(?:-|:|\.\.)(\d+)(?::(\d+))?)?\s*$/;
    const [, minus, from, to, step] = pattern.exec(item) ?? [];
    if (from === undefined) {
      return bad(
        `read "${item.slice(0, 64)}" at character ${start} ` +
          "where a number, a range as 1-9 or 1-9:2, or -N could stand",
      );
    }
    const slot = counted(from, to ?? from, Number(step ?? 1), room);
    if (!slot.ok) return notValid(item, start, slot.refusal.message);
    for (const number of slot.value) minus ? numbers.delete(number) : numbers.add(number);
    start += item.length + 1;
  }
  return ok([...numbers]);
}

/** Numbers `from` to `to`, as wide as `from` is written. */
function counted(from: string, to: string, step: number, room: Room): Outcome<Slot> {
  if (Math.max(from.length, to.length) > MOST_DIGITS) {
    return bad(`a number has more than ${MOST_DIGITS} digits`);
  }
  const first = Number(from), last = Number(to);
  if (last < first) return bad(`it counts down from ${from} to ${to}`);
  if (step < 1) return bad("a step of 0 does not get on");
  const count = Math.floor((last - first) / step) + 1;
  if (count > Math.min(room.numbers, MAX_NODERANGE_NODES)) {
    return bad(
      `it counts out more than ${MAX_NODERANGE_NODES} nodes, which is MAX_NODERANGE_NODES`,
    );
  }
  room.numbers -= count;
  const numbers: string[] = [];
  for (let n = first; n <= last; n += step) numbers.push(String(n).padStart(from.length, "0"));
  return ok(numbers);
}

function notValid(word: string, at: number, why: string): Refused {
  const short = word.slice(0, 64);
  return bad(`${short} not valid at character ${at}: ${why.replace("Invalid Noderange: ", "")}`);
}

function bad(why: string): Refused {
  return refused("invalid", `Invalid Noderange: ${why}`);
}
