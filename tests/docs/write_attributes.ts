/** Writes docs/ATTRIBUTES.md anew: `deno task docs`. */
import { attributesPage, PAGE } from "./attributes_page.ts";

await Deno.writeTextFile(new URL(`../../${PAGE}`, import.meta.url), attributesPage());
