/**
 * What is agreed on before a file is sent by TFTP (RFC 2347): the client asks, the server may lower
 * what it asks for, and says what it will do. An option that nobody here knows, or a timeout out of
 * its range, is left out of the answer. A block or window of a size that cannot be ends it all.
 */
import { MAX_TFTP_WINDOW_BLOCKS, MAX_TFTP_WINDOW_BYTES } from "../base/boot_limits.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";
import {
  DEFAULT_BLKSIZE,
  MAX_BLKSIZE,
  MAX_TIMEOUT_S,
  MAX_WINDOWSIZE,
  MIN_BLKSIZE,
  MIN_TIMEOUT_S,
  type TftpOption,
} from "../wire/tftp.ts";

/** How a file of `sizeBytes` is sent. */
export interface Agreement {
  readonly sizeBytes: number;
  readonly blockBytes: number;
  readonly windowBlocks: number;
  /** After how long the client wants to be sent again what it does not acknowledge. */
  readonly againMs: number | undefined;
  /** The options of the OACK. Empty: there is none, DATA 1 is the answer (RFC 2347). */
  readonly answer: readonly TftpOption[];
}

/** What comes of the options that a client asked with; refused as `invalid` where a value of them
 * cannot be, which is told with error code 8. */
export function agreeOn(options: readonly TftpOption[], sizeBytes: number): Outcome<Agreement> {
  const answer: TftpOption[] = [];
  const asked = (name: string): string | undefined =>
    options.find((option) => option.name === name)?.value;
  const say = (name: string, value: number): number => {
    answer.push({ name, value: String(value) });
    return value;
  };
  let blockBytes = DEFAULT_BLKSIZE, windowBlocks = 1;
  if (asked("tsize") !== undefined) say("tsize", sizeBytes); // RFC 2349, section 4
  const blksize = asked("blksize");
  if (blksize !== undefined) {
    const bytes = numberOf(blksize);
    if (bytes === undefined || bytes < MIN_BLKSIZE) {
      return wrongValue("blksize", blksize, `${MIN_BLKSIZE} to ${MAX_BLKSIZE}`);
    }
    blockBytes = say("blksize", Math.min(bytes, MAX_BLKSIZE));
  }
  const timeoutS = numberOf(asked("timeout"));
  const isTimeout = timeoutS !== undefined && timeoutS >= MIN_TIMEOUT_S &&
    timeoutS <= MAX_TIMEOUT_S;
  if (isTimeout) say("timeout", timeoutS);
  const windowsize = asked("windowsize");
  if (windowsize !== undefined) {
    const blocks = numberOf(windowsize);
    if (blocks === undefined || blocks < 1) {
      return wrongValue("windowsize", windowsize, `1 to ${MAX_WINDOWSIZE}`);
    }
    const room = Math.max(1, Math.floor(MAX_TFTP_WINDOW_BYTES / blockBytes));
    windowBlocks = say("windowsize", Math.min(blocks, MAX_TFTP_WINDOW_BLOCKS, room));
  }
  const againMs = isTimeout ? timeoutS * 1_000 : undefined;
  return ok({ sizeBytes, blockBytes, windowBlocks, againMs, answer });
}

/** RFC 2347: numbers are decimal digits. */
function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}

function wrongValue(name: string, value: string, wanted: string): Outcome<never> {
  return refused("invalid", `${name} ${JSON.stringify(value.slice(0, 20))}: wanted ${wanted}`);
}
