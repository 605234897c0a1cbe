/** Which attributes a word on the command line asks for: by name, wildcard, or beginning. */
import { findAttribute } from "../attribute.ts";
import { hasWildcard, wildcard } from "../wildcard.ts";
import { spelledOut } from "./name.ts";

/**
 * `net.*switch` and `net.[ei]*` are wildcards, `location` is all of `location.*`, `hm` stands for
 * `hardwaremanagement` and `bmc` for its manager; case does not matter.
 */
export function attributeMatcher(word: string): (attribute: string) => boolean {
  const typed = spelledOut(word.toLowerCase());
  const known = findAttribute(typed);
  const wanted = known.ok ? known.value.name : typed;
  const matches = hasWildcard(wanted) ? wildcard(wanted) : () => false;
  const judged = new Map<string, boolean>(); // many nodes have the same few names
  return (attribute) => {
    let answer = judged.get(attribute);
    if (answer === undefined) {
      const name = attribute.toLowerCase();
      answer = name === wanted || name.startsWith(`${wanted}.`) || matches(name);
      judged.set(attribute, answer);
    }
    return answer;
  };
}
