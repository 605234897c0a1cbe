/**
 * Deliberate bugs, one at a time, which the simulator must find or its suite fails: they prove
 * that its faults are cruel enough. Nothing but the simulator ever sets one.
 */
export const MUTANTS = [
  /** The disk says a commit is done before it is. */
  "no-fsync",
  /** The floor file is written beside the commit it counts, not after. */
  "floor-in-parallel",
  /** A retried request is applied again. */
  "no-duplicate-window",
  /** An election is called without asking first. */
  "no-pre-vote",
  /** The vote is not on disk. */
  "vote-not-kept",
  /** A majority holding an entry of an old term commits it (Raft, figure 8). */
  "commit-old-term",
  /** A new leader changes the roster before an entry of its own term is committed. */
  "change-before-no-op",
  /** A new leader answers reads before an entry of its own term is committed. */
  "read-before-commit",
  /** A leader answers reads without asking whether it still leads. */
  "read-without-round",
  /** Half is taken for a majority where the number of voters is even. */
  "half-is-majority",
  /** After a restart guards are judged again instead of taking the stored verdicts. */
  "replay-judges-again",
  /** A disk that was rolled back goes on voting. */
  "rolled-back-votes",
  /** A disk counts as whole once it holds as many commits as it did: also new ones. */
  "counts-without-lives",
  /** A follower says an entry is on its disk when it has only heard of it. */
  "ack-before-disk",
  /** A delta's values are read as they are sent, not as they were at its cut. */
  "lazy-delta-values",
  /** A delta does not say which requests were seen. */
  "delta-without-windows",
  /** Tombstones are collected though a member that is away has not seen them. */
  "collect-ignores-absent",
  /** A gap tells what there was as it began, and goes on after what there is as it ends. */
  "watch-skips-last",
  /** A lease counts from when the answer came, not from when the round was sent. */
  "lease-from-receive-time",
  /** A lease counts though its holder has not heard that its nodes were given to others. */
  "lease-without-placement",
  /** An answer counts where both ends applied the same roster, whatever their logs hold. */
  "applied-roster",
  /** A voter promises at once, whatever lease may yet run. */
  "no-promises",
  /** Promises are not on disk. */
  "promises-forgotten",
  /** Promises come from a majority of the newest roster alone. */
  "promises-of-newest-roster",
  /** A leader gives nodes back over the head of the member that acts on them. */
  "failback-without-handover",
] as const;

export type Mutant = typeof MUTANTS[number];
