/** A content folder of a test, and who looks at it. */
import { systemClock } from "../../../src/io/clock.ts";
import type { Logger } from "../../../src/service/logger.ts";
import { Profiles } from "../../../src/service/content/profiles.ts";
import { until } from "../../system/program.ts";

export const SILENT: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
};

/** Long ago: what is at rest. */
export const LONG_AGO = new Date("2020-01-01T00:00:00Z");

/** What a node boots, in the order in which it is named here. */
export const FILES: Readonly<Record<string, string>> = {
  "profile.yaml": "label: Alma 9\nkernelargs: quiet\n",
  "boot/kernel": "the kernel",
  "boot/initramfs/addons.cpio": "addons",
  "boot/initramfs/distribution": "the distribution's",
  "scripts/post.sh": "echo done\n",
};

export class ContentFolder {
  readonly content: string;
  readonly data: string;

  constructor(folder: string) {
    this.content = `${folder}/content`;
    this.data = `${folder}/data`;
    Deno.mkdirSync(`${this.content}/public/os`, { recursive: true });
    Deno.mkdirSync(`${this.content}/distributions`);
    Deno.mkdirSync(this.data);
  }

  path(profile: string, file: string): string {
    return `${this.content}/public/os/${profile}/${file}`;
  }

  /** A file that was written long ago. */
  async write(profile: string, file: string, text: string, at = LONG_AGO): Promise<void> {
    const path = this.path(profile, file);
    await Deno.mkdir(path.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeTextFile(path, text);
    await Deno.utime(path, at, at);
  }

  async profile(name: string, files: Readonly<Record<string, string>> = FILES): Promise<void> {
    for (const [file, text] of Object.entries(files)) await this.write(name, file, text);
  }

  async link(profile: string, file: string, target: string): Promise<void> {
    const path = this.path(profile, file);
    await Deno.mkdir(path.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.symlink(target, path);
  }
}

/** Runs a test with a content folder that is looked at, or with several. */
export async function withContent(
  test: (folder: ContentFolder, profiles: Profiles, another: ContentFolder) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "confluent-content-" });
  const folder = new ContentFolder(`${await made(root, "a")}`);
  const profiles = looking(folder);
  try {
    await test(folder, profiles, new ContentFolder(await made(root, "b")));
  } finally {
    await profiles.close();
    await Deno.remove(root, { recursive: true });
  }
}

async function made(root: string, name: string): Promise<string> {
  await Deno.mkdir(`${root}/${name}`);
  return `${root}/${name}`;
}

/** Looks at the folder, and begins at once; whoever has it closes it. */
export function looking(
  { content, data }: { readonly content: string | undefined; readonly data: string },
  changed: () => void = () => {},
  log = SILENT,
): Profiles {
  const profiles = new Profiles({ content, data, clock: systemClock, log, changed });
  profiles.start();
  return profiles;
}

/** The digest of a profile, once there is one. */
export async function digestOf(profiles: Profiles, name: string): Promise<string> {
  return await until(`${name} has a digest`, async () => {
    await profiles.look();
    return profiles.standing(name)?.digest;
  });
}
