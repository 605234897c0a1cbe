/**
 * What an installation medium is: known by names of files that its makers have kept for many
 * years, and by the few small texts beside them. Nothing here trusts them: whatever they say
 * becomes a name that a profile may have.
 */
import { MAX_MEDIUM_WORD_LENGTH } from "../base/boot_limits.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";
import type { OsType } from "./profile.ts";

/** How a system is installed: debian-installer by a preseed, Anaconda by a kickstart, Ubuntu's by
 * an autoinstall. */
export const MEDIUM_FAMILIES = ["debian", "el", "ubuntu"] as const;
/** See {@link MEDIUM_FAMILIES}. */
export type MediumFamily = typeof MEDIUM_FAMILIES[number];

/** What is kept of a medium: all files, the image itself, or nothing but what is booted. */
export type MediumKept = "all" | "image" | "boot";

/** A medium that was recognised. */
export interface Medium {
  readonly family: MediumFamily;
  /** These three make a name: letters, digits, `.` `_` `+`. */
  readonly distro: string;
  readonly version: string;
  readonly arch: string;
  /** For people, one line. */
  readonly label: string;
  readonly ostype: OsType;
  /** Paths on the medium. */
  readonly kernel: string;
  readonly initramfs: string;
  readonly keeps: MediumKept;
  /** What is to be known before it is used; for people. */
  readonly warning: string | undefined;
}

/** The small files that say what a medium is; those that are there are to be read. */
export const MEDIUM_TEXTS = [".treeinfo", ".discinfo", ".disk/info", "version.info"] as const;
/** What of {@link MEDIUM_TEXTS} is there. */
export type MediumTexts = ReadonlyMap<string, string>;

/** `alma-9.4-x86_64`: what its content is called, and a profile of it after `-default`. */
export function distributionName({ distro, version, arch }: Medium): string {
  return `${distro}-${version}-${arch}`;
}

/** What a profile of the medium is called where nothing else is said. */
export function defaultProfileName(medium: Medium): string {
  return `${distributionName(medium)}-default`;
}

/** What the medium is, by the paths of its files; `invalid` with what was looked for. */
export function recognised(
  files: ReadonlyMap<string, unknown>,
  texts: MediumTexts,
): Outcome<Medium> {
  const medium = elMedium(files, texts) ?? ubuntuMedium(files, texts) ??
    netbootMedium(files, texts) ?? debianMedium(files, texts);
  return medium === undefined ? refused("invalid", UNKNOWN) : ok(medium);
}

const UNKNOWN = "this is no installation medium that is known: looked for " +
  "images/pxeboot/vmlinuz with .treeinfo or .discinfo (Alma, Rocky, RHEL, CentOS, Fedora), " +
  "casper/vmlinuz with .disk/info (Ubuntu), debian-installer/ARCH/linux or linux, with initrd.gz " +
  "beside it (Debian's netboot.tar.gz and mini.iso), and install.amd/vmlinuz with .disk/info " +
  "(Debian)";

// ---- trees of Red Hat's kind

const EL_KERNEL = "images/pxeboot/vmlinuz", EL_INITRAMFS = "images/pxeboot/initrd.img";

/** Families as `.treeinfo` names them, and what scripts have called them since. */
const EL_DISTROS: readonly (readonly [RegExp, string])[] = [
  [/^alma/i, "alma"],
  [/^rocky/i, "rocky"],
  [/^red hat enterprise/i, "rhel"],
  [/^centos stream/i, "centos_stream"],
  [/^centos/i, "centos"],
  [/^oracle/i, "oracle"],
  [/^fedora/i, "fedora"],
];

function elMedium(files: ReadonlyMap<string, unknown>, texts: MediumTexts): Medium | undefined {
  const told = treeinfo(texts.get(".treeinfo")) ?? discinfo(texts.get(".discinfo"));
  if (told === undefined || !files.has(EL_KERNEL) || !files.has(EL_INITRAMFS)) return undefined;
  const { family } = told;
  const distro = EL_DISTROS.find(([name]) => name.test(family))?.[1] ?? word(family, "el");
  const version = word(told.version, "unknown"), arch = archOf(told.arch);
  return {
    ...{ family: "el", distro, version, arch, ostype: "linux", keeps: "all" },
    label: line(`${family} ${told.version} (${arch})`),
    ...{ kernel: EL_KERNEL, initramfs: EL_INITRAMFS, warning: undefined },
  };
}

interface Told {
  readonly family: string;
  readonly version: string;
  readonly arch: string;
}

/** An INI file: `[general]`, and in it family, version, arch. */
function treeinfo(text: string | undefined): Told | undefined {
  if (text === undefined) return undefined;
  const values = new Map<string, string>();
  let section = "";
  for (const raw of text.split("\n")) {
    const [, name] = /^\[([^\]]+)\]\s*$/.exec(raw) ?? [];
    if (name !== undefined) section = name;
    const [, key, value] = /^\s*(\w+)\s*=\s*(.*?)\s*$/.exec(raw) ?? [];
    if (section === "general" && key !== undefined) values.set(key, value ?? "");
  }
  const family = values.get("family") ?? "", version = values.get("version") ?? "";
  return family === "" ? undefined : { family, version, arch: values.get("arch") ?? "" };
}

