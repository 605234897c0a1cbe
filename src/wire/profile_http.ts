/** /deployment/: profiles over HTTP, as schemas. */
import { z } from "zod";

import { LOADERS, OS_TYPES } from "../model/profile.ts";

/** What a member holds of a profile, beside the reference digest: `unset` where there is none,
 * `reading` while the files are being compared, `silent` where the member does not say. */
export const contentWord = z.enum([
  "equal",
  "differs",
  "unset",
  "reading",
  "unreadable",
  "missing",
  "silent",
]);

/** GET /deployment/profiles/NAME, beside where it stands. What is not known is null; what its
 * profile.yaml says, and whether it boots, is told of the answering member's own files. */
export const profileAnswer = z.object({
  name: z.string(),
  label: z.string().nullable(),
  ostype: z.enum(OS_TYPES).nullable(),
  kernelargs: z.string().nullable(),
  loader: z.enum(LOADERS).nullable(),
  bootable: z.boolean(),
  /** Why it is not. */
  whyNot: z.string().nullable(),
  digest: z.string().nullable(),
  /** The digest that it should have, at all members. */
  reference: z.string().nullable(),
  members: z.array(z.object({
    name: z.string(),
    content: contentWord,
    bootable: z.boolean(),
    digest: z.string().nullable(),
    /** Why it cannot be booted, or compared. */
    why: z.string().nullable(),
  })),
});
export type ProfileAnswer = z.infer<typeof profileAnswer>;

/** PUT /deployment/profiles/NAME: makes what the asked member holds the reference. */
export const updateProfileRequest = z.strictObject({
  updateboot: z.literal([1, true, "1"], { error: "wanted 1" }),
});

/** What came of it. */
export const updatedProfile = z.object({ updated: z.string(), digest: z.string() });
