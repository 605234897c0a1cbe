/** How names of attributes are spelled. */
import { MAX_NAME_LENGTH } from "../../base/limits.ts";
import { ok, type Outcome, refused } from "../../base/outcome.ts";

const WORD = String.raw`[\p{L}_][\p{L}\p{M}\p{N}_]*`;
/** Between dots: begins with a letter, and so does what follows a hyphen. */
const PART = new RegExp(`${WORD}(?:-${WORD})*`, "uy");
const NUMBER = /\d+/y;

/**
 * Whether the name is spelled as one that can be found. A part that is a number may stand within
 * `net.` and `power.` alone (`net.eth0.100.mtu`, `power.1.pdu`); elsewhere it would be one in an
 * expression. `invalid` shows the place.
 */
export function spelled(name: string): Outcome<void> {
  if (name.length > MAX_NAME_LENGTH) {
    return refused(
      "invalid",
      `the attribute name ${name.slice(0, 64)}... has ${name.length} letters; ` +
        `MAX_NAME_LENGTH is ${MAX_NAME_LENGTH}`,
    );
  }
  const hasNumbers = /^(net|power)\./.test(name);
  for (let at = 0;;) {
    let end = matchEnd(PART, name, at);
    if (end === at && at > 0 && hasNumbers) {
      end = matchEnd(NUMBER, name, at);
      if (name[end] !== ".") end = at;
    }
    if (end === name.length && end > at) return ok(undefined);
    if (end === at || name[end] !== ".") {
      return misspelled(name, name[end] === "-" && end > at ? end + 1 : end);
    }
    at = end + 1;
  }
}

function matchEnd(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.exec(text) === null ? at : pattern.lastIndex;
}

function misspelled(name: string, at: number): Outcome<never> {
  const [wrong = ""] = name.slice(at);
  const shown = `${name.slice(0, at)}-->${wrong}<--${name.slice(at + wrong.length)}`;
  return refused(
    "invalid",
    `Syntax error in attribute name: "${shown}"; between dots stand letters, digits and _, ` +
      "a letter first",
  );
}

/** The name in full where its beginning is typed in short: `hm.method`. */
export function spelledOut(typed: string): string {
  return typed.replace(/^hm(?=\.|$)/, "hardwaremanagement");
}
