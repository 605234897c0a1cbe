/**
 * The name by which OpenSSL, and curl with it, finds a certificate in a folder (openssl-rehash(1)):
 * the first four bytes, least significant first, of the SHA-1 of the subject in canonical form.
 *
 *     Certificate  ::= SEQUENCE { TBSCertificate, ... }
 *     TBSCertificate ::= SEQUENCE { [0] version, serial, algorithm, issuer, validity, subject,
 *                                   ... }
 *     subject      ::= SEQUENCE OF SET OF SEQUENCE { OID, string }          (RFC 5280, section 4.1)
 *
 * In canonical form every string is UTF-8 in small letters (of ASCII only), without blanks at its
 * ends, with one where there were more; and the frame of the whole is left out (x509_name_canon of
 * OpenSSL's x_name.c).
 */
import { concat, fromUtf8, MalformedError, toHex, utf8 } from "../base/bytes.ts";
import { sha1 } from "../base/crypto.ts";

const SEQUENCE = 0x30, VERSION = 0xa0;
const UTF8_STRING = 0x0c;
/** UTF8String, PrintableString and IA5String: bytes that are UTF-8 already. */
const STRINGS: readonly number[] = [UTF8_STRING, 0x13, 0x16];

interface Element {
  readonly tag: number;
  readonly body: Uint8Array;
}

/** Eight hexadecimal digits. Of a certificate in DER; {@link MalformedError} for what is none, or
 * has strings of a kind that nobody uses any more. */
export function subjectHash(certificate: Uint8Array): string {
  const canonical = concat(
    elementsOf(subjectOf(certificate)).map(({ tag, body }) =>
      element(tag, concat(elementsOf(body).map(canonicalAttribute)))
    ),
  );
  return toHex(sha1(canonical).subarray(0, 4).toReversed());
}

function subjectOf(certificate: Uint8Array): Uint8Array {
  const [whole] = elementsOf(certificate);
  const [tbs] = elementsOf(bodyOf(whole, SEQUENCE));
  const fields = elementsOf(bodyOf(tbs, SEQUENCE));
  const subject = fields[fields[0]?.tag === VERSION ? 5 : 4];
  return bodyOf(subject, SEQUENCE);
}

function canonicalAttribute({ tag, body }: Element): Uint8Array {
  const [type, value, ...more] = elementsOf(body);
  if (tag !== SEQUENCE || type === undefined || value === undefined || more.length > 0) {
    throw new MalformedError("a subject holds what is no attribute");
  }
  if (!STRINGS.includes(value.tag)) {
    throw new MalformedError(`a subject holds a string of kind ${value.tag}`);
  }
  const text = fromUtf8(value.body).replace(/^[ \t\n\v\f\r]+|[ \t\n\v\f\r]+$/g, "")
    .replace(/[ \t\n\v\f\r]+/g, " ").replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
  const parts = [element(type.tag, type.body), element(UTF8_STRING, utf8(text))];
  return element(SEQUENCE, concat(parts));
}

// ---- DER (X.690), as far as certificates need it

function bodyOf(found: Element | undefined, tag: number): Uint8Array {
  if (found?.tag === tag) return found.body;
  throw new MalformedError("no certificate: a sequence is missing");
}

function elementsOf(bytes: Uint8Array): Element[] {
  const elements: Element[] = [];
  for (let at = 0; at < bytes.length;) {
    const { tag, from, until } = frameAt(bytes, at);
    elements.push({ tag, body: bytes.subarray(from, until) });
    at = until;
  }
  return elements;
}

function frameAt(
  bytes: Uint8Array,
  at: number,
): { readonly tag: number; readonly from: number; readonly until: number } {
  const tag = bytes[at] ?? 0, first = bytes[at + 1] ?? 0;
  const digits = first < 128 ? 0 : first - 128;
  let length = first;
  if (digits > 0) {
    length = bytes.subarray(at + 2, at + 2 + digits).reduce((sum, byte) => sum * 256 + byte, 0);
  }
  const from = at + 2 + digits, until = from + length;
  if (digits > 4 || first === 128 || until > bytes.length) {
    throw new MalformedError("no DER: a length is wrong");
  }
  return { tag, from, until };
}

function element(tag: number, body: Uint8Array): Uint8Array {
  const { length } = body;
  const digits = length < 128
    ? [length]
    : length < 256
    ? [0x81, length]
    : [0x82, length >> 8, length & 255];
  return concat([Uint8Array.of(tag, ...digits), body]);
}
