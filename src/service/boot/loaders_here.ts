/** Which of the first programs that firmware loads a member has. */
import { LOADER_LOOK_MS } from "../../base/boot_limits.ts";
import type { Outcome } from "../../base/outcome.ts";
import type { Clock } from "../../io/clock.ts";
import type { ContentFile } from "../../io/content_files.ts";
import { LOADER_NAMES, type LoaderName } from "../../netboot/boot_file_name.ts";
import { type Family, familyOfHost, loaderFindings, missingLoaders } from "./loaders.ts";
import { openLoader } from "./tftp_files.ts";

/** Those that a member should have; who boots other machines puts theirs into the content. */
const EXPECTED: readonly LoaderName[] = [
  "confluent/x86_64/snponly.efi",
  "confluent/x86_64/undionly.kpxe",
];

const GRUB: LoaderName = "confluent/x86_64/grubx64.efi";

export interface LoadersParts {
  readonly clock: Clock;
  /** The content folder. */
  readonly content: string;
  /** Whether a profile is loaded by GRUB. */
  wantsGrub(): boolean;
  /** Others are there than were before. */
  readonly changed: () => void;
}

export class Loaders {
  readonly #parts: LoadersParts;
  #there: readonly LoaderName[] = [];
  #isLooked = false;
  #family: Family | undefined;
  #cancel: () => void = () => {};
  #isClosed = false;

  constructor(parts: LoadersParts) {
    this.#parts = parts;
  }

  /** Looks which there are, and again from time to time. */
  async start(): Promise<void> {
    const { content, clock, changed } = this.#parts;
    this.#family ??= await familyOfHost();
    const missing = await missingLoaders(content);
    const there = LOADER_NAMES.filter((name) => !missing.includes(name));
    if (this.#isClosed) return;
    const isOther = !this.#isLooked || there.join() !== this.#there.join();
    this.#there = there;
    this.#isLooked = true;
    if (isOther) changed();
    this.#cancel = clock.after(LOADER_LOOK_MS, () => void this.start());
  }

  /** As `x86_64/snponly.efi`. */
  get names(): readonly string[] {
    return this.#there.map((name) => name.slice("confluent/".length));
  }

  /** What is missing of what firmware of most machines needs, with what brings it. */
  get missing(): readonly string[] {
    if (!this.#isLooked) return [];
    const expected = this.#parts.wantsGrub() ? [...EXPECTED, GRUB] : EXPECTED;
    const missing = expected.filter((name) => !this.#there.includes(name));
    return loaderFindings(missing, this.#parts.content, this.#family, ["x86_64"]);
  }

  /** Opens one; whoever has it closes it. */
  async open(name: LoaderName): Promise<Outcome<ContentFile>> {
    return await openLoader(name, this.#parts.content);
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel();
  }
}
