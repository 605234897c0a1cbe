/**
 * The token that `confluent invite` prints: one line of letters and digits, so that a double
 * click takes all of it.
 *
 *     token := "cft" base32(version(1) body crc32c(4))       RFC 4648, lower case, no padding
 *     body  := id(text) index(uint) role(1) name(text) expires(uint) addresses(list of text)
 *              secret(32 bytes)
 *
 * The checksum only tells a token that was cut or mistyped from one that is false; what proves it
 * is the secret (src/collective/invitation.ts).
 */
import { ByteReader, ByteWriter, MalformedError } from "../base/bytes.ts";
import { crc32c } from "../base/crc32c.ts";
import { MAX_ADDRESSES_PER_MEMBER, MAX_TOKEN_LENGTH } from "../base/limits.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";
import { INVITED_ROLES, type InvitedRole } from "../model/member.ts";

const PREFIX = "cft";
const VERSION = 1;
const SECRET_BYTES = 32;
const CHECKSUM_BYTES = 4;
const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

export interface Token {
  /** The invitation's id, 16 hexadecimal digits. */
  readonly id: string;
  /** The log index of the invitation: a member behind it waits before it answers. */
  readonly index: number;
  readonly role: InvitedRole;
  /** What the new member will be called. */
  readonly name: string;
  /** Milliseconds since the epoch, by the clock of the collective: for messages only. */
  readonly expiresAtMs: number;
  /** Where members may be reached, `host:port`. */
  readonly addresses: readonly string[];
  readonly secret: Uint8Array;
}

export function encodeToken(token: Token): string {
  const writer = new ByteWriter().byte(VERSION).text(token.id).uint(token.index);
  writer.byte(INVITED_ROLES.indexOf(token.role)).text(token.name).uint(token.expiresAtMs);
  writer.list(token.addresses, (address) => writer.text(address));
  writer.raw(token.secret);
  const checksum = crc32c(writer.finish());
  return PREFIX + toBase32(writer.u32(checksum).finish());
}

/** What the token says; `invalid` where it is none, or was cut or altered. */
export function decodeToken(text: string): Outcome<Token> {
  const wrong = refused(
    "invalid",
    "the token is not valid: it was cut, altered or mistyped; copy the whole line that " +
      "`confluent invite` printed",
  );
  if (text.length > MAX_TOKEN_LENGTH || !text.startsWith(PREFIX)) return wrong;
  try {
    const bytes = fromBase32(text.slice(PREFIX.length));
    const body = bytes.subarray(0, Math.max(0, bytes.length - CHECKSUM_BYTES));
    if (new ByteReader(bytes.subarray(body.length)).u32() !== crc32c(body)) return wrong;
    return readToken(new ByteReader(body));
  } catch (error) {
    if (error instanceof MalformedError) return wrong;
    throw error;
  }
}

function readToken(reader: ByteReader): Outcome<Token> {
  const version = reader.byte();
  if (version !== VERSION) {
    const message = `the token is of version ${version}, this program knows ${VERSION}; ` +
      "upgrade the older side";
    return refused("invalid", message);
  }
  const id = reader.text();
  const index = reader.uint();
  const role = INVITED_ROLES[reader.byte()];
  const name = reader.text();
  const expiresAtMs = reader.uint();
  const addresses = reader.list(() => reader.text());
  const secret = reader.raw(SECRET_BYTES);
  reader.end();
  const many = addresses.length > MAX_ADDRESSES_PER_MEMBER;
  if (role === undefined || many || !/^[0-9a-f]{16}$/.test(id)) {
    throw new MalformedError("a token that nobody made");
  }
  return ok({ id, index, role, name, expiresAtMs, addresses, secret });
}

function toBase32(bytes: Uint8Array): string {
  let text = "";
  let held = 0, bits = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += ALPHABET[(held >>> (bits - 5)) & 31];
    held &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + ALPHABET[(held << (5 - bits)) & 31];
}

function fromBase32(text: string): Uint8Array {
  const bytes: number[] = [];
  let held = 0, bits = 0;
  for (const char of text) {
    const five = ALPHABET.indexOf(char);
    if (five < 0) throw new MalformedError(`"${char}" is not a digit of base 32`);
    held = (held << 5) | five;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push(held >>> bits);
    held &= (1 << bits) - 1;
  }
  if (held !== 0 || bits >= 5) throw new MalformedError("a text of base 32 that was cut");
  return Uint8Array.from(bytes);
}
