/** A medium that can be looked at, and taken: an image, an archive, a folder. */
import type { Outcome, Refused } from "../../base/outcome.ts";
import { refused } from "../../base/outcome.ts";
import type { MediumListing } from "../../model/medium_listing.ts";

export interface MediumSource {
  /** Whether it is one file that can be kept as it is. */
  readonly isImage: boolean;
  /** The names on it, which were found sound. */
  list(signal: AbortSignal): Promise<Outcome<MediumListing>>;
  /** The beginning of a small file. */
  text(path: string, signal: AbortSignal): Promise<Outcome<string>>;
  /** Lays these files, or all and the links, into an empty folder; `took` after each. */
  unpack(
    listing: MediumListing,
    paths: readonly string[] | undefined,
    into: string,
    took: () => void,
    signal: AbortSignal,
  ): Promise<Outcome<void>>;
}

/** Somebody did not want it any more. */
export function brokenOff(signal: AbortSignal): Refused {
  const { reason } = signal;
  const why = typeof reason === "string" ? reason : "it was broken off";
  return refused("unavailable", `nothing was imported: ${why}`);
}
