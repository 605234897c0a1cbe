/** Where the node's side is, which the kernel unpacks beside the initramfs: `addons.cpio`. */
import { type Outcome, refused } from "../base/outcome.ts";
import { type ContentFile, openContent, openNamedFile } from "./content_files.ts";

const LAID = "site/addons.cpio";

/**
 * Opens it: the one in the content folder, or else at the first of these places. Refused where
 * there is none, with the remedy, or where it cannot be read.
 */
export async function openAddons(
  content: string,
  places: readonly string[],
): Promise<Outcome<ContentFile>> {
  const laid = await openContent(content, LAID);
  if (laid.ok || laid.refusal.kind !== "not-found") return laid;
  for (const place of places) {
    const opened = await openNamedFile(place);
    if (opened.ok || opened.refusal.kind !== "not-found") return opened;
  }
  return refused(
    "not-found",
    "there is no addons.cpio, so that nodes boot without what finds the collective: make it with " +
      `\`deno task addons\`, or lay one at ${content}/public/${LAID}`,
  );
}
