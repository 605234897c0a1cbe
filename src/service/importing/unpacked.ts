/** What was unpacked of a medium: compared with its list, made ours, hashed, and put to disk. */
import { MAX_HASHED_AT_ONCE } from "../../base/boot_limits.ts";
import { ok, type Outcome, refused } from "../../base/outcome.ts";
import { followChild } from "../../io/followed_child.ts";
import { isThere } from "../../io/files.ts";
import type { MediumListing } from "../../model/medium_listing.ts";
import { brokenOff } from "./medium_source.ts";

/** Why what lies in the folder is not what the list says; undefined where it is. No link is
 * followed. */
export async function whyNotAsListed(
  folder: string,
  { files, links }: MediumListing,
): Promise<string | undefined> {
  const missing = new Set([...files.keys(), ...links.keys()]);
  const look = async (below: string): Promise<string | undefined> => {
    for await (const { name } of Deno.readDir(`${folder}/${below}`)) {
      const path = below === "" ? name : `${below}/${name}`;
      const { isFile, isDirectory, isSymlink, size } = await Deno.lstat(`${folder}/${path}`);
      if (isDirectory) {
        const why = await look(path);
        if (why !== undefined) return why;
        continue;
      }
      const isListed = isFile && files.get(path) === size ||
        isSymlink && links.get(path) === await Deno.readLink(`${folder}/${path}`);
      if (!isListed) return `${path} is not what the medium's list says`;
      missing.delete(path);
    }
    return undefined;
  };
  const why = await look("");
  if (why !== undefined) return why;
  const [lost] = missing;
  return lost === undefined ? undefined : `${lost} is on the medium's list, and did not come`;
}

/** Media are often read only: whoever keeps them must be able to read, and remove, them. */
export async function makeOurs(folder: string, signal: AbortSignal): Promise<Outcome<void>> {
  const command = ["chmod", "-R", "u=rwX,g=rX,o=", "--", folder];
  return await ended(command, undefined, signal);
}

/** Removes what may be read only; whether it was there. */
export async function removeOurs(folder: string): Promise<boolean> {
  if (!await isThere(folder)) return false;
  await followChild({
    command: ["chmod", "-R", "u+rwX", "--", folder],
    signal: new AbortController().signal,
  });
  await Deno.remove(folder, { recursive: true });
  return true;
}

/** `HASH  PATH` for each file, in the order of the paths, as `sha256sum -c` reads it. */
export async function hashesOf(
  folder: string,
  paths: readonly string[],
  took: (count: number) => void,
  signal: AbortSignal,
): Promise<Outcome<string>> {
  const sorted = paths.toSorted((a, b) => a < b ? -1 : 1);
  let text = "";
  for (let at = 0; at < sorted.length; at += MAX_HASHED_AT_ONCE) {
    const some = sorted.slice(at, at + MAX_HASHED_AT_ONCE);
    const command = ["sha256sum", "--", ...some];
    const hashed = await ended(command, folder, signal, (line) => text += `${line}\n`);
    if (!hashed.ok) return hashed;
    took(some.length);
  }
  return ok(text);
}

/** Has all that was written to the disk of the folder there. */
export async function toDisk(folder: string, signal: AbortSignal): Promise<Outcome<void>> {
  return await ended(["sync", "-f", "--", folder], undefined, signal);
}

async function ended(
  command: readonly string[],
  cwd: string | undefined,
  signal: AbortSignal,
  out?: (line: string) => void,
): Promise<Outcome<void>> {
  if (signal.aborted) return brokenOff(signal);
  const { code, last } = await followChild({ command, cwd, signal, out });
  if (signal.aborted) return brokenOff(signal);
  if (code === 0) return ok();
  return refused("unavailable", last || `${command[0]} ended with ${code ?? "a signal"}`);
}
