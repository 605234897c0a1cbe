/** A long answer made slice by slice, so that others get their turn between two of them. */
import { SLICE_BYTES, SLICE_MS } from "../base/limits.ts";

export interface Slice {
  readonly text: string;
  /** Whether it is the last. */
  readonly isAll: boolean;
}

/** The texts that are made until others must have their turn, or until there is much of it. */
export function takeSlice(texts: Iterator<string>): Slice {
  const until = performance.now() + SLICE_MS;
  let text = "";
  for (;;) {
    const piece = texts.next();
    if (piece.done === true) return { text, isAll: true };
    text += piece.value;
    if (text.length > SLICE_BYTES || performance.now() > until) return { text, isAll: false };
  }
}
