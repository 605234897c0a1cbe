/**
 * What the text in an attribute's cell stands for. Most cells hold a value as it was given, so that
 * is the text itself; any other kind begins with U+0001 and one letter, and so does a value that
 * begins with U+0001 by itself.
 */

export type StoredValue =
  | { readonly kind: "text"; readonly text: string }
  /** A number, a flag or a list where nobody wants one, as other databases may hold: JSON. */
  | { readonly kind: "json"; readonly json: string }
  /** Evaluated for each node on read: src/model/expression. */
  | { readonly kind: "expression"; readonly expression: string }
  /** Ciphertext, never told. */
  | { readonly kind: "sealed"; readonly sealed: string }
  /** What was made of a password, never told. */
  | { readonly kind: "hashed"; readonly hashes: Hashes };

/** What was made of one password. */
export interface Hashes {
  /** As crypt(3) writes it: `$6$...`. */
  readonly crypt: string;
  /** `grub.pbkdf2.sha512...`, where the plain text was there to make it of. */
  readonly grub?: string | undefined;
}

const MARK = "\u0001";
/** In no crypt(3) hash and in no grub hash. */
const BETWEEN = "\n";

/** The text of the cell. */
export function toCell(value: StoredValue): string {
  switch (value.kind) {
    case "text":
      return value.text.startsWith(MARK) ? `${MARK}t${value.text}` : value.text;
    case "json":
      return `${MARK}j${value.json}`;
    case "expression":
      return `${MARK}e${value.expression}`;
    case "sealed":
      return `${MARK}s${value.sealed}`;
    case "hashed": {
      const { crypt, grub } = value.hashes;
      return `${MARK}h${crypt}${grub === undefined ? "" : BETWEEN + grub}`;
    }
  }
}

/** What the text of a cell stands for; a kind that this version does not know is told as text, so
 * that nothing of it is lost. */
export function fromCell(cell: string): StoredValue {
  if (!cell.startsWith(MARK)) return { kind: "text", text: cell };
  const rest = cell.slice(2);
  switch (cell.charAt(1)) {
    case "j":
      return { kind: "json", json: rest };
    case "e":
      return { kind: "expression", expression: rest };
    case "s":
      return { kind: "sealed", sealed: rest };
    case "h": {
      const [crypt = "", grub] = rest.split(BETWEEN);
      return { kind: "hashed", hashes: { crypt, grub } };
    }
    case "t":
      return { kind: "text", text: rest };
    default:
      return { kind: "text", text: cell };
  }
}
