/** What a member holds of a profile, and whether it can send what a node boots. */
import {
  MAX_CONTENT_REASON_LENGTH,
  MAX_INITRAMFS_FILES,
  MAX_PROFILE_YAML_BYTES,
} from "../../base/boot_limits.ts";
import { oneLine } from "../../base/one_line.ts";
import { ok, type Outcome, type Refused, refused } from "../../base/outcome.ts";
import type { Profile } from "../../model/profile.ts";
import { readProfile } from "../../wire/profile.ts";
import type { TreeEntry, TreePlace } from "./profile_tree.ts";

/** Paths are relative to the profile's folder. */
export interface ProfileStanding {
  readonly name: string;
  readonly isBootable: boolean;
  /** There where it is not. */
  readonly whyNot: string | undefined;
  /** What its profile.yaml says, where that can be read. */
  readonly profile: Profile | undefined;
  /** There where it is bootable. */
  readonly kernel: string | undefined;
  /** In the order in which the kernel is given them. */
  readonly initramfs: readonly string[];
  /** 64 hexadecimal digits; undefined while it is not known. */
  readonly digest: string | undefined;
  /** Why it will not be known, as things are. */
  readonly whyNoDigest: string | undefined;
}

const YAML = "profile.yaml";
export const KERNEL = "boot/kernel";
const INITRAMFS = "boot/initramfs/";
const DISTRIBUTION = `${INITRAMFS}distribution`;
/** Leads to the medium's files, which installers fetch from who booted them. */
const MEDIUM = "distribution";

/** The standing of a profile whose tree that is, without a digest. */
export async function standingOf(
  place: TreePlace,
  tree: readonly TreeEntry[],
): Promise<ProfileStanding> {
  const name = place.profile;
  const profile = await profileIn(place, tree);
  const initramfs = initramfsIn(tree);
  const fault = whyNot(profile, initramfs) ?? await missing(place, tree, initramfs);
  return {
    name,
    isBootable: fault === undefined,
    whyNot: fault,
    profile: profile.ok ? profile.value : undefined,
    kernel: fault === undefined ? KERNEL : undefined,
    initramfs: fault === undefined ? initramfs : [],
    digest: undefined,
    whyNoDigest: undefined,
  };
}

/** Of a profile whose folder cannot be looked at. */
export function unreadable(name: string, error: unknown): ProfileStanding {
  const why = reasonOf(error);
  return {
    ...{ name, isBootable: false, whyNot: why, profile: undefined, kernel: undefined },
    ...{ initramfs: [], digest: undefined, whyNoDigest: why },
  };
}

/** One line for people, of what the system or this program says. */
export function reasonOf(error: unknown): string {
  return oneLine(error).replace(/ \(os error \d+\)/, "").slice(0, MAX_CONTENT_REASON_LENGTH);
}

/** The files that end with .cpio in the order of their names, then the distribution's own. */
function initramfsIn(tree: readonly TreeEntry[]): string[] {
  const paths = tree.map(({ path }) => path).filter((path) => path.startsWith(INITRAMFS));
  const own = paths.filter((path) => path === DISTRIBUTION);
  return [...paths.filter((path) => /^[^/]+\.cpio$/.test(path.slice(INITRAMFS.length))), ...own];
}

function whyNot(profile: Outcome<Profile>, initramfs: readonly string[]): string | undefined {
  if (!profile.ok) return profile.refusal.message;
  const { ostype } = profile.value;
  if (ostype !== "linux") return `profile.yaml: ostype: ${ostype} is not booted, only linux is`;
  if (initramfs.length === 0) {
    return `boot/initramfs is empty: wanted distribution, or a file that ends with .cpio`;
  }
  if (initramfs.length <= MAX_INITRAMFS_FILES) return undefined;
  return `boot/initramfs has more than MAX_INITRAMFS_FILES (${MAX_INITRAMFS_FILES}) files`;
}

/** Why one of the files that a node boots cannot be sent. */
async function missing(
  place: TreePlace,
  tree: readonly TreeEntry[],
  initramfs: readonly string[],
): Promise<string | undefined> {
  const byPath = new Map(tree.map((entry) => [entry.path, entry]));
  for (const path of [KERNEL, ...initramfs]) {
    const entry = byPath.get(path);
    if (entry === undefined) return `${path} is missing`;
    if (entry.file === undefined) return `${path} leads to ${entry.target}, which is no file`;
    if (entry.file.size === 0) return `${path} is empty`;
    const why = await whyUnsendable(place, path);
    if (why !== undefined) return `${path} ${why}`;
  }
  const medium = byPath.get(MEDIUM);
  return medium === undefined || medium.access !== ""
    ? undefined
    : `${MEDIUM} leads to ${medium.target}, which is not there`;
}

/** Whether it may be opened, and lies where files may be sent from. */
async function whyUnsendable(place: TreePlace, path: string): Promise<string | undefined> {
  const { content, profile } = place;
  const file = `${content}/public/os/${profile}/${path}`;
  try {
    (await Deno.open(file)).close();
    const real = await Deno.realPath(file);
    for (const folder of ["public", "distributions"]) {
      if (await isWithin(real, `${content}/${folder}`)) return undefined;
    }
    return "leads out of public/ and distributions/, from where nothing is sent";
  } catch (error) {
    return `cannot be read: ${reasonOf(error)}`;
  }
}

async function isWithin(real: string, folder: string): Promise<boolean> {
  try {
    return real.startsWith(`${await Deno.realPath(folder)}/`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function profileIn(
  { content, profile }: TreePlace,
  tree: readonly TreeEntry[],
): Promise<Outcome<Profile>> {
  const file = tree.find(({ path }) => path === YAML)?.file;
  if (file === undefined) return refused("not-found", `${YAML} is missing`);
  if (file.size > MAX_PROFILE_YAML_BYTES) {
    const wanted = `MAX_PROFILE_YAML_BYTES is ${MAX_PROFILE_YAML_BYTES}`;
    return refused("invalid", `${YAML} has ${file.size} bytes; ${wanted}`);
  }
  const text = await textOf(`${content}/public/os/${profile}/${YAML}`);
  if (!text.ok) return text;
  const { parse } = await import("yaml");
  try {
    return readProfile(profile, parse(text.value, { logLevel: "error" }));
  } catch (error) {
    return refused("invalid", `${YAML} is not YAML: ${reasonOf(error)}`);
  }
}

async function textOf(path: string): Promise<Outcome<string> | Refused> {
  try {
    return ok(await Deno.readTextFile(path));
  } catch (error) {
    return refused("unavailable", `${YAML} cannot be read: ${reasonOf(error)}`);
  }
}
