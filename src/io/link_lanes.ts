/**
 * What waits to go out on a link, in three lanes: whoever asks whether we live must not wait behind
 * a megabyte of entries, nor an entry behind a whole database. Within a lane frames keep their
 * order; between lanes nothing is promised.
 */
import { framedLength } from "./link_framing.ts";

/** From the most urgent on: heartbeats and elections; the log and requests; deltas. */
export const LANES = ["urgent", "data", "bulk"] as const;

/** One of {@link LANES}. */
export type Lane = typeof LANES[number];

/** Frames queued together are joined to writes of about this size. */
const WRITE_BYTES = 256 * 1024;

export class LinkLanes {
  readonly #lanes: Record<Lane, Uint8Array[]> = { urgent: [], data: [], bulk: [] };
  #bytes = 0;

  /** Bytes that wait, as they will be on the wire. */
  get bytes(): number {
    return this.#bytes;
  }

  push(frame: Uint8Array, lane: Lane): void {
    this.#lanes[lane].push(frame);
    this.#bytes += framedLength(frame.length);
  }

  clear(): void {
    for (const lane of LANES) this.#lanes[lane] = [];
    this.#bytes = 0;
  }

  /** The frames of the next write: the urgent ones, entries as far as there is room, and one of
   * the bulk, so that it gets on whatever else there is. */
  take(): Uint8Array[] {
    const { urgent, data, bulk } = this.#lanes;
    const taken = [...urgent.splice(0)];
    let bytes = 0;
    let count = 0;
    while (count < data.length && (count === 0 || bytes < WRITE_BYTES)) {
      bytes += (data[count++] as Uint8Array).length;
    }
    // Most often it is all of them.
    if (count === data.length) this.#lanes.data = [];
    taken.push(...(count === data.length ? data : data.splice(0, count)), ...bulk.splice(0, 1));
    for (const frame of taken) this.#bytes -= framedLength(frame.length);
    return taken;
  }
}
