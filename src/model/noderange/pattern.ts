/**
 * Regular expressions of users, found anywhere in a text, as Python's `re.search` does. The engine
 * is RE2's: it takes time in proportion to the text, whatever the pattern (decision 25).
 */
import { RE2JS } from "re2js";

import { MAX_PATTERN_LENGTH } from "../../base/limits.ts";
import { ok, type Outcome, refused } from "../../base/outcome.ts";

/** Whether the pattern is found in a text; `invalid` says what is wrong with a pattern. */
export function patternTest(pattern: string): Outcome<(text: string) => boolean> {
  const short = pattern.slice(0, 64);
  if (pattern.length > MAX_PATTERN_LENGTH) {
    return refused(
      "invalid",
      `the regular expression "${short}..." has ${pattern.length} characters; ` +
        `MAX_PATTERN_LENGTH is ${MAX_PATTERN_LENGTH}`,
    );
  }
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(pattern);
  } catch (error) {
    const why = String(error instanceof Error ? error.message : error)
      .replace("error parsing regexp: ", "");
    return refused("invalid", `"${short}" is not a regular expression: ${why}`);
  }
  // Python's `$` stands before a line break at the very end too.
  return ok((text) =>
    compiled.test(text) || (text.endsWith("\n") && compiled.test(text.slice(0, -1)))
  );
}
