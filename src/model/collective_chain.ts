/**
 * Which collective this is: a random id, and a link for each time a quorum was forced since. Two
 * members belong together only where one chain is the other: an ancestor's holder was left
 * behind, and where neither is an ancestor two sides were forced apart.
 */

export interface ChainLink {
  readonly epoch: number;
  /** 32 hexadecimal digits. */
  readonly random: string;
}

export type CollectiveChain = readonly ChainLink[];

/** How `theirs` stands to `mine`. */
export type ChainRelation = "same" | "they-are-behind" | "i-am-behind" | "apart" | "foreign";

/** How the holder of `theirs` stands to this collective. An empty chain is foreign. */
export function compareChains(mine: CollectiveChain, theirs: CollectiveChain): ChainRelation {
  const shared = Math.min(mine.length, theirs.length);
  for (let i = 0; i < shared; i++) {
    if (mine[i]?.random !== theirs[i]?.random) return i === 0 ? "foreign" : "apart";
  }
  if (mine.length === theirs.length) return "same";
  return theirs.length < mine.length ? "they-are-behind" : "i-am-behind";
}
