/**
 * Which boot file a name means that a machine asked for by TFTP. ROMs write names in many ways:
 * with slashes before them, or backslashes between. All of a name but that counts, case too.
 *
 * 1. A name leads to one of the three places below and never beside it: `..` is refused wherever
 *    it stands, even where it would do no harm.
 * 2. The answer holds no empty segment, no `.`, no backslash and no control character.
 */
import { MAX_BOOT_FILE_NAME_LENGTH, MAX_BOOT_FILE_SEGMENT_BYTES } from "../base/boot_limits.ts";
import { utf8 } from "../base/bytes.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";

/** The first programs of a machine, by the names that they are served under. */
export const LOADER_NAMES = [
  "confluent/x86_64/ipxe.efi",
  "confluent/x86_64/snponly.efi",
  "confluent/x86_64/undionly.kpxe",
  "confluent/x86_64/ipxe.kkpxe",
  "confluent/x86_64/grubx64.efi",
  "confluent/aarch64/ipxe.efi",
  "confluent/aarch64/snponly.efi",
  "confluent/aarch64/grubaa64.efi",
] as const;

/** One of {@link LOADER_NAMES}. */
export type LoaderName = typeof LOADER_NAMES[number];

/** Where a boot file is; paths have no slash before them. */
export type BootFile =
  /** The distribution's, or one laid in its place. */
  | { readonly kind: "loader"; readonly name: LoaderName }
  /** What GRUB asks for below its prefix: its configuration, modules, fonts. */
  | { readonly kind: "grub"; readonly path: string }
  /** A file below `public/` of the content folder. */
  | { readonly kind: "public"; readonly path: string };

/** The file, or a refusal: `invalid` for a name that no file may have, `forbidden` for one that
 * leads out, `not-found` for one that no file has here. */
export function bootFileOf(asked: string): Outcome<BootFile> {
  if (asked.length > MAX_BOOT_FILE_NAME_LENGTH) {
    return refused(
      "invalid",
      `the name has ${asked.length} characters; at most ${MAX_BOOT_FILE_NAME_LENGTH} are read`,
    );
  }
  const shown = JSON.stringify(asked);
  // deno-lint-ignore no-control-regex
  if (/[\0-\x1f\x7f]/.test(asked)) {
    return refused("invalid", `${shown} holds control characters; no boot file's name does`);
  }
  const segments = asked.replaceAll("\\", "/").split("/")
    .filter((segment) => segment !== "" && segment !== ".");
  if (segments.includes("..")) {
    return refused("forbidden", `${shown} may lead out of what is served; names hold no ".."`);
  }
  if (segments.some((segment) => utf8(segment).length > MAX_BOOT_FILE_SEGMENT_BYTES)) {
    const most = `${MAX_BOOT_FILE_SEGMENT_BYTES} bytes between two slashes`;
    return refused("invalid", `the name is too long; no file has more than ${most}`);
  }
  return placeOf(segments) ?? refused(
    "not-found",
    `there is no boot file ${shown}; there are ${LOADER_NAMES.join(", ")}, grub/* and public/**`,
  );
}

function placeOf(segments: readonly string[]): Outcome<BootFile> | undefined {
  const [first, ...rest] = segments;
  const whole = segments.join("/"), path = rest.join("/");
  const name = LOADER_NAMES.find((loader) => loader === whole);
  if (name !== undefined) return ok({ kind: "loader", name });
  if (path === "" || (first !== "grub" && first !== "public")) return undefined;
  return ok({ kind: first, path });
}
