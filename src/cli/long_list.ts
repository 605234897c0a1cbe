/**
 * An object of JSON with one long list in it, read as it comes: what is kept is the elements of one
 * piece and what is around the list. The elements are cut out here and read by JSON.parse, which
 * is many times as fast as a parser of streams in JavaScript: commands that list 100,000 nodes
 * spend their time here.
 */

const QUOTE = 0x22, BACKSLASH = 0x5c, COMMA = 0x2c;
const BRACE = 0x7b, BRACKET = 0x5b, END_BRACE = 0x7d, END_BRACKET = 0x5d;

/** See above. What is no JSON throws a SyntaxError, here or at the end. */
export class LongList {
  readonly #key: string;
  readonly #see: (elements: unknown[]) => void;
  /** Brackets that are open, outside of texts. */
  #depth = 0;
  #isInText = false;
  #isEscaped = false;
  #place: "before" | "within" | "after" = "before";
  /** What is around the elements. */
  #frame = "";
  /** An element that goes on in the next piece. */
  #begun = "";

  /** `key` is the list's, in the outer object; `see` is given its elements, many at a time. */
  constructor(key: string, see: (elements: unknown[]) => void) {
    this.#key = `"${key}":`;
    this.#see = see;
  }

  feed(piece: string): void {
    /** Where that begins which is neither handed over nor kept yet, and the last comma in it. */
    let from = 0, comma = -1;
    for (let at = 0; at < piece.length; at++) {
      if (this.#isInText) {
        at = this.#endOfText(piece, at);
        continue;
      }
      switch (piece.charCodeAt(at)) {
        case QUOTE:
          this.#isInText = true;
          break;
        case BRACE:
          this.#depth++;
          break;
        case BRACKET:
          this.#depth++;
          if (this.#depth !== 2 || this.#place !== "before") break;
          this.#frame += piece.slice(from, at + 1);
          from = at + 1;
          if (this.#isOurs()) this.#place = "within";
          break;
        case END_BRACE:
        case END_BRACKET:
          this.#depth--;
          if (this.#depth !== 1 || this.#place !== "within") break;
          this.#handOver(piece.slice(from, at));
          from = at;
          this.#place = "after";
          break;
        case COMMA:
          if (this.#depth === 2) comma = at;
      }
    }
    if (this.#place !== "within") this.#frame += piece.slice(from);
    else {
      if (comma >= from) {
        this.#handOver(piece.slice(from, comma));
        from = comma + 1;
      }
      this.#begun += piece.slice(from);
    }
  }

  /** The object, its list empty. */
  end(): unknown {
    return JSON.parse(this.#frame);
  }

  #isOurs(): boolean {
    return this.#frame.slice(-this.#key.length - 16).replaceAll(/\s/g, "").endsWith(
      `${this.#key}[`,
    );
  }

  /** Where the text ends, or the piece. */
  #endOfText(piece: string, from: number): number {
    let at = from;
    for (; at < piece.length; at++) {
      const code = piece.charCodeAt(at);
      if (this.#isEscaped) this.#isEscaped = false;
      else if (code === BACKSLASH) this.#isEscaped = true;
      else if (code === QUOTE) {
        this.#isInText = false;
        return at;
      }
    }
    return at;
  }

  #handOver(end: string): void {
    const elements: unknown[] = JSON.parse(`[${this.#begun}${end}]`);
    this.#begun = "";
    if (elements.length > 0) this.#see(elements);
  }
}
