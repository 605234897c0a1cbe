import { deepEqual, equal } from "node:assert/strict";

import { MAX_UNPROVEN_LINKS } from "../../src/base/limits.ts";
import { type Stranger, UnprovenLinks } from "../../src/io/unproven_links.ts";

/** Strangers that note who was dropped, in order. */
function crowd(): { dropped: string[]; stranger(host: string, name: string): Stranger } {
  const dropped: string[] = [];
  return { dropped, stranger: (host, name) => ({ host, drop: () => void dropped.push(name) }) };
}

Deno.test("unproven links: up to the bound nobody goes, beyond it the oldest", () => {
  const { dropped, stranger } = crowd();
  const links = new UnprovenLinks();
  for (let i = 0; i < MAX_UNPROVEN_LINKS; i++) links.add(stranger("a", `a${i}`));
  deepEqual(dropped, []);
  links.add(stranger("a", "late"));
  links.add(stranger("a", "later"));
  deepEqual(dropped, ["a0", "a1"]);
  equal(links.size, MAX_UNPROVEN_LINKS);
});

Deno.test("unproven links: a flood from one address pushes out itself alone", () => {
  const { dropped, stranger } = crowd();
  const links = new UnprovenLinks();
  links.add(stranger("member", "member"));
  for (let i = 0; i < 1_000; i++) links.add(stranger("flood", `f${i}`));
  links.add(stranger("other", "other"));
  equal(dropped.length, 1_002 - MAX_UNPROVEN_LINKS);
  equal(dropped.every((name) => name.startsWith("f")), true);
});

Deno.test("unproven links: who proved himself is not dropped, and makes room", () => {
  const { dropped, stranger } = crowd();
  const links = new UnprovenLinks();
  const member = stranger("a", "member");
  links.add(member);
  for (let i = 1; i < MAX_UNPROVEN_LINKS; i++) links.add(stranger("a", `a${i}`));
  links.delete(member);
  links.add(stranger("a", "late"));
  deepEqual(dropped, []);
  links.add(stranger("a", "later"));
  deepEqual(dropped, ["a1"]);
});
