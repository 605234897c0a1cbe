/**
 * Texts as TFTP sends them in the mode netascii (RFC 1350, section 2; RFC 764): a line ends with CR
 * LF, and a CR that ends none is followed by a zero byte.
 */

const LF = 10, CR = 13;

/** The same text with its line ends, which are LF here, as netascii has them. */
export function toNetascii(bytes: Uint8Array): Uint8Array {
  let more = 0;
  for (const byte of bytes) if (byte === LF || byte === CR) more++;
  const text = new Uint8Array(bytes.length + more);
  let at = 0;
  for (const byte of bytes) {
    if (byte === LF) text[at++] = CR;
    text[at++] = byte;
    if (byte === CR) text[at++] = 0;
  }
  return text;
}
