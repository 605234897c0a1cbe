/**
 * `profile.yaml`, as it is after its YAML was read: the keys of confluent 4.0, and `loader`, which
 * is ours. Keys that are not known are left alone: other programs read the file too.
 */
import { z } from "zod";

import { MAX_KERNEL_ARGUMENTS_LENGTH, MAX_PROFILE_LABEL_LENGTH } from "../base/boot_limits.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";
import { LOADERS, OS_TYPES, type Profile } from "../model/profile.ts";

const WANTED_TEXT = "wanted a text; one that looks like a number stands in quotes";
// deno-lint-ignore no-control-regex
const CONTROL = /[\u0000-\u001f\u007f]/;

/** One line. That YAML folds long lines, and ends them with a line end, is no fault. */
function line(most: number): z.ZodType<string> {
  return z.string({ error: WANTED_TEXT }).nullish()
    .transform((text) => (text ?? "").trim().replace(/\s*[\r\n]+\s*/g, " "))
    .refine((text) => !CONTROL.test(text), "wanted a text without control characters")
    .refine((text) => text.length <= most, `wanted ${most} characters at most`);
}

function oneOf<T extends string>(words: readonly [T, ...T[]], unset: T): z.ZodType<T> {
  return z.enum(words, { error: `wanted one of ${words.join(", ")}` }).nullish()
    .transform((word) => (word ?? unset) as T);
}

/** What of the file is read; see the head. */
export const profileFile = z.looseObject({
  label: line(MAX_PROFILE_LABEL_LENGTH),
  ostype: oneOf(OS_TYPES, "linux"),
  kernelargs: line(MAX_KERNEL_ARGUMENTS_LENGTH),
  installedargs: line(MAX_KERNEL_ARGUMENTS_LENGTH),
  loader: oneOf(LOADERS, "ipxe"),
}, { error: "wanted lines as `label: Alma Linux 9`" });

/** The profile of that name by what its file says; one without a label is called by its name.
 * `invalid` with the key, its value and what would be right. */
export function readProfile(name: string, parsed: unknown): Outcome<Profile> {
  const read = profileFile.safeParse(parsed ?? {});
  if (read.success) {
    const { label, ostype, kernelargs, installedargs, loader } = read.data;
    return ok({ label: label === "" ? name : label, ostype, kernelargs, installedargs, loader });
  }
  const [issue] = read.error.issues;
  const key = issue?.path.join(".") ?? "";
  const given = key === "" ? "" : `${key}: ${shown((parsed as Record<string, unknown>)[key])}: `;
  return refused("invalid", `profile.yaml: ${given}${issue?.message}`);
}

function shown(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 64) ?? "nothing";
}
