/**
 * Frames between members that are no business of the log: commands on nodes, what was observed of
 * them, what is held of profiles. They go over the same links; each kind's codec has a file of its
 * own, and its numbers here.
 */

/** Numbers of frames from here on are the services'; lower ones the log's and the greeting's. */
const FIRST_SERVICE_NUMBER = 128;

/** First bytes. Never re-used. */
export const SERVICE_NUMBERS = {
  command: 128,
  commandResults: 129,
  commandEnd: 130,
  commandCancel: 131,
  observed: 136,
  observedGot: 137,
  observedAsk: 138,
  observedTold: 139,
  explainAsk: 144,
  explained: 145,
  bootNote: 160,
  bootNow: 161,
  bootAsk: 162,
  bootTold: 163,
  contentTold: 152,
} as const;

/** Whether a frame is a service's. */
export function isServiceFrame(frame: Uint8Array): boolean {
  return (frame[0] ?? 0) >= FIRST_SERVICE_NUMBER;
}
