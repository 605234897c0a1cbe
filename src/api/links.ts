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
