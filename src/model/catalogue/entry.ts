/** What the catalogue says of an attribute, and short ways of saying it. */

/**
 * What an attribute holds. `sealed` values are encrypted and `hashed` ones kept as their hash
 * alone: neither is ever told. `list` is for `groups` of a node and `nodes` of a group.
 */
export type AttributeKind = "text" | "flag" | "integer" | "list" | "sealed" | "hashed";

/** The words an attribute takes. An empty text is always taken. */
export interface Vocabulary {
  /** The whole value is one word; words between commas; or `key=value` between commas. */
  readonly shape: "one" | "list" | "keys";
  /** As they are told to whom used another; `*` in one stands for any text. */
  readonly words: readonly string[];
}

/** One line of the catalogue. */
export interface Attribute {
  readonly name: string;
  readonly kind: AttributeKind;
  /** What it is for, in one line. */
  readonly about: string;
  readonly vocabulary?: Vocabulary;
  /** What goes where it is unset, if that is not simply nothing. */
  readonly unset?: string;
  /** Why a request may not set it, where it may not. */
  readonly refuses?: string;
  /** Why a request may not set it on a group, where it may on a node. */
  readonly refusesOnGroups?: string;
  /** It is a noderange. */
  readonly isNoderange?: true;
  /** confluent 4.0 does not have it. */
  readonly isOurs?: true;
}

type More = Partial<Attribute>;

/** Free text. */
export function text(name: string, about: string, more: More = {}): Attribute {
  return { name, kind: "text", about, ...more };
}

/** One of these words, which stand between spaces. */
export function oneOf(words: string, name: string, about: string, more: More = {}): Attribute {
  return { ...text(name, about, more), vocabulary: { shape: "one", words: words.split(" ") } };
}

/** Some of these words, between commas. */
export function someOf(words: string, name: string, about: string, more: More = {}): Attribute {
  return { ...text(name, about, more), vocabulary: { shape: "list", words: words.split(" ") } };
}

/** `key=value` between commas, of these keys. */
export function keysOf(keys: string, name: string, about: string): Attribute {
  return { ...text(name, about), vocabulary: { shape: "keys", words: keys.split(" ") } };
}

/** Kept encrypted. */
export function sealed(name: string, about: string): Attribute {
  return { name, kind: "sealed", about };
}

/** Kept as a hash. */
export function hashed(name: string, about: string, more: More = {}): Attribute {
  return { name, kind: "hashed", about, ...more };
}
