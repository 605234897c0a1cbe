/**
 * Which members may send a profile's files, by what each holds of it.
 *
 * 1. Whoever is not known to have `profile.yaml`, a kernel and an initramfs that it can send is no
 *    candidate.
 * 2. With a reference digest, candidates whose digest is equal to it are preferred.
 * 3. Where none is, the largest group of candidates with equal digests is preferred; of groups of
 *    one size that whose digest comes first as text. Where no candidate knows its digest yet all
 *    are.
 * 4. Without a reference digest all candidates are preferred.
 *
 * Candidates that are not preferred are able: they send the files where nobody else is left, for
 * an older profile boots a node better than none.
 */
import type { MemberId } from "../model/member.ts";

/** What a member holds of a profile, as it told. */
export interface ContentStanding {
  readonly isBootable: boolean;
  /** 64 hexadecimal digits; undefined where it is not known (yet). */
  readonly digest: string | undefined;
  /** Why it cannot be booted, or has no digest. */
  readonly why: string | undefined;
}

/** Whether a member may send the files; `because` says why it should rather not, or must not. */
export type MayServe =
  | { readonly may: "preferred" }
  | { readonly may: "able"; readonly because: string }
  | { readonly may: "not"; readonly because: string };

const PREFERRED: MayServe = { may: "preferred" };

/** Of each of the members, in their order, by the rule above. `undefined`: it holds nothing of the
 * profile, or said nothing. */
export function mayServe(
  profile: string,
  standings: ReadonlyMap<MemberId, ContentStanding | undefined>,
  reference: string | undefined,
): ReadonlyMap<MemberId, MayServe> {
  const digests = [...standings.values()]
    .flatMap((held) => held?.isBootable === true && held.digest !== undefined ? held.digest : []);
  const wanted = reference === undefined || digests.includes(reference)
    ? reference
    : commonest(digests);
  return new Map(
    Array.from(standings, ([member, held]) => [member, judged(profile, held, reference, wanted)]),
  );
}

function judged(
  profile: string,
  held: ContentStanding | undefined,
  reference: string | undefined,
  wanted: string | undefined,
): MayServe {
  if (held === undefined) return { may: "not", because: `it does not hold ${profile}` };
  if (!held.isBootable) return { may: "not", because: `${profile}: ${held.why ?? "unbootable"}` };
  if (wanted === undefined || held.digest === wanted) return PREFERRED;
  if (held.digest === undefined) {
    return { may: "able", because: `its ${profile} is not compared yet` };
  }
  const other = wanted === reference ? "the reference" : "what most others hold";
  return { may: "able", because: `its ${profile} differs from ${other}` };
}

function commonest(digests: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const digest of digests) counts.set(digest, (counts.get(digest) ?? 0) + 1);
  const [first] = [...counts].sort(([a, many], [b, others]) => others - many || (a < b ? -1 : 1));
  return first?.[0];
}
