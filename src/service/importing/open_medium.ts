/** Which medium a name on this host is, and what it is. */
import { oneLine } from "../../base/one_line.ts";
import { ok, type Outcome, refused } from "../../base/outcome.ts";
import { type Medium, MEDIUM_TEXTS, recognised } from "../../model/medium.ts";
import type { MediumListing } from "../../model/medium_listing.ts";
import { ArchiveSource, isMediumFile } from "./archive_source.ts";
import { FolderSource } from "./folder_source.ts";
import { brokenOff, type MediumSource } from "./medium_source.ts";

/** A medium that was recognised. */
export interface OpenMedium {
  readonly source: MediumSource;
  readonly listing: MediumListing;
  readonly medium: Medium;
}

/** Looks at it, and takes nothing. `invalid` where it is none, or not sound; `not-found` and
 * `forbidden` where this member cannot see it. */
export async function openMedium(
  filename: string,
  signal: AbortSignal,
): Promise<Outcome<OpenMedium>> {
  const found = await sourceOf(filename);
  if (!found.ok) return found;
  const source = found.value;
  const listed = await source.list(signal);
  if (!listed.ok) return listed;
  const listing = listed.value;
  const texts = new Map<string, string>();
  for (const path of MEDIUM_TEXTS) {
    if (!listing.files.has(path)) continue;
    const text = await source.text(path, signal);
    if (signal.aborted) return brokenOff(signal);
    if (!text.ok) return text;
    texts.set(path, text.value);
  }
  const medium = recognised(listing.files, texts);
  if (!medium.ok) return refused(medium.refusal.kind, `${filename}: ${medium.refusal.message}`);
  if (medium.value.keeps === "image" && !source.isImage) {
    return refused(
      "invalid",
      `${filename}: the installer of ${medium.value.label} is sent the image as a whole: name ` +
        "the ISO file in place of a folder",
    );
  }
  return ok({ source, listing, medium: medium.value });
}

async function sourceOf(filename: string): Promise<Outcome<MediumSource>> {
  if (!filename.startsWith("/") || filename.includes("\0")) {
    return refused("invalid", `"${filename}": wanted the whole path of an ISO, a tar or a folder`);
  }
  try {
    const { isDirectory, isFile } = await Deno.stat(filename);
    if (isDirectory) return ok(new FolderSource(filename.replace(/(?<=.)\/+$/, "")));
    if (!isFile) return refused("invalid", `${filename} is a device or a pipe: mount it first`);
    if (await isMediumFile(filename)) return ok(new ArchiveSource(filename));
    return refused("invalid", `${filename} is neither an ISO image nor a tar`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return refused("not-found", unseen(filename));
    if (error instanceof Deno.errors.PermissionDenied) {
      return refused("forbidden", unread(filename));
    }
    if (!(error instanceof Error)) throw error;
    return refused("unavailable", `cannot read ${filename}: ${oneLine(error)}`);
  }
}

/** The unit closes these to the service; see packaging/confluent.service. */
const CLOSED = "the service sees nothing of /home, /root and /tmp: lay it into /var/lib/confluent";

function unseen(filename: string): string {
  return `there is no ${filename} on this member, as its service sees it; ${CLOSED}`;
}

function unread(filename: string): string {
  return `the service may not read ${filename}: give it to the service's user, or lay it into ` +
    "/var/lib/confluent and make it readable";
}
