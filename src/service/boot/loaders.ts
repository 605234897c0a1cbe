/** The first programs that firmware loads: those in the content folder, else the distribution's. */
import { LOADER_LOOK_MS } from "../../base/limits.ts";
import { type Outcome, refused } from "../../base/outcome.ts";
import type { Clock } from "../../io/clock.ts";
import { type ContentFile, openContent, openNamedFile } from "../../io/content_files.ts";
import { LOADER_NAMES, type LoaderName } from "../../netboot/boot_file_name.ts";

/** Where a distribution puts one, and what brings it there. */
interface Origin {
  readonly paths: readonly string[];
  /** Undefined where no package of an x86-64 distribution has it. */
  readonly remedy: string | undefined;
}

const IPXE = "`apt-get install ipxe` or `dnf install ipxe-bootimgs` brings it";
const GRUB = "`apt-get install grub-efi-amd64-bin` brings it";
const DEBIAN_IPXE = "/usr/lib/ipxe", FEDORA_IPXE = "/usr/share/ipxe";
const NOWHERE: Origin = { paths: [], remedy: undefined };

const ORIGINS: Readonly<Record<LoaderName, Origin>> = {
  "confluent/x86_64/ipxe.efi": {
    paths: [`${DEBIAN_IPXE}/ipxe.efi`, `${FEDORA_IPXE}/ipxe-x86_64.efi`],
    remedy: IPXE,
  },
  "confluent/x86_64/snponly.efi": {
    paths: [`${DEBIAN_IPXE}/snponly.efi`, `${FEDORA_IPXE}/ipxe-snponly-x86_64.efi`],
    remedy: IPXE,
  },
  "confluent/x86_64/undionly.kpxe": {
    paths: [`${DEBIAN_IPXE}/undionly.kpxe`, `${FEDORA_IPXE}/undionly.kpxe`],
    remedy: IPXE,
  },
  "confluent/x86_64/ipxe.kkpxe": {
    paths: [`${DEBIAN_IPXE}/undionly.kkpxe`],
    remedy: IPXE,
  },
  "confluent/x86_64/grubx64.efi": {
    paths: [
      "/usr/lib/grub/x86_64-efi-signed/grubnetx64.efi.signed",
      "/usr/lib/grub/x86_64-efi/monolithic/grubnetx64.efi",
    ],
    remedy: GRUB,
  },
  "confluent/aarch64/ipxe.efi": NOWHERE,
  "confluent/aarch64/snponly.efi": NOWHERE,
  "confluent/aarch64/grubaa64.efi": NOWHERE,
};

/** Those that a member should have; who boots other machines puts theirs into the content. */
const EXPECTED: readonly LoaderName[] = [
  "confluent/x86_64/snponly.efi",
  "confluent/x86_64/undionly.kpxe",
];

export interface LoadersParts {
  readonly clock: Clock;
  /** The content folder. */
  readonly content: string;
  /** Others are there than were before. */
  readonly changed: () => void;
}

export class Loaders {
  readonly #parts: LoadersParts;
  #there: readonly LoaderName[] = [];
  #isLooked = false;
  #cancel: () => void = () => {};
  #isClosed = false;

  constructor(parts: LoadersParts) {
    this.#parts = parts;
  }

  /** Looks which there are, and again from time to time. */
  async start(): Promise<void> {
    const there: LoaderName[] = [];
    for (const name of LOADER_NAMES) {
      const opened = await this.open(name);
      if (!opened.ok) continue;
      opened.value.close();
      there.push(name);
    }
    if (this.#isClosed) return;
    const isOther = !this.#isLooked || there.join() !== this.#there.join();
    this.#there = there;
    this.#isLooked = true;
    if (isOther) this.#parts.changed();
    this.#cancel = this.#parts.clock.after(LOADER_LOOK_MS, () => void this.start());
  }

  /** As `x86_64/snponly.efi`. */
  get names(): readonly string[] {
    return this.#there.map((name) => name.slice("confluent/".length));
  }

  /** What is missing, a line each with what brings it. */
  get missing(): readonly string[] {
    if (!this.#isLooked) return [];
    return EXPECTED.filter((name) => !this.#there.includes(name)).map((name) =>
      `it has no ${name}, by which firmware boots: ${ORIGINS[name].remedy}, or put it into ` +
      `${this.#parts.content}/public/${name}`
    );
  }

  /** Opens one; whoever has it closes it. */
  async open(name: LoaderName): Promise<Outcome<ContentFile>> {
    const own = await openContent(this.#parts.content, name);
    if (own.ok || own.refusal.kind !== "not-found") return own;
    const { paths, remedy = `put it into public/${name} of the content folder` } = ORIGINS[name];
    for (const path of paths) {
      const opened = await openNamedFile(path);
      if (opened.ok || opened.refusal.kind !== "not-found") return opened;
    }
    return refused("not-found", `${name} is not here: ${remedy}`);
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel();
  }
}
