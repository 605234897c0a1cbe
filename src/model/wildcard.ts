/**
 * A shell's wildcards: `*`, `?`, `[a-f0]` and `[!a]`, where an opening bracket without a closing
 * one stands for itself. Takes no longer than the product of both lengths, whatever is typed.
 */

/** What one letter of the text is held against; `null` is a star. */
type Token = ((letter: string) => boolean) | null;

/** Whether the pattern matches the whole of the text; case matters. */
export function matchesWildcard(pattern: string, text: string): boolean {
  return wildcard(pattern)(text);
}

/** Whether a wildcard is in it. */
export function hasWildcard(text: string): boolean {
  return /[*?[]/.test(text);
}

/** The pattern, read once for many texts. */
export function wildcard(pattern: string): (text: string) => boolean {
  const tokens = tokensOf(pattern);
  return (text) => matches(tokens, text);
}

/** Of several stars only the last ever has to take more: what is before it stays as it is. */
function matches(tokens: readonly Token[], text: string): boolean {
  const letters = [...text];
  let token = 0, letter = 0, star = -1, taken = 0;
  while (letter < letters.length) {
    const wanted = tokens[token];
    if (wanted === null) {
      star = token++;
      taken = letter;
    } else if (wanted?.(letters[letter] ?? "")) {
      token++;
      letter++;
    } else if (star >= 0) {
      token = star + 1;
      letter = ++taken;
    } else {
      return false;
    }
  }
  while (tokens[token] === null) token++;
  return token === tokens.length;
}

function tokensOf(pattern: string): Token[] {
  const letters = [...pattern];
  const tokens: Token[] = [];
  const lastClosing = letters.lastIndexOf("]");
  for (let at = 0; at < letters.length; at++) {
    const letter = letters[at];
    const first = at + (letters[at + 1] === "!" ? 2 : 1);
    // A bracket that closes where the first member stands is that member.
    const closing = first < lastClosing ? letters.indexOf("]", first + 1) : -1;
    if (letter === "*") tokens.push(null);
    else if (letter === "?") tokens.push(() => true);
    else if (letter === "[" && closing > 0) {
      tokens.push(members(letters.slice(first, closing), first - at > 1));
      at = closing;
    } else tokens.push((other) => other === letter);
  }
  return tokens;
}

function members(letters: readonly string[], isNot: boolean): (letter: string) => boolean {
  const ranges: [first: string, last: string][] = [];
  for (let at = 0; at < letters.length; at++) {
    const first = letters[at] ?? "";
    const isRange = letters[at + 1] === "-" && at + 2 < letters.length;
    ranges.push([first, isRange ? letters[at + 2] ?? "" : first]);
    if (isRange) at += 2;
  }
  return (letter) => ranges.some(([first, last]) => letter >= first && letter <= last) !== isNot;
}
