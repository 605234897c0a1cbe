/**
 * A word as a sequence of names:
 *
 *     sequence := left ("-" | ":" | "..") right    same shape; any numbers may differ: the product
 *               | name "+" N                       the name and the N that follow it
 *
 * Numbers are padded with zeros to the width of the left one. Both sides of "-" hold equally many
 * of it, so there is one place only where the sides can part.
 */
import { MAX_NAME_LENGTH } from "../../base/limits.ts";
import { countOut, type Slot } from "./slots.ts";
import type { Room } from "./room.ts";

/** `none`: the word is no sequence, and may still be a name. `wrong`: it can be nothing else, and
 * `why` says what is wrong with it. */
export type Sequence =
  | { readonly kind: "slots"; readonly slots: readonly Slot[] }
  | { readonly kind: "none" | "wrong"; readonly why: string };

const NOT_ALIKE = "it is no node and no group, and the sides of a sequence differ in numbers only";

/** The sequence that a word is; undefined for a word without any sign of one. */
export function readSequence(word: string, room: Room): Sequence | undefined {
  if (word.includes("+")) return following(word, room);
  for (const separator of [":", ".."]) {
    const parts = word.split(separator);
    if (parts.length === 1) continue;
    const [left, right] = parts;
    return parts.length === 2 && left && right
      ? between(left, right, "wrong", room)
      : { kind: "wrong", why: `wanted two names with one "${separator}" between` };
  }
  if (!word.includes("-")) return undefined;
  // Longer than any two names: only a long name that is none.
  const dashes = word.length > 2 * MAX_NAME_LENGTH + 1 ? [] : [...word.matchAll(/-/g)];
  const middle = dashes[(dashes.length - 1) / 2];
  if (middle === undefined) return { kind: "none", why: NOT_ALIKE };
  return between(word.slice(0, middle.index), word.slice(middle.index + 1), "none", room);
}

/** `unlike` is what two sides of different shapes make. */
function between(left: string, right: string, unlike: "none" | "wrong", room: Room): Sequence {
  const from = left.match(/\d+|\D+/g) ?? [], to = right.match(/\d+|\D+/g) ?? [];
  const isNumber = (part: string | undefined): boolean => /^\d/.test(part ?? "");
  const isAlike = from.length === to.length && from.some(isNumber) &&
    from.every((part, i) => isNumber(part) ? isNumber(to[i]) : part === to[i]);
  if (!isAlike) return { kind: unlike, why: NOT_ALIKE };
  const slots: Slot[] = [];
  for (const [i, part] of from.entries()) {
    const last = to[i] ?? "";
    if (part === last) {
      slots.push([part]);
      continue;
    }
    const slot = countOut(part, last, 1, room);
    if (typeof slot === "string") return { kind: "wrong", why: slot };
    if (Number(part) === Number(last)) {
      return { kind: "wrong", why: `${part} and ${last} are one number, written differently` };
    }
    slots.push(slot);
  }
  return { kind: "slots", slots };
}

/** `n1+2`, `n1.example.com+2`: the last number of the host's own name counts. */
function following(word: string, room: Room): Sequence {
  const [, head, number, domain = "", more] = /^([^.+]*?)(\d+)(\.[^+]*)?\+(\d{1,15})$/.exec(word) ??
    /^([^+]*?)(\d+)()\+(\d{1,15})$/.exec(word) ?? [];
  if (head === undefined || number === undefined) {
    return { kind: "wrong", why: "wanted a name that ends in a number, + and a number, as n1+3" };
  }
  const slot = countOut(number, String(Number(number) + Number(more)), 1, room);
  if (typeof slot === "string") return { kind: "wrong", why: slot };
  return { kind: "slots", slots: [[head], slot, [domain]] };
}
