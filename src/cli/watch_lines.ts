/** Changes as lines for people: `16:20:09 n1: info.note: spare part ordered`, and
 * `16:20:09 group compute: ...`. */
import { spelledOutControls } from "../base/one_line.ts";
import type { PublicValue } from "../model/public_row.ts";
import { namesOf, type WatchEvent } from "../wire/watch.ts";

type Telling = Extract<WatchEvent, { event: "state" | "change" }>;

/** One line for each attribute of each node or group; in front of it the local time, where it is
 * known. */
export function changeLines(event: Telling): string[] {
  const time = "time" in event && event.time !== undefined ? `${clockTime(event.time)} ` : "";
  return event.changes.flatMap((change) => {
    const { created, dropped, attributes } = change;
    const said = [
      ...dropped ? ["deleted"] : [],
      ...created && event.event === "change" ? ["created"] : [],
      ...Object.entries(attributes).map(([name, value]) =>
        value === null ? `${name} cleared` : `${name}: ${valueText(value)}`
      ),
    ];
    const group = "groups" in change ? "group " : "";
    return namesOf(change).flatMap((name) => said.map((what) => `${time}${group}${name}: ${what}`));
  });
}

/** An expression as it was given, what is no text as JSON. */
function valueText(value: PublicValue): string {
  if (typeof value === "string") return spelledOutControls(value);
  const isExpression = typeof value === "object" && value !== null && "expression" in value;
  return isExpression ? spelledOutControls(String(value.expression)) : JSON.stringify(value);
}

function clockTime(iso: string): string {
  const time = new Date(iso);
  return [time.getHours(), time.getMinutes(), time.getSeconds()]
    .map((part) => String(part).padStart(2, "0")).join(":");
}
