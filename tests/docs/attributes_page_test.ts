/** docs/ATTRIBUTES.md against the catalogue. */
import { equal } from "node:assert/strict";

import { attributesPage, PAGE } from "./attributes_page.ts";

Deno.test("ATTRIBUTES is what the catalogue says; `deno task docs` writes it anew", async () => {
  equal(await Deno.readTextFile(new URL(`../../${PAGE}`, import.meta.url)), attributesPage());
});
