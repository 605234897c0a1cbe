/**
 * What is put beside the initramfs of every profile: `site.cpio`, made of the replicated state, and
 * `addons.cpio`, the node's side. Neither lies in the content folder, and no digest counts them.
 */
import { LOADER_LOOK_MS } from "../../base/boot_limits.ts";
import { oneLine } from "../../base/one_line.ts";
import { ok, type Outcome, refused } from "../../base/outcome.ts";
import type { Clock } from "../../io/clock.ts";
import type { ContentFile } from "../../io/content_files.ts";
import { contentOfBytes } from "../../io/content_of_bytes.ts";
import { type Site, siteArchive } from "../../netboot/site_archive.ts";
import type { CollectiveAuthority } from "../authority/collective_authority.ts";
import type { ProfileStanding } from "../content/profile_standing.ts";
import type { BootPorts } from "./boot_ports.ts";

export interface SiteFilesParts {
  readonly clock: Clock;
  readonly addons: BootPorts["addons"];
  /** As it is now. */
  site(): Site;
  standing(profile: string): ProfileStanding | undefined;
}

/** What is at a path. */
export type SiteFile =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  /** Closed by whoever has it. */
  | { readonly kind: "file"; readonly file: ContentFile };

const FOLDER = "boot/initramfs/";
const PATH = /^(?:site|os\/([^/]+)\/boot\/initramfs)\/((?:addons|site)\.cpio)$/;

export class SiteFiles {
  readonly #parts: SiteFilesParts;
  #made: { readonly of: string; readonly archive: Outcome<Uint8Array> } | undefined;
  /** Why there are no addons; undefined where there are, or nobody has looked. */
  #whyNone: string | undefined;
  #isThere = false;
  #cancel: () => void = () => {};
  #isClosed = false;

  constructor(parts: SiteFilesParts) {
    this.#parts = parts;
  }

  /** Looks whether there are addons, and again from time to time. */
  async start(): Promise<void> {
    const opened = await this.#openAddons();
    if (opened.ok) opened.value.close();
    this.#isThere = opened.ok;
    this.#whyNone = opened.ok ? undefined : opened.refusal.message;
    if (this.#isClosed) return;
    this.#cancel = this.#parts.clock.after(LOADER_LOOK_MS, () => void this.start());
  }

  /** What is missing, with its remedy. */
  get missing(): readonly string[] {
    const archive = this.#archive;
    const site = archive.ok || this.#parts.site().certificates.length === 0
      ? []
      : [archive.refusal.message];
    return this.#whyNone === undefined ? site : [this.#whyNone, ...site];
  }

  /**
   * What the kernel is given, the profile's own among it: paths relative to the profile's folder. A
   * file of such a name that the profile brings itself is there already. Firmware may put one right
   * behind the other, and the kernel reads one that is not compressed at a multiple of 4 bytes
   * alone (Documentation/driver-api/early-userspace/buffer-format.rst): so it is the first.
   */
  withProfile({ initramfs }: ProfileStanding): string[] {
    const lacks = (name: string): boolean => !brings(initramfs, name);
    return [
      ...this.#archive.ok && lacks("site.cpio") ? [`${FOLDER}site.cpio`] : [],
      ...initramfs,
      ...this.#isThere && lacks("addons.cpio") ? [`${FOLDER}addons.cpio`] : [],
    ];
  }

  /** Undefined for a path that is none of these, and for one that a profile brings. */
  async open(path: string): Promise<Outcome<SiteFile> | undefined> {
    const [, profile, name] = PATH.exec(path) ?? [];
    if (name === undefined) return undefined;
    if (profile !== undefined) {
      const standing = this.#parts.standing(profile);
      if (standing === undefined || brings(standing.initramfs, name)) return undefined;
    }
    if (name === "site.cpio") {
      const archive = this.#archive;
      return archive.ok ? ok({ kind: "bytes", bytes: archive.value }) : archive;
    }
    const opened = await this.#openAddons();
    return opened.ok ? ok({ kind: "file", file: opened.value }) : opened;
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel();
  }

  async #openAddons(): Promise<Outcome<ContentFile>> {
    try {
      const found = await this.#parts.addons();
      if (!found.ok) return found;
      return ok(found.value instanceof Uint8Array ? contentOfBytes(found.value) : found.value);
    } catch (error) {
      return refused("unavailable", `addons.cpio cannot be read: ${oneLine(error)}`);
    }
  }

  /** Made anew where what it is made of is another. */
  get #archive(): Outcome<Uint8Array> {
    const site = this.#parts.site();
    const { uuid, certificates, sshPublic = "" } = site;
    const of = [uuid, sshPublic, ...certificates].join("\n");
    if (this.#made?.of !== of) this.#made = { of, archive: archiveOf(site) };
    return this.#made.archive;
  }
}

/** Of a member whose authority and profiles those are. */
export function siteFilesOf(
  { clock, ports, authority, standing }: {
    readonly clock: Clock;
    readonly ports: Pick<BootPorts, "addons">;
    readonly authority: CollectiveAuthority;
    readonly standing: SiteFilesParts["standing"];
  },
): SiteFiles {
  return new SiteFiles({
    ...{ clock, standing },
    addons: () => ports.addons(),
    site: () => ({
      uuid: authority.uuid,
      certificates: authority.certificates(),
      sshPublic: authority.sshPublic,
    }),
  });
}

function archiveOf(site: Site): Outcome<Uint8Array> {
  if (site.certificates.length === 0) {
    return refused("unavailable", "there is no site.cpio yet: the collective has no CA");
  }
  try {
    return ok(siteArchive(site));
  } catch (error) {
    return refused("unavailable", `site.cpio cannot be made: ${oneLine(error)}`);
  }
}

function brings(initramfs: readonly string[], name: string): boolean {
  return initramfs.includes(FOLDER + name);
}
