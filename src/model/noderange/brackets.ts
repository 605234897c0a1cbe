/**
 * A word with brackets in it:
 *
 *     brackets := text "[" list "]" text ...
 *     list     := item { "," item }
 *     item     := 3 | a | 1-3 | 1:3 | 1..3 | 1-9:3 (every third) | -2 (taken away) | -4-6
 *
 * Numbers are padded with zeros to the width of the left one. Of Slurm's hostlists this reads
 * `n[001-003,007]`, `n[1-3]x[2-4]`, `n[1-3]-ib` and, as ClusterShell has it, `n[0-10/2]`. What
 * clashes is not read: a list without a name before it (`[1-3]` would be names of digits), and
 * ClusterShell's `&`, `!`, `^` and `@group`, since `@` is the intersection here.
 */
import { ok, type Outcome, refused } from "../../base/outcome.ts";
import type { Room } from "./room.ts";
import { countOut, type Slot } from "./slots.ts";

const RANGE = /^(\d+)(?:(?:-|:|\.\.)(\d+)(?:(?::|\.\.|\/)(\d{1,15}))?)?$/;
const TEXT = /^[A-Za-z0-9._-]+$/;

/** An item that counts nothing out; `text` is how it was written. */
interface Fault {
  readonly text: string;
  readonly why: string;
}

/** The slots of a word that stood at character `at`. */
export function readBrackets(word: string, at: number, room: Room): Outcome<Slot[]> {
  const slots: Slot[] = [];
  let fault: Fault | undefined;
  let name = "";
  for (const part of word.matchAll(/\[([^\]]*)\]|[^[]+/g)) {
    const list = part[1];
    const slot = list === undefined ? ok([part[0]]) : readList(list, at + part.index + 1, room);
    if (!slot.ok) return slot;
    if ("why" in slot.value) {
      fault ??= slot.value;
      name += slot.value.text;
    } else {
      slots.push(slot.value);
      name += slot.value[0] ?? "";
    }
  }
  if (fault === undefined) return ok(slots);
  // Told by the name that the item would stand in, as administrators have read it so far.
  return refused(
    "invalid",
    `Invalid Noderange: ${name.slice(0, 64)} not valid: "${fault.text}" in "${
      word.slice(0, 64)
    }" ` +
      `at character ${at}: ${fault.why}`,
  );
}

/** What stands between brackets: items one after the other. */
function readList(list: string, at: number, room: Room): Outcome<Slot | Fault> {
  const texts = new Set<string>();
  let start = at, count = 0;
  for (const written of list.split(",")) {
    const item = written.trim();
    const minus = item.startsWith("-") && count > 0;
    const body = minus ? item.slice(1).trim() : item;
    const slot = body === "" && !minus ? [] : readItem(body, room);
    if (slot === undefined) return misread(item, start);
    if ("why" in slot) return ok(slot);
    if (body !== "") count += 1;
    for (const text of slot) minus ? texts.delete(text) : texts.add(text);
    start += written.length + 1;
  }
  return count === 0 ? misread("]", start - 1) : ok([...texts]);
}

function readItem(item: string, room: Room): Slot | Fault | undefined {
  const [, from, to, step] = RANGE.exec(item) ?? [];
  if (from === undefined || to === undefined) {
    return TEXT.test(item) && !item.startsWith("-") && !item.includes("..") ? [item] : undefined;
  }
  const slot = countOut(from, to, Number(step ?? 1), room);
  return typeof slot === "string" ? { text: item.slice(0, 64), why: slot } : slot;
}

function misread(item: string, at: number): Outcome<never> {
  return refused(
    "invalid",
    `Invalid Noderange: Invalid syntax: read "${item.slice(0, 64)}" at character ${at} where a ` +
      "number, a text, a range as 1-9 or 1-9:2, or -N behind another item could stand",
  );
}
