/**
 * Where the first programs of machines are: laid below `public/` of the content folder by whoever
 * wants others, else where distributions put them. What is missing is told with the command that
 * brings it.
 */
import { isThere, readFileIfThere } from "../../io/files.ts";
import { LOADER_NAMES, type LoaderName } from "../../netboot/boot_file_name.ts";

const IPXE = "/usr/lib/ipxe", GRUB = "/usr/lib/grub";
const RPM_IPXE = "/usr/share/ipxe", RPM_EFI = "/boot/efi/EFI";
const RPM_VENDORS = ["redhat", "rocky", "almalinux", "centos", "fedora"];

/** Debian's and Ubuntu's places, then those of Fedora and RHEL. */
const PLACES: Readonly<Record<LoaderName, readonly string[]>> = {
  "confluent/x86_64/ipxe.efi": [`${IPXE}/ipxe.efi`, `${RPM_IPXE}/ipxe-x86_64.efi`],
  "confluent/x86_64/snponly.efi": [`${IPXE}/snponly.efi`, `${RPM_IPXE}/ipxe-snponly-x86_64.efi`],
  "confluent/x86_64/undionly.kpxe": [`${IPXE}/undionly.kpxe`, `${RPM_IPXE}/undionly.kpxe`],
  // Where there is none with all drivers, one that uses the ROM's and keeps it too.
  "confluent/x86_64/ipxe.kkpxe": [
    `${IPXE}/ipxe.kkpxe`,
    `${RPM_IPXE}/ipxe.kkpxe`,
    `${IPXE}/undionly.kkpxe`,
  ],
  "confluent/x86_64/grubx64.efi": [
    `${GRUB}/x86_64-efi/monolithic/grubnetx64.efi`,
    `${GRUB}/x86_64-efi-signed/grubnetx64.efi.signed`,
    ...RPM_VENDORS.map((vendor) => `${RPM_EFI}/${vendor}/grubx64.efi`),
  ],
  "confluent/aarch64/ipxe.efi": [`${RPM_IPXE}/arm64-efi/ipxe.efi`],
  "confluent/aarch64/snponly.efi": [`${RPM_IPXE}/arm64-efi/snponly.efi`],
  "confluent/aarch64/grubaa64.efi": [
    `${GRUB}/arm64-efi/monolithic/grubnetaa64.efi`,
    `${GRUB}/arm64-efi-signed/grubnetaa64.efi.signed`,
    ...RPM_VENDORS.map((vendor) => `${RPM_EFI}/${vendor}/grubaa64.efi`),
  ],
};

/** The package of each loader, by family; none where no package of it has one. */
const PACKAGES: Readonly<Record<Family, Readonly<Partial<Record<LoaderName, string>>>>> = {
  debian: {
    "confluent/x86_64/ipxe.efi": "ipxe",
    "confluent/x86_64/snponly.efi": "ipxe",
    "confluent/x86_64/undionly.kpxe": "ipxe",
    "confluent/x86_64/ipxe.kkpxe": "ipxe",
    "confluent/x86_64/grubx64.efi": "grub-efi-amd64-bin",
  },
  rhel: {
    "confluent/x86_64/ipxe.efi": "ipxe-bootimgs-x86",
    "confluent/x86_64/snponly.efi": "ipxe-bootimgs-x86",
    "confluent/x86_64/undionly.kpxe": "ipxe-bootimgs-x86",
    "confluent/x86_64/grubx64.efi": "grub2-efi-x64",
    "confluent/aarch64/snponly.efi": "ipxe-bootimgs-aarch64",
    "confluent/aarch64/grubaa64.efi": "grub2-efi-aa64",
  },
};
const INSTALL: Readonly<Record<Family, string>> = {
  debian: "apt-get install",
  rhel: "dnf install",
};

/** What a distribution is like, as far as packages go. */
export type Family = "debian" | "rhel";

/** A loader that is there; `path` is below `public/` of the content folder, or a whole one. */
export type LoaderPlace =
  | { readonly from: "content"; readonly path: string }
  | { readonly from: "distribution"; readonly path: string };

/** Where the loader is; undefined: nowhere. */
export async function placeOfLoader(
  name: LoaderName,
  content: string,
): Promise<LoaderPlace | undefined> {
  if (await isThere(`${content}/public/${name}`)) return { from: "content", path: name };
  for (const path of PLACES[name]) {
    if (await isReadable(path)) return { from: "distribution", path };
  }
  return undefined;
}

/** Which loaders are missing. */
export async function missingLoaders(content: string): Promise<LoaderName[]> {
  const places = await Promise.all(LOADER_NAMES.map((name) => placeOfLoader(name, content)));
  return LOADER_NAMES.filter((_, i) => places[i] === undefined);
}

/**
 * What `check` says of missing loaders, a line for each remedy. Those of machines that are not
 * `architectures` are not missed.
 */
export function loaderFindings(
  missing: readonly LoaderName[],
  content: string,
  family: Family | undefined,
  architectures: readonly ("x86_64" | "aarch64")[],
): string[] {
  const wanted = missing.filter((name) =>
    architectures.some((architecture) => name.includes(`/${architecture}/`))
  );
  const byRemedy = Map.groupBy(wanted, (name) => remedyFor(name, content, family));
  return [...byRemedy].map(([remedy, names]) =>
    `nothing is here to serve machines that ask for ${names.join(", ")}: ${remedy}`
  );
}

function remedyFor(name: LoaderName, content: string, family: Family | undefined): string {
  const wanted = family === undefined ? undefined : PACKAGES[family][name];
  const lay = `lay ${wanted === undefined ? "" : "others "}below ${content}/public/`;
  if (family === undefined || wanted === undefined) return lay;
  return `\`${INSTALL[family]} ${wanted}\`, or ${lay}`;
}

/** What the distribution of this host is like, by os-release(5); undefined: neither. */
export async function familyOfHost(path = "/etc/os-release"): Promise<Family | undefined> {
  return familyOf(await readFileIfThere(path) ?? "");
}

/** The same of the text of such a file. */
export function familyOf(osRelease: string): Family | undefined {
  const words = [...osRelease.matchAll(/^(?:ID|ID_LIKE)=(.*)$/gm)]
    .flatMap(([, value = ""]) => value.replace(/["']/g, "").split(" "));
  if (words.some((word) => ["debian", "ubuntu"].includes(word))) return "debian";
  if (words.some((word) => ["rhel", "fedora", "centos"].includes(word))) return "rhel";
  return undefined;
}

/**
 * The distribution's file for what GRUB asks for below its prefix: modules of its architecture, and
 * its font; undefined for all else. `path` is as `bootFileOf` gives it.
 */
export function grubFilePlace(path: string): string | undefined {
  const [folder, name, ...more] = path.split("/");
  if (name === undefined || more.length > 0) return undefined;
  if (folder === "x86_64-efi" || folder === "arm64-efi" || folder === "i386-pc") {
    return `${GRUB}/${folder}/${name}`;
  }
  return folder === "fonts" && name === "unicode.pf2" ? "/usr/share/grub/unicode.pf2" : undefined;
}

/** EFI system partitions are often closed to all but root. */
async function isReadable(path: string): Promise<boolean> {
  try {
    using file = await Deno.open(path, { read: true });
    return (await file.stat()).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    if (error instanceof Deno.errors.PermissionDenied) return false;
    throw error;
  }
}
