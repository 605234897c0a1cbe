/** The content folder of a member: what of it must be there, and whether the service may write. */
import { access, constants } from "node:fs/promises";

import { isThere } from "../../io/files.ts";

interface Folder {
  readonly path: string;
  readonly mode: number;
}

/** As the packages make them; what is private is the service's alone. */
const FOLDERS: readonly Folder[] = [
  { path: "public", mode: 0o750 },
  { path: "public/os", mode: 0o750 },
  { path: "public/site", mode: 0o750 },
  { path: "private", mode: 0o700 },
  { path: "private/os", mode: 0o700 },
  { path: "distributions", mode: 0o750 },
];

/** Makes those that are missing, and has nobody else read what is private; which were made. */
export async function prepareFolders(content: string): Promise<readonly string[]> {
  const made: string[] = [];
  for (const { path, mode } of FOLDERS) {
    const folder = `${content}/${path}`;
    // What a link leads to, not the link.
    if (!await isThere(`${folder}/.`)) {
      await Deno.mkdir(folder, { recursive: true, mode });
      made.push(path);
    } else if (path.startsWith("private")) await Deno.chmod(folder, mode);
  }
  return made;
}

/** What an import cannot do in the folder, a line each with its remedy. */
export async function folderFindings(content: string): Promise<string[]> {
  if (!await isThere(`${content}/.`)) {
    return [`there is no content folder ${content}: \`confluent osdeploy initialize\` makes it`];
  }
  const closed: string[] = [];
  for (const { path } of FOLDERS) {
    const folder = `${content}/${path}`;
    if (await isThere(`${folder}/.`) && !await mayWrite(folder)) closed.push(folder);
  }
  if (closed.length === 0) return [];
  return [
    `the service may not write to ${closed.join(", ")}, so that no medium can be imported: give ` +
    "them to its user, as `chown -R confluent: ...` does",
  ];
}

async function mayWrite(folder: string): Promise<boolean> {
  try {
    await access(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false; // it says why only to who asks for more
  }
}
