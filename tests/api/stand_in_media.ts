/** Media as a test says that they are; nothing is read of any disk. */
import { ok, type Outcome, refused } from "../../src/base/outcome.ts";
import type { Medium } from "../../src/model/medium.ts";
import type {
  ContentReport,
  Fingerprint,
  Imported,
  ImportRequest,
  Media,
} from "../../src/service/importing/media.ts";
import { DIGEST } from "./stand_in_profiles.ts";

export const ALMA: Medium = {
  ...{ family: "el", distro: "alma", version: "9.4", arch: "x86_64", label: "AlmaLinux 9.4" },
  ...{ ostype: "linux", keeps: "all", warning: undefined },
  kernel: "images/pxeboot/vmlinuz",
  initramfs: "images/pxeboot/initrd.img",
};

export class StandInMedia implements Media {
  importing: string | undefined;
  readonly asked: ImportRequest[] = [];
  /** Has an import go on until its caller leaves. */
  isEndless = false;
  /** Imports that were broken off by their callers. */
  brokenOff = 0;
  imported: Imported = {
    ...{ index: 90, profile: "alma-9.4-x86_64-default", distribution: "alma-9.4-x86_64" },
    ...{ digest: DIGEST, lacking: ["m2", "m3"], notices: ["m2, m3 do not have it: copy it"] },
  };

  fingerprint(filename: string): Promise<Outcome<Fingerprint>> {
    if (!filename.endsWith(".iso")) {
      return Promise.resolve(refused("invalid", `${filename} is no medium`));
    }
    return Promise.resolve(ok({
      ...{ medium: ALMA, distribution: "alma-9.4-x86_64", profile: "alma-9.4-x86_64-default" },
      ...{ files: 6_012, bytes: 10_240_000_000 },
    }));
  }

  async import(
    request: ImportRequest,
    progress: (line: string) => void,
    signal: AbortSignal,
  ): Promise<Outcome<Imported>> {
    this.asked.push(request);
    progress(`looks at ${request.filename}`);
    if (request.profile === "taken") return refused("conflict", "there is a profile taken");
    if (!this.isEndless) return ok(this.imported);
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    this.brokenOff++;
    return refused("unavailable", "nothing was imported: it was broken off");
  }

  content(prepares: boolean): Promise<Outcome<ContentReport>> {
    const made = prepares ? ["public/os", "distributions"] : [];
    const remedy = "`apt-get install libarchive-tools`";
    return Promise.resolve(ok({
      ...{ member: "m1", folder: "/var/lib/confluent", made },
      needed: [
        { what: "the content folder /var/lib/confluent", isThere: true, remedy: undefined },
        { what: "bsdtar", isThere: false, remedy },
      ],
    }));
  }
}
