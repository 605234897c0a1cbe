/** Installation media over HTTP, as schemas: what one is, a profile made of one, the content folder
 * of the member that is asked. */
import { z } from "zod";

import { MAX_CONTENT_PATH_LENGTH, MAX_PROFILE_NAME_LENGTH } from "../base/boot_limits.ts";
import { MEDIUM_FAMILIES } from "../model/medium.ts";
import { OS_TYPES } from "../model/profile.ts";
import { failure } from "./http.ts";

const WANTED_FILE = "wanted the whole path of an ISO, a tar or a folder, as the member sees it";
const filename = z.string({ error: WANTED_FILE }).min(1, WANTED_FILE)
  .max(MAX_CONTENT_PATH_LENGTH, WANTED_FILE);

/** POST /deployment/fingerprint/. */
export const mediumRequest = z.strictObject({ filename });

/** POST /deployment/importing/: without a name the profile has the one by its medium. */
export const importRequest = z.strictObject({
  filename,
  profile: z.string({ error: "wanted the name of a profile" })
    .max(MAX_PROFILE_NAME_LENGTH, `wanted ${MAX_PROFILE_NAME_LENGTH} characters at most`)
    .optional(),
});

/** What a medium is, and what an import of it would keep. */
export const fingerprintAnswer = z.object({
  family: z.enum(MEDIUM_FAMILIES),
  distro: z.string(),
  version: z.string(),
  arch: z.string(),
  label: z.string(),
  ostype: z.enum(OS_TYPES),
  kernel: z.string(),
  initramfs: z.string(),
  distribution: z.string(),
  profile: z.string(),
  files: z.int(),
  bytes: z.int(),
  /** What is to be known before it is used. */
  warning: z.string().nullable(),
});
/** See {@link fingerprintAnswer}. */
export type FingerprintAnswer = z.infer<typeof fingerprintAnswer>;

/** What an import came to. */
export const importAnswer = z.object({
  imported: z.string(),
  distribution: z.string(),
  /** Null where the files are not read yet. */
  digest: z.string().nullable(),
  /** Members that do not have it yet. */
  lacking: z.array(z.string()),
  notices: z.array(z.string()),
});
/** See {@link importAnswer}. */
export type ImportAnswer = z.infer<typeof importAnswer>;

/** With `Accept: application/x-ndjson`: progress, then exactly one of the others. */
export const importLine = z.union([
  z.object({ progress: z.string() }),
  z.object({ done: importAnswer }),
  failure,
]);
/** See {@link importLine}. */
export type ImportLine = z.infer<typeof importLine>;

/** GET and POST /deployment/content: what deployments need of the member; POST makes the folders
 * that are missing, and names them. */
export const contentAnswer = z.object({
  member: z.string(),
  folder: z.string(),
  made: z.array(z.string()),
  needed: z.array(z.object({
    what: z.string(),
    there: z.boolean(),
    /** What brings it. */
    remedy: z.string().nullable(),
  })),
});
/** See {@link contentAnswer}. */
export type ContentAnswer = z.infer<typeof contentAnswer>;
