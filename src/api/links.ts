/** Collections, told as links relative to themselves. */
import type { Links } from "../wire/http.ts";

/** The collection called `self` (`./nodes/`) with its items (`n1/`), in their order. */
export function linksTo(self: string, items: Iterable<string>): Links {
  return {
    _links: {
      self: { href: self },
      collection: { href: self === "/" ? "./" : "../" },
      item: Array.from(items, (href) => ({ href })),
    },
  };
}

/** What an answer that is no collection says of where it stands: `current` of `attributes/`. */
export function linkTo(self: string): { readonly _links: Omit<Links["_links"], "item"> } {
  return { _links: { self: { href: `./${self}` }, collection: { href: "./" } } };
}
