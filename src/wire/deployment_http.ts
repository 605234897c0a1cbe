/**
 * Deployment of nodes over HTTP: what is asked for and what is answered, as schemas. A node's own
 * path answers with its values, a noderange's with `databynode`, an object a node, in the order of
 * the range. Every value is `{"value": ...}`, and null where there is none.
 */
import { z } from "zod";

import { LOCKS } from "../model/deployment.ts";
import { MAX_NAME_LENGTH } from "../base/limits.ts";

const WANTED_PROFILE = "wanted the name of a profile; an empty one, or null, clears it";

/** PUT .../deployment/profile: what is installed at the next network boot; nothing clears that. */
export const profileRequest = z.strictObject({
  profile: z.union([
    z.string().max(MAX_NAME_LENGTH, WANTED_PROFILE)
      .regex(/^[^\p{Cc}/]*$/u, `${WANTED_PROFILE}; no name has a slash`),
    z.null(),
  ], { error: WANTED_PROFILE }),
});

/** PUT .../deployment/lock. */
export const lockRequest = z.strictObject({
  lock: z.enum(LOCKS, { error: `wanted one of ${LOCKS.join(", ")}` }),
});

const text = z.object({ value: z.string().nullable() });

/** GET and PUT .../deployment/lock. */
export const lockValues = z.looseObject({ lock: z.object({ value: z.enum(LOCKS) }) });

/** GET and PUT .../deployment/profile. */
export const profileValues = z.looseObject({
  /** The profiles that the next network boot installs, that waits for its first boot, and whose
   * deployment was completed last. */
  pending: text,
  staged: text,
  completed: text,
  /** What the node last said of it. */
  state: text,
  state_detail: text,
  state_last_updated: text,
  lock: z.object({ value: z.enum(LOCKS) }),
  /** Whether the node may have a key for the API: `once`, `continuous`, or not. */
  armed: text,
  /** Whether a controller is known, by which the node can be told to boot. */
  controller: z.object({ value: z.boolean() }),
});
/** See {@link profileValues}. */
export type ProfileValues = z.infer<typeof profileValues>;

/** One of `databynode`. */
export const profileLine = z.record(z.string(), profileValues);
/** See {@link profileLine}. */
export type ProfileLine = z.infer<typeof profileLine>;
/** One of `databynode`. */
export const lockLine = z.record(z.string(), lockValues);
/** See {@link lockLine}. */
export type LockLine = z.infer<typeof lockLine>;

/** GET and PUT /noderange/R/deployment/profile. */
export const profilesByNode = z.object({ databynode: z.array(profileLine) });
/** GET and PUT /noderange/R/deployment/lock. */
export const locksByNode = z.object({ databynode: z.array(lockLine) });
