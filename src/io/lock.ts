/**
 * The lock on a data folder: one process at a time. It is an flock(2) on `<folder>/lock`, which
 * the kernel lets go whenever its holder dies, kill -9 included. The file holds the holder's
 * process id, for the refusal's sake only.
 */
import { oneLine } from "../base/one_line.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";

/** A data folder that is held; nobody else has it until `release`. */
export interface FolderLock {
  readonly folder: string;
  /** Lets go. The file stays: removing it would let two processes lock two files of one name. */
  release(): void;
}

/**
 * Takes the lock at once or refuses: `conflict` where another process holds it, `unavailable`
 * where the folder cannot be made or written. A missing folder is made with mode 0700.
 */
export async function lockFolder(folder: string): Promise<Outcome<FolderLock>> {
  const path = `${folder}/lock`;
  let file: Deno.FsFile | undefined;
  try {
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    const owner = (await Deno.stat(folder)).uid;
    // What root made in it its owner, the service, could not change any more.
    if (Deno.uid() === 0 && owner !== 0) {
      return refused(
        "unavailable",
        `data folder ${folder} belongs to user ${owner}, not to root; run this as that user: ` +
          "`runuser -u confluent -- confluent ...` where the packages made it",
      );
    }
    file = await Deno.open(path, { read: true, write: true, create: true, mode: 0o600 });
    if (!await file.tryLock(true)) {
      file.close();
      return refused(
        "conflict",
        `data folder ${folder} is in use by ${await holderOf(path)}; ` +
          "stop it or choose another with --data",
      );
    }
    await file.truncate(0);
    await file.write(new TextEncoder().encode(`${Deno.pid}\n`));
  } catch (error) {
    file?.close();
    return refused("unavailable", `cannot use data folder ${folder}: ${await why(folder, error)}`);
  }
  const held = file;
  return ok({ folder, release: () => held.close() });
}

async function holderOf(path: string): Promise<string> {
  const pid = (await Deno.readTextFile(path)).trim();
  return /^\d+$/.test(pid) ? `process ${pid}` : "another process";
}

async function why(folder: string, error: unknown): Promise<string> {
  if (error instanceof Deno.errors.PermissionDenied) {
    return `permission denied to user ${Deno.uid()}; give it to that user, mode 0700`;
  }
  try {
    if (!(await Deno.stat(folder)).isDirectory) return "it is not a folder";
  } catch {
    // Not even its status is to be had: the first error says it best.
  }
  return oneLine(error);
}
