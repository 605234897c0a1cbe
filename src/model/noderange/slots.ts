/** A name with places in it where one of several texts may stand, and the names that makes. */
import { MAX_NAME_LENGTH, MAX_NODERANGE_NODES } from "../../base/limits.ts";
import { type Refused, refused } from "../../base/outcome.ts";
import { type Room, spendWork } from "./room.ts";

/** A run of text, or the texts that may stand in its place. */
export type Slot = readonly string[];

/** Digits a number may have and stay exact. */
const MOST_DIGITS = 15;

const CHARACTERS_A_LOOK = 4;

/** What brackets make may be two names with a sign between. */
const LONGEST = 2 * MAX_NAME_LENGTH + 2;

/** Takes the room that the names of these slots need, all at once; undefined where there is. */
export function reserveNames(slots: readonly Slot[], room: Room): Refused | undefined {
  if (slots.some((slot) => slot.length === 0)) return undefined;
  const count = slots.reduce((product, slot) => product * slot.length, 1);
  if (count > room.names) {
    return refused(
      "invalid",
      `Invalid Noderange: it names more than ${MAX_NODERANGE_NODES} nodes, which is ` +
        "MAX_NODERANGE_NODES",
    );
  }
  const shortest = slots.reduce((sum, slot) => sum + (slot[0]?.length ?? 0), 0);
  if (count > 1 && shortest > LONGEST) {
    return refused(
      "invalid",
      `Invalid Noderange: it makes names of ${shortest} characters; MAX_NAME_LENGTH is ` +
        `${MAX_NAME_LENGTH}`,
    );
  }
  // Long names take longer to look up, and to take apart where they may be sequences.
  const tooMuch = spendWork(room, count * (1 + Math.floor(shortest / CHARACTERS_A_LOOK)));
  if (tooMuch !== undefined) return tooMuch;
  room.names -= count;
  return undefined;
}

/** The names, the last place changing first; call it once there is room for them. */
export function namesOf(slots: readonly Slot[]): string[] {
  if (slots.some((slot) => slot.length === 0)) return [];
  let names = [""];
  let fixed = "";
  for (const slot of slots) {
    if (slot.length === 1) {
      fixed += slot[0];
      continue;
    }
    const before = fixed;
    names = names.flatMap((name) => slot.map((text) => name + before + text));
    fixed = "";
  }
  return fixed === "" ? names : names.map((name) => name + fixed);
}

/** Numbers `from` to `to`, as wide as `from` is written; or, as a text, why there are none. */
export function countOut(from: string, to: string, step: number, room: Room): Slot | string {
  if (Math.max(from.length, to.length) > MOST_DIGITS) {
    return `a number has more than ${MOST_DIGITS} digits`;
  }
  const first = Number(from), last = Number(to);
  if (last < first) return `it counts down from ${from} to ${to}`;
  if (step < 1) return "a step of 0 does not get on";
  const count = Math.floor((last - first) / step) + 1;
  if (count > Math.min(room.numbers, MAX_NODERANGE_NODES)) {
    return `it counts out more than ${MAX_NODERANGE_NODES} nodes, which is MAX_NODERANGE_NODES`;
  }
  room.numbers -= count;
  const numbers: string[] = [];
  for (let n = first; n <= last; n += step) numbers.push(String(n).padStart(from.length, "0"));
  return numbers;
}
