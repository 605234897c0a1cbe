/** Types of boot files. Firmware goes by them: UEFI takes an image for what its type says (UEFI
 * 2.10, 24.7.7), and for nothing else. */

const TYPES: Readonly<Record<string, string>> = {
  efi: "application/efi",
  iso: "application/vnd.efi-iso",
  img: "application/vnd.efi-img",
};

const TEXTS: ReadonlySet<string> = new Set(
  "cfg conf crt ipxe json ks list md pem preseed seed sh sha256 sha512 txt xml yaml yml".split(" "),
);

export const PLAIN_TEXT = "text/plain; charset=utf-8";

/** By the ending of its name. */
export function contentTypeOf(path: string): string {
  const ending = /\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? "";
  return TYPES[ending] ?? (TEXTS.has(ending) ? PLAIN_TEXT : "application/octet-stream");
}
