/**
 * What `GET /watch` tells, as server-sent events: `event` is the event's name, the whole object is
 * its data, and where an event has an `id` that is what to go on after, in `Last-Event-ID`: an
 * index, or 0 while what there is was told in part only, which has it told anew (`reset`).
 *
 *     state*, sync            the present state, where it was not said from which index on
 *     change*                 what came since, an event for each entry
 *     gap, change*, sync      entries are missing: each changed attribute once, by its last value
 *     reset, state*, sync     what is known is worth nothing: the present state anew
 *     bookmark                nothing happened up to its index
 */
import { z } from "zod";

import type { PublicValue } from "../model/public_row.ts";

/** See src/model/public_row.ts. */
const watchedValue: z.ZodType<PublicValue> = z.union([
  z.string(),
  z.number(),
  z.boolean(),
  z.null(),
  z.strictObject({ expression: z.string() }),
  z.array(z.unknown()),
  z.record(z.string(), z.unknown()),
]);

const ofEach = {
  created: z.literal(true).optional(),
  dropped: z.literal(true).optional(),
  attributes: z.record(z.string(), watchedValue),
};

/** Nodes, or groups, that changed in the same way. A dropped one has lost all it had; what stands
 * beside it came after. Null is an attribute that was cleared. */
export const watchedChange = z.union([
  z.object({ nodes: z.array(z.string()), ...ofEach }),
  z.object({ groups: z.array(z.string()), ...ofEach }),
]);
export type WatchedChange = z.infer<typeof watchedChange>;

/** The nodes or the groups that changed so. */
export function namesOf(change: WatchedChange): readonly string[] {
  return "nodes" in change ? change.nodes : change.groups;
}

/** Seconds since a majority was last heard, where none is. */
const stale = z.int().optional();

/** A part of the present state, which is that of `index`. */
export const stateEvent = z.object({
  event: z.literal("state"),
  index: z.int(),
  changes: z.array(watchedChange),
});

/** From `index` on every entry is told. */
export const syncEvent = z.object({ event: z.literal("sync"), index: z.int(), stale });

/** What the entry at `index` changed. `time` (ISO) is when it was written; missing after a gap,
 * where only what is still so is told. With `more` the next event is of the same entry. */
export const changeEvent = z.object({
  event: z.literal("change"),
  index: z.int(),
  time: z.string().optional(),
  more: z.literal(true).optional(),
  changes: z.array(watchedChange),
});

/** Entries after `index` up to `to` are told by their last values alone. */
export const gapEvent = z.object({ event: z.literal("gap"), index: z.int(), to: z.int() });

/** All that was told before is void. */
export const resetEvent = z.object({ event: z.literal("reset"), index: z.int() });

/** All up to `index` was told. */
export const bookmarkEvent = z.object({ event: z.literal("bookmark"), index: z.int(), stale });

/** One event of `GET /watch`. */
export const watchEvent = z.discriminatedUnion("event", [
  stateEvent,
  syncEvent,
  changeEvent,
  gapEvent,
  resetEvent,
  bookmarkEvent,
]);
export type WatchEvent = z.infer<typeof watchEvent>;

/** What to go on after once this event was taken: its `id`, see above; undefined where that stays
 * as it was. */
export function resumeIndex(
  event: Pick<WatchEvent, "event" | "index"> & { readonly more?: true | undefined },
): number | undefined {
  switch (event.event) {
    case "sync":
    case "bookmark":
      return event.index;
    case "change":
      return event.more === true ? undefined : event.index;
    case "state":
    case "reset":
      return 0;
    case "gap":
      return undefined;
  }
}
