/**
 * What members tell each other of the profiles that they hold. A frame is
 *
 *     type(1 byte) list of { profile(text) isBootable(bool) digest(optional 32 bytes)
 *                            why(optional text) }
 *
 *     contentTold ->      when the link comes up, and after each change
 *
 * and says all that its sender holds: what it does not name is not there. `why` says why the
 * profile cannot be booted, or else why it has no digest; without both its files are being read.
 */
import { ByteReader, ByteWriter, fromHex, MalformedError, toHex } from "../base/bytes.ts";
import {
  MAX_CONTENT_REASON_LENGTH,
  MAX_PROFILE_NAME_LENGTH,
  MAX_PROFILES,
} from "../base/boot_limits.ts";
import { SERVICE_NUMBERS } from "./service_frame.ts";

const DIGEST_BYTES = 32;

/** A profile as a member holds it. */
export interface ToldProfile {
  readonly profile: string;
  readonly isBootable: boolean;
  /** 64 hexadecimal digits; undefined where it is not known (yet). */
  readonly digest: string | undefined;
  readonly why: string | undefined;
}

/** The frame's bytes. Of a longer reason only the beginning is told. */
export function encodeContentTold(held: readonly ToldProfile[]): Uint8Array {
  const writer = new ByteWriter().byte(SERVICE_NUMBERS.contentTold);
  writer.list(held, ({ profile, isBootable, digest, why }) => {
    writer.text(profile).bool(isBootable);
    writer.optional(digest, (hex) => writer.raw(fromHex(hex)));
    writer.optional(why, (text) => writer.text(text.slice(0, MAX_CONTENT_REASON_LENGTH)));
  });
  return writer.finish();
}

/** What a peer holds; undefined where the frame is another service's, {@link MalformedError} where
 * it makes no sense. */
export function decodeContentTold(frame: Uint8Array): readonly ToldProfile[] | undefined {
  const reader = new ByteReader(frame);
  if (reader.byte() !== SERVICE_NUMBERS.contentTold) return undefined;
  const held = reader.list(() => readProfile(reader));
  reader.end();
  if (held.length > MAX_PROFILES) {
    throw new MalformedError(`${held.length} profiles; wanted ${MAX_PROFILES} at most`);
  }
  return held;
}

function readProfile(reader: ByteReader): ToldProfile {
  return {
    profile: shortText(reader, MAX_PROFILE_NAME_LENGTH),
    isBootable: reader.bool(),
    digest: reader.optional(() => toHex(reader.raw(DIGEST_BYTES))),
    why: reader.optional(() => shortText(reader, MAX_CONTENT_REASON_LENGTH)),
  };
}

function shortText(reader: ByteReader, most: number): string {
  const text = reader.text();
  if (text.length <= most) return text;
  throw new MalformedError(`a text of ${text.length} characters, ${most} are the most`);
}
