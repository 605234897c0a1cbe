/** The folder that all data of a bench is in. Its name holds the process id of the bench, so that
 * what a killed one left can be told from what is in use. */

const NAME = /^confluent-bench-(\d+)-/;
const TRIES = 5;
const TRY_AGAIN_MS = 200;

export async function makeFolder(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: `confluent-bench-${Deno.pid}-` });
  const parent = folder.replace(/\/[^/]*$/, "");
  for await (const { name } of Deno.readDir(parent)) {
    const pid = NAME.exec(name)?.[1];
    if (pid !== undefined && !isRunning(pid)) await removeFolder(`${parent}/${name}`);
  }
  return folder;
}

/** Processes that were killed a moment ago may still write into it. */
export async function removeFolder(folder: string): Promise<void> {
  for (let tries = TRIES;; tries--) {
    try {
      return await Deno.remove(folder, { recursive: true });
    } catch (error) {
      if (tries === 0) throw error;
      await new Promise((resolve) => void setTimeout(resolve, TRY_AGAIN_MS));
    }
  }
}

export function isRunning(pid: string): boolean {
  try {
    Deno.lstatSync(`/proc/${pid}`);
    return true;
  } catch {
    return false; // absent, or as good as
  }
}
