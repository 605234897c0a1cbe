/** Hardware addresses (MACs), as texts that compare equal where they mean the same. */

/** 6 bytes (Ethernet), 8 (EUI-64) or 20 (InfiniBand). */
const LENGTHS: readonly number[] = [6, 8, 20];

/** `aa:bb:cc:dd:ee:ff`, whatever case and separators (`:`, `-`, `.`, none) it was typed with;
 * undefined where the text is no hardware address. */
export function macOf(typed: string): string | undefined {
  const digits = typed.trim().toLowerCase().replace(/[:.-]/g, "");
  if (!/^[0-9a-f]+$/.test(digits) || !LENGTHS.includes(digits.length / 2)) return undefined;
  return (digits.match(/../g) ?? []).join(":");
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** The same of the bytes on the wire, of whatever length. */
export function macText(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += text === "" ? HEX[byte] : `:${HEX[byte]}`;
  return text;
}
