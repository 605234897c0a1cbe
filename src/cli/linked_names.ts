/** Names in an answer that is a collection. */
import type { Links } from "../wire/http.ts";

/** `n1` of the link `n1/`, in their order. */
export function namesOf({ _links: { item } }: Links): string[] {
  return item.map(({ href }) => href.replace(/\/$/, ""));
}
