/**
 * The folder of a profile that is made of a medium:
 *
 *     profile.yaml                  label, ostype, arguments of the kernel
 *     manifest.yaml                 the distribution, its manifest, and the files as they were made
 *     boot/kernel                   the medium's own, by another name of the same file or as a copy
 *     boot/initramfs/distribution   the same
 *     distribution                  a link to ../../distributions/DIST
 *     scripts/                      and preseed.cfg, kickstart or autoinstall: default_files.ts
 *
 * The same medium makes the same folder, byte for byte, at every member.
 */
import { toHex, utf8 } from "../../base/bytes.ts";
import { sha256 } from "../../base/crypto.ts";
import { ok, type Outcome } from "../../base/outcome.ts";
import { distributionName, type Medium } from "../../model/medium.ts";
import { defaultFiles, SCRIPT_FOLDERS } from "./default_files.ts";

export interface ProfileOrder {
  /** The content folder; the paths are below it. */
  readonly content: string;
  /** Where the profile is made. */
  readonly profile: string;
  /** Where the distribution lies now, its manifest beside it. */
  readonly from: string;
  readonly name: string;
  readonly medium: Medium;
}

export async function makeProfile(order: ProfileOrder): Promise<Outcome<void>> {
  const { content, profile, from, medium } = order;
  const folder = `${content}/${profile}`, laid = `${content}/${from}`;
  for (const path of ["boot/initramfs", ...SCRIPT_FOLDERS]) {
    await Deno.mkdir(`${folder}/${path}`, { recursive: true });
  }
  const files = defaultFiles(medium);
  for (const [path, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${folder}/${path}`, text, { mode: 0o640 });
  }
  const manifest = await manifestYaml(medium, `${laid}.sha256`, files);
  await Deno.writeTextFile(`${folder}/manifest.yaml`, manifest, { mode: 0o640 });
  await sameFile(`${laid}/${medium.kernel}`, `${folder}/boot/kernel`);
  await sameFile(`${laid}/${medium.initramfs}`, `${folder}/boot/initramfs/distribution`);
  const target = `../../../distributions/${distributionName(medium)}`;
  await Deno.symlink(target, `${folder}/distribution`);
  return ok();
}

async function manifestYaml(
  medium: Medium,
  manifest: string,
  files: Readonly<Record<string, string>>,
): Promise<string> {
  const paths = Object.keys(files).toSorted();
  return [
    `distdir: ${distributionName(medium)}`,
    `# Of distributions/${distributionName(medium)}.sha256.`,
    `manifest: ${toHex(sha256(await Deno.readFile(manifest)))}`,
    "# As they were made: whoever differs was changed since.",
    "files:",
    ...paths.map((path) => `  ${path}: ${toHex(sha256(utf8(files[path] ?? "")))}`),
    "",
  ].join("\n");
}

/** Another name of the file where the disk allows it, else a copy. */
async function sameFile(from: string, to: string): Promise<void> {
  try {
    await Deno.link(from, to);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    await Deno.copyFile(from, to); // on another disk, say
  }
}
