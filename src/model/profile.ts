/**
 * Profiles: what nodes boot and are installed by. The files of one lie at every member in
 * `public/os/NAME` of the content folder; the state knows only the digest that they should have.
 */
import { MAX_PROFILE_NAME_LENGTH } from "../base/boot_limits.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";

/** What the network's first loader hands over to: `ipxe` runs the script, `grub` its menu. */
export const LOADERS = ["ipxe", "grub"] as const;
/** See {@link LOADERS}. */
export type Loader = (typeof LOADERS)[number];

/** What a profile installs or runs. Only `linux` is booted by this program. */
export const OS_TYPES = ["linux", "esxi", "windows"] as const;
/** See {@link OS_TYPES}. */
export type OsType = (typeof OS_TYPES)[number];

/** What `profile.yaml` says. */
export interface Profile {
  /** One line for people. */
  readonly label: string;
  readonly ostype: OsType;
  /** Arguments of the kernel that is booted from the network, one line; may be empty. */
  readonly kernelargs: string;
  /** The same of the system that was installed. */
  readonly installedargs: string;
  readonly loader: Loader;
}

/** The cell of a profile's row that holds its reference digest: 64 hexadecimal digits. */
export const DIGEST_CELL = "digest";

/** The row of a profile that has a reference digest. */
export function profileRow(name: string): string {
  return `profile/${name}`;
}

/** The name, where a profile may be called so: one segment of a path, in a URL as it stands.
 * `invalid` with what is wrong where not. */
export function profileName(text: string): Outcome<string> {
  if (text.length > MAX_PROFILE_NAME_LENGTH) {
    return refused(
      "invalid",
      `the profile name "${text.slice(0, 32)}..." has ${text.length} characters; ` +
        `MAX_PROFILE_NAME_LENGTH is ${MAX_PROFILE_NAME_LENGTH}`,
    );
  }
  if (/^[A-Za-z0-9_+-][A-Za-z0-9._+-]*$/.test(text)) return ok(text);
  return refused(
    "invalid",
    `"${text}" is not a valid profile name: it takes letters, digits, "." "_" "+" "-", and does ` +
      'not start with "."',
  );
}
