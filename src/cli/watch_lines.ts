/** Changes as lines for people: `16:20:09 n1: info.note: spare part ordered`. */
import type { WatchEvent } from "../wire/watch.ts";

type Telling = Extract<WatchEvent, { event: "state" | "change" }>;

/** One line for each attribute of each node; in front of it the local time, where it is known. */
export function changeLines(event: Telling): string[] {
  const time = "time" in event && event.time !== undefined ? `${clockTime(event.time)} ` : "";
  return event.changes.flatMap(({ nodes, created, dropped, attributes }) =>
    nodes.flatMap((node) => [
      ...dropped ? [`${time}${node}: deleted`] : [],
      ...created && event.event === "change" ? [`${time}${node}: created`] : [],
      ...Object.entries(attributes).map(([name, value]) =>
        `${time}${node}: ${value === null ? `${name} cleared` : `${name}: ${value}`}`
      ),
    ])
  );
}

function clockTime(iso: string): string {
  const time = new Date(iso);
  return [time.getHours(), time.getMinutes(), time.getSeconds()]
    .map((part) => String(part).padStart(2, "0")).join(":");
}
