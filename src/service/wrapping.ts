/**
 * What opens a member's copies of the collective keys, on its disk: `identity/collective.key`
 * holds the member's private sealing key, wrapped by a key that comes from elsewhere:
 *
 *     generated     identity/wrapping.key, made where there is none
 *     file          a file of the administrator's, or a credential of systemd
 *     passphrase    scrypt of it
 *
 * A file whose wrapping was generated is wrapped anew where another source is given; nothing else
 * is ever wrapped anew, made anew or written over by itself, since it may be needed to read what
 * is sealed.
 */
import { scrypt } from "node:crypto";
import { z } from "zod";

import { concat, fromHex, toHex, utf8 } from "../base/bytes.ts";
import { encodeFields, GCM_IV_BYTES, hkdfSha256, openGcm, sealGcm } from "../base/crypto.ts";
import { LEAST_WRAPPING_BYTES, MAX_WRAPPING_BYTES } from "../base/limits.ts";
import { oneLine } from "../base/one_line.ts";
import { ok, type Outcome, type Refused, refused } from "../base/outcome.ts";
import { SEALING_KEY_BYTES, type SealingKey, sealingKey } from "../collective/key_ring.ts";
import { readFileIfThere, removeIfThere, writeFileDurably } from "../io/files.ts";
import type { Random } from "../io/random.ts";
import type { MemberId } from "../model/member.ts";
import { understand } from "./folder_faults.ts";
import type { WrappingSource } from "./programs.ts";

const WRAPPING_BYTES = 32;
const SALT_BYTES = 16;
/** 32 MiB and some 0.1 s: a passphrase is asked for at a start only. */
const SCRYPT = { N: 32_768, r: 8, p: 1, maxmem: 64 * 1024 * 1024 } as const;

const keyFile = z.object({
  version: z.literal(1),
  by: z.enum(["generated", "file", "passphrase"]),
  salt: z.string(),
  sealed: z.string(),
});
type KeyFile = z.infer<typeof keyFile>;

const WORDS: Readonly<Record<KeyFile["by"], string>> = {
  generated: "the key in wrapping.key beside it, which serve uses where no other is given",
  file: "a key file or a credential of systemd: start with --key-file, or with that credential",
  passphrase: "a passphrase: start with --passphrase-file",
};

/**
 * The sealing key in the identity's folder, made where there is none. Refused where it cannot be
 * opened by what `source` gives: it stays as it is then.
 */
export async function ownSealingKey(
  folder: string,
  member: MemberId,
  source: WrappingSource,
  random: Random,
): Promise<Outcome<SealingKey>> {
  const path = `${folder}/collective.key`;
  const text = await readFileIfThere(path);
  if (text === undefined) {
    const key = sealingKey(member, random.bytes(SEALING_KEY_BYTES));
    const written = await write(folder, key, source, random);
    return written.ok ? ok(key) : written;
  }
  const file = understand(path, () => keyFile.parse(JSON.parse(text)));
  const isUnderGenerated = file.by === "generated" && source.by !== "generated";
  if (file.by !== source.by && !isUnderGenerated) {
    return refused("unavailable", `${path} is wrapped by ${WORDS[file.by]}`);
  }
  const by = isUnderGenerated ? { by: "generated" } as const : source;
  const wrapping = await wrappingKey(folder, by, fromHex(file.salt));
  if (!wrapping.ok) return wrapping;
  const opened = openGcm(
    wrapping.value,
    fromHex(file.sealed).subarray(0, GCM_IV_BYTES),
    fromHex(file.sealed).subarray(GCM_IV_BYTES),
    bound(member),
  );
  if (opened === undefined || opened.length !== SEALING_KEY_BYTES) return notOpened(path, by);
  const key = sealingKey(member, opened);
  if (isUnderGenerated) {
    const written = await write(folder, key, source, random);
    if (!written.ok) return written;
    await removeIfThere(`${folder}/wrapping.key`);
  }
  return ok(key);
}

function notOpened(path: string, source: WrappingSource): Refused {
  const what = {
    generated: "the key in wrapping.key beside it does not open it: put back the one that does",
    file: `the key in ${source.by === "file" ? source.path : ""} does not open it: name the one ` +
      "that does",
    passphrase: "the passphrase does not open it: give the one that does",
  }[source.by];
  return refused(
    "unavailable",
    `${path} cannot be opened: ${what}; or, where other members run, move it away: they hand the ` +
      "collective key over anew",
  );
}

function bound(member: MemberId): Uint8Array {
  return encodeFields("confluent collective.key v1", member);
}

async function write(
  folder: string,
  { member, privateKey }: SealingKey,
  source: WrappingSource,
  random: Random,
): Promise<Outcome<void>> {
  if (source.by === "generated") {
    const path = `${folder}/wrapping.key`;
    if (await readFileIfThere(path) === undefined) {
      await writeFileDurably(path, `${toHex(random.bytes(WRAPPING_BYTES))}\n`);
    }
  }
  const salt = random.bytes(SALT_BYTES);
  const wrapping = await wrappingKey(folder, source, salt);
  if (!wrapping.ok) return wrapping;
  const iv = random.bytes(GCM_IV_BYTES);
  const sealed = concat([iv, sealGcm(wrapping.value, iv, privateKey, bound(member))]);
  const file: KeyFile = { version: 1, by: source.by, salt: toHex(salt), sealed: toHex(sealed) };
  await writeFileDurably(`${folder}/collective.key`, `${JSON.stringify(file)}\n`);
  return ok();
}

/** The 32 bytes that wrap, from what the source gives. */
async function wrappingKey(
  folder: string,
  source: WrappingSource,
  salt: Uint8Array,
): Promise<Outcome<Uint8Array>> {
  if (source.by === "passphrase") {
    const passphrase = await source.ask();
    return passphrase.ok ? ok(await stretched(passphrase.value, salt)) : passphrase;
  }
  const path = source.by === "file" ? source.path : `${folder}/wrapping.key`;
  const bytes = await wrappingBytes(path);
  return bytes.ok ? ok(hkdfSha256(bytes.value, `confluent wrapping v1 ${toHex(salt)}`)) : bytes;
}

async function wrappingBytes(path: string): Promise<Outcome<Uint8Array>> {
  try {
    const { size } = await Deno.stat(path);
    if (size < LEAST_WRAPPING_BYTES || size > MAX_WRAPPING_BYTES) {
      return refused(
        "unavailable",
        `${path} holds ${size} bytes; a wrapping key is ${LEAST_WRAPPING_BYTES} to ` +
          `${MAX_WRAPPING_BYTES}, at random: \`head -c 32 /dev/urandom\` makes one`,
      );
    }
    return ok(await Deno.readFile(path));
  } catch (error) {
    return refused(
      "unavailable",
      `cannot read the wrapping key ${path}, which the collective key is opened by: ` +
        oneLine(error),
    );
  }
}

function stretched(passphrase: string, salt: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    scrypt(utf8(passphrase), salt, WRAPPING_BYTES, SCRYPT, (error, key) => {
      if (error === null) resolve(new Uint8Array(key));
      else reject(error);
    });
  });
}
