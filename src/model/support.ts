/**
 * What a program can do, in two numbers that members tell each other:
 *
 * - the versions of the protocol between members that it speaks, so that two ends of a link know
 *   whether they can talk at all;
 * - its feature level. What came with a level is written into the log only once the collective is
 *   at that level, and it is raised only when every member supports it: nobody meets an entry
 *   that it cannot read because another was upgraded first.
 */

/** The versions of the protocol and the feature level that a program supports. */
export interface Support {
  /** The lowest version of the protocol it speaks. */
  readonly fewest: number;
  /** The highest. */
  readonly most: number;
  readonly level: number;
}

/** What this program supports. */
export const SUPPORT: Support = { fewest: 1, most: 1, level: 1 };

/** Whether two programs know a version of the protocol in common. */
export function canTalk(one: Support, other: Support): boolean {
  return one.fewest <= other.most && other.fewest <= one.most;
}

/** Whether both say the same of themselves. */
export function sameSupport(one: Support, other: Support): boolean {
  return one.fewest === other.fewest && one.most === other.most && one.level === other.level;
}
