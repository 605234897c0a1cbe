/** What `sim` tells while it runs: a line of text each, or of JSON. */
import { spelledOutControls } from "../../base/one_line.ts";
import type { RecordedAction } from "./simulated_bmc.ts";

/** Where a member of the simulation is found. */
export interface SimMember {
  readonly name: string;
  readonly pid: number;
  readonly socket: string;
  readonly api: string;
  readonly log: string;
}

export type SimEvent =
  /** All nodes are defined and managed. */
  | {
    readonly event: "ready";
    readonly nodes: string;
    /** Those whose controllers are dead; null for none. */
    readonly silent: string | null;
    readonly members: readonly SimMember[];
  }
  /** A controller was told to do something, and did. */
  | ({ readonly event: "action"; readonly node: string } & RecordedAction)
  /** The process of a member ended by itself, or by somebody's hand. */
  | { readonly event: "ended"; readonly trueTimeMs: number; readonly member: string } & {
    readonly how: string;
  }
  /** The nodes of one that ended are managed by others, so many by each. */
  | { readonly event: "moved"; readonly trueTimeMs: number; readonly member: string } & {
    readonly managed: Readonly<Record<string, number>>;
    readonly afterMs: number;
  }
  /** They are not, and will not be before something else happens. */
  | { readonly event: "stuck"; readonly trueTimeMs: number; readonly member: string } & {
    readonly why: string;
  };

/** What happened, for people; `ready` is told at length elsewhere. */
export function textOf(event: Exclude<SimEvent, { event: "ready" }>): string {
  const { member } = event;
  return spelledOutControls(`${timeOfDay(event.trueTimeMs)} ${happened()}`);

  function happened(): string {
    switch (event.event) {
      case "action":
        return `${event.node}: ${event.action} (${member}, epoch ${event.epoch})`;
      case "ended":
        return `${member} ended: ${event.how}`;
      case "moved":
        return `the nodes of ${member} are with others after ` +
          `${(event.afterMs / 1000).toFixed(1)} s: ${sharesText(event.managed)}`;
      case "stuck":
        return `the nodes of ${member} are with nobody else: ${event.why}`;
    }
  }
}

/** `m1 has 7, m2 has 6`. */
export function sharesText(managed: Readonly<Record<string, number>>): string {
  return Object.entries(managed).map(([name, count]) => `${name} has ${count}`).join(", ");
}

/** Of the clock on the wall: what `kill` and `nodepower` are typed by. */
function timeOfDay(ms: number): string {
  const date = new Date(ms);
  return `${date.toTimeString().slice(0, 8)}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}