/** Three lines: a time, a name with a version or a version alone, an architecture. */
function discinfo(text: string | undefined): Told | undefined {
  const [, name = "", arch = ""] = text?.split("\n").map((one) => one.trim()) ?? [];
  const [, family = "", version] = /^(.*?)\s*(\d[\w.]*)$/.exec(name) ?? [];
  return version === undefined ? undefined : { family: family || "el", version, arch };
}

// ---- Ubuntu and Debian

function ubuntuMedium(files: ReadonlyMap<string, unknown>, texts: MediumTexts): Medium | undefined {
  const info = texts.get(".disk/info")?.trim() ?? "";
  const [, version] = /^Ubuntu(?:-Server)?\s+(\d[\w.]*)/.exec(info) ?? [];
  const kernel = "casper/vmlinuz";
  const initramfs = ["casper/initrd", "casper/initrd.gz", "casper/initrd.lz"]
    .find((path) => files.has(path));
  if (version === undefined || initramfs === undefined || !files.has(kernel)) return undefined;
  const arch = archOf(info);
  return {
    ...{ family: "ubuntu", distro: "ubuntu", version: word(version, "unknown"), arch },
    ...{ ostype: "linux", keeps: "image", kernel, initramfs, warning: UBUNTU_WARNING },
    label: line(`Ubuntu ${version} (${arch})`),
  };
}

const UBUNTU_WARNING = "Ubuntu's initramfs fetches the image by an URL that its kernel is told, " +
  "which names one member: add iso-url=http://MEMBER/confluent-public/os/PROFILE/distribution/" +
  "install.iso to kernelargs in profile.yaml";

const NETBOOT = /^(.*\/)?debian-installer\/(amd64|arm64)\/linux$/;

/** Debian's netboot.tar.gz, what lies on mini.iso, and a folder with the two files alone. */
function netbootMedium(
  files: ReadonlyMap<string, unknown>,
  texts: MediumTexts,
): Medium | undefined {
  for (const [path] of files) {
    const [, above = "", arch] = NETBOOT.exec(path) ?? [];
    const initramfs = `${above}debian-installer/${arch}/initrd.gz`;
    if (arch !== undefined && files.has(initramfs)) {
      return debian(texts, { kernel: path, initramfs, arch, keeps: "boot", warning: undefined });
    }
  }
  const [kernel, initramfs] = ["linux", "initrd.gz"];
  if (!files.has(kernel) || !files.has(initramfs)) return undefined;
  const isTold = texts.has(".disk/info") || texts.has("version.info");
  const warning = isTold
    ? undefined
    : "nothing beside linux and initrd.gz says what they are: taken for Debian's, of x86_64";
  return debian(texts, { kernel, initramfs, arch: undefined, keeps: "boot", warning });
}

function debianMedium(files: ReadonlyMap<string, unknown>, texts: MediumTexts): Medium | undefined {
  if (!/^Debian\b/.test(texts.get(".disk/info") ?? "")) return undefined;
  for (const [folder, arch] of [["install.amd", "amd64"], ["install.a64", "arm64"]] as const) {
    const kernel = `${folder}/vmlinuz`, initramfs = `${folder}/initrd.gz`;
    if (!files.has(kernel) || !files.has(initramfs)) continue;
    const warning =
      `${initramfs} looks for the rest of its installer on a CD, so that it installs ` +
      "nothing over the network: import Debian's netboot.tar.gz or mini.iso for that";
    return debian(texts, { kernel, initramfs, arch, keeps: "all", warning });
  }
  return undefined;
}

type DebianFound = Pick<Medium, "kernel" | "initramfs" | "keeps" | "warning"> & {
  readonly arch: string | undefined;
};

function debian(texts: MediumTexts, found: DebianFound): Medium {
  const info = texts.get(".disk/info") ?? texts.get("version.info") ?? "";
  const told = /Debian(?: GNU\/Linux| version:)?\s+(\d[\w.]*)/.exec(info)?.[1];
  const version = word(told ?? "", "unknown");
  const arch = archOf(found.arch ?? (info === "" ? "amd64" : info));
  const label = line(`Debian ${version} (${arch})`);
  return { ...found, family: "debian", distro: "debian", version, arch, label, ostype: "linux" };
}

// ---- words

/** The first architecture that the text names, as kernels call it. */
function archOf(text: string): string {
  const found = /\b(amd64|x86_64|x86-64|arm64|aarch64|ppc64le|s390x|riscv64)\b/.exec(text)?.[1];
  if (found === undefined) return "x86_64";
  return ["amd64", "x86-64"].includes(found) ? "x86_64" : found === "arm64" ? "aarch64" : found;
}

/** What of the text may stand in a name between dashes. */
function word(text: string, otherwise: string): string {
  const made = text.toLowerCase().replace(/[^a-z0-9._+]+/g, "_").replace(/^[._]+|[._]+$/g, "")
    .slice(0, MAX_MEDIUM_WORD_LENGTH);
  return made === "" ? otherwise : made;
}

function line(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, " ").trim().slice(0, 4 * MAX_MEDIUM_WORD_LENGTH);
}
