/** What booting machines fetch: first stages, scripts that are made when they are asked for, and
 * files of the content folder; over TFTP and HTTP the same. */
import { MAX_LOADER_BYTES } from "../../base/boot_limits.ts";
import { utf8 } from "../../base/bytes.ts";
import { ok, type Outcome, refused } from "../../base/outcome.ts";
import type { ContentFile } from "../../io/content_files.ts";
import { type Ipv4, ipv4Of, isWithin } from "../../model/ipv4.ts";
import { bootFileOf } from "../../netboot/boot_file_name.ts";
import { grubConfig, ipxeScript, type ScriptServer } from "../../netboot/boot_script.ts";
import type { BootMember, BootView } from "../../netboot/boot_view.ts";
import { rendezvousOrder } from "../../netboot/rendezvous.ts";
import type { ProfileStanding } from "../content/profile_standing.ts";
import type { Loaders } from "./loaders_here.ts";
import type { SiteFile, SiteFiles } from "./site_files.ts";
import { tftpFiles } from "./tftp_files.ts";
import type { OpenTftp, TftpSource } from "./tftp_openings.ts";

/** What is made for whoever asks. */
export type MadeFile =
  | { readonly body: string | Uint8Array; readonly type: string }
  /** A file that lies elsewhere; closed by whoever sends it. */
  | { readonly file: ContentFile };

export interface BootFilesParts {
  /** The content folder. */
  readonly content: string;
  readonly loaders: Loaders;
  readonly site: SiteFiles;
  readonly view: BootView;
  standing(profile: string): ProfileStanding | undefined;
  /** The node that has this address, and the profile that is pending for it. */
  nodeAt(address: Ipv4): { readonly name: string; readonly pending: string } | undefined;
}

const SCRIPT = /^os\/([^/]+)\/(boot\.ipxe|grub\.cfg)$/;
const TEXT = "text/plain; charset=utf-8", EFI = "application/efi";
const ARCHIVE = "application/octet-stream";

export class BootFiles {
  readonly #parts: BootFilesParts;
  readonly #open: OpenTftp;

  constructor(parts: BootFilesParts) {
    this.#parts = parts;
    this.#open = tftpFiles(parts.content, (path, client) => {
      return Promise.resolve(this.#grub(path, client));
    });
  }

  /** By TFTP: see boot_file_name.ts. */
  async openTftp(path: string, client: Ipv4): Promise<Outcome<TftpSource>> {
    const meant = bootFileOf(path);
    const below = meant.ok && meant.value.kind === "public" ? meant.value.path : "";
    const made = this.#script(below, client);
    if (made?.ok) return ok({ kind: "bytes", bytes: utf8(made.value) });
    return made ?? await this.#parts.site.open(below) ?? await this.#open(path, client);
  }

  /** By HTTP, below the public path; undefined for what is a file of the content folder. */
  async compute(path: string, client: string): Promise<Outcome<MadeFile | undefined>> {
    const address = ipv4Of(client) ?? 0;
    const made = this.#script(path, address);
    if (made !== undefined) return made.ok ? ok({ body: made.value, type: TEXT }) : made;
    const site = await this.#parts.site.open(path);
    if (site !== undefined) return site.ok ? ok(madeOf(site.value)) : site;
    const meant = bootFileOf(path);
    if (!meant.ok || meant.value.kind !== "loader") return ok(undefined);
    const opened = await this.#parts.loaders.open(meant.value.name);
    if (!opened.ok) return opened;
    const bytes = await wholeOf(opened.value);
    return bytes.ok ? ok({ body: bytes.value, type: EFI }) : bytes;
  }

  /** GRUB's configuration is that of the node that asks. */
  #grub(path: string, client: Ipv4): Uint8Array | undefined {
    if (path !== "grub.cfg") return undefined;
    const { pending = "" } = this.#parts.nodeAt(client) ?? {};
    const made = pending === "" ? undefined : this.#script(`os/${pending}/grub.cfg`, client);
    return made?.ok ? utf8(made.value) : undefined;
  }

  /** Undefined for a path that is none of a script. */
  #script(path: string, client: Ipv4): Outcome<string> | undefined {
    const [, folder, kind] = SCRIPT.exec(path) ?? [];
    if (folder === undefined) return undefined;
    const standing = this.#parts.standing(folder);
    if (standing === undefined) return refused("not-found", `there is no profile ${folder} here`);
    const { name, profile, kernel, isBootable, whyNot } = standing;
    if (!isBootable || profile === undefined || kernel === undefined) {
      return refused("not-found", `${name} cannot be booted from here: ${whyNot ?? "no kernel"}`);
    }
    const { label, kernelargs: kernelArgs } = profile;
    const initramfs = this.#parts.site.withProfile(standing);
    const script = { name, label, kernelArgs, kernel, initramfs };
    const { own, others } = this.#servers(name, client);
    if (kind === "boot.ipxe") return ok(ipxeScript(script, others));
    return ok(grubConfig(script, own === undefined ? others : [own, ...others]));
  }

  /** Who has the profile's files: `own` is this member, whom the client asked. Where others are on
   * the client's segment those alone: it may have no way to the rest. */
  #servers(
    profile: string,
    client: Ipv4,
  ): { readonly own: ScriptServer | undefined; readonly others: readonly ScriptServer[] } {
    const { view } = this.#parts;
    const node = this.#parts.nodeAt(client);
    const candidates = node && view.candidatesOf(node.name);
    const isCandidate = ({ name }: BootMember): boolean =>
      candidates === undefined || typeof candidates === "string" || candidates.has(name);
    const own = view.members.find(({ id }) => id === view.self);
    const others = view.members.filter((member) =>
      member !== own && member.isLive && member.can.httpPort > 0 && isCandidate(member) &&
      view.mayServe(profile, member.id).may !== "not"
    );
    const near = others.filter((member) => nearAddress(member, client) !== undefined);
    const asked = new Map((near.length > 0 ? near : others).map((one) => [one.id, one]));
    const order = rendezvousOrder(String(client), asked.keys());
    return {
      own: own && serverOf(own, client),
      others: order.flatMap((id) => serverOf(asked.get(id), client) ?? []),
    };
  }
}

function madeOf(found: SiteFile): MadeFile {
  return found.kind === "file" ? found : { body: found.bytes, type: ARCHIVE };
}

/** As the client reaches it: at its address on the client's segment, or any, through a router. */
function serverOf(member: BootMember | undefined, client: Ipv4): ScriptServer | undefined {
  if (member === undefined) return undefined;
  const { interfaces: [first], can: { httpPort } } = member;
  const address = nearAddress(member, client) ?? first?.address;
  return address === undefined || httpPort === 0 ? undefined : { address, httpPort };
}

function nearAddress({ interfaces }: BootMember, client: Ipv4): Ipv4 | undefined {
  return interfaces.find(({ network }) => isWithin(network, client))?.address;
}

async function wholeOf(file: ContentFile): Promise<Outcome<Uint8Array>> {
  try {
    if (file.size > MAX_LOADER_BYTES) {
      return refused("too-large", `it has ${file.size} bytes, ${MAX_LOADER_BYTES} are the most`);
    }
    const bytes = new Uint8Array(file.size);
    const length = await file.read(bytes, 0);
    return ok(bytes.subarray(0, length));
  } finally {
    file.close();
  }
}
