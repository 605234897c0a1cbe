/** What deployments need of this member, each with what brings it. */
import { isInstalled } from "../../io/followed_child.ts";
import { folderFindings } from "./content_folder.ts";
import { BSDTAR_REMEDY } from "./archive_source.ts";
import type { Prerequisite } from "./media.ts";

export interface NeededParts {
  readonly content: string;
  /** Profiles that any member is known to hold. */
  readonly profiles: readonly string[];
  /** Whether the collective has a certificate authority. */
  readonly hasAuthority: boolean;
  /** What is missing of first stages, a line each; undefined where this member boots nothing. */
  readonly missingLoaders: readonly string[] | undefined;
}

export async function neededHere(parts: NeededParts): Promise<readonly Prerequisite[]> {
  const { content, profiles, hasAuthority, missingLoaders } = parts;
  const [folder] = await folderFindings(content);
  const loaders = missingLoaders === undefined
    ? "this member boots no machines: start it without --no-boot"
    : missingLoaders.length === 0
    ? undefined
    : missingLoaders.join("; ");
  return [
    of(`the content folder ${content}`, folder),
    of("bsdtar, which reads media", await isInstalled("bsdtar") ? undefined : BSDTAR_REMEDY),
    of("first stages for firmware", loaders),
    of("the collective's certificate authority", hasAuthority ? undefined : AUTHORITY_REMEDY),
    of("a profile", profiles.length > 0 ? undefined : "`confluent osdeploy import MEDIUM`"),
  ];
}

const AUTHORITY_REMEDY = "none: it is made by itself once a majority answers and the member has " +
  "the collective key";

function of(what: string, remedy: string | undefined): Prerequisite {
  return { what, isThere: remedy === undefined, remedy };
}
