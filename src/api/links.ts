/** Links relative to the address that was asked for, whether it ended with a slash or not. */
import type { Links } from "../wire/http.ts";
import type { Call } from "./call.ts";

type Here = Omit<Links["_links"], "item">;

/** A collection with its items (`n1/`), in their order. */
export function linksTo(call: Call, items: Iterable<string>): Links {
  return { _links: { ...hereOf(call), item: Array.from(items, (href) => ({ href })) } };
}

/** Where an answer stands that is no collection. */
export function linkTo(call: Call): { readonly _links: Here } {
  return { _links: hereOf(call) };
}

function hereOf({ request }: Call): Here {
  const { pathname } = new URL(request.url);
  const last = pathname.slice(pathname.lastIndexOf("/") + 1);
  if (last !== "") return { self: { href: `./${last}` }, collection: { href: "./" } };
  return { self: { href: "./" }, collection: { href: pathname === "/" ? "./" : "../" } };
}
