/** What is wrong between members with the files of a profile, a line each with its remedy. */
import { MAX_CONTENT_NOTICES } from "../../base/boot_limits.ts";
import type { ContentWord, Holder } from "./content_state.ts";

/** Of one profile, held by these members. Those that are silent, or still reading, are not told. */
export function contentNotices(
  profile: string,
  reference: string | undefined,
  holders: readonly Holder[],
): string[] {
  const named = (...words: readonly ContentWord[]): string[] =>
    holders.filter(({ content }) => words.includes(content)).map(({ name }) => name);
  const isAnywhere = holders.some(({ isBootable, digest }) => isBootable || digest !== undefined);
  if (!isAnywhere) return [];
  const faults = holders.filter(({ why, content }) => why !== undefined && content !== "silent")
    .map(({ name, why, isBootable }) =>
      isBootable
        ? `the profile ${profile} at ${name} cannot be compared with that of others: ${why}`
        : `${name} boots no node with the profile ${profile}: ${why}; put it right there`
    );
  if (reference === undefined) return [...faults, ...unsetNotices(profile, holders)];
  const equal = named("equal"), differing = named("differs"), missing = named("missing");
  const folder = `public/os/${profile}`;
  const remedy = equal.length > 0
    ? `copy ${folder} there from ${equal.join(", ")}`
    : `bring ${folder} there to what it was`;
  const update = `run \`confluent osdeploy update ${profile}\` where it is right`;
  return [
    ...differing.length === 0 ? [] : [
      `the profile ${profile} at ${differing.join(", ")} differs from its reference: ${remedy}, ` +
      `or ${update}`,
    ],
    ...missing.length === 0 ? [] : [
      `the profile ${profile} is missing at ${missing.join(", ")}: ${remedy}` +
      (equal.length > 0 ? ", and what its link `distribution` leads to" : ""),
    ],
    ...faults,
  ];
}

/** Without a reference nobody knows whose is right. */
function unsetNotices(profile: string, holders: readonly Holder[]): string[] {
  const groups = new Map<string, string[]>();
  for (const { name, digest } of holders) {
    if (digest === undefined) continue;
    groups.set(digest, [...groups.get(digest) ?? [], name]);
  }
  if (groups.size < 2) return [];
  const sides = [...groups.values()].map((names) => names.join(", "));
  return [
    `the profile ${profile} is not the same at ${sides.join(", and at ")}: run \`confluent ` +
    `osdeploy update ${profile}\` where it is right, and copy public/os/${profile} from there`,
  ];
}

/** No more lines than anybody reads. */
export function bounded(notices: readonly string[]): readonly string[] {
  if (notices.length <= MAX_CONTENT_NOTICES) return notices;
  const more = notices.length - MAX_CONTENT_NOTICES;
  return [
    ...notices.slice(0, MAX_CONTENT_NOTICES),
    `${more} more lines of what is wrong with profiles: see \`confluent osdeploy list\``,
  ];
}
