/** What a TFTP server has done since it began, for the metrics. */

/** Why packets came to nothing. */
export const TFTP_REFUSALS = [
  "malformed", // they say nothing, or something that is never asked for
  "write", // nothing is written here
  "not-found",
  "forbidden",
  "options", // a block or a window that cannot be
  "busy", // a bound is hit
  "unavailable", // the file cannot be had now
  "stray", // they belong to no transfer, as the last words of one that has ended
] as const;

export type TftpRefusal = typeof TFTP_REFUSALS[number];

export interface TftpCounts {
  /** Requests to read, the repeated ones among them. */
  requests: number;
  readonly refused: Record<TftpRefusal, number>;
  /** Bytes of files, and blocks of them, that were sent; and those of the blocks that had been
   * before. */
  bytes: number;
  blocks: number;
  blocksAgain: number;
  /** Answers to options that were sent again. */
  offersAgain: number;
  /** Transfers that ended, by how. */
  readonly ended: Record<string, number>;
}

export function noCounts(): TftpCounts {
  const refused = Object.fromEntries(TFTP_REFUSALS.map((why) => [why, 0]));
  return {
    requests: 0,
    refused: refused as Record<TftpRefusal, number>,
    bytes: 0,
    blocks: 0,
    blocksAgain: 0,
    offersAgain: 0,
    ended: {},
  };
}
