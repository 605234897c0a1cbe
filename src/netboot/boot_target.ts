/** What firmware is told to fetch, and what a member must have for it. */
import type { BootAbilities, BootProfile } from "./boot_view.ts";
import type { Architecture, BootRequest, ClientKind } from "./boot_request.ts";

/** Where all that is served over HTTP to anybody begins. */
export const PUBLIC_PATH = "/confluent-public/";

/** The next thing that a boot client is to fetch. */
export type BootTarget =
  /** By TFTP from the member that answers; a path without a leading slash. */
  | { readonly by: "tftp"; readonly path: string }
  /** By HTTP from it. */
  | { readonly by: "http"; readonly path: string };

/** First stages by what loads the kernel. snponly.efi goes on with the port that booted it. */
const LOADERS: Readonly<Record<BootProfile["loader"], Readonly<Record<Architecture, string>>>> = {
  ipxe: {
    "bios": "x86_64/undionly.kpxe",
    "uefi-x64": "x86_64/snponly.efi",
    "uefi-arm64": "aarch64/snponly.efi",
  },
  grub: {
    // GRUB has no first stage for BIOS that needs no image made for the place.
    "bios": "x86_64/undionly.kpxe",
    "uefi-x64": "x86_64/grubx64.efi",
    "uefi-arm64": "aarch64/grubaa64.efi",
  },
};

/** What the request is answered with; for firmware that is not known, why it is not. */
export function targetOf(
  { client, architecture, architectureCode }: BootRequest,
  profileName: string,
  { loader }: BootProfile,
): BootTarget | string {
  if (client === "ipxe") return { by: "http", path: scriptPath(profileName, "boot.ipxe") };
  if (architecture === undefined) {
    return architectureCode === undefined
      ? "it does not tell its architecture (option 93)"
      : `nothing boots architecture ${architectureCode} (option 93)`;
  }
  if (client === "pxe") return { by: "tftp", path: `confluent/${LOADERS[loader][architecture]}` };
  // GRUB 2.06, loaded over HTTP by firmware, finds neither a server nor a configuration.
  return { by: "http", path: `${PUBLIC_PATH}confluent/${LOADERS.ipxe[architecture]}` };
}

/** The path of a script that is made for a profile when it is asked for. */
export function scriptPath(profile: string, name: "boot.ipxe" | "grub.cfg"): string {
  return `${PUBLIC_PATH}os/${encodeURIComponent(profile)}/${name}`;
}

/** Why a member cannot take a client of that kind to its end; undefined where it can. */
export function whyUnable(
  { tftp, httpPort, loaders }: BootAbilities,
  client: ClientKind,
  target: BootTarget,
): string | undefined {
  if (httpPort === 0) return "its port for boot files (--boot-http) is not open";
  if (target.by === "tftp" && !tftp) return "its TFTP port is not open";
  const loader = loaderIn(target.path);
  if (client !== "ipxe" && loader !== undefined && !loaders.includes(loader)) {
    return `it has no ${loader}`;
  }
  return undefined;
}

function loaderIn(path: string): string | undefined {
  return /(?:^|\/)confluent\/([^/]+\/[^/]+)$/.exec(path)?.[1];
}
