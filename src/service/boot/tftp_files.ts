/** What TFTP serves: loaders, what GRUB asks for, and what lies below `public/`. */
import { type Outcome, refused } from "../../base/outcome.ts";
import { type ContentFile, openContent, openNamedFile } from "../../io/content_files.ts";
import type { Ipv4 } from "../../model/ipv4.ts";
import { bootFileOf, type LoaderName } from "../../netboot/boot_file_name.ts";
import { grubFilePlace, placeOfLoader } from "./loaders.ts";
import type { OpenTftp, TftpSource } from "./tftp_openings.ts";

/** What is made for each client: undefined where there is none by that path, which has neither
 * the name of GRUB's prefix before it nor a slash. */
export type MakeGrubFile = (path: string, client: Ipv4) => Promise<Uint8Array | undefined>;

/** Opens boot files of that content folder. What `makeGrubFile` makes goes before files. */
export function tftpFiles(content: string, makeGrubFile: MakeGrubFile): OpenTftp {
  return async (path, client) => {
    const meant = bootFileOf(path);
    if (!meant.ok) return meant;
    const file = meant.value;
    switch (file.kind) {
      case "public":
        return asSource(await openContent(content, file.path));
      case "loader":
        return asSource(await openLoader(file.name, content));
      case "grub": {
        const bytes = await makeGrubFile(file.path, client);
        if (bytes !== undefined) return { ok: true, value: { kind: "bytes", bytes } };
        return asSource(await openGrubFile(file.path, content));
      }
    }
  };
}

/** Opens a loader, wherever it lies; whoever has it closes it. */
export async function openLoader(name: LoaderName, content: string): Promise<Outcome<ContentFile>> {
  const place = await placeOfLoader(name, content);
  if (place?.from === "content") return await openContent(content, place.path);
  if (place?.from === "distribution") return await openNamedFile(place.path);
  return refused("not-found", `${name} is nowhere here; \`confluent check\` says what brings it`);
}

async function openGrubFile(path: string, content: string): Promise<Outcome<ContentFile>> {
  const laid = await openContent(content, `grub/${path}`);
  if (laid.ok || laid.refusal.kind !== "not-found") return laid;
  const place = grubFilePlace(path);
  return place === undefined ? laid : await openNamedFile(place);
}

function asSource(opened: Outcome<ContentFile>): Outcome<TftpSource> {
  return opened.ok ? { ok: true, value: { kind: "file", file: opened.value } } : opened;
}
