/** What is kept of a medium. */
import type { Medium } from "../../model/medium.ts";
import type { MediumListing } from "../../model/medium_listing.ts";

/** The name of an image that is kept whole. */
export const IMAGE = "install.iso";

export interface Kept {
  /** What will lie in the folder of the distribution. */
  readonly listing: MediumListing;
  /** What is unpacked; undefined for all. */
  readonly paths: readonly string[] | undefined;
}

/** `imageBytes`: of the medium, where it is one file. */
export function keptOf(
  { kernel, initramfs, keeps }: Medium,
  listing: MediumListing,
  imageBytes: number,
): Kept {
  if (keeps === "all") return { listing, paths: undefined };
  // A file that has several names is unpacked by the first of them.
  const paths = [kernel, initramfs].flatMap((path) => [listing.sames.get(path) ?? [], path].flat());
  const files = new Map(paths.map((path) => [path, listing.files.get(path) ?? 0]));
  if (keeps === "image") files.set(IMAGE, imageBytes);
  const bytes = files.values().reduce((sum, size) => sum + size, 0);
  return { listing: { files, links: new Map(), sames: new Map(), bytes }, paths };
}
