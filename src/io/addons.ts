/** Where the node's side is, which the kernel unpacks beside the initramfs: `addons.cpio`. */
import { ok, type Outcome, refused } from "../base/outcome.ts";
import { type ContentFile, openContent, openNamedFile } from "./content_files.ts";

const LAID = "site/addons.cpio";

/** An open file, or what the executable holds: the same array each time. */
export type Addons = ContentFile | Uint8Array;

const read = new Map<string, Uint8Array>();

/** What `deno compile` put behind the runtime is a file to Deno alone, not to the kernel. */
async function heldBy(place: string): Promise<Uint8Array | undefined> {
  const known = read.get(place);
  if (known !== undefined) return known;
  try {
    const bytes = await Deno.readFile(place);
    read.set(place, bytes);
    return bytes;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/**
 * Opens it: the one in the content folder, or else at the first of these places. Refused where
 * there is none, with the remedy, or where it cannot be read.
 */
export async function openAddons(
  content: string,
  places: readonly string[],
): Promise<Outcome<Addons>> {
  const laid = await openContent(content, LAID);
  if (laid.ok || laid.refusal.kind !== "not-found") return laid;
  for (const place of places) {
    const opened = await openNamedFile(place);
    if (opened.ok || opened.refusal.kind !== "not-found") return opened;
    const held = await heldBy(place);
    if (held !== undefined) return ok(held);
  }
  return refused(
    "not-found",
    "there is no addons.cpio, so that nodes boot without what finds the collective: make it with " +
      `\`deno task addons\`, or lay one at ${content}/public/${LAID}`,
  );
}
