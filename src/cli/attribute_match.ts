/** Which attributes a word on the command line asks for: by name, wildcard, or beginning. */
import { findAttribute } from "../model/attribute.ts";

/**
 * `net.*switch` and `net.[ei]*` are wildcards, `location` is all of `location.*`, `hm` stands for
 * `hardwaremanagement` and `bmc` for its manager; case does not matter.
 */
export function attributeMatcher(word: string): (attribute: string) => boolean {
  const typed = word.toLowerCase().replace(/^hm(?=\.|$)/, "hardwaremanagement");
  const known = findAttribute(typed);
  const wanted = known.ok ? known.value.name : typed;
  const pattern = /[*?[]/.test(wanted) ? wildcard(wanted) : undefined;
  return (attribute) => {
    const name = attribute.toLowerCase();
    return name === wanted || name.startsWith(`${wanted}.`) || (pattern?.test(name) ?? false);
  };
}

/** A shell's wildcard as a regular expression; undefined where it can match nothing. */
function wildcard(text: string): RegExp | undefined {
  const source = text.replace(/\*|\?|\[!?[^\]]+\]|[^*?[]+|\[/g, (part) => {
    if (part === "*") return ".*";
    if (part === "?") return ".";
    if (part.length > 2 && part.startsWith("[")) {
      const isNot = part.startsWith("[!");
      const members = part.slice(isNot ? 2 : 1, -1).replace(/[\\^[]/g, "\\$&");
      return `[${isNot ? "^" : ""}${members}]`;
    }
    return part.replace(/[\\^$.+()[\]{}|]/g, "\\$&");
  });
  try {
    return new RegExp(`^${source}$`);
  } catch {
    return undefined; // a range that ends before it begins, as [z-a]
  }
}
