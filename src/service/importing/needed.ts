/** What deployments need of this member, each with what brings it. */
import { isInstalled } from "../../io/followed_child.ts";
import type { BootLacks } from "../boot/boot_service.ts";
import { BSDTAR_REMEDY } from "./archive_source.ts";
import { folderFindings } from "./content_folder.ts";
import type { Prerequisite } from "./media.ts";

export interface NeededParts {
  readonly content: string;
  /** Profiles that any member is known to hold. */
  readonly profiles: readonly string[];
  /** Whether the collective has a certificate authority. */
  readonly hasAuthority: boolean;
  /** Undefined where this member boots nothing. */
  readonly lacks: BootLacks | undefined;
}

export async function neededHere(parts: NeededParts): Promise<readonly Prerequisite[]> {
  const { content, profiles, hasAuthority, lacks } = parts;
  return [
    of(`the content folder ${content}`, await folderFindings(content)),
    of("bsdtar, which reads media", await isInstalled("bsdtar") ? [] : [BSDTAR_REMEDY]),
    ...lacks === undefined ? [of("boot services", [NO_BOOT])] : [
      of("ports for machines that boot", lacks.ports),
      of("first stages for firmware", lacks.loaders),
      of("what nodes are given beside their initramfs", lacks.nodeSide),
    ],
    of("the collective's certificate authority", hasAuthority ? [] : [authorityRemedy(lacks)]),
    of("a profile", profiles.length > 0 ? [] : ["`confluent osdeploy import MEDIUM`"]),
  ];
}

const NO_BOOT = "this member boots no machines: start it without --no-boot";

function authorityRemedy(lacks: BootLacks | undefined): string {
  const who = lacks === undefined ? "a member that boots machines makes it" : "it is made";
  return `${who} by itself once a majority answers and the collective key is there`;
}

function of(what: string, remedies: readonly string[]): Prerequisite {
  const isThere = remedies.length === 0;
  return { what, isThere, remedy: isThere ? undefined : remedies.join("; ") };
}
