/** What one noderange may still cost: counted before anything is built. */
import { MAX_NODERANGE_NODES, MAX_NODERANGE_WORK } from "../../base/limits.ts";
import { type Refused, refused } from "../../base/outcome.ts";

export interface Room {
  /** Names that sequences and brackets may still make. */
  names: number;
  /** Numbers that may still be counted out, those taken away again among them. */
  numbers: number;
  /** Names that may still be looked at. */
  work: number;
}

export function fullRoom(): Room {
  return {
    names: MAX_NODERANGE_NODES,
    numbers: 2 * MAX_NODERANGE_NODES,
    work: MAX_NODERANGE_WORK,
  };
}

/** Takes `count` names to look at; undefined where there is room for them. */
export function spendWork(room: Room, count: number): Refused | undefined {
  if (count > room.work) {
    return refused(
      "invalid",
      `Invalid Noderange: it looks at more than ${MAX_NODERANGE_WORK} names, which is ` +
        "MAX_NODERANGE_WORK; write it shorter, or ask for its parts",
    );
  }
  room.work -= count;
  return undefined;
}
